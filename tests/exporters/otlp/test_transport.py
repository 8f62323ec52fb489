"""The transport: what it sends, on which connection, and what it says of a failure."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import pytest

from heliograph.exporters import connection, partial
from heliograph.exporters.transport import NEVER, Transport

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.exporters.otlp.conftest import Backend, Certificates


New = Callable[..., Transport]


@pytest.fixture
def new() -> Iterator[New]:
    """Make transports, whose connections are closed after the test."""
    made: list[Transport] = []

    def make(*args: Any, **options: Any) -> Transport:
        made.append(Transport(*args, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def post(transport: Transport, url: str, body: bytes = b"x", **options: Any) -> Any:
    """Make a request as the official exporter does."""
    return transport.request("POST", url, data=body, **options)


def test_request(new: New, backend: Backend) -> None:
    """Path, query, body and headers arrive; of the official exporter's headers, its own alone."""
    transport = new({"api-key": "a b"})
    official = {"Content-Type": "application/json", "user-agent": "OTel", "x-from-env": "no"}
    answer = post(transport, f"{backend.url}/v1/traces?k=v", b"body", headers=official)
    [request] = backend.requests
    assert (request.path, request.body) == ("/v1/traces?k=v", b"body")
    assert request.headers == {
        "host": backend.url.removeprefix("http://"),
        "accept-encoding": "identity",
        "content-length": "4",
        "content-type": "application/json",
        "user-agent": "OTel",
        "api-key": "a b",
    }
    assert (answer.status_code, answer.error, transport.failure) == (200, None, "")
    assert (transport.retryable, transport.retry_after) == (False, None)


@pytest.mark.parametrize(
    ("status", "retryable"),
    [(200, None), (202, None), (400, False), (401, False), (404, False), (413, False),
     (429, True), (500, False), (502, True), (503, True), (504, True)],
)  # fmt: skip
def test_status(new: New, backend: Backend, status: int, retryable: bool | None) -> None:
    """Every status is what the OTLP specification says: taken, to be sent again, or not."""
    backend.answers.append((status, {}, b"why"))
    transport = new()
    answer = post(transport, backend.url)
    assert answer.status_code == status
    assert answer.text() == "why"
    assert bool(transport.failure) is (retryable is not None)
    assert transport.failure.startswith(f"HTTP {status} " if transport.failure else "")
    assert transport.retryable is bool(retryable)
    assert len(backend.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirections_fail(new: New, backend: Backend, status: int) -> None:
    """A redirection is not followed, and is not taken for success as the official client does."""
    backend.answers.append((status, {"location": f"{backend.url}/elsewhere"}, b""))
    transport = new()
    answer = post(transport, backend.url)
    assert answer.status_code is None
    assert transport.failure == f"MovedError: the server answers {status}, a redirection"
    assert not transport.retryable
    assert len(backend.requests) == 1


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        pytest.param("7", 7.0, id="seconds"),
        pytest.param("0.5", 0.5, id="fraction"),
        pytest.param("-3", 0.0, id="negative"),
        pytest.param("Wed, 21 Oct 2015 07:28:00 GMT", 0.0, id="past"),
        pytest.param("soon", None, id="junk"),
        pytest.param("inf", None, id="endless"),
        pytest.param("nan", None, id="not a number"),
        pytest.param("", None, id="empty"),
    ],
)
def test_retry_after(new: New, backend: Backend, value: str, seconds: float | None) -> None:
    """What the server asks for is told; the official client never waits for it in here."""
    backend.answers.append((503, {"retry-after": value}, b""))
    transport = new()
    answer = post(transport, backend.url)
    assert transport.retry_after == seconds
    assert float(answer.headers().get("Retry-After")) > 1e8
    post(transport, backend.url)
    assert transport.retry_after is None


def test_retry_after_a_date(new: New, backend: Backend) -> None:
    """A date is as many seconds as there are until then."""
    backend.answers.append((429, {"retry-after": formatdate(time.time() + 100, usegmt=True)}, b""))
    transport = new()
    post(transport, backend.url)
    assert transport.retry_after == pytest.approx(99.5, abs=1.5)


