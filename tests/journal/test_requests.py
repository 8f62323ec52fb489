"""HTTP requests, recorded: the request is as before, and what is kept is small."""

from __future__ import annotations

import io
import threading
import traceback

import pytest
import requests as library

import heliograph
from heliograph import _notice, testing
from heliograph.journal import journal
from heliograph.libraries import requests
from heliograph.libraries.requests import bounded_url


@pytest.fixture
def exclude():
    """Excludes URLs for one test."""
    yield requests.recorder.exclude
    requests.recorder.exclude(())


def recorded(captured):
    """URLs of the spans of requests; one that it leaves out may be a span of urllib3's."""
    scope = "opentelemetry.instrumentation.requests"
    spans = [span for span in captured.spans if span.instrumentation_scope.name == scope]
    return [span.attributes["http.url"] for span in spans]


def test_body_is_not_read(stub):
    """A streamed response is as it came; none of its body is kept."""
    with testing.capture(), heliograph.span("outer"):
        response = library.get(stub.url + "/chunks/3", stream=True, timeout=5)
        (kept,) = [entry.call.answer for entry in journal.entries if entry.call is not None]
        assert response.raw.read(decode_content=True) == b"abcd" * 3
    assert isinstance(kept, requests.Answer)
    assert {name: getattr(kept, name) for name in ("status", "reason", "version")} == {
        "status": 200,
        "reason": "OK",
        "version": 11,
    }
    assert not hasattr(kept, "__dict__")


def test_exception_is_the_libraries_own():
    """The exception passes through, and no frame of ours is in its traceback."""
    with testing.capture() as captured:
        with heliograph.span("outer"), pytest.raises(library.ConnectionError) as raised:
            library.get("http://absent.invalid/", timeout=5)
        span = captured.span("GET")
    walked = traceback.walk_tb(raised.value.__traceback__)
    assert not [frame for frame, _ in walked if "heliograph" in frame.f_code.co_filename]
    assert span.events[0].attributes["exception.type"] == "requests.exceptions.ConnectionError"


SECRET = "s3cret" * 600


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        pytest.param("http://user:pass@host/p", "http://user:pass@host/p", id="short: whole"),
        pytest.param(
            f"http://u:{SECRET}@host/p", "http://REDACTED:REDACTED@host/p", id="long user"
        ),
        pytest.param(f"http://u:{SECRET}@host?q", "http://REDACTED:REDACTED@host?q", id="no path"),
        pytest.param(
            f"http://host/{SECRET}@x", f"http://host/{SECRET}"[:2048], id="at in the path"
        ),
    ],
)
def test_url(url, kept):
    """A URL is cut so that the credentials in it are still redacted or gone."""
    assert bounded_url(url) == kept


def test_excluded(stub, exclude):
    """A URL that matches one of the patterns is not recorded; a bad pattern is told, not used."""
    lines = []
    logger = _notice.logger()
    logger.addFilter(lambda record: lines.append(record.getMessage()) or False)
    try:
        exclude(("status/2..", "(", "redirect"))
    finally:
        logger.filters.clear()
    with testing.capture() as captured:
        with heliograph.span("outer"):
            for path in "/status/200", "/status/404", "/redirect/0":
                library.get(stub.url + path, timeout=5)
        assert recorded(captured) == [stub.url + "/status/404"]
    assert len(lines) == 1
    assert "'('" in lines[0]


def test_what_the_settings_exclude_stays_excluded(stub, exclude):
    """The function's own `instrument()` takes nothing of the settings back; with URLs it does."""
    from opentelemetry.instrumentation.requests import RequestsInstrumentor

    with testing.capture(excluded_urls="status/404") as captured:
        for given in ({}, {"excluded_urls": "status/200"}, {}):
            RequestsInstrumentor().instrument(**given)
            with heliograph.span("outer"):
                library.get(stub.url + "/status/404", timeout=5)
                library.get(stub.url + "/status/200", timeout=5)
            RequestsInstrumentor().uninstrument()
        urls = recorded(captured)
    assert [url[-3:] for url in urls] == ["200", "404", "200"]


def test_many_headers(stub):
    """Of a request's headers the first 32 are kept, each cut to size; all of them are sent."""
    headers = {f"X-{number:03}": "v" * 5000 if number == 0 else "v" for number in range(60)}
    with testing.capture(), heliograph.span("outer"):
        library.get(stub.url + "/status/200", headers=headers, timeout=5)
        (kept,) = [entry.call.request[2] for entry in journal.entries if entry.call is not None]
    assert len(kept) == 32
    assert max(map(len, kept.values())) == 2048
    assert headers.items() <= dict(stub.seen[0][2]).items()


