"""Metrics as embedded metric format (EMF) lines on standard output, where Lambda picks them up."""

from __future__ import annotations

import time

from opentelemetry.sdk.metrics import (
    Counter,
    Histogram,
    ObservableCounter,
    ObservableUpDownCounter,
    UpDownCounter,
)
from opentelemetry.sdk.metrics import _Gauge as Gauge  # the SDK has no other name for it
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    MetricExporter,
    MetricExportResult,
)

from .. import _notice
from .._guard import guard
from ..encode import emf
from .distribution import ExactDistributionAggregation
from .stdout import StandardOutput

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from opentelemetry.sdk.metrics.export import MetricsData

    from . import Setup


class EmfMetricExporter(MetricExporter):
    """Write what a reader collects as EMF, one line a record.

    Counters and histograms are collected as increments, up-down counters as levels (emf spec 2.1),
    and histograms with their exact values.

    Args:
        sink: Takes each line, newline included; by default `StandardOutput()`.
        namespace: The namespace; by default from the resource (emf spec 6).
        dimension_sets: Templates of dimension sets; by default one set of all attributes and the
            service (emf spec 4).
        properties: Called at each export for the invocation's own properties, such as
            `xray_trace_id` and `function_request_id`.
        extract: Whether CloudWatch shall store metrics; without, the same values are only logged.
        options: Further choices of the format.
    """

    remote = False
    """It writes to this machine: in line, it cannot wait for anybody."""

    def __init__(
        self,
        sink: Callable[[bytes], None] | None = None,
        *,
        namespace: str | None = None,
        dimension_sets: Sequence[Sequence[str]] | None = None,
        properties: Callable[[], Mapping[str, object]] | None = None,
        extract: bool = True,
        options: emf.Options | None = None,
    ) -> None:
        delta, cumulative = AggregationTemporality.DELTA, AggregationTemporality.CUMULATIVE
        super().__init__(
            preferred_temporality={
                Counter: delta,
                ObservableCounter: delta,
                Histogram: delta,
                Gauge: delta,  # what was set since the last collection, not all that ever was
                UpDownCounter: cumulative,
                ObservableUpDownCounter: cumulative,
            },
            preferred_aggregation={Histogram: ExactDistributionAggregation()},
        )
        self._sink = StandardOutput() if sink is None else sink
        self._properties = properties
        self._encoder = emf.Encoder(
            namespace=namespace,
            dimension_sets=dimension_sets,
            options=options or emf.Options(),
            extract=extract,
            tell=_notice.warn,
        )
        self._shut = False

    def export(
        self,
        metrics_data: MetricsData,
        timeout_millis: float = 10_000,  # noqa: ARG002 - writing a line cannot be timed
        **kwargs: object,  # noqa: ARG002 - the SDK's signature
    ) -> MetricExportResult:
        """Write the lines of what was collected; a failure is told once and never raised."""
        return self.export_measured(metrics_data, 0)

    def export_measured(self, metrics_data: MetricsData, measured: int) -> MetricExportResult:
        """Write the lines of what was collected, with the time of measuring.

        Args:
            metrics_data: What was collected.
            measured: The time that lines have, epoch nanoseconds; 0 for the points' own.
        """
        if self._shut:
            return MetricExportResult.FAILURE
        with guard("writing metrics as EMF"):
            for line in self._encoder.lines(
                metrics_data,
                now_ms=time.time_ns() // 1_000_000,
                measured_ms=measured // 1_000_000,
                properties=self._invocation(),
            ):
                self._sink(line)
            return MetricExportResult.SUCCESS
        return MetricExportResult.FAILURE

    def _invocation(self) -> Mapping[str, object] | None:
        if self._properties is not None:
            with guard("reading the properties of EMF records"):
                return self._properties()
        return None

    def force_flush(self, timeout_millis: float = 10_000) -> bool:  # noqa: ARG002 - nothing waits
        """Return at once: every line was written when it was exported."""
        return True

    # the SDK's signature
    def shutdown(self, timeout_millis: float = 30_000, **kwargs: object) -> None:  # noqa: ARG002
        """Take no more metrics."""
        self._shut = True


def metric_exporter(setup: Setup) -> EmfMetricExporter:
    """Return the exporter as the settings have it."""
    config = setup.config
    pairs = [pair.partition("=") for pair in config.emf_default_dimensions if pair != "none"]
    defaults = {name.strip(): (key or name).strip() for name, _, key in pairs}
    words = {word.lower() for word in config.emf_options}
    return EmfMetricExporter(
        StandardOutput(leading_newline="leading_newline" in words or None),
        namespace=config.emf_namespace or None,
        dimension_sets=config.emf_dimensions,
        properties=setup.properties,
        extract=not config.emf_extraction_disabled,
        options=emf.Options(
            default_dimensions=defaults,
            property_keys=config.emf_properties,
            metric_dimensions=config.emf_metric_dimensions,
            resource_properties=config.emf_resource_properties,
            instrumentation_metrics=config.emf_instrumentation_metrics,
            **dict.fromkeys(words - {"leading_newline"}, True),
        ),
    )
