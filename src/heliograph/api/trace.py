"""OpenTelemetry's trace API, recorded: a log of calls that development makes on the SDK.

Loaded by an import hook when user code has imported `opentelemetry.trace`; until the user installs
a tracer provider of their own, ours is the one that `get_tracer` asks.
"""

from __future__ import annotations

from time import time_ns
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.trace import SpanContext, SpanKind, StatusCode, TraceFlags
from opentelemetry.trace.span import TraceState
from opentelemetry.trace.status import Status
from opentelemetry.util._decorator import _agnosticcontextmanager

from ..journal import current, keep, recording
from ..journal.entry import Entry, Remote
from ..journal.fault import Fault
from .context import parent_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import ModuleType, TracebackType

    from opentelemetry.context import Context
    from opentelemetry.trace import Link, Span, Tracer
    from opentelemetry.util.types import Attributes

    Scope = tuple[str, str | None, str | None, Attributes]


class RecordedSpan(trace.Span):
    """A span that records what is done to it. Its attributes read as those of the SDK's span.

    Attributes:
        entry: The entry it writes to.
    """

    def __init__(
        self, entry: Entry, *, record_exception: bool = True, set_status: bool = True
    ) -> None:
        self.entry = entry
        self._record_exception = record_exception
        self._set_status_on_exception = set_status
        self._context: SpanContext | None = None

    def get_span_context(self) -> SpanContext:
        """Return its ids."""
        if self._context is None:
            self._context = span_context(self.entry)
        return self._context

    context = property(get_span_context)

    @property
    def name(self) -> str:
        """The name it has now."""
        names = [op[1] for op in self.entry.ops or () if op[0] == "update_name"]
        return str(names[-1]) if names else self.entry.name

    @property
    def kind(self) -> SpanKind:
        """Its kind."""
        return SpanKind(self.entry.kind)

    @property
    def parent(self) -> SpanContext | None:
        """Ids of its parent, if it has one."""
        return span_context(self.entry.parent) if self.entry.parent is not None else None

    @property
    def start_time(self) -> int:
        """Epoch nanoseconds."""
        return self.entry.start

    @property
    def end_time(self) -> int | None:
        """Epoch nanoseconds; None while it is open."""
        return self.entry.end or None

    @property
    def attributes(self) -> dict[str, Any]:
        """The attributes set so far, as recorded."""
        collected: dict[str, Any] = dict(self.entry.attributes or {})
        for op in self.entry.ops or ():
            if op[0] == "set_attribute":
                collected[str(op[1])] = op[2]
            elif op[0] == "set_attributes":
                collected.update(op[1])  # type: ignore[call-overload]
        return collected

    def is_recording(self) -> bool:
        """Tell whether it is sampled and open."""
        return self.entry.trace.sampled and not self.entry.end

    def end(self, end_time: int | None = None) -> None:
        """End it, now or at the given epoch nanoseconds."""
        if not self.entry.end:
            self.entry.end = end_time or time_ns()

    def set_attribute(self, key: str, value: Any) -> None:
        """Record an attribute."""
        self._op("set_attribute", key, keep.attribute(key, value))

    def set_attributes(self, attributes: Mapping[str, Any]) -> None:
        """Record several attributes."""
        self._op("set_attributes", keep.attributes(attributes) or {})

    def add_event(
        self, name: str, attributes: Attributes = None, timestamp: int | None = None
    ) -> None:
        """Record an event, now or at the given epoch nanoseconds."""
        self._op("add_event", name, keep.attributes(attributes), timestamp or time_ns())

    def add_link(self, context: SpanContext, attributes: Attributes = None) -> None:
        """Record a link to another span."""
        self._op("add_link", context, keep.attributes(attributes))

    def update_name(self, name: str) -> None:
        """Record a new name."""
        self._op("update_name", name)

    def set_status(self, status: Status | StatusCode, description: str | None = None) -> None:
        """Record a status; which of several wins is the SDK's rule, at development."""
        if isinstance(status, Status):
            self._op("set_status", status.status_code.value, status.description)
        elif isinstance(status, StatusCode):
            self._op("set_status", status.value, description)

    def record_exception(
        self,
        exception: BaseException,
        attributes: Attributes = None,
        timestamp: int | None = None,
        escaped: bool = False,
    ) -> None:
        """Record an exception by value."""
        self._op(
            "record_exception",
            Fault(exception),
            keep.attributes(attributes),
            timestamp or time_ns(),
            escaped,
        )

    def _op(self, *call: object) -> None:
        if self.entry.trace.sampled:
            self.entry.op(*call)

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        """End it; an exception is recorded as `start_span` was asked to."""
        if exc_val is not None and self.is_recording():
            if self._record_exception:
                self.record_exception(exc_val, escaped=True)
            if self._set_status_on_exception:
                self.set_status(StatusCode.ERROR, f"{type(exc_val).__name__}: {exc_val}")
        super().__exit__(exc_type, exc_val, exc_tb)


