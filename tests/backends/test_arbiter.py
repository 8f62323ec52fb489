"""The real collector says whether two exporters sent the same: what arrived is in its file."""

from __future__ import annotations

import base64
import json
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.metrics import Observation
from opentelemetry.sdk.metrics import Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.metrics.view import (
    ExplicitBucketHistogramAggregation,
    ExponentialBucketHistogramAggregation,
    View,
)
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

from heliograph.exporters import Setup
from heliograph.exporters.otlp import metric_exporter, span_exporter
from heliograph.exporters.xray_otlp import SAMPLED, XRayOtlpSpanExporter
from heliograph.settings.config import Config
from tests.backends.collecting import Collector
from tests.backends.test_configurations import VARIABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from opentelemetry.sdk.metrics.export import MetricsData
    from opentelemetry.sdk.trace import ReadableSpan

    from heliograph.lab.daemon import XRayDaemon

START = 1_795_000_000_123_456_789
ABOVE = SpanContext(
    0x6921A000A1B2C3D4E5F60718293A4B5C, 0x53995C3F42CD8AD8, is_remote=True,
    trace_flags=TraceFlags(1), trace_state=TraceState([("vendor", "1"), ("other", "2")]),
)  # fmt: skip
VALUES = {
    "text": "schön 🜚",
    "empty": "",
    "flag": True,
    "large": 2**63 - 1,
    "least": -(2**63),
    "ratio": 0.1,
    "huge": 1e300,
    "bytes": b"\x00\xff",
    "texts": ["a", "b"],
    "numbers": [1, 2],
    "none": [],
}


@pytest.fixture(scope="module")
def arrived(
    collector_binary: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Collector, Callable[[int], list[Any]]]]:
    """A collector, and what came since it was asked before: a number of rows of `flat`."""
    folder = tmp_path_factory.mktemp("arbiter")
    file = folder / "lifecycle.jsonl"
    read = 0

    def since(count: int) -> list[Any]:
        nonlocal read
        found = collector.until(lambda: flat(file.read_text()[read:]), count)
        read = len(file.read_text())
        return found

    env = {**VARIABLES, "TELEMETRY_FILE": str(file)}
    with Collector(collector_binary, "file", folder, env) as collector:
        yield collector, since


def flat(text: str) -> list[Any]:
    """Return each span or metric with its resource and scope, in one order: how they are grouped is
    no part of them."""
    documents = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
    rows = [
        {"what": what, "scope": scope, "resource": resource}
        for document in documents
        for signal in ("Spans", "Metrics")
        for resource in document.get(f"resource{signal}", ())
        for scope in resource.pop(f"scope{signal}")
        for what in scope.pop(signal.lower())
    ]
    return sorted(rows, key=lambda row: str(row["what"].get("spanId") or row["what"]["name"]))


@pytest.fixture(scope="module")
def spans() -> Sequence[ReadableSpan]:
    """Spans of the SDK with everything that a span may have, of two resources and scopes."""
    memory = InMemorySpanExporter()
    for number in range(2):
        provider = TracerProvider(
            resource=Resource({"service.name": f"shop {number}"}, "https://example.com/1"),
            shutdown_on_exit=False,
            span_limits=SpanLimits(max_span_attributes=20, max_events=2, max_links=2),
        )
        provider.add_span_processor(SimpleSpanProcessor(memory))
        for scope in (("one",), ("two", "2", "https://example.com/2", {"scope": "own"})):
            name, version, schema, attributes = (*scope, None, None, None)[:4]
            tracer = provider.get_tracer(name, version, schema_url=schema, attributes=attributes)
            for kind in SpanKind:
                full(tracer, kind)
            tracer.start_span("bare", start_time=START).end(START)
    return memory.get_finished_spans()


def full(tracer: Any, kind: SpanKind) -> None:
    """Make a span with all there is, and more of everything than it keeps: the last ones."""
    span = tracer.start_span(
        f"{kind.name} ✓",
        set_span_in_context(NonRecordingSpan(ABOVE)),
        kind,
        {**{f"extra.{number}": number for number in range(15)}, **VALUES},
        [Link(ABOVE, VALUES), Link(ABOVE), Link(ABOVE)],
        START,
    )
    for number in range(3):
        span.add_event(f"event {number}", VALUES, START + number)
    span.set_status(Status(StatusCode.ERROR, "why") if kind.value % 2 else Status(StatusCode.OK))
    span.end(START + 1_234_567)


