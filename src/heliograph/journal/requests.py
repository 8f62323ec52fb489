"""HTTP requests through requests: recorded, and given the configured propagators' headers."""

from __future__ import annotations

import sys

from .. import _notice
from .._guard import guarded
from .._limits import MAX_ITEMS, MAX_STRING
from . import carry, current, keep
from .recording import Recorder, recorders

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

recorder = Recorder("requests")

excluded: Callable[[str], object] | None = None
"""Whether a URL is excluded: the search of `OTEL_PYTHON_REQUESTS_EXCLUDED_URLS`, if set."""

excluded_by_settings: tuple[str, ...] = ()
"""The patterns of the settings; in force unless `instrument(excluded_urls=...)` gives others."""


class Answer:
    """What is kept of a response: never its body.

    Attributes:
        status: Status code.
        headers: Bounded copy.
        reason: Reason phrase.
        version: HTTP version as the connection says it: 10 or 11.
    """

    __slots__ = ("headers", "reason", "status", "version")

    def __init__(self, response: Any) -> None:
        self.status = response.status_code
        self.headers = _headers(response.headers)
        self.reason = response.reason
        self.version = getattr(response.raw, "version", None)


def install(module: ModuleType) -> None:
    """Record `Session.send`, on which every request of the library runs.

    Args:
        module: `requests.sessions`, just imported.
    """
    session = module.Session
    original = session.send
    response_type = sys.modules[module.__name__.replace("sessions", "models")].Response

    def send(self: Any, request: Any, **kwargs: Any) -> Any:
        begun = guarded("recording an HTTP request", _begin, request)
        sent = guarded("writing the trace headers of an HTTP request", _with_headers, request)
        if sent is None:
            sent = request
        if begun is None:
            return original(self, sent, **kwargs)
        entry, token = begun
        try:
            response = original(self, sent, **kwargs)
        except BaseException as error:
            answer = getattr(error, "response", None)
            seen = (sent, answer) if isinstance(answer, response_type) else ()
            recorder.fail(entry, token, error, *seen)
            raise
        recorder.answer(entry, token, Answer, response, sent, response)
        return response

    send.__doc__ = original.__doc__
    send.__wrapped__ = original  # type: ignore[attr-defined]
    # `RequestsInstrumentor.uninstrument_session` takes back what is marked so
    send.opentelemetry_instrumentation_requests_applied = True  # type: ignore[attr-defined]
    session.send = send
    recorders["requests"] = recorder
    keep.response = lambda kept: Answer(kept) if isinstance(kept, response_type) else None


def _begin(request: Any) -> Any:
    if excluded is not None and excluded(request.url):
        return None
    parent = recorder.parent()
    if parent is None:
        return None
    facts = (str(request.method), _url(str(request.url)), _headers(request.headers))
    begun = recorder.begin("HTTP", parent, None, facts)
    if recorder.request_hook is not None:
        recorder.ask(begun[0], request)
    return begun


def _url(url: str) -> str:
    """Cut a long URL, its credentials first: the cut may part them from the `@` that shows them."""
    if len(url) <= MAX_STRING:
        return url
    scheme, _, rest = url.partition("://")
    end = min((at for at in map(rest.find, "/?#") if at >= 0), default=len(rest))
    _, credentials, host = rest[:end].rpartition("@")
    known = "REDACTED:REDACTED@" if credentials else ""
    return f"{scheme}://{known}{host}{rest[end:]}"[:MAX_STRING]


def _with_headers(request: Any) -> Any:
    """Copy a prepared request, shallow but for its headers: the caller's stays as it is.

    Returns:
        The copy with the current span's headers; the request itself where no span is current.
    """
    span = current.span()
    if span is None:
        return request
    sent = request.__class__.__new__(request.__class__)
    sent.__dict__.update(request.__dict__)
    sent.headers = _copied(request.headers) if request.headers is not None else {}
    carry.onto_request(span, sent.headers)
    return sent


def _copied(headers: Any) -> Any:
    """Copy headers; those of requests by their one table, a tenth of what their `copy` takes."""
    table = getattr(headers, "_store", None)
    if type(headers).__name__ != "CaseInsensitiveDict" or len(headers.__dict__) != 1:
        return headers.copy()
    copy = type(headers)()
    copy._store.update(table)
    return copy


def _headers(headers: Any) -> dict[str, str]:
    kept: dict[str, str] = {}
    table = getattr(headers, "_store", None)  # of requests' own class: as written, by lower case
    pairs = (headers or {}).items() if table is None else list(table.values())
    for name, value in pairs:
        if len(kept) == MAX_ITEMS:
            break
        text = value if type(value) is str else _text(value)
        kept[name if type(name) is str else str(name)] = text[:MAX_STRING]
    return kept


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def exclude(patterns: tuple[str, ...]) -> None:
    """Leave out requests whose URL matches one of these regular expressions.

    A pattern that is none is told and left out; the others count.
    """
    global excluded
    import re  # loaded by the runtime and by requests

    usable = []
    for pattern in patterns:
        try:
            re.compile(pattern)
            usable.append(pattern)
        except re.error as error:
            _notice.warn(
                f"excluded URL {pattern}",
                f"excluded URL {pattern!r} is no regular expression ({error}): left out.",
            )
    excluded = re.compile("|".join(usable)).search if usable else None
