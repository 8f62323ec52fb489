"""The same program of OpenTelemetry calls on the SDK directly, and recorded and developed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.util._once import Once

from heliograph import testing
from heliograph.journal import journal, recording
from heliograph.otel_api import metrics as recorded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Program = Callable[[trace.TracerProvider], Any]


LIBRARY = re.compile(r'  File "[^"]*/(opentelemetry|contextlib)[^"]*", line .*\n(    .*\n)+')
"""A frame of OpenTelemetry's or contextlib's, with its lines of source."""


def moment(time: int | None) -> Any:
    """A time that the program gave; all others are the clock's."""
    return time if time is None or time < 10**15 else "now"


def event(one: Any) -> tuple[Any, ...]:
    """An event; OpenTelemetry's own frames are in its stacks, and not in ours."""
    attributes = dict(one.attributes or {})
    if "exception.stacktrace" in attributes:
        attributes["exception.stacktrace"] = LIBRARY.sub("", attributes["exception.stacktrace"])
    return one.name, moment(one.timestamp), attributes


def document(span: ReadableSpan, order: dict[int, int], roots: dict[int, int]) -> dict[str, Any]:
    """All of a span but its random ids: these become their place in the program."""

    def place(context: Any) -> Any:
        if context is None:
            return None
        known = order.get(context.span_id, f"{context.span_id:x}")
        origin = roots.get(context.trace_id, f"{context.trace_id:x}")
        flags, state = int(context.trace_flags) & 1, dict(context.trace_state)
        return known, origin, context.is_remote, flags, state

    scope = span.instrumentation_scope
    return {
        "name": span.name,
        "kind": span.kind,
        "context": place(span.context),
        "parent": place(span.parent),
        "attributes": dict(span.attributes or {}),
        "events": [event(one) for one in span.events],
        "links": [(place(link.context), dict(link.attributes or {})) for link in span.links],
        "status": (span.status.status_code, span.status.description),
        "start": moment(span.start_time),
        "end": moment(span.end_time),
        "dropped": (span.dropped_attributes, span.dropped_events, span.dropped_links),
        "scope": (scope.name, scope.version, scope.schema_url, dict(scope.attributes or {})),
    }


def documents(spans: list[ReadableSpan], started: list[Any]) -> list[dict[str, Any]]:
    """The spans in the order of their start, without what is random.

    Args:
        spans: What ended.
        started: Span contexts in the order in which the program started them.
    """
    order = {context.span_id: number for number, context in enumerate(started)}
    roots: dict[int, int] = {}
    for context in started:
        roots.setdefault(context.trace_id, len(roots))
    made = [document(span, order, roots) for span in spans]
    return sorted(made, key=lambda one: str(one["context"][0]).zfill(6))


class Roads:
    """Runs a program on both roads; returns the documents and what the program returned."""

    def direct(self, program: Program, **settings: Any) -> tuple[list[dict[str, Any]], Any]:
        """On a provider of the SDK."""
        exporter = InMemorySpanExporter()
        provider = TracerProvider(shutdown_on_exit=False, **settings)
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        watched = Watching(provider)
        returned = program(watched)
        return documents(list(exporter.get_finished_spans()), watched.started), returned

    def recorded(self, program: Program, **settings: Any) -> tuple[list[dict[str, Any]], Any]:
        """Recorded, then developed."""
        with testing.capture(**settings) as captured:
            watched = Watching(trace.get_tracer_provider())
            returned = program(watched)
            return documents(captured.spans, watched.started), returned


class Watching(trace.TracerProvider):
    """A provider that notes which spans it started, in order."""

    def __init__(self, inner: trace.TracerProvider) -> None:
        self.inner = inner
        self.started: list[Any] = []

    def get_tracer(self, *scope: Any, **more: Any) -> trace.Tracer:
        tracer = self.inner.get_tracer(*scope, **more)
        if "start_span" in vars(tracer):
            return tracer
        start = tracer.start_span

        def start_span(*args: Any, **kwargs: Any) -> trace.Span:
            span = start(*args, **kwargs)
            self.started.append(span.get_span_context())
            return span

        tracer.start_span = start_span  # type: ignore[method-assign]
        return tracer


@pytest.fixture(scope="session")
def roads() -> Roads:
    """Both roads."""
    return Roads()


@pytest.fixture(autouse=True)
def fresh_instruments() -> Iterator[None]:
    """Observable instruments live as long as the process; here as long as the test."""
    yield
    journal.observables.clear()
    recorded._known.clear()
    journal.drop()


@pytest.fixture
def no_provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The test may set global providers; they are gone after it, and recorders record again."""
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", None)
    monkeypatch.setattr(trace, "_TRACER_PROVIDER_SET_ONCE", Once())
    state = metrics._internal
    monkeypatch.setattr(state, "_METER_PROVIDER", None)
    monkeypatch.setattr(state, "_METER_PROVIDER_SET_ONCE", Once())
    yield
    for recorder in recording.recorders.values():
        recorder.recording = True


@pytest.fixture
def meters() -> Callable[..., tuple[MeterProvider, InMemoryMetricReader]]:
    """Make a meter provider of the SDK with a reader."""

    def make(**settings: Any) -> tuple[MeterProvider, InMemoryMetricReader]:
        reader = InMemoryMetricReader(**settings.pop("reader", {}))
        return MeterProvider([reader], shutdown_on_exit=False, **settings), reader

    return make
