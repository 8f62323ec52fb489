"""OpenTelemetry's trace API, recorded: a log of calls that development makes on the SDK.

Loaded by an import hook when user code has imported `opentelemetry.trace`; until the user installs
a tracer provider of their own, ours is the one that `get_tracer` asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.trace import SpanKind

from .. import _notice
from .._guard import guard
from ..journal import bounded, current, journal, recording, state
from ..journal.instrument import given, text_of
from ..propagation import xray  # noqa: F401 - with the name that needs it
from .context import parent_of, remote_of
from .span import RecordedSpan, is_copy, is_link, moment, recorded_span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import ModuleType

    from opentelemetry.context import Context
    from opentelemetry.trace import Link, Span, Tracer
    from opentelemetry.util.types import Attributes

    from ..journal.entry import Entry

    Scope = tuple[str, str | None, str | None, Attributes]


try:  # for coroutines too, since 1.22
    from opentelemetry.util._decorator import _agnosticcontextmanager as contextmanager
except ImportError:
    from contextlib import contextmanager  # type: ignore[assignment] # as that API itself has it


def _rare(of: Any, name: str) -> Any:
    from .readable import member_of

    return member_of(of, name)


class Given:
    """A member of the SDK's tracers and provider that code may set: what it has set, or ours."""

    def __set_name__(self, _: type, name: str) -> None:
        self._name = name

    def __get__(self, of: Any, _: type) -> Any:
        from .given import given_to

        return given_to(of, self._name)

    def __set__(self, of: Any, value: object) -> None:
        from .given import give

        give(of, self._name, value)


class RecordingTracer(trace.Tracer):
    """Starts recorded spans, or the user's own provider's spans once there is one.

    Args:
        scope: Name, version, schema URL and attributes, as given to `get_tracer`.
    """

    sampler, id_generator = Given(), Given()

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._theirs: Tracer | None = None

    __getattr__ = _rare

    def _users(self) -> Tracer | None:
        if self._theirs is None:
            provider = users_provider()
            if provider is not None:
                self._theirs = provider.get_tracer(*given(self._scope))
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
        if theirs is not None or not state.active:
            tracer = theirs or trace.NoOpTracer()
            return tracer.start_span(
                name, context, kind, attributes, links, start_time,
                record_exception, set_status_on_exception,
            )  # fmt: skip
        with guard("starting a span"):
            started = None if start_time is None else moment(start_time)
            entry = self._entry(name, context, kind, attributes, links, started)
            span = entry.otel_span = RecordedSpan(
                entry, record_exception=record_exception, set_status=set_status_on_exception
            )
            if state.added is not None:
                state.added.tell(entry)
            return span
        return trace.INVALID_SPAN

    def _entry(
        self,
        name: str,
        context: Context | None,
        kind: SpanKind,
        attributes: Attributes,
        links: Sequence[Link] | None,
        started: int | None,
    ) -> Entry:
        kept = bounded.attributes(attributes)
        linked = [
            (remote_of(link.context), bounded.attributes(link.attributes))
            for link in links or ()
            if is_link(getattr(link, "context", None))
        ]
        known = kind if type(kind) is SpanKind or is_copy(kind) else SpanKind.INTERNAL
        parent = parent_of(trace.get_current_span(context))
        if context is None:
            parent = current.living(parent)
        if state.added is None:
            entry = recording.start(name, parent, kind=known.value)
            entry.attributes = kept
        else:
            from .given import start

            entry = start(self, name, parent, known, kept, links, context)
        entry.scope = self._scope
        entry.links = linked or None
        entry.outer = state.around(current.here.get()) if context is None else context
        if started is not None:
            entry.start = started
        return entry

    @contextmanager
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
        token = contexts.attach(trace.set_span_in_context(span))
        try:
            yield span
        except Exception as error:
            fail(span, error, record=record_exception, status=set_status_on_exception)
            raise
        finally:
            contexts.detach(token)
            if end_on_exit:
                span.end()


def fail(span: Span, error: Exception, *, record: bool, status: bool) -> None:
    """Do to a span what `trace.use_span` does when its block raises.

    Unlike that one, an exception whose text cannot be made passes through as it is.
    """
    if isinstance(span, RecordedSpan):
        span.fail(error, record=record, status=status, escaped=False)
    elif span.is_recording():  # of the user's own provider
        if record:
            span.record_exception(error)
        if status:
            with guard("taking the text of an exception"):
                text = f"{type(error).__name__}: {error}"
                span.set_status(trace.Status(trace.StatusCode.ERROR, text))


