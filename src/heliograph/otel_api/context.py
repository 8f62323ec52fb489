"""OpenTelemetry's current context, kept in our own context variable.

With one variable for both, a span entered by a recorder, by `heliograph.span` or by `use_span` is
current for all of them, and an import of OpenTelemetry in the middle of an invocation changes
nothing.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from opentelemetry.context import _SUPPRESS_HTTP_INSTRUMENTATION_KEY as _SUPPRESS_HTTP
from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY as _SUPPRESS_ALL
from opentelemetry.context.context import Context, _RuntimeContext

from .._guard import guarded
from ..journal import current, recording, state
from ..journal.entry import Entry, Remote, Trace
from .live import LiveSpan

if TYPE_CHECKING:
    from contextvars import Token
    from types import ModuleType

_ENTRY = "heliograph-entry"
_SUPPRESS_PLAIN = "suppress_instrumentation"


class SharedRuntimeContext(_RuntimeContext):
    """OpenTelemetry's runtime context on `heliograph.journal.current.here`.

    Args:
        before: The runtime context in use until now, asked where ours knows nothing; None where
            OpenTelemetry makes it when first used, as it did before its version 1.18.
    """

    def __init__(self, before: _RuntimeContext | None) -> None:
        self._before = before

    def attach(self, context: Context) -> Token[Context]:
        """Make a context current."""
        # OpenTelemetry's context is a `dict`
        return current.here.set(context)  # type: ignore[return-value]

    def get_current(self) -> Context:
        """Return the current context; that of an entry is made when first asked for."""
        value = around(current.here.get())
        if value is None:
            return self._before.get_current() if self._before is not None else Context()
        return context_of(value)

    def detach(self, token: Token[Context]) -> None:
        """Make current again what was before `attach`."""
        if token.var is current.here:
            current.here.reset(token)  # type: ignore[arg-type] # a token of `here`
        elif self._before is not None:
            self._before.detach(token)


def install(module: ModuleType) -> None:
    """Put our runtime context in place.

    Args:
        module: `opentelemetry.context`, just imported. It has no public way to set the runtime
            context but an entry point named in the environment, which costs a scan of all
            installed distributions.
    """
    theirs: Any = module
    if not isinstance(theirs._RUNTIME_CONTEXT, SharedRuntimeContext):
        theirs._RUNTIME_CONTEXT = SharedRuntimeContext(theirs._RUNTIME_CONTEXT)
    state.read_context = read
    state.baggage, state.around = baggage, around


def around(value: Any) -> Any:
    """Return what stands for a value of the variable now (`state.around`).

    A context whose span is of an invocation that is over keeps all else that is in it but the
    baggage, which came with that invocation's event.
    """
    kind = type(value)
    if value is None or kind is Entry:
        return current.living(value)
    key = _span_key()
    if key is None or not issubclass(kind, Context):
        return value
    entry = getattr(value.get(key), "entry", None)
    if type(entry) is not Entry or current.living(entry) is entry:
        return value
    within = context_of(state.origin)
    module: Any = sys.modules.get("opentelemetry.baggage")
    old = {
        name: kept for name, kept in value.items() if name != getattr(module, "_BAGGAGE_KEY", "")
    }
    return Context({**old, **within})


def context_of(value: Any) -> Context:
    """Return the context that stands for a value of the variable."""
    kind = type(value)  # user code may have attached anything, proxies too
    if kind is current.Received:
        return _with_baggage(value.baggage)
    if value is current.QUIET:
        return Context({_SUPPRESS_PLAIN: True, _SUPPRESS_ALL: True})
    if kind is not Entry:
        return _with_span(value) if issubclass(kind, Context) else Context()
    context = value.context
    if context is None:
        members: dict[str, object] = dict(context_of(value.resolve().outer))
        members[_ENTRY] = value
        if value.call is not None:
            members[_SUPPRESS_HTTP] = True
        key = _span_key()
        if key is not None:
            members[key] = state.recorded_span(value)
        context = Context(members)
        if key is not None:
            value.context = context
    made: Context = context
    return made


def _with_baggage(members: dict[str, object]) -> Context:
    from opentelemetry.baggage import set_baggage

    context = Context()
    for name, value in members.items():
        context = set_baggage(name, value, context)
    return context


def _with_span(context: Context) -> Context:
    """Complete a context that was made before `opentelemetry.trace` was imported."""
    entry, key = context.get(_ENTRY), _span_key()
    if key is None or key in context or type(entry) is not Entry:
        return context
    return Context({**context, key: state.recorded_span(entry)})


def _span_key() -> str | None:
    """Return the key of the current span; None until `opentelemetry.trace` is imported."""
    propagation = sys.modules.get("opentelemetry.trace.propagation")
    if propagation is None or state.recorded_span is current.no_span:
        return None
    key: str = propagation._SPAN_KEY
    return key


def read(context: Any) -> tuple[Entry | Remote | None, str]:
    """Return a context's span as ours, and what it suppresses: "", "http" or "all"."""
    if not issubclass(type(context), Context):
        return current.unread(context)
    suppressed = ""
    if context.get(_SUPPRESS_ALL) or context.get(_SUPPRESS_PLAIN):
        suppressed = "all"
    elif context.get(_SUPPRESS_HTTP):
        suppressed = "http"
    propagation = sys.modules.get("opentelemetry.trace.propagation")
    span = context.get(propagation._SPAN_KEY) if propagation is not None else None
    if span is None:
        entry = context.get(_ENTRY)
        return (entry if type(entry) is Entry else None), suppressed
    return guarded("reading the current span", parent_of, span), suppressed


def parent_of(span: Any) -> Entry | Remote | None:
    """Return what an OpenTelemetry span is to us: an entry, somebody else's span, or nothing."""
    entry = getattr(span, "entry", None)
    if type(entry) is Entry:
        return entry
    context = span.get_span_context()
    if not context.is_valid:
        return None
    if span.is_recording():
        return LiveSpan(_trace_of(context), context.span_id, span)
    return remote_of(context)


def remote_of(context: Any) -> Remote:
    """Return the ids of an OpenTelemetry `SpanContext` as ours."""
    return Remote(_trace_of(context), context.span_id, is_remote=context.is_remote)


def _trace_of(context: Any) -> Trace:
    state = context.trace_state  # of any type, where user code has made the context
    return Trace(
        context.trace_id,
        sampled=bool(context.trace_flags & 1),
        random=bool(context.trace_flags & 2),
        state=state.to_header() if state and hasattr(state, "to_header") else "",
        header_rest=recording.header_rest(),
    )


def baggage() -> dict[str, object]:
    """Return the current baggage."""
    module = sys.modules.get("opentelemetry.baggage")
    if module is None:
        return current.received_baggage()
    value = within = current.here.get()
    while type(within) is Entry:
        within = within.resolve().outer
    if within is None and value is not None:
        return {}  # no context of OpenTelemetry's has ever been made for it
    return dict(module.get_all())
