"""HTTP requests of exporters: the OpenTelemetry exporters' transport, on the standard library.

The official transports bring urllib3 (87 modules, three times the time to import) or requests (203
modules, four to five times), of which the function or its runtime may have another version, and
which instrumentation wraps; `http.client` takes 23 modules and 11 ms, most of it `ssl`.
"""

from __future__ import annotations

import os
import select
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import Message
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection, IncompleteRead
from threading import Timer
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from opentelemetry.exporter.http.transport._base import BaseHTTPResult, BaseHTTPTransport

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping, Sequence

RETRYABLE = frozenset({429, 502, 503, 504})
"""Answers after which the same request may be sent again (OTLP specification, OTLP/HTTP)."""

REFUSALS = frozenset({401, 403})
"""Answers after which a source of headers may have other ones."""

OFFICIAL = frozenset({"content-type", "content-encoding", "user-agent"})
"""Headers kept of those that the official exporter asks for; the others come from the settings."""

IDLE_SECONDS = 50
"""Age of an unused connection that is not used again: load balancers forget one after 60 s."""

ANSWER_BYTES = 65_536
"""What is read of an answer: it says how much was rejected, and why."""

NO_TIMEOUT_SECONDS = 10.0
"""Seconds for a request without a timeout: OpenTelemetry's default."""

NEVER = str(10**9)
"""Seconds after which the official client is told to try again: it gives up instead of waiting."""


class MovedError(HTTPException):
    """The server answered with a redirection, which an exporter does not follow."""


