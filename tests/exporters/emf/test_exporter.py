"""The EMF exporter under a real meter provider, read back as CloudWatch would."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.metrics import Observation
from opentelemetry.sdk.metrics.export import (
    Gauge,
    Metric,
    MetricExportResult,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
)
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from heliograph.encode.emf import Options
from heliograph.exporters.emf import EmfMetricExporter

if TYPE_CHECKING:
    from collections.abc import Callable

NOW_MS = 1_609_459_200_000
NANO = NOW_MS * 1_000_000
SERVICE = ("service", "orders")


def handed_over(metrics: list[Metric], resource: dict[str, str] | None = None) -> MetricsData:
    """Metrics as a reader hands them to an exporter."""
    scope = ScopeMetrics(InstrumentationScope("app"), metrics, "")
    return MetricsData([ResourceMetrics(Resource(resource or {}), [scope], "")])


def key(name: str, unit: str = "None", resolution: int = 60, **attributes: str) -> Any:
    """The series of a metric of service `orders`."""
    return ("orders", frozenset({SERVICE, *attributes.items()}), name, unit, resolution)


def test_every_instrument_is_stored(metering: Callable[..., Any], cloudwatch: Any) -> None:
    """Increments of counters, levels of up-down counters and gauges, values of histograms."""
    metered = metering()
    meter = metered.provider.get_meter("app")
    meter.create_counter("calls", "{call}").add(2, {"route": "/a"})
    meter.create_up_down_counter("open").add(5)
    meter.create_gauge("level", "%").set(0.5)
    meter.create_histogram("time", "ms").record(12.5, {"route": "/a"})
    meter.create_observable_counter("seen", [lambda _: [Observation(7)]])
    meter.create_observable_up_down_counter("used", [lambda _: [Observation(-3)]], "By")
    meter.create_observable_gauge("temperature", [lambda _: [Observation(21.5)]])
    stored = cloudwatch(metered.flush())
    assert {series: dict(found.values) for series, found in stored.items()} == {
        key("calls", "Count", route="/a"): {2: 1},
        key("open"): {5: 1},
        key("level", "Percent"): {0.5: 1},
        key("time", "Milliseconds", route="/a"): {12.5: 1},
        key("seen"): {7: 1},
        key("used", "Bytes"): {-3: 1},
        key("temperature"): {21.5: 1},
    }


def test_the_next_flush_has_increments_and_levels(
    metering: Callable[..., Any], cloudwatch: Any
) -> None:
    """What was written is not written again, but for levels; an idle observed counter says 0."""
    metered = metering()
    meter = metered.provider.get_meter("app")
    meter.create_counter("calls").add(2)
    meter.create_histogram("time").record(1)
    level = meter.create_up_down_counter("open")
    level.add(5)
    meter.create_observable_counter("seen", [lambda _: [Observation(7)]])
    metered.flush()
    level.add(-1)
    stored = cloudwatch(metered.flush())
    assert {series: dict(found.values) for series, found in stored.items()} == {
        key("open"): {4: 1},
        key("seen"): {0: 1},
    }


def test_zeros_can_be_left_out(metering: Callable[..., Any], cloudwatch: Any) -> None:
    """An idle observed counter is silent if asked for."""
    metered = metering(options=Options(drop_zeros=True))
    metered.provider.get_meter("app").create_observable_counter(
        "seen", [lambda _: [Observation(7)]]
    )
    assert set(cloudwatch(metered.flush())) == {key("seen")}
    assert metered.flush() == []


def test_percentiles_are_true(metering: Callable[..., Any], cloudwatch: Any) -> None:
    """1,000 values reach CloudWatch as they were recorded, in records of 100 values."""
    metered = metering()
    histogram = metered.provider.get_meter("heliograph").create_histogram("time", "Milliseconds")
    recorded = [value * 1.37 for value in range(1000)]
    for value in recorded:
        histogram.record(value)
    lines = metered.flush()
    assert len(lines) == 10
    assert sorted(cloudwatch(lines)[key("time", "Milliseconds")].values.elements()) == recorded


def test_a_view_with_an_exponential_histogram(
    metering: Callable[..., Any], cloudwatch: Any
) -> None:
    """Whoever prefers buckets gets midpoints within what was recorded, and true statistics."""
    aggregation = ExponentialBucketHistogramAggregation(max_size=99)
    metered = metering(views=[View(instrument_name="*", aggregation=aggregation)])
    histogram = metered.provider.get_meter("app").create_histogram("time")
    recorded = [1.01, *range(0, 5000, 7)]
    for value in recorded:
        histogram.record(value)
    lines = metered.flush()
    assert len(lines) == 1
    series = cloudwatch(lines)[key("time")]
    assert (series.count, series.min, series.max) == (len(recorded), 0, max(recorded))
    assert sum(series.values.values()) == len(recorded)
    assert series.sum == pytest.approx(sum(recorded))
    assert all(0 <= value <= max(recorded) for value in series.values)


def test_properties_are_asked_for_at_each_export(metering: Callable[..., Any]) -> None:
    """Every record carries the trace id of the invocation that it was written in."""
    ids = iter(["1-a", "1-b"])
    metered = metering(properties=lambda: {"xray_trace_id": next(ids)})
    counter = metered.provider.get_meter("app").create_counter("calls")
    for expected in ("1-a", "1-b"):
        counter.add(1)
        [line] = metered.flush()
        assert json.loads(line)["xray_trace_id"] == expected


@pytest.mark.guarded
def test_properties_that_fail_cost_no_metric(
    metering: Callable[..., Any], cloudwatch: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Without the invocation's properties metrics are stored all the same, and a line says so."""

    def fail() -> dict[str, object]:
        raise LookupError("no invocation")

    metered = metering(properties=fail)
    metered.provider.get_meter("app").create_counter("calls").add(1)
    assert set(cloudwatch(metered.flush())) == {key("calls")}
    assert "reading the properties of EMF records: LookupError: no invocation" in caplog.text


