"""HTTP requests of exporters: the OpenTelemetry exporters' transport, on the standard library.

The official transports bring urllib3 (87 modules, three times the time to import) or requests (203
modules, four to five times), of which the function or its runtime may have another version, and
which instrumentation wraps; `connection.py` asks by `http.client`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from email.message import Message
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import TYPE_CHECKING, Protocol

from opentelemetry.exporter.http.transport._base import BaseHTTPResult, BaseHTTPTransport

from .connection import Connection, MovedError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping, Sequence

RETRYABLE = frozenset({429, 502, 503, 504})
"""Answers after which the same request may be sent again (OTLP specification, OTLP/HTTP)."""

REFUSALS = frozenset({401, 403})
"""Answers after which a source of headers may have other ones."""

OFFICIAL = frozenset({"content-type", "content-encoding", "user-agent"})
"""Headers kept of those that the official exporter asks for; the others come from the settings."""

NO_TIMEOUT_SECONDS = 10.0
"""Seconds for a request without a timeout: OpenTelemetry's default."""

NEVER = str(10**9)
"""Seconds after which the official client is told to try again: it gives up instead of waiting."""


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
        self._patient = patient
        self._connection = Connection(tls)
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
        self._connection.close()

    def _ask(
        self, method: str, url: str, headers: dict[str, str], body: bytes, until: float
    ) -> Answer:
        whole = {**headers, **self._own}
        for source in self._sources:
            whole.update(source.headers(method, url, dict(whole), body))
        response, content = self._connection.ask(method, url, whole, body, until)
        said = response.status, response.reason
        return Answer(*said, None, content, response.msg, is_final=not self._patient)

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


def refused(sources: Sequence[HeaderSource], status: int) -> bool:
    """Tell every source of a refusal; return whether one of them has other headers now."""
    have_others = [source.refused(status) for source in sources]
    return any(have_others)


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