def test_one_connection(new: New, backend: Backend) -> None:
    """Requests share a connection, failed ones too."""
    transport = new()
    backend.answers += [(200, {}, b""), (503, {}, b"x" * 1000)]
    for _ in range(4):
        post(transport, backend.url)
    assert [request.connection for request in backend.requests] == [1, 1, 1, 1]


def test_connection_closed_while_frozen(new: New, backend: Backend) -> None:
    """A server that closed the idle connection meanwhile costs nothing: one silent reconnect."""
    transport = new()
    post(transport, backend.url)
    backend.hang_up()
    assert post(transport, backend.url, b"second").status_code == 200
    assert [request.body for request in backend.requests] == [b"x", b"second"]
    assert transport.failure == ""


def test_connection_closed_by_the_request(new: New, backend: Backend) -> None:
    """A server that hangs up on a kept connection without an answer is asked once more."""
    transport = new()
    post(transport, backend.url)
    backend.answers.append((0, {}, b""))
    assert post(transport, backend.url, b"second").status_code == 200
    assert [(r.body, r.connection) for r in backend.requests[1:]] == [
        (b"second", 1),
        (b"second", 2),
    ]


def test_hang_up_on_a_new_connection(new: New, backend: Backend) -> None:
    """On a new connection the same is a failure: who exports decides when to try again."""
    backend.answers.append((0, {}, b""))
    transport = new()
    assert post(transport, backend.url).status_code is None
    assert transport.failure.startswith("RemoteDisconnected: ")
    assert transport.retryable
    assert len(backend.requests) == 1