@pytest.mark.guarded
def test_a_sink_that_fails_raises_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """A failure to write is the exporter's own affair: told, and the result says it."""

    def fail(line: bytes) -> None:
        raise OSError("no space left")

    point = NumberDataPoint({}, 0, NANO, 1)
    data = handed_over([Metric("m", "", "", Gauge([point]))])
    assert EmfMetricExporter(fail).export(data) is MetricExportResult.FAILURE
    assert "writing metrics as EMF: OSError: no space left" in caplog.text


def test_without_extraction(metering: Callable[..., Any]) -> None:
    """The values are logged, and nothing of them makes CloudWatch store a metric."""
    metered = metering(extract=False, options=Options(resource_properties=()))
    metered.provider.get_meter("app").create_counter("calls").add(1, {"route": "/a"})
    assert metered.flush() == [b'{"route":"/a","service":"orders","calls":1}\n']


def test_after_shutdown_nothing_is_written() -> None:
    """An exporter that was shut down says so and writes no more."""
    lines: list[bytes] = []
    exporter = EmfMetricExporter(lines.append)
    exporter.shutdown()
    assert exporter.force_flush()
    assert exporter.export(MetricsData([])) is MetricExportResult.FAILURE
    assert lines == []


def test_high_cardinality_attributes_can_be_properties(
    metering: Callable[..., Any], cloudwatch: Any
) -> None:
    """Kept as a property, each user is searchable in the log, and one metric to pay for."""
    metered = metering(options=Options(property_keys=["us*"]))
    counter = metered.provider.get_meter("app").create_counter("calls")
    for user in range(3):
        counter.add(1, {"route": "/a", "user": user})
    lines = metered.flush()
    assert [json.loads(line)["user"] for line in lines] == [0, 1, 2]
    assert {k: v.sum for k, v in cloudwatch(lines).items()} == {key("calls", route="/a"): 3}


def test_dimension_sets(metering: Callable[..., Any], cloudwatch: Any) -> None:
    """Templates are used where a point has their attributes; a metric can have its own."""
    metered = metering(
        dimension_sets=[["service"], ["service", "route"]],
        options=Options(metric_dimensions={"cold_*": [[]]}),
    )
    meter = metered.provider.get_meter("app")
    meter.create_counter("calls").add(1, {"route": "/a"})
    meter.create_counter("errors").add(1)
    meter.create_counter("cold_starts").add(1, {"route": "/a"})
    assert set(cloudwatch(metered.flush())) == {
        key("calls"),
        key("calls", route="/a"),
        key("errors"),
        ("orders", frozenset(), "cold_starts", "None", 60),
    }


def test_a_metric_that_fits_no_set_is_kept(
    metering: Callable[..., Any], cloudwatch: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """It has the dimensions of the resource, and a line names the metric."""
    metered = metering(dimension_sets=[["route"], ["faas.instance"]])
    metered.provider.get_meter("app").create_counter("calls").add(1, {"faas.instance": "i"})
    assert set(cloudwatch(metered.flush())) == {key("calls")}
    assert "no dimension set fits metric 'calls'" in caplog.text