def span_context(span: Entry | Remote) -> SpanContext:
    """Return the ids of an entry or remote span as OpenTelemetry has them."""
    spans_trace = span.trace
    return SpanContext(
        spans_trace.id,
        span.span_id,
        isinstance(span, Remote) and span.is_remote,
        TraceFlags(int(spans_trace.sampled)),
        TraceState.from_header([spans_trace.state]) if spans_trace.state else None,
    )


def recorded_span(entry: Entry) -> RecordedSpan:
    """Return the span that stands for an entry."""
    span = entry.facade
    if not isinstance(span, RecordedSpan):
        span = entry.facade = RecordedSpan(entry)
    return span


class RecordingTracer(trace.Tracer):
    """Starts recorded spans, or the user's own provider's spans once there is one.

    Args:
        scope: Name, version, schema URL and attributes, as given to `get_tracer`.
    """

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._theirs: Tracer | None = None

    def _users(self) -> Tracer | None:
        if self._theirs is None and trace._TRACER_PROVIDER is not None:
            self._theirs = trace._TRACER_PROVIDER.get_tracer(*self._scope)
        return self._theirs

    def start_span(
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        start_time: int | None = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
    ) -> Span:
        """Start a span below the current one, or the one in `context`."""
        theirs = self._users()
        if theirs is not None or not recording.active:
            tracer = theirs or trace.NoOpTracer()
            return tracer.start_span(
                name, context, kind, attributes, links, start_time,
                record_exception, set_status_on_exception,
            )  # fmt: skip
        parent = parent_of(trace.get_current_span(context))
        entry = recording.start(name, parent, kind=kind.value)
        entry.scope = self._scope
        entry.attributes = keep.attributes(attributes)
        if links:
            entry.links = [
                (link.context, keep.attributes(link.attributes)) for link in links if link
            ]
        if start_time:
            entry.start = start_time
        entry.outer = current.here.get() if context is None else context
        span = entry.facade = RecordedSpan(
            entry, record_exception=record_exception, set_status=set_status_on_exception
        )
        return span

    @_agnosticcontextmanager
    def start_as_current_span(
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes = None,
        links: Sequence[Link] | None = (),
        start_time: int | None = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
        end_on_exit: bool = True,
    ) -> Iterator[Span]:
        """Start a span and make it current for the block or the decorated function."""
        span = self.start_span(
            name, context, kind, attributes, links, start_time,
            record_exception, set_status_on_exception,
        )  # fmt: skip
        with trace.use_span(
            span,
            end_on_exit=end_on_exit,
            record_exception=record_exception,
            set_status_on_exception=set_status_on_exception,
        ) as used:
            yield used


class RecordingTracerProvider(trace.ProxyTracerProvider):
    """The provider that `get_tracer` asks while the user has set none."""

    def get_tracer(
        self,
        instrumenting_module_name: str,
        instrumenting_library_version: str | None = None,
        schema_url: str | None = None,
        attributes: Attributes = None,
    ) -> Tracer:
        """Return a tracer that records."""
        scope = (
            instrumenting_module_name,
            instrumenting_library_version,
            schema_url,
            keep.attributes(attributes),
        )
        return RecordingTracer(scope)  # type: ignore[arg-type]

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002 - the SDK's signature
        """Develop and send now what has ended. Not needed in Lambda: it happens anyway."""
        from .. import flush

        return flush()


def install(module: ModuleType) -> None:
    """Become the provider in use while the user has set none.

    Args:
        module: `opentelemetry.trace`, just imported.
    """
    state: Any = module
    if isinstance(state._PROXY_TRACER_PROVIDER, RecordingTracerProvider):
        return
    state._PROXY_TRACER_PROVIDER = RecordingTracerProvider()
    proxies = state.ProxyTracer._tracer.fget

    def tracer(self: Any) -> Tracer:
        """Give tracers that were asked for before us the road of those asked for after."""
        if state._TRACER_PROVIDER is not None:
            return proxies(self)  # type: ignore[no-any-return]
        if not isinstance(self._noop_tracer, RecordingTracer):
            self._noop_tracer = RecordingTracer(
                (
                    self._instrumenting_module_name,
                    self._instrumenting_library_version,
                    self._schema_url,
                    self._attributes,
                )
            )
        return self._noop_tracer

    state.ProxyTracer._tracer = property(tracer)
    current.recorded_span = recorded_span


def users_provider() -> Any:
    """Return the tracer provider that the user has set, if any."""
    return trace._TRACER_PROVIDER