class HeaderSource(Protocol):
    """Makes headers for each request: a signature, a token from a secret."""

    def headers(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> Mapping[str, str]:
        """Return the headers to add to a request that has these; lower-case names."""

    def refused(self, status: int) -> bool:
        """Take note of a 401 or 403; True if the request is to be made again with new headers."""


@dataclass(frozen=True, slots=True)
class Answer(BaseHTTPResult):
    """What came back: a status and a reason, or an error."""

    body: bytes = b""
    fields: Message = field(default_factory=Message)
    is_final: bool = True

    def content(self) -> bytes:
        """Return the first bytes of the answer."""
        return self.body

    def headers(self) -> Mapping[str, str]:
        """Return the headers; of a final answer, none that makes the official client wait."""
        shown = Message()
        for name, value in self.fields.items():
            shown[name] = value
        if self.is_final and self.status_code in RETRYABLE:
            del shown["retry-after"]
            shown["retry-after"] = NEVER
        return shown  # type: ignore[return-value]  # a Message is a mapping in all but its base


class Transport(BaseHTTPTransport):
    """Sends requests to one host, on a connection that is kept.

    Args:
        headers: Added to every request.
        sources: Make more headers for each request; later ones win.
        tls: Makes the context of https connections, when the first is opened.
        patient: Let the official client try again, with pauses; else each request is made once.

    Attributes:
        failure: Why the last request failed: `HTTP 503 Service Unavailable`; "" if it did not.
        retryable: Whether sending the same again may help, after a failure.
        retry_after: Seconds that the server asked to wait, or None.
        said: The first bytes of the last answer.
    """

    def __init__(
        self,
        headers: Mapping[str, str] | None = None,
        sources: Sequence[HeaderSource] = (),
        tls: Callable[[], ssl.SSLContext] | None = None,
        *,
        patient: bool = False,
    ) -> None:
        self._own = dict(headers or {})
        self._sources = tuple(sources)
        self._tls = tls
        self._patient = patient
        self._context: ssl.SSLContext | None = None
        self._kept: tuple[HTTPConnection, float, int] | None = None
        self._note(Answer())

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: dict[str, str] | None = None,
        timeout: float | None = None,
        data: bytes | None = None,
    ) -> Answer:
        """Make a request, and once more if a source has other headers after a refusal.

        Args:
            method: Such as POST.
            url: Where to.
            headers: The official exporter's; what is not in `OFFICIAL` is left out.
            timeout: Seconds for all of it.
            data: The body.

        Returns:
            The answer; a failure is one with an error. Redirections are not followed: they fail.
        """
        until = time.monotonic() + (NO_TIMEOUT_SECONDS if timeout is None else timeout)
        asked = {k.lower(): v for k, v in (headers or {}).items() if k.lower() in OFFICIAL}
        try:
            answer = self._ask(method, url, asked, data or b"", until)
            if answer.status_code in REFUSALS and refused(self._sources, answer.status_code):
                answer = self._ask(method, url, asked, data or b"", until)
        except (OSError, HTTPException, ValueError) as error:  # ValueError: a header with a newline
            over = time.monotonic() >= until
            answer = Answer(error=TimeoutError("timed out") if over else error)
        return self._note(answer)

    def is_connection_error(self, exception: Exception | None) -> bool:
        """Tell whether the official client is to try again after an error."""
        return self._patient and isinstance(exception, OSError)

    def close(self) -> None:
        """Close the connection; another request opens a new one."""
        kept, self._kept = self._kept, None
        if kept is not None:
            kept[0].close()

    def _ask(
        self, method: str, url: str, headers: dict[str, str], body: bytes, until: float
    ) -> Answer:
        whole = {**headers, **self._own}
        for source in self._sources:
            whole.update(source.headers(method, url, dict(whole), body))
        parts = urlsplit(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection = self._take()
        if connection is not None:
            try:
                return self._exchange(connection, method, target, whole, body, until)
            except (TimeoutError, MovedError):
                raise
            except (OSError, HTTPException):
                _left(until)  # the time may be what ended it
                # closed while the environment was frozen, and nothing answered: sent anew
        connection = self._open(parts.scheme, parts.hostname or "", parts.port, until)
        return self._exchange(connection, method, target, whole, body, until)

    def _exchange(
        self,
        connection: HTTPConnection,
        method: str,
        target: str,
        headers: dict[str, str],
        body: bytes,
        until: float,
    ) -> Answer:
        """Send a request and read the answer; keep the connection, or close it."""
        kept = False
        limit = Timer(_left(until), _cut_off, (connection,))
        limit.daemon = True
        limit.start()
        try:
            connection.sock.settimeout(_left(until))
            connection.request(method, target, body, headers)
            connection.sock.settimeout(_left(until))
            response = connection.getresponse()
            try:
                content = response.read(ANSWER_BYTES)
            except IncompleteRead as cut:  # the status has said it
                content = cut.partial
            else:
                kept = response.isclosed() and not response.will_close
        finally:
            limit.cancel()
            if not kept:
                connection.close()
        if kept:
            self._kept = (connection, time.time(), os.getpid())
        if 300 <= response.status < 400:  # the official client would take it for a success
            raise MovedError(f"the server answers {response.status}, a redirection")
        said = response.status, response.reason
        return Answer(*said, None, content, response.msg, is_final=not self._patient)

    def _take(self) -> HTTPConnection | None:
        """Return the kept connection if it can be used again.

        The clock is the wall's: the monotonic one may stand still while Lambda freezes us.
        """
        kept, self._kept = self._kept, None
        if kept is None:
            return None
        connection, since, process = kept
        fresh = process == os.getpid() and 0 <= time.time() - since < IDLE_SECONDS
        if not fresh or connection.sock is None or _is_readable(connection.sock.fileno()):
            connection.close()
            return None
        return connection

    def _open(self, scheme: str, host: str, port: int | None, until: float) -> HTTPConnection:
        if scheme == "https":
            if self._context is None:
                self._context = self._tls() if self._tls else None
            connection: HTTPConnection = HTTPSConnection(
                host, port, timeout=_left(until), context=self._context
            )
        else:
            connection = HTTPConnection(host, port, timeout=_left(until))
        connection.connect()
        return connection

    def _note(self, answer: Answer) -> Answer:
        self.said = answer.body
        status, error = answer.status_code, answer.error
        self.failure = ""
        if status is not None and not 200 <= status < 300:
            self.failure = f"HTTP {status} {answer.reason or ''}".rstrip()
        elif error is not None:
            self.failure = f"{type(error).__name__}: {error}".rstrip(": ")
        final = isinstance(error, (MovedError, ValueError))
        self.retryable = bool(self.failure) and not final and (not status or status in RETRYABLE)
        self.retry_after = _seconds(answer.fields.get("retry-after", "")) if self.failure else None
        return answer


def _cut_off(connection: HTTPConnection) -> None:
    """End an exchange whose time is over: a socket's own timeout counts for each read anew."""
    with suppress(OSError, AttributeError):  # closed meanwhile
        connection.sock.shutdown(socket.SHUT_RDWR)


def refused(sources: Sequence[HeaderSource], status: int) -> bool:
    """Tell every source of a refusal; return whether one of them has other headers now."""
    have_others = [source.refused(status) for source in sources]
    return any(have_others)


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    return left


def _is_readable(descriptor: int) -> bool:
    """Tell whether a connection on which nothing was asked has something to read: its end."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


def _seconds(value: str) -> float | None:
    """Read `Retry-After`: seconds, or a date (RFC 9110, 10.2.3)."""
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
        except (TypeError, ValueError):
            return None
    return max(seconds, 0.0) if seconds < float("inf") else None
