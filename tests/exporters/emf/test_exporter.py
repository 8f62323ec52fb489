"""The EMF exporter under a real meter provider, read back as CloudWatch would."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.metrics import Observation
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    Histogram,
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

from heliograph import _notice
from heliograph._limits import EMF_RECORD_BYTES
from heliograph.encode.emf import DistributionDataPoint, Options, records, to_lines
from heliograph.errors import ConfigurationError
from heliograph.exporters.emf import EmfMetricExporter

if TYPE_CHECKING:
    from collections.abc import Callable

GOLD = Path(__file__).parents[2] / "gold" / "emf"
NOW_MS = 1_609_459_200_000
NANO = NOW_MS * 1_000_000
SERVICE = ("service", "orders")


@pytest.fixture(autouse=True)
def untold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing has been told yet when a test begins."""
    monkeypatch.setattr(_notice, "counts", {})


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
    """With an allow-list each user is searchable in the log, and one metric to pay for."""
    metered = metering(options=Options(dimension_keys={"route"}))
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
        options=Options(metric_dimensions={"cold_.*": [[]]}),
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


def test_a_pattern_that_is_none() -> None:
    """A wrong choice in code is an error there, not a loss at the first export."""
    with pytest.raises(ConfigurationError, match="'\\('"):
        Options(metric_dimensions={"(": [[]]})


@pytest.mark.parametrize(
    ("wanted", "resource", "expected"),
    [
        pytest.param("Shop", {"service.name": "orders"}, "Shop", id="given"),
        pytest.param(None, {"service.name": "o", "service.namespace": "s"}, "s/o", id="both"),
        pytest.param(None, {"service.name": "o"}, "o", id="name"),
        pytest.param(None, {"service.namespace": "s"}, "s", id="namespace"),
        pytest.param(None, {}, "default", id="neither"),
        pytest.param("AWS/Lambda", {}, "Custom/AWS/Lambda", id="reserved"),
        pytest.param("::Shöp\n", {}, "Shp", id="characters"),
        pytest.param("ö", {"service.name": "o"}, "o", id="nothing left"),
        pytest.param("n" * 300, {}, "n" * 255, id="long"),
    ],
)
def test_namespace(wanted: str | None, resource: dict[str, str], expected: str) -> None:
    """The given namespace, else the resource's, always one that CloudWatch takes."""
    data = handed_over([Metric("m", "", "", Gauge([NumberDataPoint({}, 0, NANO, 1)]))], resource)
    [record] = records(data, now_ms=NOW_MS, namespace=wanted)
    head: Any = record["_aws"]
    assert head["CloudWatchMetrics"][0]["Namespace"] == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(True, {"k": "true"}, id="bool"),
        pytest.param(3, {"k": "3"}, id="int"),
        pytest.param(0.1, {"k": "0.1"}, id="float"),
        pytest.param(("a", 1), {"k": '["a",1]'}, id="list"),
        pytest.param({"a": None}, {"k": '{"a":null}'}, id="mapping"),
        pytest.param(b"raw", {"k": "raw"}, id="bytes"),
        pytest.param("a\tb", {"k": "a b"}, id="control character"),
        pytest.param("Zürich", {"k": "Z?rich", "k.raw": "Zürich"}, id="not ASCII"),
        pytest.param(None, {}, id="none"),
        pytest.param(" ", {"k": " "}, id="blank"),
        pytest.param("\ud800", {"k": "?", "k.raw": "?"}, id="lone surrogate"),
    ],
)
def test_dimension_values(value: object, expected: dict[str, str]) -> None:
    """Values of any type become text as the spec says; the original stays beside what is lost."""
    point = NumberDataPoint({"k": value}, 0, NANO, 1)  # type: ignore[dict-item]
    [record] = records(handed_over([Metric("m", "", "", Gauge([point]))]), now_ms=NOW_MS)
    assert {name: kept for name, kept in record.items() if name not in ("_aws", "m")} == expected


def test_reserved_and_colliding_names(cloudwatch: Any, caplog: pytest.LogCaptureFixture) -> None:
    """No attribute or property overwrites a metric or the record's head; each is told once."""
    attributes = {"_aws": "x", "m": "y", "attr.m": "z"}
    metrics = [
        Metric(name, "", "", Gauge([NumberDataPoint(attributes, 0, NANO, 1)]))
        for name in ("m", "_aws", "Version", "Timestamp")
    ]
    made = records(
        handed_over(metrics), now_ms=NOW_MS, properties={"m": 1, "p": 2}, tell=_notice.warn
    )
    stored = cloudwatch(to_lines(made), NOW_MS)
    assert {name for _, _, name, _, _ in stored} == {"m", "_aws_", "Version_", "Timestamp_"}
    [record] = [record for record in made if "m" in record and record["m"] == 1]
    assert {k: v for k, v in record.items() if k not in ("_aws", "m")} == {
        "attr._aws": "x", "attr.m": "z", "attr2.m": "y", "attr3.m": 1, "p": 2,
    }  # fmt: skip
    assert caplog.text.count("attribute '_aws'") == 1


