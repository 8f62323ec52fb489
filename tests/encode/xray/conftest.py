"""Real spans of the real SDK, with ids that count and a clock that stands."""

import itertools
import json
import os
from pathlib import Path

import jsonschema
import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
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

GOLD = Path(__file__).parents[2] / "gold" / "xray"
TRACE = 0x5759E988BD862E3FE1BE46A994272793
PARENT = 0x53995C3F42CD8AD8
START = 1_696_954_761_000_001_000
END = START + 250_000_000
SDK = {
    "telemetry.sdk.name": "opentelemetry",
    "telemetry.sdk.language": "python",
    "telemetry.sdk.version": "1.45.2",
}


class Counting(IdGenerator):
    """Ids 1, 2, 3 ... where the SDK would take random ones."""

    def __init__(self):
        self.ids = itertools.count(1)

    def generate_span_id(self):
        return next(self.ids)

    def generate_trace_id(self):
        return TRACE


@pytest.fixture
def ended():
    """Return a function that makes one ended span of the real SDK.

    `parent` is "remote", "local" or None; `events` are (name, attributes); `links` are
    (trace id, span id, attributes).
    """

    def make(
        name="work",
        kind="INTERNAL",
        attributes=None,
        *,
        parent="local",
        resource=None,
        events=(),
        status=None,
        links=(),
        trace=TRACE,
        parent_id=PARENT,
        end=END,
    ):
        memory = InMemorySpanExporter()
        provider = TracerProvider(
            resource=Resource({**SDK, **(resource or {})}),
            id_generator=Counting(),
            shutdown_on_exit=False,
        )
        provider.add_span_processor(SimpleSpanProcessor(memory))
        context = None
        if parent:
            sampled = TraceFlags(TraceFlags.SAMPLED)
            above = SpanContext(trace, parent_id, is_remote=parent == "remote", trace_flags=sampled)
            context = set_span_in_context(NonRecordingSpan(above))
        span = provider.get_tracer("tests").start_span(
            name,
            context,
            SpanKind[kind],
            attributes,
            [Link(SpanContext(one, two, is_remote=True), also) for one, two, also in links],
            start_time=START,
        )
        for event, told in events:
            span.add_event(event, told, timestamp=START)
        if status:
            span.set_status(Status(StatusCode[status[0]], status[1] if len(status) > 1 else None))
        span.end(end_time=end)
        return memory.get_finished_spans()[0]

    return make


@pytest.fixture
def new_id():
    """Return a source of exception ids that counts."""
    ids = itertools.count(0xE1)
    return lambda: f"{next(ids):016x}"


@pytest.fixture(scope="session")
def schema():
    """Return the validator of what X-Ray takes."""
    text = Path(__file__).with_name("document.schema.json").read_text(encoding="utf-8")
    return jsonschema.Draft202012Validator(json.loads(text))


@pytest.fixture
def gold(schema):
    """Return a function that compares documents with a gold file, or accepts them."""

    def check(name, vector, about, documents):
        for document in documents:
            schema.validate(document)
        file = GOLD / f"{name}.json"
        actual = {"vector": vector, "about": about, "documents": documents}
        if os.environ.get("HELIOGRAPH_ACCEPT"):
            text = json.dumps(actual, indent=2, ensure_ascii=False, sort_keys=True)
            file.write_text(text + "\n", encoding="utf-8")
        expected = json.loads(file.read_text(encoding="utf-8"))
        assert expected == actual

    return check
