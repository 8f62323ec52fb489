"""Official instrumentors describe recorded calls: names, attributes, statuses are theirs.

An instrumentor is lent a stand-in for the function that it wraps; the stand-in returns or raises
what was recorded. The wrapper that it builds is the describer. No class of the library is touched:
background threads may be calling it right now.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from opentelemetry import trace

from .. import _notice
from .._guard import guard
from ..journal.entry import PRODUCER
from ..settings.lending import lent
from ..version import SCOPE
from .replay import apply, parent_context, replay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..journal import Measurement
    from ..journal.entry import Call, Entry
    from .pipeline import Pipeline

    Describer = Callable[[Entry], None]


class Describers:
    """The describers of a pipeline, each built when its library is first met.

    Args:
        pipeline: Whose tracers make the spans.
        part: Imports a part of a library's folder, such as "botocore.describe".
    """

    def __init__(self, pipeline: Pipeline, part: Callable[[str], Any]) -> None:
        self._pipeline = pipeline
        self._part = part
        self._provider = ReplayProvider(pipeline)
        self._built: dict[str, Describer | None] = {}
        self._baggage = pipeline.config.baggage_attributes

    @property
    def measured(self) -> list[Measurement]:
        """What instrumentors have measured of the calls that were described."""
        return self._provider.measured

    def make_span(self, entry: Entry) -> None:
        """Make the span of an entry, with the ids that were recorded."""
        pipeline, call = self._pipeline, entry.call
        if self._baggage:
            from .baggage import carry  # only where it is asked for

            carry(entry, self._baggage)
        if call is not None and self.describe(entry, call):
            return
        pipeline.ids.force(entry.span_id, entry.trace.id)
        tracer = pipeline.tracer(*(entry.scope or SCOPE))  # a call's entry has no scope
        if call is None:
            replay(entry, tracer)
        else:
            from . import fallback  # only where an instrumentor cannot be used

            facts = self._part(f"{call.library}.fallback").facts
            fallback.describe(entry, call, tracer, facts)

    def describe(self, entry: Entry, call: Call) -> bool:
        """Make the span of a library call; False if its instrumentor made none."""
        if call.library not in self._built:
            self.build(call.library)
        describer = self._built[call.library]
        if describer is None:
            return False
        provider = self._provider
        provider.entry, provider.span = entry, None
        with guard(f"describing the call {entry.name}"):
            describer(entry)
        if provider.span is None:
            return False
        provider.end_open()
        return True

    def build(self, library: str) -> None:
        """Import and set up the instrumentor of a library; one that fails costs its own spans."""
        self._built[library] = None
        with guard(f"loading the official instrumentor of {library}"):
            try:
                with lent(self._pipeline.config):
                    build = self._part(f"{library}.describe").describer
                    self._built[library] = build(self._provider)
            except (ImportError, AttributeError, TypeError) as error:
                _notice.warn(
                    f"instrumentor {library}",
                    f"the official instrumentor of {library} cannot be used "
                    f"({type(error).__name__}: {error}); its spans have the basic attributes "
                    "only. Is another version of opentelemetry-instrumentation in the function's "
                    "package?",
                )
                from .packages import tell_older  # rare

                tell_older()


class ReplayProvider(trace.TracerProvider):
    """Hands instrumentors tracers whose spans are those of the entry being described.

    Attributes:
        entry: The entry being described.
        span: Its span, once that was started.
        measured: What instrumentors have measured, as in `Journal.measurements`.
        url: What its span says of the URL; "" where that is what the instrumentor says.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.entry: Entry | None = None
        self.span: Any = None
        self.measured: list[Measurement] = []
        self.url = ""

    def get_tracer(self, *scope: Any, **more: Any) -> trace.Tracer:
        """Return a tracer of the given scope."""
        return _ReplayTracer(self, self.pipeline.tracer(*scope, **more))

    def response_hook(self, span: Any, *_: Any) -> None:
        """Do to the span what the user's response hook did, at the same point of the wrapper."""
        call = self.entry.call if self.entry is not None else None
        if self.entry is not None and call is not None:
            done = self.entry.ops or ()
            apply(span, done[call.answered :])
            call.answered = len(done)

    def is_open(self) -> bool:
        """Tell whether the span of the entry was started and has not ended."""
        return self.span is not None and bool(self.span.is_recording())

    def end_open(self) -> None:
        """End the span, where the instrumentor leaves it open: of a stream that was not read."""
        if self.is_open():
            self.span.end()


class _ReplayTracer(trace.Tracer):
    def __init__(self, provider: ReplayProvider, inner: trace.Tracer) -> None:
        self._provider = provider
        self._inner = inner

    def start_span(  # type: ignore[override] # instrumentors pass no more than these
        self, name: str, context: Any = None, kind: Any = None, attributes: Any = None, **_: Any
    ) -> Any:
        entry = self._provider.entry
        if entry is None or entry.call is None:
            return self._inner.start_span(name, context, kind, attributes)
        for key in ("http.url", "url.full") if self._provider.url else ():
            if key in attributes:
                attributes[key] = self._provider.url
        call, recorded = entry.call, entry.call.exception
        ids = self._provider.pipeline.ids
        ids.force(entry.span_id)
        span: Any = self._inner.start_span(
            name,
            parent_context(entry),
            trace.SpanKind.PRODUCER if entry.kind == PRODUCER else kind or trace.SpanKind.CLIENT,
            attributes,
            None,
            entry.start,
        )
        self._provider.span = span
        end = span.end

        def end_as_recorded(*_: Any) -> None:
            if span.is_recording():  # some end it twice
                apply(span, (entry.ops or ())[call.answered :])
                end(entry.end)

        def record_as_recorded(exception: BaseException, *args: Any, **kwargs: Any) -> None:
            if recorded is not None and isinstance(exception, _stand_in()):
                from .exception_event import record_exception  # by the first failure

                record_exception(span, recorded, timestamp=entry.end)
            else:
                type(span).record_exception(span, exception, *args, **kwargs)

        span.end = end_as_recorded
        span.record_exception = record_as_recorded
        return span

    @contextmanager
    def start_as_current_span(  # type: ignore[override] # instrumentors pass no more than these
        self,
        name: str,
        kind: Any = None,
        attributes: Any = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
        end_on_exit: bool = True,
        **_: Any,  # links and times: a recorded call has its own
    ) -> Iterator[Any]:
        span = self.start_span(name, kind=kind, attributes=attributes)
        with trace.use_span(
            span,
            end_on_exit=end_on_exit,
            record_exception=record_exception,
            set_status_on_exception=set_status_on_exception,
        ):
            yield span


def answer(entry: Entry, as_response: Callable[[Any], Any]) -> Any:
    """Return or raise what was recorded, after what was done to the span meanwhile."""
    call = entry.call
    if call is None:
        return None
    span: Any = trace.get_current_span()
    apply(span, (entry.ops or ())[: call.answered])
    if call.exception is not None:
        from .stand_in import members_of, stand_in  # by the first failure

        error = stand_in(call.exception)
        members_of(error)["response"] = as_response(call.exception.response)
        raise error
    return as_response(call.answer)


def described(describe: Callable[[], Any]) -> None:
    """Have a call described; what the stand-in raised for it ends here."""
    try:
        describe()
    except _stand_in():  # asked for where something was raised only
        return


def _stand_in() -> type[BaseException]:
    from .stand_in import StandIn

    return StandIn