def test_uninstrumented_session(stub):
    """`uninstrument_session` takes one session out, others stay."""
    from opentelemetry.instrumentation.requests import RequestsInstrumentor

    with testing.capture() as captured:
        with heliograph.span("outer"), library.Session() as out, library.Session() as other:
            RequestsInstrumentor.uninstrument_session(out)
            out.get(stub.url + "/status/200", timeout=5)
            other.get(stub.url + "/status/404", timeout=5)
        assert recorded(captured) == [stub.url + "/status/404"]
        urllib3s, requests_ = captured.spans[1:]
    assert urllib3s.instrumentation_scope.name == "opentelemetry.instrumentation.urllib3"
    sent = [dict(seen[2])["traceparent"][36:52] for seen in stub.seen]
    assert sent == [f"{span.context.span_id:016x}" for span in (urllib3s, requests_)]


class Tagged(library.PreparedRequest):
    """A request of the user's own kind."""

    __slots__ = ("tenant",)


class Noting(library.adapters.HTTPAdapter):
    """An adapter that reads the user's request, and notes on it."""

    def send(self, request, **more):
        assert request.tenant == "blue"
        assert "traceparent" in request.headers
        request.headers["X-Noted"] = "by the adapter"
        request.noted = True
        return super().send(request, **more)


def tagged(url, headers=None):
    request = Tagged()
    request.prepare("GET", url, headers=headers)
    request.tenant = "blue"
    return request


def test_the_callers_request_is_sent(stub):
    """Not a copy: an adapter finds what its class has, the caller what an adapter notes (4)."""
    request = tagged(stub.url + "/status/200", {"X-One": "1"})
    headers = request.headers
    before = list(headers.items())
    with testing.capture(), heliograph.span("outer"), library.Session() as session:
        session.mount("http://", Noting())
        response = session.send(request)
    assert response.request is request
    assert request.headers is headers
    assert list(headers.items()) == [*before, ("X-Noted", "by the adapter")]
    assert request.noted is True
    assert "traceparent" in {name.lower() for name in dict(stub.seen[0][2])}


@pytest.mark.parametrize("name", ["traceparent", "TraceParent", "X-Amzn-Trace-Id"])
def test_the_callers_own_header_is_put_back(stub, name):
    """A trace header that the caller wrote is as before after the call, in its own case."""
    request = tagged(stub.url + "/status/200", {name: "mine", "X-One": "1"})
    before = dict(request.headers.items())
    with testing.capture(), heliograph.span("outer"), library.Session() as session:
        session.send(request)
    assert dict(request.headers.items()) == before


def test_a_request_without_headers(stub):
    """None is None again."""
    request = tagged(stub.url + "/status/200")
    request.headers = None
    with testing.capture(), heliograph.span("outer"), library.Session() as session:
        session.send(request)
    assert request.headers is None


def test_redirects_keep_no_header_of_ours(stub):
    """A redirect sends a copy, made by requests while ours are on the first: none stays on any."""
    with testing.capture(), heliograph.span("outer"):
        response = library.get(stub.url + "/redirect/2", timeout=5)
    sent = [one.request for one in (*response.history, response)]
    assert len(sent) == len(stub.seen) > 2
    assert [name for one in sent for name in one.headers if "trace" in name.lower()] == []
    assert all("traceparent" in dict(seen[2]) for seen in stub.seen)


class Recording(library.adapters.BaseAdapter):
    """An adapter that answers by itself; what it is sent is looked at by a function."""

    def __init__(self, look, *answers):
        super().__init__()
        self.look, self.answers = look, list(answers)

    def send(self, request, **more):
        self.look(request)
        response = library.Response()
        response.status_code, response.request, response.url = 200, request, request.url
        response.raw = io.BytesIO()
        response.connection = self
        if self.answers:
            response.status_code, headers = self.answers.pop(0)
            response.headers.update(headers)
        return response

    def close(self):
        pass


def sent_by(adapter, request, **more):
    with testing.capture(), heliograph.span("outer"), library.Session() as session:
        session.mount("http://", adapter)
        return session.send(request, **more)


