"""The SDK's own exporters to standard output, as JSON over several lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics.export import MetricExporter
    from opentelemetry.sdk.trace.export import SpanExporter

    from . import Setup


def span_exporter(_: Setup) -> SpanExporter:
    """Return the exporter of spans."""
    from opentelemetry.sdk.trace.export import ConsoleSpanExporter

    return ConsoleSpanExporter()


def metric_exporter(_: Setup) -> MetricExporter:
    """Return the exporter of metrics."""
    from opentelemetry.sdk.metrics.export import ConsoleMetricExporter

    return ConsoleMetricExporter()
