"""What a peer has sent, counted: spans, and points of the function's own metric.

A peer that sends nothing is fast. Peers send in many forms: X-Ray's documents and OTLP to the
daemon, OTLP over HTTP, and lines on standard output, which a log group would take.
"""

from __future__ import annotations

import base64
import gzip
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from bench.services import DATAGRAM
from heliograph.exporters.xray_otlp import SAMPLED, UNSAMPLED

if TYPE_CHECKING:
    from collections.abc import Iterable

METRIC = "items"
"""The metric that `workloads/busy.py` records."""


class Arrived(NamedTuple):
    """How many spans arrived, and how many points of `METRIC`."""

    spans: int
    points: int


def count(taken: Iterable[tuple[str, bytes]], wrote: str) -> Arrived:
    """Count what a function has sent.

    Args:
        taken: What the services took, as of `Services.taken`.
        wrote: What the function wrote.
    """
    spans = points = 0
    for kind, data in taken:
        if kind == DATAGRAM:
            spans += _in_datagram(data)
        elif kind == "/v1/traces":
            spans += _otlp_spans(data)
        elif kind == "/v1/metrics":
            points += _otlp_points(data)
    for line in wrote.splitlines():
        if line.startswith("{"):
            found = _in_line(json.loads(line))
            spans, points = spans + found.spans, points + found.points
    return Arrived(spans, points)


def _in_datagram(data: bytes) -> int:
    body = data.partition(b"\n")[2]
    if body.startswith((SAMPLED, UNSAMPLED)):
        return _otlp_spans(base64.b64decode(body[len(SAMPLED) :]))
    return _segments(json.loads(body))


def _segments(document: dict[str, Any]) -> int:
    inner = sum(_segments(one) for one in document.get("subsegments", ()))
    return inner + (not document.get("in_progress", False))


def _otlp_spans(data: bytes) -> int:
    resources = ExportTraceServiceRequest.FromString(data).resource_spans
    return sum(len(scope.spans) for resource in resources for scope in resource.scope_spans)


def _otlp_points(data: bytes) -> int:
    resources = ExportMetricsServiceRequest.FromString(data).resource_metrics
    scopes = [scope for resource in resources for scope in resource.scope_metrics]
    metrics = [metric for scope in scopes for metric in scope.metrics if metric.name == METRIC]
    return sum(len(metric.sum.data_points) for metric in metrics)


def _in_line(line: dict[str, Any]) -> Arrived:
    if "__otel_otlp_stdout" in line:  # lambda-otel-lite
        return Arrived(_otlp_spans(gzip.decompress(base64.b64decode(line["payload"]))), 0)
    if "traces" in line:  # Datadog
        return Arrived(sum(map(len, line["traces"])), 0)
    if "_aws" in line and METRIC in line:  # EMF: one value, many, or each with its count
        value = line[METRIC]
        values = value["Values"] if isinstance(value, dict) else value
        return Arrived(0, len(values) if isinstance(values, list) else 1)
    return Arrived(0, int(line.get("m") == METRIC))  # Datadog, for its forwarder