@pytest.mark.parametrize("path", sorted(GOLD.glob("*.jsonl")), ids=lambda path: path.stem)
def test_no_gold_line_is_dropped(path: Path, cloudwatch: Any) -> None:
    """CloudWatch would store the metrics of every line that a gold file promises."""
    for line in path.read_bytes().splitlines(keepends=True):
        assert cloudwatch([line], json.loads(line)["_aws"]["Timestamp"])


def test_records_that_are_too_large_are_divided(
    cloudwatch: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Sets with more text than a record takes go to several records; properties that do not fit
    are left out and told, and no value is."""
    attributes = {f"k{n:03}".ljust(250, "x"): '"' * 1024 for n in range(120)}
    attributes |= {f"p{n}": '"' * 2000 for n in range(200)}
    point = NumberDataPoint(attributes, 0, NANO, 7)
    keys = [k for k in attributes if k.startswith("k")]
    sets = [keys[start : start + 30] for start in range(0, 120, 30)]
    lines = to_lines(
        records(
            handed_over([Metric("m", "", "", Gauge([point]))]),
            now_ms=NOW_MS, dimension_sets=sets, tell=_notice.warn,
        )
    )  # fmt: skip
    assert all(len(line) <= EMF_RECORD_BYTES for line in lines)
    stored = cloudwatch(lines, NOW_MS)
    assert sorted(series.sum for series in stored.values()) == [7, 7, 7, 7]
    assert "a record is too large: property" in caplog.text


def test_a_full_record_is_followed_by_another(cloudwatch: Any) -> None:
    """100 metrics of 100 long values are more than a record takes: two, with every value."""
    values = [1e-7 + n / 1e20 for n in range(100)]
    metrics = [
        Metric(f"m{n}", "", "", Histogram([distribution(values)], AggregationTemporality.DELTA))
        for n in range(100)
    ]
    lines = to_lines(records(handed_over(metrics), now_ms=NOW_MS))
    assert len(lines) == 2
    assert max(map(len, lines)) in range(EMF_RECORD_BYTES - 3000, EMF_RECORD_BYTES + 1)
    stored = cloudwatch(lines, NOW_MS)
    assert [sorted(series.values.elements()) for series in stored.values()] == [values] * 100


def distribution(values: list[float]) -> DistributionDataPoint:
    """A point with each value once."""
    pairs = tuple((value, 1) for value in values)
    return DistributionDataPoint(
        {}, 0, NANO, len(values), sum(values), (), (), min(values), max(values), values=pairs
    )


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        pytest.param(True, "", 1, id="bool"),
        pytest.param(Decimal("1.5"), "", 1.5, id="decimal"),
        pytest.param(Fraction(1, 4), "", 0.25, id="fraction"),
        pytest.param(3, "min", 180, id="scaled"),
        pytest.param(2**360, "", 2**360, id="largest"),
        pytest.param(2**360 + 1, "", None, id="too large"),
        pytest.param(2**359, "min", None, id="too large when scaled"),
        pytest.param(10**400, "ns", None, id="too long for a float"),
        pytest.param(Decimal("nan"), "", None, id="decimal nan"),
        pytest.param("3", "", None, id="text"),
    ],
)
def test_numbers(value: Any, unit: str, expected: float | None) -> None:
    """Any number that the SDK lets through is written as JSON; what cannot be is left out, told."""
    told: list[str] = []
    point = NumberDataPoint({}, 0, NANO, value)
    made = records(
        handed_over([Metric("m", "", unit, Gauge([point]))]), now_ms=NOW_MS,
        options=Options(scale_units=True), tell=lambda topic, line: told.append(line),
    )  # fmt: skip
    assert [record["m"] for record in made] == ([] if expected is None else [expected])
    assert len(told) == (expected is None)


def test_totals_are_told() -> None:
    """A cumulative histogram would be added up again and again: it is written, and told."""
    told: list[str] = []
    data = Histogram([distribution([1.0, 2.0])], AggregationTemporality.CUMULATIVE)
    records(
        handed_over([Metric("m", "", "", data)]), now_ms=NOW_MS,
        tell=lambda topic, line: told.append(line),
    )  # fmt: skip
    assert len(told) == 1
    assert "'m' is cumulative" in told[0]
