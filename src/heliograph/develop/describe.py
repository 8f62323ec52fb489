"""Official instrumentors describe recorded calls: names, attributes, statuses are theirs.

An instrumentor is lent a stand-in for the function that it wraps; the stand-in returns or raises
what was recorded. The wrapper that it builds is the describer. No class of the library is touched:
background threads may be calling it right now.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.metrics import NoOpMeterProvider

from .. import _notice
from .imports import without_dependency_checks
from .replay import apply, parent_context, record_exception

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..journal.entry import Call, Entry
    from ..journal.fault import Fault
    from .pipeline import Pipeline

    Describer = Callable[[Entry], None]


class Describers:
    """The describers of a pipeline, each built when its library is first met.

    Args:
        pipeline: Whose tracers make the spans.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self._provider = ReplayProvider(pipeline)
        self._built: dict[str, Describer | None] = {}

    def describe(self, entry: Entry, call: Call) -> bool:
        """Make the span of a library call; False if its instrumentor cannot be had."""
        if call.library not in self._built:
            self.build(call.library)
        describer = self._built[call.library]
        if describer is None:
            return False
        self._provider.entry = entry
        describer(entry)
        return True

    def build(self, library: str) -> None:
        """Import and set up the instrumentor of a library."""
        try:
            with without_dependency_checks():
                self._built[library] = BUILDERS[library](self._provider)
        except (ImportError, AttributeError, TypeError) as error:
            self._built[library] = None
            _notice.warn(
                f"instrumentor {library}",
                f"the official instrumentor of {library} cannot be used "
                f"({type(error).__name__}: {error}); its spans have a name and times only. Is "
                "another version of opentelemetry-instrumentation in the function's package?",
            )


class ReplayProvider(trace.TracerProvider):
    """Hands instrumentors tracers whose spans are those of the entry being described.

    Attributes:
        entry: The entry being described.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.entry: Entry | None = None

    def get_tracer(self, *scope: Any, **more: Any) -> trace.Tracer:
        """Return a tracer of the given scope."""
        return _ReplayTracer(self, self.pipeline.tracer(*scope, **more))


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
        call, fault = entry.call, entry.call.fault
        ids = self._provider.pipeline.ids
        ids.force(entry.span_id)
        span: Any = self._inner.start_span(
            name,
            parent_context(entry),
            kind or trace.SpanKind.CLIENT,
            attributes,
            None,
            entry.start,
        )
        end = span.end

        def end_as_recorded(*_: Any) -> None:
            apply(span, (entry.ops or ())[call.answered :])
            end(entry.end)

        def record_as_recorded(exception: BaseException, *args: Any, **kwargs: Any) -> None:
            if fault is not None and isinstance(exception, _StandIn):
                record_exception(span, fault, timestamp=entry.end)
            else:
                type(span).record_exception(span, exception, *args, **kwargs)

        span.end = end_as_recorded
        span.record_exception = record_as_recorded
        return span

    @contextmanager
    def start_as_current_span(  # type: ignore[override]
        self,
        name: str,
        kind: Any = None,
        attributes: Any = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
        **_: Any,  # links, times and `end_on_exit`: a recorded call has its own
    ) -> Iterator[Any]:
        span = self.start_span(name, kind=kind, attributes=attributes)
        with trace.use_span(
            span,
            end_on_exit=True,
            record_exception=record_exception,
            set_status_on_exception=set_status_on_exception,
        ):
            yield span


class _StandIn(BaseException):
    """Marks the exceptions that stand for recorded ones."""

    kept: str

    def __str__(self) -> str:
        return self.kept


_stand_ins: dict[type[BaseException], type[BaseException]] = {}


def stand_in(fault: Fault) -> BaseException:
    """Return an exception of the recorded one's class and text, without traceback or state."""
    kind = _stand_ins.get(fault.kind)
    if kind is None:
        about = {"__module__": fault.kind.__module__, "__qualname__": fault.kind.__qualname__}
        try:
            kind = type(fault.kind.__name__, (_StandIn, fault.kind), about)
        except TypeError:  # a class that cannot be derived from
            kind = type(fault.kind.__name__, (_StandIn, Exception), about)
        if len(_stand_ins) < 256:
            _stand_ins[fault.kind] = kind
    error: Any = kind.__new__(kind)
    error.kept = fault.text
    error.response = fault.response
    return error  # type: ignore[no-any-return]


