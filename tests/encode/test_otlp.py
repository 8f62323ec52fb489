"""OTLP bytes: those of the official encoder, in requests that are never too large."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    TraceState,
    set_span_in_context,
)

from heliograph.encode import otlp

UNLIMITED = SpanLimits(max_span_attributes=SpanLimits.UNSET)
LIMIT = 49_000
TEXT = st.text(max_size=12)
SCALAR = (
    TEXT
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.binary(max_size=9)
)
VALUE = SCALAR | st.lists(TEXT, max_size=3) | st.lists(st.integers(0, 300), max_size=3)
VALUE |= st.dictionaries(TEXT, SCALAR, max_size=3)
ATTRIBUTES = st.dictionaries(st.text(min_size=1, max_size=12), VALUE, max_size=6)
IDS = st.tuples(st.integers(1, 2**128 - 1), st.integers(1, 2**64 - 1))
STATES = st.sampled_from([[], [("a", "1"), ("b", "2")]])
SPANS = st.fixed_dictionaries(
    {
        "name": TEXT,
        "kind": st.sampled_from(SpanKind),
        "attributes": ATTRIBUTES,
        "scope": st.sampled_from(["one", "two"]),
        "resource": st.sampled_from([0, 1]),
        "parent": st.none() | st.tuples(IDS, st.booleans(), STATES),
        "events": st.lists(st.tuples(TEXT, ATTRIBUTES), max_size=2),
        "links": st.lists(st.tuples(IDS, ATTRIBUTES), max_size=2),
        "status": st.sampled_from([None, (StatusCode.OK,), (StatusCode.ERROR, "why")]),
        "start": st.integers(1, 2**62),
        "end": st.integers(1, 2**62),
    }
)


class Maker:
    """Spans of two resources and two scopes, of the real SDK."""

    def __init__(self):
        self.memory = InMemorySpanExporter()
        self.providers = [
            TracerProvider(resource=resource, shutdown_on_exit=False, span_limits=UNLIMITED)
            for resource in (Resource({"service.name": "a"}, "https://schema/1"), Resource({}))
        ]
        for provider in self.providers:
            provider.add_span_processor(SimpleSpanProcessor(self.memory))

    def make(self, name="s", kind=SpanKind.INTERNAL, attributes=None, *, scope="one", resource=0,
             parent=None, events=(), links=(), status=None, start=1, end=2):  # fmt: skip
        context = None
        if parent:
            ids, remote, state = parent
            above = SpanContext(*ids, remote, TraceFlags(1), TraceState(state))
            context = set_span_in_context(NonRecordingSpan(above))
        version, schema = ("1", "https://schema/2") if scope == "two" else (None, None)
        span = self.providers[resource].get_tracer(scope, version, schema_url=schema).start_span(
            name, context, kind, attributes,
            [Link(SpanContext(*ids, is_remote=True), told) for ids, told in links],
            start_time=start,
        )  # fmt: skip
        for event, told in events:
            span.add_event(event, told, timestamp=start)
        if status:
            span.set_status(Status(*status))
        span.end(end_time=end)
        return self.memory.get_finished_spans()[-1]


@pytest.fixture
def make():
    """Return a function that makes one ended span."""
    return Maker().make


def grouped(spans):
    """Return spans as one request groups them."""
    return [
        span
        for resource in dict.fromkeys(id(span.resource) for span in spans)
        for scope in dict.fromkeys(
            span.instrumentation_scope for span in spans if id(span.resource) == resource
        )
        for span in spans
        if id(span.resource) == resource and span.instrumentation_scope == scope
    ]


def decoded(part):
    """Return the spans of a request, as the official messages."""
    request = ExportTraceServiceRequest.FromString(part.payload)
    return [
        span for one in request.resource_spans for scope in one.scope_spans for span in scope.spans
    ]


@settings(max_examples=150, deadline=None)
@given(specs=st.lists(SPANS, min_size=1, max_size=4))
def test_official_bytes(specs):
    """A request has the bytes of the official encoder's."""
    maker = Maker()
    spans = [maker.make(**spec) for spec in specs]
    (part,) = otlp.requests(spans, 10**6)
    assert part.payload == encode_spans(spans).SerializeToString()


@pytest.mark.parametrize(
    ("value", "written"),
    [
        pytest.param(2**64, "18446744073709551616", id="beyond 64 bits"),
        pytest.param("a\ud800b", "a?b", id="a lone surrogate"),
    ],
)
def test_what_protobuf_has_no_form_for(value, written, make):
    """A value is written as text where the official encoder loses it."""
    (part,) = otlp.requests([make(attributes={"key": value})], LIMIT)
    (span,) = decoded(part)
    assert span.attributes[0].value.string_value == written


@settings(max_examples=60, deadline=None)
@given(
    specs=st.lists(SPANS, min_size=1, max_size=12),
    sizes=st.lists(st.sampled_from([0, 0, 500, 5_000, 60_000]), min_size=12, max_size=12),
    limit=st.sampled_from([1_500, 6_000, LIMIT]),
)
def test_split(specs, sizes, limit):
    """No request is larger than the limit, and each span is in one of them, in order."""
    maker = Maker()
    spans = []
    for spec, size in zip(specs, sizes, strict=False):
        attributes = {**spec["attributes"], **({"large": "x" * size} if size else {})}
        spans.append(maker.make(**{**spec, "attributes": attributes}))
    parts = otlp.requests(spans, limit)
    assert all(len(part.payload) <= limit for part in parts)
    assert [span for part in parts for span in part.spans] == spans
    found = [span.span_id.hex() for part in parts for span in decoded(part)]
    expected = [f"{span.context.span_id:016x}" for part in parts for span in grouped(part.spans)]
    assert found == expected


def test_few_requests(make):
    """Requests are filled: no more of them than the spans' bytes need."""
    spans = [make(attributes={"large": "x" * 1_000}) for _ in range(100)]
    assert [len(part.spans) for part in otlp.requests(spans, LIMIT)] == [45, 45, 10]


def test_cut(make):
    """A span that alone is too large keeps its identity and says that it was cut."""
    stack = "x" * 60_000
    links = [((1, 2), {})]
    span = make("n" * 300, SpanKind.CLIENT, {f"k{i}": stack for i in range(200)}, links=links,
                events=[("exception", {"exception.stacktrace": stack})],
                status=(StatusCode.ERROR, "why"), start=5, end=9)  # fmt: skip
    (part,) = otlp.requests([span], 20_000)
    (cut,) = decoded(part)
    kept = (cut.kind, cut.status.code, cut.status.message, cut.start_time_unix_nano)
    assert kept == (3, 2, "why", 5)
    assert cut.attributes[0].key == otlp.CUT
    assert len(cut.attributes) - 1 + cut.dropped_attributes_count == 200
    assert (cut.dropped_events_count, cut.dropped_links_count) == (1, 1)
    assert len(part.payload) <= 20_000


def test_nothing():
    """No spans make no request."""
    assert otlp.requests([], LIMIT) == []


def test_events_stay_while_there_is_room(make):
    """Texts are cut before events are dropped."""
    span = make(events=[("exception", {"exception.stacktrace": "x" * 60_000})])
    (part,) = otlp.requests([span], LIMIT)
    (cut,) = decoded(part)
    assert len(cut.events[0].attributes[0].value.string_value) == 1_024