OURS = "heliograph_set_it"
"""Attribute of a provider that was set by `heliograph.configure`, not by the function's code."""


class RecordingTracerProvider(trace.ProxyTracerProvider):
    """The provider that `get_tracer` asks while the user has set none.

    It answers as the SDK's does, and is one where the SDK is imported (`install_sdk`).
    """

    sampler, id_generator = Given(), Given()
    __getattr__ = _rare

    def get_tracer(
        self,
        instrumenting_module_name: str,
        instrumenting_library_version: str | None = None,
        schema_url: str | None = None,
        attributes: Attributes = None,
    ) -> Tracer:
        """Return a tracer that records."""
        return tracer_of(
            instrumenting_module_name, instrumenting_library_version, schema_url, attributes
        )

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002 - the SDK's signature
        """Develop and send now what has ended. Not needed in Lambda: it happens anyway."""
        return journal.flush()

    def add_span_processor(self, span_processor: Any) -> None:
        """Have a processor told of spans: at once when they start, after the response of their end.

        Args:
            span_processor: One of the SDK's.
        """
        from .added import add

        add(span_processor)

    def shutdown(self) -> None:
        """Develop and send what has ended, and shut down the processors that code has added.

        Spans are recorded on: the environment lives longer than the code that says this.
        """
        journal.flush()
        if state.added is not None:
            state.added.shutdown()


def tracer_of(name: object, version: Any, schema_url: Any, attributes: Attributes) -> Tracer:
    """Return a tracer that records under a scope."""
    kept = None
    with guard("reading the attributes of a tracer"):
        kept = bounded.attributes(attributes)
    # a scope as OpenTelemetry takes it
    return RecordingTracer((bounded.text(name), text_of(version), text_of(schema_url), kept))  # type: ignore[arg-type]


def install(module: ModuleType) -> None:
    """Become the provider in use while the user has set none.

    Args:
        module: `opentelemetry.trace`, just imported.
    """
    theirs: Any = module
    if isinstance(theirs._PROXY_TRACER_PROVIDER, RecordingTracerProvider):
        return
    theirs._PROXY_TRACER_PROVIDER = RecordingTracerProvider()
    proxied = theirs.ProxyTracer._tracer.fget
    set_provider = theirs._set_tracer_provider

    def tracer(self: Any) -> Tracer:
        """Give tracers that were asked for before us the road of those asked for after."""
        if theirs._TRACER_PROVIDER is not None:
            return proxied(self)  # type: ignore[no-any-return] # OpenTelemetry's own, found by name
        if not isinstance(self._noop_tracer, RecordingTracer):
            self._noop_tracer = tracer_of(
                self._instrumenting_module_name,
                self._instrumenting_library_version,
                self._schema_url,
                getattr(self, "_attributes", None),  # since 1.25
            )
        return self._noop_tracer

    def notice(tracer_provider: Any, log: bool) -> None:
        set_provider(tracer_provider, log)
        with guard("giving way to the function's tracer provider"):
            give_way()

    theirs.ProxyTracer._tracer = property(tracer)
    theirs._set_tracer_provider = notice
    state.recorded_span = recorded_span
    give_way()


def install_sdk(module: ModuleType) -> None:
    """Be what the SDK has, to those who ask for its classes: objects handed out before, too.

    What we define comes first; what is the SDK's alone, such as `to_json`, works on our members.

    Args:
        module: `opentelemetry.sdk.trace`, just imported.
    """
    kind: Any
    for kind, name in (
        (RecordedSpan, "Span"),
        (RecordingTracer, "Tracer"),
        (RecordingTracerProvider, "TracerProvider"),
    ):
        kind.__bases__ = (getattr(module, name),)
    kind = trace.ProxyTracerProvider
    kind._abc_caches_clear()  # it remembers that ours was one


def give_way() -> None:
    """Leave spans and library calls to the provider that the function has set, and say it once."""
    if users_provider() is None or not state.active:
        return
    for recorder in recording.recorders.values():
        recorder.recording = False
    if getattr(users_provider(), OURS, False):
        return
    _notice.inform(
        "the function has set a tracer provider of its own: the handler's span and those of the "
        "function's code go there, library calls are left to its instrumentors.",
        topic="tracer provider",
    )


def users_provider() -> Any:
    """Return the tracer provider that the user has set, if any."""
    provider = trace._TRACER_PROVIDER
    return None if isinstance(provider, RecordingTracerProvider) else provider
