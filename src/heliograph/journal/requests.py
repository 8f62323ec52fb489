"""HTTP requests through requests: recorded, and given the configured propagators' headers."""

from __future__ import annotations

import sys

from .. import _notice
from .._guard import guarded, unframe
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
        lent = None
        try:
            lent = guarded("writing the trace headers of an HTTP request", Lent, request)
            response = original(self, request, **kwargs)
        except BaseException as error:
            if begun is None:
                unframe(error)
            else:
                from .fault import response_of  # loaded by the first failure

                answer = response_of(error)
                known = issubclass(type(answer), response_type)
                recorder.fail(*begun, error, *((request, answer) if known else ()))
            raise
        finally:
            if lent is not None:
                guarded("taking the trace headers of an HTTP request back", lent.back)
        if begun is not None:
            recorder.answer(*begun, Answer, response, request, response)
        return response

    send.__doc__ = original.__doc__
    send.__wrapped__ = original  # type: ignore[attr-defined]
    # `RequestsInstrumentor.uninstrument_session` takes back what is marked so
    send.opentelemetry_instrumentation_requests_applied = True  # type: ignore[attr-defined]
    session.send = send
    recorders["requests"] = recorder
    keep.response = lambda kept: Answer(kept) if issubclass(type(kept), response_type) else None


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


class Lent:
    """The current span's headers on a prepared request, for the time of the call.

    The request that is sent is the caller's own, and so are its headers: what an adapter or an
    authentication notes on them reaches the caller, what we wrote does not.

    Args:
        request: The prepared request.
    """

    __slots__ = ("before", "headers", "request", "written")

    def __init__(self, request: Any) -> None:
        self.written: dict[str, object] = {}
        span = current.span()
        if span is None:
            return
        self.request, self.headers = request, request.headers
        if self.headers is None:
            self.headers = request.headers = {}
        self.before = {name.lower(): (name, value) for name, value in self.headers.items()}
        carry.onto_request(span, self.headers)
        for name, value in list(self.headers.items()):
            known = self.before.get(name.lower(), (name, None))
            if known != (name, value) or value in _out:
                self.written[name] = value
                _out[value] = _out.get(value, 0) + 1

    def back(self) -> None:
        """Take back what was written, unless somebody has written something else meanwhile."""
        for name, value in self.written.items():
            if self.headers.get(name) == value:
                self._put_back(name)
        for value in self.written.values():
            _out[value] -= 1
            if not _out[value]:
                del _out[value]
        if self.written and not self.headers and type(self.headers) is dict:
            self.request.headers = None

    def _put_back(self, name: str) -> None:
        known, before = self.before.get(name.lower(), (name, None))
        if known != name or before is None or before in _out:
            del self.headers[name]
        if before is not None and before not in _out:  # else it is a copy of one that is lent
            self.headers[known] = before


_out: dict[Any, int] = {}
"""Values of headers that are lent now: a redirect sends a copy of the request that holds them."""


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
            usable.append(re.compile(pattern).search)
        except re.error as error:
            _notice.warn(
                f"excluded URL {pattern}",
                f"excluded URL {_notice.shown(pattern)} is no regular expression ({error}): "
                "left out.",
            )
    excluded = (lambda url: any(search(url) for search in usable)) if usable else None
