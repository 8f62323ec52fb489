"""Spans of the real SDK from plain descriptions, with ids that count over the whole run."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)

from heliograph.encode import xray

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opentelemetry.sdk.trace import ReadableSpan

INDEXED = ("order.id", "otel.resource.team.name", "otel.resource.team.list")
"""Attributes that both sides index by setting."""
TRACE = 0x5759E988BD862E3FE1BE46A994272793
PARENT = 0x53995C3F42CD8AD8
START = 1_696_954_761_000_001_000
END = START + 250_000_000
SDK = {
    "telemetry.sdk.name": "opentelemetry",
    "telemetry.sdk.language": "python",
    "telemetry.sdk.version": "1.45.2",
}


RUN = itertools.count(0x1000)
"""Span ids that occur once in a run, so that each document finds its span."""


class Counting(IdGenerator):
    """Ids from a count where the SDK would take random ones."""

    def __init__(self, ids: Iterator[int]) -> None:
        self.ids = ids

    def generate_span_id(self) -> int:
        return next(self.ids)

    def generate_trace_id(self) -> int:
        return TRACE


def span(
    name: str = "work",
    kind: str = "INTERNAL",
    attributes: dict[str, Any] | None = None,
    *,
    parent: str | None = "local",
    resource: dict[str, Any] | None = None,
    events: Any = (),
    status: Any = None,
    links: Any = (),
    trace: int = TRACE,
    parent_id: int = PARENT,
    ids: Iterator[int] = RUN,
    start: int = START,
    end: int = END,
) -> ReadableSpan:
    """Return an ended span.

    `parent` is "remote", "local" or None; `events` are (name, attributes); `links` are
    (trace id, span id, attributes); `status` is ("ERROR", "why"); its id is the next of `ids`. A
    value of None in `resource` takes one of the SDK's own entries away.
    """
    memory = InMemorySpanExporter()
    known = {**SDK, **(resource or {})}
    provider = TracerProvider(
        resource=Resource({key: value for key, value in known.items() if value is not None}),
        id_generator=Counting(ids),
        shutdown_on_exit=False,
        span_limits=SpanLimits(max_span_attributes=SpanLimits.UNSET),
    )
    provider.add_span_processor(SimpleSpanProcessor(memory))
    context = None
    if parent:
        flags = TraceFlags(TraceFlags.SAMPLED)
        above = SpanContext(trace, parent_id, is_remote=parent == "remote", trace_flags=flags)
        context = set_span_in_context(NonRecordingSpan(above))
    made = provider.get_tracer("tests").start_span(
        name,
        context,
        SpanKind[kind],
        attributes,
        [Link(SpanContext(one, two, is_remote=True), also) for one, two, also in links],
        start_time=start,
    )
    for event, told in events:
        made.add_event(event, told, timestamp=start)
    if status:
        made.set_status(Status(StatusCode[status[0]], *status[1:]))
    made.end(end_time=end)
    return memory.get_finished_spans()[0]


def documents_of(one: ReadableSpan, **options: Any) -> list[dict[str, Any]]:
    """Return our documents of a span, as their bytes say them; of a trace of our own by default."""
    ids = itertools.count(0xE0)
    made = xray.documents(
        one,
        **{"lambda_segment": False, **options},
        new_id=lambda: f"{next(ids):016x}",
        annotate=xray.AnnotationRule(INDEXED),
    )
    return [json.loads(xray.to_bytes(document)) for document in made]
