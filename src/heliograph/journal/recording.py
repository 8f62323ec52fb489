"""Starting and ending an entry: the one place where a span's trace and its sampling are decided."""

from __future__ import annotations

from time import time_ns

from .._guard import guard, guarded
from . import current, journal, state
from .entry import CLIENT, INTERNAL, Call, Entry, Remote, Trace, new_trace_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def header_rest() -> str:
    """Return what every AWS call carries on of the environment's X-Ray header, such as Lineage."""
    return state.origin.resolve().trace.header_rest if state.origin is not None else ""


def new_trace(*, request_id: str | None = None, header_rest: str = "") -> Trace:
    """Return a new trace, with the sampler's decision."""
    trace_id = new_trace_id()
    return Trace(
        trace_id,
        sampled=state.decide(None, trace_id),
        header_rest=header_rest,
        request_id=request_id,
    )


def trace_for(parent: Entry | Remote | None) -> Trace:
    """Return the trace of a new span: its parent's, or a new one, with the sampler's decision."""
    if parent is None:
        above = state.origin
        owner = above.resolve().trace.request_id if above is not None else None
        return new_trace(request_id=owner, header_rest=header_rest())
    trace = parent.trace
    if state.decide(trace.sampled, trace.id) == trace.sampled:
        return trace
    return Trace(
        trace.id,
        sampled=not trace.sampled,
        state=trace.state,
        random=trace.random,
        header_rest=trace.header_rest,
        request_id=trace.request_id,
    )


def start(name: str, parent: Entry | Remote | None, *, kind: int = INTERNAL) -> Entry:
    """Start an entry below `parent`; it is written down if its trace is sampled."""
    entry = Entry(name, parent, trace_for(parent), kind=kind)
    if entry.trace.sampled:
        journal.add(entry)
    return entry


class Recorder:
    """Records the calls of one library.

    Attributes:
        library: Name of the library, as in `OTEL_PYTHON_DISABLED_INSTRUMENTATIONS`.
        keep: Makes the bounded facts of a response; None of what is no response of the library.
        recording: False after the user's own `uninstrument()` or instrumentation of it.
        request_hook, response_hook: The user's, given to the official instrumentor.
    """

    http = False
    """Its calls are HTTP requests: those that another recorded call makes are part of it."""

    def __init__(self, library: str, keep: Callable[[Any], object]) -> None:
        self.library = library
        self.keep = keep
        self.recording = True
        self.request_hook: Callable[..., object] | None = None
        self.response_hook: Callable[..., object] | None = None

    def parent(self) -> Entry | Remote | None:
        """Return the span to record a call below; None if it is not to be recorded."""
        if not self.recording:
            return None
        parent, wanted = current.span_for(http=self.http)
        if parent is None or not wanted or not state.decide(parent.trace.sampled, parent.trace.id):
            return None
        return parent

    def begin(
        self, name: str, parent: Entry | Remote, subject: tuple[Any, ...], request: object
    ) -> Entry:
        """Start the entry of a call below `parent`, and make it current.

        Whoever calls this makes current again what was before: in a `finally` around all of it.
        """
        trace = parent.trace
        entry = Entry(name, parent, trace if trace.sampled else trace_for(parent), kind=CLIENT)
        entry.call = Call(self.library, subject, request)
        current.enter(entry)  # first: `fail` finds what was interrupted here
        journal.add(entry)
        if state.added is not None:
            state.added.tell(entry)
        return entry

    def answer(
        self,
        entry: Entry,
        response: object,
        *seen: object,
    ) -> None:
        """End the entry of a call that returned.

        Args:
            entry: What `begin` returned.
            response: What the call returned.
            seen: What the user's response hook is called with, after the span.
        """
        end = time_ns() or 1
        call: Any = entry.call
        call.answer = guarded(f"recording a response of {self.library}", self.keep, response)
        if entry.ops is not None or self.response_hook is not None:
            self.hooked(entry, *seen)
        entry.end = end

    def adopted(self, given: dict[str, Any]) -> None:
        """Take over what user code gives `instrument()` of the official instrumentor.

        Args:
            given: Its keywords; the hooks are taken over already.
        """

    def brief(self, call: Call) -> tuple[str, dict[str, Any]]:
        """Return the name and the few facts by which a call is known that never ended.

        Nothing of its payload, its headers, its query.
        """
        return call.library, {}

    def ask(self, entry: Entry, *seen: object) -> None:
        """Call the user's request hook."""
        if self.request_hook is not None:
            with guard(f"calling the request hook of {self.library}"):
                self.request_hook(state.recorded_span(entry), *seen)

    def hooked(self, entry: Entry, *seen: object) -> None:
        """Call the user's response hook, if there is something to call it with."""
        if entry.call is not None:
            entry.call.answered = len(entry.ops or ())
        if self.response_hook is not None and seen:
            with guard(f"calling the response hook of {self.library}"):
                self.response_hook(state.recorded_span(entry), *seen)


recorders: dict[str, Recorder] = {}
"""The recorders in place, by library."""


def dress(function: Any, original: Any) -> None:
    """Give a function of ours the looks of the one that it is put in place of."""
    for name in ("__module__", "__name__", "__qualname__", "__doc__"):
        setattr(function, name, getattr(original, name))
    function.__wrapped__ = original