def _answer(entry: Entry, as_response: Callable[[Any], Any]) -> Any:
    """Return or raise what was recorded, after what was done to the span meanwhile."""
    call = entry.call
    if call is None:
        return None
    span: Any = trace.get_current_span()
    apply(span, (entry.ops or ())[: call.answered])
    if call.fault is not None:
        error: Any = stand_in(call.fault)
        error.response = as_response(call.fault.response)
        raise error
    return as_response(call.answer)


def _described(describe: Callable[[], Any]) -> None:
    try:
        describe()
    except _StandIn:  # the describer passes on what the call raised
        return


def botocore(provider: ReplayProvider) -> Describer:
    """Build the describer of AWS calls: `BotocoreInstrumentor`'s wrapper of `_make_api_call`."""
    import opentelemetry.instrumentation.botocore

    from ..api.instrumentors import original_of

    module: Any = opentelemetry.instrumentation.botocore
    instrumentor = object.__new__(module.BotocoreInstrumentor)  # not the user's singleton
    module.BotocoreInstrumentor.__init__(instrumentor)
    kept = module.wrap_function_wrapper
    module.wrap_function_wrapper = lambda *_: None
    try:
        original_of("botocore", module.BotocoreInstrumentor)(
            instrumentor, tracer_provider=provider, meter_provider=NoOpMeterProvider()
        )
    finally:
        module.wrap_function_wrapper = kept

    def describe(entry: Entry) -> None:
        call: Any = entry.call
        client = _Client(call.subject)
        answer = lambda *_, **__: _answer(entry, lambda response: response)  # noqa: E731
        _described(lambda: instrumentor._patched_api_call(answer, client, call.request, {}))

    return describe


class _Client:
    """Stands for the client of a recorded call; describers read its `meta` only."""

    def __init__(self, meta: object) -> None:
        self.meta = meta


def requests(provider: ReplayProvider) -> Describer:
    """Build the describer of HTTP requests: `RequestsInstrumentor`'s wrapper of `Session.send`."""
    import opentelemetry.instrumentation.requests

    from ..api.instrumentors import original_of

    module: Any = opentelemetry.instrumentation.requests

    class Session:
        def send(self, request: Any, **_: Any) -> Any:
            return _answer(request.entry, response)

    def response(kept: Any) -> Any:
        if kept is None:
            return None
        made = module.Response.__new__(module.Response)
        made.status_code, made.reason = kept.status, kept.reason
        made.headers = module.CaseInsensitiveDict(kept.headers)
        made.raw = _Raw(kept.version)
        return made

    real = module.Session
    module.Session = Session
    try:
        original_of("requests", module.RequestsInstrumentor)(
            object.__new__(module.RequestsInstrumentor),
            tracer_provider=provider,
            meter_provider=NoOpMeterProvider(),
        )
    finally:
        module.Session = real

    def describe(entry: Entry) -> None:
        call: Any = entry.call
        request = module.PreparedRequest.__new__(module.PreparedRequest)
        request.method, request.url, headers = call.request
        request.headers = module.CaseInsensitiveDict(headers)
        request.entry = entry
        _described(lambda: Session().send(request))

    return describe


class _Raw:
    """Stands for the connection's response; describers read its `version` only."""

    def __init__(self, version: int | None) -> None:
        self.version = version


BUILDERS: dict[str, Callable[[ReplayProvider], Describer]] = {
    "botocore": botocore,
    "requests": requests,
}
"""Describers by library."""
