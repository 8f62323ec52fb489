"""Partial success: what a backend did not take is told once."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.metrics.export import MetricExportResult
from opentelemetry.sdk.trace.export import SpanExportResult

from heliograph.exporters import Setup, otlp
from heliograph.exporters.partial import read

if TYPE_CHECKING:
    from tests.exporters.otlp.conftest import Backend, GrpcBackend, Some


def traces(**fields: Any) -> bytes:
    """An answer to spans, as protobuf."""
    response = ExportTraceServiceResponse()
    for name, value in fields.items():
        setattr(response.partial_success, name, value)
    return response.SerializeToString()


def metrics(**fields: Any) -> bytes:
    """An answer to metrics, as protobuf."""
    response = ExportMetricsServiceResponse()
    for name, value in fields.items():
        setattr(response.partial_success, name, value)
    return response.SerializeToString()


@pytest.mark.parametrize(
    ("answer", "signal", "said"),
    [
        pytest.param(b"", "traces", (0, ""), id="nothing"),
        pytest.param(b"{}", "traces", (0, ""), id="empty JSON"),
        pytest.param(b'{"partialSuccess":{}}', "traces", (0, ""), id="all taken"),
        pytest.param(
            b'{"partialSuccess":{"rejectedSpans":"3","errorMessage":"old"}}', "traces",
            (3, "old"), id="text, as int64 is in JSON",
        ),
        pytest.param(
            b'{"partialSuccess":{"rejectedDataPoints":2}}', "metrics", (2, ""), id="number"
        ),
        pytest.param(
            b'{"partialSuccess":{"errorMessage":"deprecated"}}', "metrics", (0, "deprecated"),
            id="a warning",
        ),
        pytest.param(b'{"partialSuccess":3}', "traces", (0, ""), id="of another form"),
        pytest.param(
            b'{"partialSuccess":{"rejectedSpans":"x"}}', "traces", (0, ""), id="no number"
        ),
        pytest.param(b"{<html>", "traces", (0, ""), id="no JSON"),
        pytest.param(b"<html>", "traces", (0, ""), id="a page"),
        pytest.param(b"\n<html>", "traces", (0, ""), id="a page after a line break"),
        pytest.param(traces(), "traces", (0, ""), id="protobuf: all taken"),
        pytest.param(
            traces(rejected_spans=3, error_message="old"), "traces", (3, "old"), id="protobuf"
        ),
        pytest.param(
            metrics(rejected_data_points=1), "metrics", (1, ""), id="protobuf: metrics"
        ),
    ],
)  # fmt: skip
def test_read(answer: bytes, signal: Any, said: tuple[int, str]) -> None:
    """Both encodings are read; what is neither says nothing."""
    assert read(answer, signal) == said


def test_protobuf_without_protobuf(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer in protobuf says nothing where it is not installed."""
    monkeypatch.setitem(sys.modules, "google.protobuf.message", None)
    assert read(traces(rejected_spans=3), "traces") == (0, "")


def test_all_taken(
    backend: Backend, some: Some, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """An answer that says nothing is no line."""
    backend.answers.append((200, {}, b'{"partialSuccess":{}}'))
    exporter: Any = otlp.span_exporter(Setup(settings(otlp_endpoint=backend.url)))
    assert exporter.export(some.spans) is SpanExportResult.SUCCESS
    exporter.shutdown()
    assert caplog.messages == []


@pytest.mark.parametrize("signal", ["traces", "metrics"])
@pytest.mark.parametrize("protocol", ["http/json", "http/protobuf", "grpc"])
def test_told_once(
    protocol: str, signal: str, backend: Backend, grpc_backend: GrpcBackend, some: Some,
    settings: Any, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    """By each protocol it is a success with a line, and the second answer no other line."""
    spans = signal == "traces"
    unit, field = ("spans", "Spans") if spans else ("data points", "DataPoints")
    own = {"rejected_spans" if spans else "rejected_data_points": 3, "error_message": "too old"}
    packed = traces(**own) if spans else metrics(**own)
    as_json = b'{"partialSuccess":{"rejected%s":"3","errorMessage":"too old"}}' % field.encode()
    backend.answers += [(200, {}, as_json if protocol == "http/json" else packed)] * 2
    grpc_backend.partial = own
    url = f"http://127.0.0.1:{grpc_backend.port}" if protocol == "grpc" else backend.url
    config = settings(**{"otlp_endpoint": url, f"otlp_{signal}_protocol": protocol})
    exporter: Any = (
        otlp.span_exporter(Setup(config)) if spans else otlp.metric_exporter(Setup(config))
    )
    results = [exporter.export(some.spans if spans else some.metrics) for _ in range(2)]
    exporter.shutdown()
    assert set(results) <= {SpanExportResult.SUCCESS, MetricExportResult.SUCCESS}
    [line] = caplog.messages
    assert line == (
        f"heliograph: {exporter.endpoint} took what was sent, but for 3 {unit}: 'too old'. "
        "Further answers like this are counted, not told."
    )