def test_headers_are_put_back_in_their_order():
    """Names, case, values and order are the caller's, of requests' own mapping and of a plain one;
    on the wire each name is once."""
    given = {"A": "1", "TraceParent": "mine", "baggage": "b=1", "Z": "2"}
    seen = []
    for headers in (library.structures.CaseInsensitiveDict(given), dict(given)):
        request = tagged("http://host/")
        request.headers = headers
        sent_by(Recording(lambda one: seen.append(dict(one.headers))), request)
        assert request.headers is headers
        assert list(headers.items()) == list(given.items())
    for one in seen:
        assert [name.lower() for name in one] == [*map(str.lower, given), "x-amzn-trace-id"]
        assert one["TraceParent"].startswith("00-")


def test_an_adapter_that_exchanges_the_headers():
    """What an adapter puts in place of them stays, without what is ours."""
    request = tagged("http://host/", {"X-One": "1", "traceparent": "mine"})

    def exchange(one):
        one.headers = {**one.headers, "X-Noted": "yes"}

    sent_by(Recording(exchange), request)
    assert dict(request.headers) == {"X-One": "1", "traceparent": "mine", "X-Noted": "yes"}


def test_an_adapter_that_writes_a_trace_header():
    """It stays: it is not ours."""
    request = tagged("http://host/")
    sent_by(Recording(lambda one: one.headers.update(traceparent="theirs")), request)
    assert request.headers["traceparent"] == "theirs"


def test_an_authentication_that_sends_a_copy():
    """A digest's second request is a copy of the first: it is sent with our headers, and has the
    caller's afterwards."""
    request = library.Request(
        "GET", "http://host/", {"traceparent": "mine"}, auth=library.auth.HTTPDigestAuth("u", "p")
    ).prepare()
    seen = []
    challenge = (401, {"www-authenticate": 'Digest realm="r", nonce="n", qop="auth"'})
    adapter = Recording(lambda one: seen.append(one.headers["traceparent"]), challenge)
    response = sent_by(adapter, request)
    assert response.request is not request
    assert "Authorization" in response.request.headers
    assert [one[:3] for one in seen] == ["00-", "00-"]
    for one in (request, response.request):
        assert one.headers["traceparent"] == "mine"
        assert "X-Amzn-Trace-Id" not in one.headers


def test_a_redirect_has_the_callers_header():
    """The copy that is sent to the next place has what the caller wrote, not what we did."""
    request = tagged("http://host/", {"traceparent": "mine"})
    seen = []
    adapter = Recording(
        lambda one: seen.append(one.headers["traceparent"]), (302, {"location": "http://host/b"})
    )
    response = sent_by(adapter, request)
    assert response.request is not request
    assert len(seen) == 2
    assert {one[:3] for one in seen} == {"00-"}
    for one in (request, response.request):
        assert dict(one.headers) == {"traceparent": "mine"}


@pytest.mark.parametrize("order", ["first in first out", "last in first out"])
def test_one_request_sent_by_two_threads(order):
    """Each sends a whole header, no header comes or goes while the other reads them, and the last
    puts back what the caller wrote."""
    request = tagged("http://host/", {"traceparent": "mine"})
    inside, go = [threading.Event(), threading.Event()], [threading.Event(), threading.Event()]
    seen = []

    def look(one):
        number = len(seen)
        seen.append(dict(one.headers))
        inside[number].set()
        assert go[number].wait(10)

    with testing.capture(), library.Session() as session:
        session.mount("http://", Recording(look))

        def work():
            with heliograph.span("outer"):
                session.send(request)

        both = [threading.Thread(target=work) for _ in range(2)]
        for thread, entered in zip(both, inside, strict=True):
            thread.start()
            assert entered.wait(10)
        for number in (0, 1) if order == "first in first out" else (1, 0):
            assert list(request.headers) == list(seen[0]) == list(seen[1])
            go[number].set()
            both[number].join()
    assert [one["traceparent"][:3] for one in seen] == ["00-", "00-"]
    assert seen[0]["traceparent"] != seen[1]["traceparent"]
    assert dict(request.headers) == {"traceparent": "mine"}


def test_a_request_of_slots():
    """A request that has no room for an attribute more, and headers of the user's own kind."""

    class Headers(dict):
        __slots__ = ()

    class Slots:
        __slots__ = ("body", "headers", "hooks", "method", "url")

    request = Slots()
    request.method, request.url, request.body, request.hooks = "GET", "http://host/", None, {}
    request.headers = headers = Headers(One="1")
    adapter = Recording(lambda one: seen.append("traceparent" in one.headers))
    seen = []
    with testing.capture(), heliograph.span("outer"), library.Session() as session:
        session.mount("http://", adapter)
        session.send(request, allow_redirects=False)
    assert seen == [True]
    assert request.headers is headers
    assert headers == {"One": "1"}
