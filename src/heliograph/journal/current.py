"""Where am I: the current span of this thread or task.

One context variable holds it all. Its value is None, an `Entry` that we entered, or - once user
code uses the OpenTelemetry API - an OpenTelemetry `Context`, because `otel_api/context.py` makes
this variable OpenTelemetry's own. So there is one answer to "what is current", whoever asks, and an
import of OpenTelemetry in the middle of an invocation loses nothing.
"""

from __future__ import annotations

from _contextvars import ContextVar  # its wrapper is one more module to load before a response

from .._guard import passes
from . import state
from .entry import Entry, Remote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextvars import Token

here: ContextVar[object] = ContextVar("heliograph", default=None)


QUIET = object()
"""A value of it: what we do ourselves, such as an export, which nobody is to record."""


def unread(value: object) -> tuple[Entry | Remote | None, str]:
    """Read what is no context of OpenTelemetry's: it has no span."""
    return None, "all" if value is QUIET else ""


state.read_context = unread  # until `otel_api/context.py` sets it, no such context can be there


def span() -> Entry | Remote | None:
    """Return the current span, or None."""
    value = here.get()
    if type(value) is Entry:
        return value.resolve() if not value.end else living(value)
    return living(state.read_context(value)[0] if value is not None else None)


def living(span: Entry | Remote | None) -> Entry | Remote | None:
    """Return what a new span is below: never a span of an invocation that is over.

    A thread, a task or a context may outlive the invocation that made it, or know none: what is
    done there while another one runs belongs to that one. A span that is still open goes on being
    a parent, and so does one that has ended in the invocation that runs.
    """
    origin = state.origin
    if origin is not None and not origin.end and span is not origin:
        if span is None:
            span = origin
        elif type(span) is Entry and span.end and span.start < origin.start:
            above = span.resolve().parent
            while type(above) is Entry and above.end:
                above = above.resolve().parent
            if type(above) is not Entry:  # else what it is part of is still open
                span = origin
    return span.resolve() if type(span) is Entry else span


def span_for(*, http: bool) -> tuple[Entry | Remote | None, bool]:
    """Return the current span, and whether a call is to be recorded below it.

    An AWS call is one span: the HTTP requests that it makes are part of it
    (`suppress_http_instrumentation` of the official instrumentors).

    Args:
        http: The call is an HTTP request.
    """
    value = here.get()
    if value is None or (type(value) is Entry and value.end):
        parent = living(value)
        if parent is value and value is not None:
            return parent, not _suppressed(value, http)
        return parent, parent is not None
    if type(value) is Entry:
        # mostly: below the handler's span
        plain = value.resolve().outer is None and value.call is None
        return value, plain or not _suppressed(value, http)
    parent, suppressed = state.read_context(value)
    parent = living(parent)
    return parent, not suppressed or (suppressed == "http" and not http)


def _suppressed(entry: Entry, http: bool) -> bool:
    """Tell whether an entry is within something in which a call is not recorded."""
    outer: object = entry
    while type(outer) is Entry:
        if http and outer.call is not None:
            return True
        outer = outer.resolve().outer
    suppressed = state.read_context(outer)[1] if outer is not None else ""
    return suppressed == "all" or (http and suppressed == "http")


def enter(entry: Entry) -> Token[object]:
    """Make an entry current; returns the token that `leave` takes."""
    value = here.get()
    entry.outer = value if value is entry.parent else state.around(value)
    return here.set(entry)


def around_entry(value: object) -> object:
    """Stand for `around` until there can be a context of OpenTelemetry's."""
    return living(value) if value is None or type(value) is Entry else value


state.around = around_entry


def leave(entry: Entry, token: Token[object]) -> None:
    """Make current again what was before `enter`."""
    try:
        here.reset(token)
    except ValueError as error:  # entered in another context: a generator finished by another
        if passes(error):
            raise
        if here.get() is entry:
            here.set(entry.resolve().outer)


class Received:
    """What an invocation's span has for its `outer`: the baggage that came with the event."""

    __slots__ = ("baggage",)

    def __init__(self, baggage: dict[str, object]) -> None:
        self.baggage = baggage


def received_baggage() -> dict[str, object]:
    """Return the baggage that came with the event, if what is current is of its invocation."""
    value = state.around(here.get())
    while type(value) is Entry:
        value = value.resolve().outer
    return value.baggage if type(value) is Received else {}


state.baggage = received_baggage  # only OpenTelemetry's API can write any


def no_span(entry: Entry) -> object:
    """Stand for `recorded_span` until `opentelemetry.trace` is imported."""
    return entry


state.recorded_span = no_span
