"""HTTP requests through requests: recorded, and given the configured propagators' headers.

What other recorders of HTTP share with it (`HttpRecorder`, the bounds of URLs and headers) is here
too: a file for it would be a module more before the response of everybody who uses requests.
"""

from __future__ import annotations

import sys
from time import time_ns

from ... import _notice
from ..._guard import guarded, unframe
from ...journal import MAX_ITEMS, MAX_STRING, current, state
from ...journal.recording import Recorder, dress, recorders
from ...propagation import onto_request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import ModuleType
    from typing import Any

    from ...settings.config import Config


class HttpRecorder(Recorder):
    """Records the requests of a library that speaks HTTP.

    Args:
        library, keep: As for `Recorder`.
        setting: The setting that has the patterns of URLs that are left out, which are in force
            unless `instrument()` of the official instrumentor gives others.

    Attributes:
        excluded: Whether a URL is excluded: the search of the patterns in force, if there are any.
    """

    http = True

    def __init__(self, library: str, keep: Callable[[Any], object], setting: str) -> None:
        super().__init__(library, keep)
        self.excluded: Callable[[str], object] | None = None
        self._setting = setting

    def brief(self, call: Any) -> tuple[str, dict[str, Any]]:
        """Return the method, and with it host and path."""
        method, url, _ = call.request
        place, _, path = url.partition("://")[2].partition("?")[0].partition("#")[0].partition("/")
        facts = {
            "http.request.method": method,
            "server.address": place.rpartition("@")[2],
            "url.path": "/" + path,
        }
        return method, facts

    def adopted(self, given: dict[str, Any]) -> None:
        """Take over the patterns of excluded URLs."""
        patterns = given.get("excluded_urls")
        if isinstance(patterns, str):
            self.exclude(tuple(part.strip() for part in patterns.split(",") if part.strip()))
        else:
            self.exclude()

    def exclude(self, patterns: tuple[str, ...] | None = None) -> None:
        """Leave out requests whose URL matches one of these regular expressions.

        A pattern that is none is told and left out; the others count.

        Args:
            patterns: The expressions; those of the settings if not given.
        """
        import re  # loaded by the runtime and by such libraries

        if patterns is None:
            patterns = getattr(state.config, self._setting, ())
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
        self.excluded = (lambda url: any(search(url) for search in usable)) if usable else None


def bounded_url(url: str) -> str:
    """Cut a long URL, its credentials first: the cut may part them from the `@` that shows them."""
    if len(url) <= MAX_STRING:
        return url
    scheme, _, rest = url.partition("://")
    end = min((at for at in map(rest.find, "/?#") if at >= 0), default=len(rest))
    _, credentials, host = rest[:end].rpartition("@")
    known = "REDACTED:REDACTED@" if credentials else ""
    return f"{scheme}://{known}{host}{rest[end:]}"[:MAX_STRING]


def bounded_headers(pairs: Iterable[tuple[Any, Any]]) -> dict[str, str]:
    """Return the first headers of names and values, as texts of bounded length."""
    kept: dict[str, str] = {}
    for name, value in pairs:
        if len(kept) == MAX_ITEMS:
            break
        text = value if type(value) is str else _text(value)
        kept[name if type(name) is str else str(name)] = text[:MAX_STRING]
    return kept


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


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
        self.headers = bounded_headers(_pairs(response.headers))
        self.reason = response.reason
        self.version = getattr(response.raw, "version", None)


_response_type: type = Answer
"""`requests.Response`, once the library is imported."""


def _kept(response: Any) -> Answer | None:
    return Answer(response) if issubclass(type(response), _response_type) else None


recorder = HttpRecorder("requests", _kept, "excluded_urls")


def install(module: ModuleType, _: Config) -> None:
    """Record `Session.send`, on which every request of the library runs.

    Args:
        module: `requests.sessions`, just imported.
    """
    global _response_type
    recorder.exclude()
    _response_type = sys.modules[module.__name__.replace("sessions", "models")].Response
    _record(module)


def _record(module: ModuleType) -> None:
    session = module.Session
    original = session.send

    def send(self: Any, request: Any, **kwargs: Any) -> Any:
        before, entry, lent, response = current.here.get(), None, Lent(request), None
        try:
            entry = guarded("recording an HTTP request", _begin, request)
            guarded("writing the trace headers of an HTTP request", lent.lend)
            response = original(self, request, **kwargs)
            if entry is not None:
                recorder.answer(entry, response, request, response)
        except BaseException as error:
            facts = request, error, entry, before
            guarded(f"recording an exception of {recorder.library}", _fail, *facts)
            unframe(error)
            raise
        finally:
            if entry is not None:
                current.here.set(before)
                entry.end = entry.end or time_ns() or 1  # what interrupts us may have left it open
            try:
                guarded("taking the trace headers of an HTTP request back", lent.back, response)
            finally:  # where that was interrupted, the rest
                guarded("taking the trace headers of an HTTP request back", lent.back, response)
        return response

    dress(send, original)
    # `RequestsInstrumentor.uninstrument_session` takes back what is marked so
    # a mark on our own function
    send.opentelemetry_instrumentation_requests_applied = True  # type: ignore[attr-defined]
    session.send = send
    recorders["requests"] = recorder