@pytest.fixture
def reference(arrived: Any, spans: Sequence[ReadableSpan]) -> list[Any]:
    """What the SDK's own exporter sends of the spans, as it arrived."""
    collector, since = arrived
    OTLPSpanExporter(f"{collector.endpoint}/v1/traces").export(spans)
    return list(since(len(spans)))


@pytest.fixture(scope="module")
def measured() -> MetricsData:
    """Measurements of every kind of instrument, collected by the SDK."""
    reader = InMemoryMetricReader(
        preferred_aggregation={Histogram: ExponentialBucketHistogramAggregation()}
    )
    resource = Resource({"service.name": "shop"}, "https://example.com/1")
    provider = MeterProvider([reader], resource, shutdown_on_exit=False, views=[VIEW])
    meter = provider.get_meter("one", "1", "https://example.com/2", {"scope": "own"})
    meter.create_counter("counter", "1", "counts").add(3, VALUES)
    meter.create_up_down_counter("up_and_down").add(-2.5)
    meter.create_gauge("gauge", "ms").set(1.5, {"a": 1})
    for name in ("exponential", "explicit"):
        histogram = meter.create_histogram(name, "s")
        for value in (0, 0.1, 7, 10_000):
            histogram.record(value, {"route": "/✓"})
    meter.create_observable_gauge("observed", [lambda _: [Observation(2, {"a": True})]])
    found = reader.get_metrics_data()
    provider.shutdown()
    assert found
    return found


VIEW = View(
    instrument_name="explicit", aggregation=ExplicitBucketHistogramAggregation([1, 10, 100])
)
INSTRUMENTS = 6

PROTOCOLS = [
    pytest.param({"OTEL_EXPORTER_OTLP_PROTOCOL": protocol, **more}, id=f"{protocol} {said}".strip())
    for protocol in ("http/json", "http/protobuf", "grpc")
    for said, more in (("", {}), ("gzip", {"OTEL_EXPORTER_OTLP_COMPRESSION": "gzip"}))
]


@pytest.mark.parametrize("env", PROTOCOLS)
def test_spans(env, arrived, spans, reference):
    """Every protocol of ours brings what the SDK's exporter brings, to the last field."""
    collector, since = arrived
    exporter = span_exporter(Setup(settings(env, collector)))
    exporter.export(spans)
    exporter.shutdown()

    assert since(len(spans)) == reference


@pytest.mark.parametrize("env", PROTOCOLS)
def test_metrics(env, arrived, measured):
    """The same holds for metrics."""
    collector, since = arrived
    OTLPMetricExporter(f"{collector.endpoint}/v1/metrics").export(measured)
    reference = since(INSTRUMENTS)
    exporter = metric_exporter(Setup(settings(env, collector)))
    exporter.export(measured)
    exporter.shutdown()

    assert since(INSTRUMENTS) == reference


def settings(env, collector):
    """Return the settings that send to the collector by a protocol."""
    grpc = env["OTEL_EXPORTER_OTLP_PROTOCOL"] == "grpc"
    endpoint = collector.grpc if grpc else collector.endpoint
    return Config.read({"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, **env})


def test_xray_otlp(arrived, daemon: XRayDaemon, spans, reference):
    """What the datagrams to Lambda's daemon hold is the same, given to the collector."""
    collector, since = arrived
    exporter = XRayOtlpSpanExporter(daemon.address)
    exporter.export(spans)
    exporter.shutdown()
    daemon.settle()

    for datagram in daemon.datagrams:
        _, _, payload = datagram.partition(b"\n")
        request = urllib.request.Request(
            f"{collector.endpoint}/v1/traces",
            base64.b64decode(payload.removeprefix(SAMPLED), validate=True),
            {"content-type": "application/x-protobuf"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 200
    assert since(len(spans)) == reference