@pytest.mark.parametrize("seconds", [connection.IDLE_SECONDS + 1, -3600.0])
def test_old_connection(
    new: New, backend: Backend, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that was idle for long, or over a change of the clock, is not used again."""
    transport = new()
    post(transport, backend.url)
    now = time.time() + seconds
    monkeypatch.setattr(connection.time, "time", lambda: now)
    post(transport, backend.url)
    assert [request.connection for request in backend.requests] == [1, 2]


def test_forked_child(new: New, backend: Backend) -> None:
    """A child does not share its parent's connection."""
    transport = new()
    post(transport, backend.url)
    child = os.fork()
    if child == 0:
        os._exit(post(transport, backend.url).status_code != 200)
    assert os.waitpid(child, 0)[1] == 0
    post(transport, backend.url)
    assert [request.connection for request in backend.requests] == [1, 2, 1]


def test_a_large_answer(new: New, backend: Backend) -> None:
    """No more is read of an answer than is of use, and the connection is not used again."""
    backend.answers.append((400, {}, b"x" * 200_000))
    transport = new()
    assert len(post(transport, backend.url).content()) == connection.ANSWER_BYTES
    post(transport, backend.url)
    assert [request.connection for request in backend.requests] == [1, 2]


def test_half_an_answer(new: New, backend: Backend) -> None:
    """An answer whose body is cut off has been given: its status counts."""
    backend.answers.append((200, {"content-length": "100", "connection": "close"}, b"{}"))
    transport = new()
    answer = post(transport, backend.url)
    assert (answer.status_code, answer.content(), transport.failure) == (200, b"{}", "")


def test_half_an_answer_in_chunks(new: New, backend: Backend) -> None:
    """So has one in chunks."""
    chunked = {"transfer-encoding": "chunked", "connection": "close"}
    backend.answers.append((200, chunked, b"2\r\n{}\r\n9\r\nrest"))
    transport = new()
    answer = post(transport, backend.url)
    assert (answer.status_code, transport.failure) == (200, "")


def test_silent_on_a_kept_connection(new: New, backend: Backend) -> None:
    """A timeout is no sign of a closed connection: the request is not made again."""
    transport = new()
    post(transport, backend.url)
    backend.answers.append((-1, {}, b""))
    post(transport, backend.url, timeout=0.05)
    assert transport.failure.startswith("TimeoutError")
    assert len(backend.requests) == 2


def test_silent_server(new: New, backend: Backend) -> None:
    """A server that does not answer is waited for no longer than the timeout."""
    backend.answers.append((-1, {}, b""))
    transport = new()
    post(transport, backend.url, timeout=0.05)
    assert transport.failure.startswith("TimeoutError")
    assert transport.retryable
    assert post(transport, backend.url).status_code == 200


def test_no_time_left(new: New, backend: Backend) -> None:
    """Without any time nothing is sent."""
    transport = new()
    post(transport, backend.url, timeout=0)
    assert transport.failure == "TimeoutError: timed out"
    assert backend.connections == 0


def test_nobody_there(new: New) -> None:
    """A refused connection is a failure that may pass."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        transport = new()
        post(transport, f"http://127.0.0.1:{unused.getsockname()[1]}")
    assert transport.failure.startswith("ConnectionRefusedError: ")
    assert transport.retryable


def test_header_that_cannot_be_sent(new: New, backend: Backend) -> None:
    """A header with a line break is refused, by us, for good."""
    transport = new({"a": "b\r\nc: d"})
    post(transport, backend.url)
    assert transport.failure.startswith("ValueError: ")
    assert not transport.retryable
    assert backend.requests == []


class Token:
    """A source of headers whose token is refused until it is renewed."""

    def __init__(self, *tokens: str) -> None:
        self.tokens = list(tokens)
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.statuses: list[int] = []

    def headers(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> Mapping[str, str]:
        self.asked.append((method, url, dict(headers), body))
        return {"token": self.tokens[0]}

    def refused(self, status: int) -> bool:
        self.statuses.append(status)
        self.tokens = self.tokens[1:] or self.tokens
        return len(self.tokens) > 1


def test_sources(new: New, backend: Backend) -> None:
    """A source sees the whole request, and a later one what the former added."""
    first, second = Token("one"), Token("two")
    transport = new({"own": "1"}, [first, second])
    official = {"content-type": "text/plain"}
    post(transport, f"{backend.url}/x", b"body", headers=official)
    assert first.asked == [
        ("POST", f"{backend.url}/x", {"content-type": "text/plain", "own": "1"}, b"body")
    ]
    assert second.asked[0][2] == {"content-type": "text/plain", "own": "1", "token": "one"}
    assert backend.requests[0].headers["token"] == "two"


@pytest.mark.parametrize("status", [401, 403])
def test_refused_once(new: New, backend: Backend, status: int) -> None:
    """After a refusal the source is asked for other headers, and the request made once more."""
    token = Token("old", "new", "newest")
    backend.answers.append((status, {}, b""))
    transport = new(sources=[token])
    assert post(transport, backend.url).status_code == 200
    assert [request.headers["token"] for request in backend.requests] == ["old", "new"]
    assert token.statuses == [status]


def test_refused_twice(new: New, backend: Backend) -> None:
    """One that is refused again is not made a third time."""
    backend.answers += [(401, {}, b""), (401, {}, b"")]
    transport = new(sources=[Token("a", "b", "c", "d")])
    assert post(transport, backend.url).status_code == 401
    assert transport.failure == "HTTP 401 Unauthorized"
    assert len(backend.requests) == 2


def test_refused_without_others(new: New, backend: Backend) -> None:
    """Every source is told of a refusal; if none has other headers it is the answer."""
    sources = [Token("a"), Token("b")]
    backend.answers.append((403, {}, b""))
    post(new(sources=sources), backend.url)
    assert [source.statuses for source in sources] == [[403], [403]]
    assert len(backend.requests) == 1


def test_not_ready(new: New, backend: Backend) -> None:
    """A source that has no headers now keeps the request from being made; it may be later."""

    class Unready(Token):
        def headers(self, *_: object) -> Mapping[str, str]:
            raise ConnectionError("no credentials")

    transport = new(sources=[Unready("")])
    post(transport, backend.url)
    assert transport.failure == "ConnectionError: no credentials"
    assert transport.retryable
    assert backend.connections == 0


def context(certificates: Certificates) -> ssl.SSLContext:
    made = ssl.create_default_context(cafile=certificates.ca)
    made.load_cert_chain(certificates.client, certificates.client_key)
    return made


def test_tls(new: New, secure: Backend, certificates: Certificates) -> None:
    """Over TLS too there is one connection, and a silent reconnect; the context is made once."""
    made = []

    def tls() -> ssl.SSLContext:
        made.append(context(certificates))
        return made[-1]

    transport = new(tls=tls)
    assert made == []
    for _ in range(2):
        post(transport, secure.url)
    secure.hang_up()
    assert post(transport, secure.url).status_code == 200
    assert [request.connection for request in secure.requests] == [1, 1, 2]
    assert len(made) == 1


def test_tls_not_trusted(new: New, secure: Backend) -> None:
    """A server that nobody vouches for gets nothing."""
    transport = new()
    post(transport, secure.url)
    assert transport.failure.startswith("SSLCertVerificationError: ")
    assert secure.requests == []


def test_plain_server_asked_for_tls(new: New, backend: Backend) -> None:
    """TLS that fails is a failure like others."""
    transport = new()
    post(transport, backend.url.replace("http:", "https:"))
    assert "SSL" in transport.failure
    assert backend.requests == []


def test_closed(new: New, backend: Backend) -> None:
    """Closing ends the connection; what is sent later opens another."""
    transport = new()
    transport.close()
    post(transport, backend.url)
    transport.close()
    post(transport, backend.url)
    assert [request.connection for request in backend.requests] == [1, 2]


@pytest.mark.parametrize("patient", [False, True])
def test_patience(new: New, backend: Backend, patient: bool) -> None:
    """Only a patient one leaves it to the official client to try again, when the server says."""
    backend.answers.append((503, {"retry-after": "7"}, b""))
    transport = new(patient=patient)
    asked = post(transport, backend.url).headers().get("retry-after")
    assert asked == ("7" if patient else NEVER)
    assert transport.retry_after == 7
    assert transport.is_connection_error(ConnectionError()) is patient
    assert transport.is_connection_error(ValueError()) is False
    assert transport.is_connection_error(None) is False


def dripping(head: bytes, drop: bytes) -> tuple[str, Any]:
    """A server that answers with `head`, and then a drop every fifth of a second for ever."""
    server = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                connection.recv(65536)
                connection.sendall(head)
                while not over.wait(0.02):
                    connection.sendall(drop)

    threading.Thread(target=serve, daemon=True).start()

    def end() -> None:
        over.set()
        server.close()

    return f"http://127.0.0.1:{server.getsockname()[1]}/v1/traces", end


@pytest.mark.parametrize(
    ("head", "drop", "failure"),
    [
        pytest.param(b"", b"H", "TimeoutError", id="head"),
        pytest.param(b"HTTP/1.1 200 OK\r\n", b"X-A: 1\r\n", "", id="headers-of-a-success"),
        pytest.param(b"", b"HTTP/1.1 100 Continue\r\n\r\n", "TimeoutError", id="100-continue"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"x", "", id="body-of-a-success"
        ),
        pytest.param(
            b"HTTP/1.1 503 No\r\nContent-Length: 9999\r\n\r\n", b"x", "HTTP 503", id="body"
        ),
    ],
)
def test_a_server_that_drips(new: New, head: bytes, drop: bytes, failure: str) -> None:
    """The timeout is that of the whole exchange, however alive the server looks (F10)."""
    url, end = dripping(head, drop)
    try:
        transport = new()
        post(transport, url, timeout=0.5)
        assert transport.failure.startswith(failure)
        assert bool(transport.failure) == bool(failure)
    finally:
        end()


def test_a_success_is_one_whatever_its_body_holds() -> None:
    """JSON nested too deep for Python to read says nothing: what was taken is not sent again."""
    deep = b'{"partialSuccess":' + b"[" * 60_000 + b"]" * 60_000 + b"}"
    assert partial.read(deep, "traces") == (0, "")