def _begin(request: Any) -> Any:
    if recorder.excluded is not None and recorder.excluded(request.url):
        return None
    parent = recorder.parent()
    if parent is None:
        return None
    headers = bounded_headers(_pairs(request.headers))
    facts = (str(request.method), bounded_url(str(request.url)), headers)
    entry = recorder.begin("HTTP", parent, (), facts)
    if recorder.request_hook is not None:
        recorder.ask(entry, request)
    return entry


def _fail(request: Any, error: BaseException, entry: Any, before: object) -> None:
    from ...journal.recorded_exception import fail, response_of  # by the first failure

    seen: tuple[object, ...] = ()
    if entry is not None:
        answer = response_of(error)
        seen = (request, answer) if issubclass(type(answer), _response_type) else ()
    fail(recorder, entry, before, error, *seen)


class Lent:
    """The current span's headers on a prepared request, for the time of one call.

    The request that is sent is the caller's own, and so are its headers: what an adapter or an
    authentication notes on them reaches the caller, what we wrote does not.

    Args:
        request: The prepared request.
    """

    __slots__ = ("_loan", "_ours", "_request")

    def __init__(self, request: Any) -> None:
        self._request = request
        self._ours: dict[str, Any] = {}
        self._loan: Loan | None = None

    def lend(self) -> None:
        """Write them."""
        span = current.span()
        if span is None:
            return
        wanted: dict[str, Any] = {}
        onto_request(span, wanted)
        present = self._request.headers
        headers = {} if present is None else present
        self._loan = _loans.setdefault(id(headers), Loan(headers))
        self._loan.calls[self] = None
        if present is None:
            self._request.headers = headers
        self._loan.write(wanted, self._ours)

    def back(self, response: Any) -> None:
        """Take them back, once; `response` is None where the call raised."""
        loan = self._loan
        if loan is None:
            return
        loan.calls.pop(self, None)
        if loan.calls:
            loan.leave(self._ours)
        else:  # of several threads that send one request, the last
            loan.take_back(self._ours, loan.headers)
            _loans.pop(id(loan.headers), None)
        held = self._request.headers
        if held is not loan.headers:  # an adapter has put others there
            loan.take_back(self._ours, held)
        elif not loan.calls and not held and type(held) is dict:
            self._request.headers = None
        self._loan = None
        last = getattr(response, "request", self._request)
        if last is not self._request:  # an authentication has sent a copy
            loan.take_back(self._ours, last.headers)


class Loan:
    """What is written on one object of headers, by all who send it now.

    Args:
        headers: The object.

    Attributes:
        headers: The object.
        calls: The calls that send it. While there are any, no header is removed: a thread that
            sends it may be reading it.
        before: What our headers stand in place of, by name; None if nothing.
        written: What was written last, by name.
    """

    __slots__ = ("before", "calls", "headers", "written")

    def __init__(self, headers: Any) -> None:
        self.headers = headers
        self.calls: dict[Lent, None] = {}
        self.before: dict[str, Any] = {}
        self.written: dict[str, Any] = {}

    def write(self, wanted: dict[str, Any], ours: dict[str, Any]) -> None:
        """Put headers in place of those that are there, under the names that these have.

        Args:
            wanted: The headers.
            ours: Is given what is written, before it is.
        """
        present = dict(_pairs(self.headers))
        names = {name.lower(): name for name in present}
        source = _source(self, present)
        for wanted_name, value in wanted.items():
            name = names.get(wanted_name.lower(), wanted_name)
            if name not in self.before:
                before = present.get(name)
                if source is not None and source.written.get(name, self) == before:
                    before = source.before[name]
                self.before[name] = before
            # text of its own, by which a copy is known
            mine = value[:1] + value[1:] if type(value) is str else value
            self.written[name] = ours[name] = mine
            self.headers[name] = mine

    def leave(self, ours: dict[str, Any]) -> None:
        """Leave a call's headers to the calls that send the same object."""
        for name, value in ours.items():
            if self.headers.get(name) == value:
                self.written[name] = value

    def take_back(self, ours: dict[str, Any], headers: Any) -> None:
        """Take back what was written, unless somebody has written something else meanwhile."""
        for name, value in ours.items():
            now = headers.get(name) if headers is not None else None
            if now is not None and now in (value, self.written[name]):
                if self.before[name] is None:
                    del headers[name]
                else:
                    headers[name] = self.before[name]


_loans: dict[int, Loan] = {}
"""What is lent now, by the identity of the headers."""


def _source(loan: Loan, present: dict[str, Any]) -> Loan | None:
    """Return the loan that headers are a copy of, such as requests makes for a redirect."""
    held = {id(value) for value in present.values() if type(value) is str and len(value) > 1}
    for other in list(_loans.values()):
        if other is not loan and any(id(value) in held for value in other.written.values()):
            return other
    return None


def _pairs(headers: Any) -> list[tuple[Any, Any]]:
    """Return names and values, of requests' own class as they are written, whoever changes it."""
    table = getattr(headers, "_store", None)
    return list((headers or {}).items() if table is None else table.values())
