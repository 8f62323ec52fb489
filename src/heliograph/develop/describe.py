"""Official instrumentors describe recorded calls: names, attributes, statuses are theirs.

An instrumentor is lent a stand-in for the function that it wraps; the stand-in returns or raises
what was recorded. The wrapper that it builds is the describer. No class of the library is touched:
background threads may be calling it right now.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import lru_cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from opentelemetry import trace

from .. import _notice
from .._guard import guard
from ..api import wrapper
from ..lending import lent
from .pipeline import SCOPE, Pipeline
from .replay import apply, parent_context, record_exception, replay
from .stand_in import StandIn, members_of, stand_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..journal.entry import Call, Entry

    Describer = Callable[[Entry], None]


class Describers:
    """The describers of a pipeline, each built when its library is first met.

    Args:
        pipeline: Whose tracers make the spans.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._provider = ReplayProvider(pipeline)
        self._built: dict[str, Describer | None] = {}

    def make_span(self, entry: Entry) -> None:
        """Make the span of an entry, with the ids that were recorded."""
        pipeline, call = self._pipeline, entry.call
        if call is not None and self.describe(entry, call):
            return
        pipeline.ids.force(entry.span_id, entry.trace.id)
        tracer = pipeline.tracer(*(entry.scope or SCOPE))  # a call's entry has no scope
        if call is None:
            replay(entry, tracer)
        else:
            from . import basics  # only where an instrumentor cannot be used

            basics.describe(entry, call, tracer)

    def describe(self, entry: Entry, call: Call) -> bool:
        """Make the span of a library call; False if its instrumentor made none."""
        if call.library not in self._built:
            self.build(call.library)
        describer = self._built[call.library]
        if describer is None:
            return False
        provider = self._provider
        provider.entry, provider.started = entry, False
        with guard(f"describing the call {entry.name}"):
            describer(entry)
        return provider.started

    def build(self, library: str) -> None:
        """Import and set up the instrumentor of a library; one that fails costs its own spans."""
        self._built[library] = None
        with guard(f"loading the official instrumentor of {library}"):
            try:
                with lent(self._pipeline.config):
                    self._built[library] = BUILDERS[library](self._provider)
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
        started: Whether its span was started.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.entry: Entry | None = None
        self.started = False

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
        call, recorded = entry.call, entry.call.exception
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
        self._provider.started = True
        end = span.end

        def end_as_recorded(*_: Any) -> None:
            apply(span, (entry.ops or ())[call.answered :])
            end(entry.end)

        def record_as_recorded(exception: BaseException, *args: Any, **kwargs: Any) -> None:
            if recorded is not None and isinstance(exception, StandIn):
                record_exception(span, recorded, timestamp=entry.end)
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


def _answer(entry: Entry, as_response: Callable[[Any], Any]) -> Any:
    """Return or raise what was recorded, after what was done to the span meanwhile."""
    call = entry.call
    if call is None:
        return None
    span: Any = trace.get_current_span()
    apply(span, (entry.ops or ())[: call.answered])
    if call.exception is not None:
        error = stand_in(call.exception)
        members_of(error)["response"] = as_response(call.exception.response)
        raise error
    return as_response(call.answer)


def _described(describe: Callable[[], Any]) -> None:
    try:
        describe()
    except StandIn:  # the describer passes on what the call raised
        return


def botocore(provider: ReplayProvider) -> Describer:
    """Build the describer of AWS calls: `BotocoreInstrumentor`'s wrapper of `_make_api_call`."""
    described_by = wrapper.botocore(provider, provider.response_hook)

    def describe(entry: Entry) -> None:
        call: Any = entry.call
        client = _client(call.subject)
        answer = lambda *_, **__: _answer(entry, lambda response: response)  # noqa: E731
        _described(lambda: described_by(answer, client, call.request, {}))

    return describe


@lru_cache(maxsize=64)
def _client(subject: tuple[Any, ...]) -> SimpleNamespace:
    """Return what stands for the client of a recorded call; describers read its `meta` only."""
    service, identity, version, region, endpoint = subject
    model = SimpleNamespace(service_name=service, service_id=identity, api_version=version)
    if identity is None:
        del model.service_id
    meta = SimpleNamespace(service_model=model, region_name=region, endpoint_url=endpoint)
    return SimpleNamespace(meta=meta)


def requests(provider: ReplayProvider) -> Describer:
    """Build the describer of HTTP requests: `RequestsInstrumentor`'s wrapper of `Session.send`."""
    from ..journal.requests import Answer

    class Session:
        def send(self, request: Any, **_: Any) -> Any:
            return _answer(request.entry, response)

    def response(kept: Any) -> Any:
        if not isinstance(kept, Answer):  # an exception's `.response` may be of any library
            return None
        made = module.Response.__new__(module.Response)
        made.status_code, made.reason = kept.status, kept.reason
        made.headers = module.CaseInsensitiveDict(kept.headers)
        made.raw = _Raw(kept.version)
        return made

    module = wrapper.requests(provider, Session, provider.response_hook)

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
