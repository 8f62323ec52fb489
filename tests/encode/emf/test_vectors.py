"""The numbered vectors of section 10 of the emf spec, as whole lines in gold files.

`HELIOGRAPH_ACCEPT=1` writes the files anew; each is named after its vector.
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.metrics import Observation
from opentelemetry.sdk.metrics import MeterProvider, ObservableCounter
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Buckets,
    ExponentialHistogram,
    ExponentialHistogramDataPoint,
    Gauge,
    Histogram,
    HistogramDataPoint,
    InMemoryMetricReader,
    Metric,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from heliograph.encode.emf import DistributionDataPoint, Encoder, Options
from tests.encode.emf.encoding import lines, records
from tests.encode.emf.schema import validate_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

GOLD = Path(__file__).parents[2] / "gold" / "emf"
NOW_MS = 1_609_459_200_000
NANO = NOW_MS * 1_000_000
DELTA = AggregationTemporality.DELTA
DAY_MS = 86_400_000


def collected(*metrics: Metric, resource: dict[str, Any] | None = None) -> MetricsData:
    """Metrics as a reader hands them over."""
    scope = ScopeMetrics(InstrumentationScope("app"), list(metrics), "")
    return MetricsData([ResourceMetrics(Resource(resource or {}), [scope], "")])


def gauge(
    name: str, value: Any, unit: str = "", /, *, nano: int | None = NANO, **attributes: Any
) -> Metric:
    point = NumberDataPoint(attributes, 0, nano, value)  # type: ignore[arg-type]
    return Metric(name, "", unit, Gauge([point]))


def counter(name: str, value: float, unit: str = "", **attributes: Any) -> Metric:
    return Metric(name, "", unit, Sum([NumberDataPoint(attributes, 0, NANO, value)], DELTA, True))


def exact(name: str, *values: tuple[float, int], unit: str = "", **attributes: Any) -> Metric:
    """A histogram that knows its values: pairs of value and count."""
    count = sum(often for _, often in values)
    total = sum(value * often for value, often in values)
    numbers = [value for value, _ in values]
    point = DistributionDataPoint(
        attributes, 0, NANO, count, total, (count,), (), min(numbers), max(numbers), values=values
    )
    return Metric(name, "", unit, Histogram([point], DELTA))


def explicit(
    count: int, total: float, least: float, most: float, counts: Sequence[int], *bounds: float
) -> Metric:
    point = HistogramDataPoint({}, 0, NANO, count, total, counts, bounds, least, most)
    return Metric("sizes", "", "By", Histogram([point], DELTA))


def exponential(
    scale: int,
    positive: tuple[int, Sequence[int]] = (0, ()),
    zero: int = 0,
    negative: tuple[int, Sequence[int]] = (0, ()),
    *,
    count: int | None = None,
    total: float = 0,
    least: float = math.inf,
    most: float = -math.inf,
) -> Metric:
    """An exponential histogram; an unknown minimum is infinite, as the SDK leaves it."""
    counted = sum(positive[1]) + zero + sum(negative[1])
    point = ExponentialHistogramDataPoint(
        {}, 0, NANO, counted if count is None else count, total, scale, zero,
        Buckets(*positive), Buckets(*negative), 0, least, most,
    )  # fmt: skip
    return Metric("times", "", "ms", ExponentialHistogram([point], DELTA))


def observed(*totals: float) -> MetricsData:
    """What the SDK collects as increments of an observable counter after its last callback."""
    left = iter(totals)
    reader = InMemoryMetricReader(preferred_temporality={ObservableCounter: DELTA})
    provider = MeterProvider([reader], resource=Resource({}), shutdown_on_exit=False)
    provider.get_meter("app").create_observable_counter(
        "requests", [lambda _: [Observation(next(left))]]
    )
    data = None
    for _ in totals:
        data = reader.get_metrics_data()
    assert data is not None
    return data


UNITS = ("Count", "Percent", "ms", "s", "us", "By", "bit", "ns", "1", "unknown", "")
ABC = {"a": "x", "b": "y", "c": "z"}
HUNDREDS = tuple((float(value), 1) for value in range(295))
BAD_DIMENSIONS = {
    "": "v", " ": "v", "n" * 251: "v", "ḓɨɱ": "v", ":dim": "v", "empty": "", "blank": " ",
    "long": "v" * 1025, "value": "ṽɑɭʊɛ",
}  # fmt: skip

Case = tuple[MetricsData, dict[str, Any]]


def case(*metrics: Metric, resource: dict[str, Any] | None = None, **how: Any) -> Case:
    return collected(*metrics, resource=resource), how


VECTORS: dict[str, Case] = {
    "01_exponential_scale_0": case(exponential(0, (0, [1, 2, 3]), 4, (0, [1, 2, 3]))),
    "02_exponential_scale_-1": case(exponential(-1, (-1, [1, 2, 3]), 4, (-1, [1, 2, 3]))),
    "03_exponential_without_buckets": case(
        exponential(0, count=17, total=17.13, least=10, most=30)
    ),
    "04_exponential_split_both_signs": case(
        exponential(
            0, (0, range(1, 61)), 2, (0, range(1, 61)), total=1000, least=-9e17, most=9e17
        )
    ),
    "05_exponential_split_positive": case(
        exponential(0, (0, range(1, 121)), 2, total=10000, least=0, most=9e36)
    ),
    "06_exponential_scale_1": case(exponential(1, (0, [1, 2, 1]), count=10, total=50)),
    "07_exponential_scale_3": case(exponential(3, (0, [1, 0, 2]), total=3.5)),
    "08_first_increment_is_kept": (observed(0.4), {}),
    "08_second_increment": (observed(0.4, 0.8), {}),
    "09_increment_from_a_negative_total": (observed(-17, 1), {}),
    "10_explicit_without_extremes": case(explicit(18, 35, math.inf, -math.inf, [18])),
    "11_explicit_statistics": case(explicit(5, 25, 1, 10, [5])),
    "11_explicit_with_buckets": case(explicit(5, 25, 1, 10, [2, 0, 2, 1], 2, 4, 8)),
    "11_explicit_statistics_only": case(
        explicit(5, 25, 1, 10, [2, 0, 2, 1], 2, 4, 8), options=Options(stats_only=True)
    ),
    "13_not_finite": case(
        gauge("nan", math.nan), gauge("inf", math.inf), gauge("minus_inf", -math.inf),
        explicit(1, math.nan, 0, 1, [1], 1), gauge("fine", 1),
    ),
    "14_units": case(*(gauge(f"m{n}", 1, unit) for n, unit in enumerate(UNITS))),
    "14_units_scaled": case(
        *(gauge(unit, 3, unit) for unit in ("ns", "min", "h", "d", "KiBy", "TiBy", "1")),
        options=Options(scale_units=True, one_as_count=True),
    ),
    "15_no_rollup": case(gauge("m", 1, **ABC)),
    "16_single_rollup": case(gauge("m", 1, **ABC), options=Options(rollup_single=True)),
    "17_zero_and_single_rollup": case(
        gauge("m", 1, **ABC), options=Options(rollup_zero=True, rollup_single=True)
    ),
    "18_single_rollup_of_one": case(gauge("m", 1, a="x"), options=Options(rollup_single=True)),
    "19_point_time_and_attribute": case(gauge("m", 42.0, key="value")),
    "20_resource_and_environment": case(
        gauge("test_metric", 50.0, "Count", nano=1_234_567_890_000_000, env="test"),
        resource={"service.name": "test-service"}, namespace="TestNamespace", now_ms=1_234_567_890,
    ),
    "21_attribute_order": case(gauge("m1", 1, b="2", a="1"), gauge("m2", 2, a="1", b="2")),
    "22_service_and_environment": case(
        gauge("m", 1),
        resource={"service.name": "test-service", "deployment.environment.name": "prod"},
        options=Options(
            default_dimensions={
                "Service": "service.name", "Environment": "deployment.environment.name"
            }
        ),
    ),
    "23_resolution": case(
        gauge("high", 1, **{"aws.emf.storage_resolution": 1}),
        gauge("standard", 1, **{"aws.emf.storage_resolution": 60}),
        gauge("wrong", 1, **{"aws.emf.storage_resolution": 2}),
        gauge("plain", 1), exact("twice", (1, 1), (2, 1)),
    ),
    "24_295_metrics": case(*(counter(f"m{n}", n) for n in range(295))),
    "25_many_values": case(
        *(exact(f"m{n}", *HUNDREDS) for n in range(3)),
        exact("longest", *((float(value), 1) for value in range(433))),
    ),
    "27_one_value_beside_many": case(
        exact("one", (1, 1)), exact("many", *((value, 1) for value in range(1000)))
    ),
    "28_default_dimension_and_30": case(
        gauge("m", 1, **{f"k{n:02}": "v" for n in range(30)}), resource={"service.name": "orders"}
    ),
    "29_unfit_dimensions": case(gauge("m", 1, **BAD_DIMENSIONS)),
    "30_unfit_metrics": case(
        gauge("", 1), gauge(" ", 2), gauge("n" * 1025, 3), gauge("unit", 4, "Kilometers"),
        gauge("huge", 2**361), gauge("resolution", 5, **{"aws.emf.storage_resolution": 0}),
    ),
    "31_times": case(
        *(
            gauge(name, 1, nano=(NOW_MS + offset) * 1_000_000)
            for name, offset in (
                ("now", 0), ("old", -14 * DAY_MS + 5000), ("ahead", 7_200_000 - 5000),
                ("too_old", -14 * DAY_MS - 1), ("too_far_ahead", 7_200_000 + 5000),
            )
        ),
        gauge("none", 1, nano=None), gauge("epoch", 1, nano=1),
    ),
    "32_several_dimension_sets": case(
        gauge("m", 1, k1="v2", k2="v1"),
        dimension_sets=[["k1"], ["k2"], ["k1", "k2"], ["k2", "k1"], ["k3"]],
    ),
    "33_property_beside_dimensions": case(
        gauge("single_metric", 1, "Count", test_dimension="test", username="x"),
        resource={"service.name": "test_service"}, properties={"xray_trace_id": "1-5e1b-0a"},
        options=Options(property_keys=["user*"], resource_properties=()),
    ),
    "34_two_values": case(exact("metric_one", (1, 1), (5, 1))),
    "35_100_metrics_then_1": case(
        *(exact(f"m{n}", (1, 1), unit="Count", tier="gold") for n in range(101)),
        resource={"service.name": "orders"},
    ),
    "36_29_dimensions_and_service": case(
        gauge("m", 1, **{f"k{n:02}": "v" for n in range(29)}), resource={"service.name": "orders"}
    ),
    "38_cold_start": case(
        exact("ColdStart", (1, 1), unit="Count", function_name="orders"),
        resource={"service.name": "orders"},
    ),
    "39_storage_resolution": case(
        gauge("m", 1, nano=1_596_151_098_037_000_000, **{"aws.emf.storage_resolution": 1}),
        now_ms=1_596_151_098_037,
    ),
    "40_attribute_named_like_the_metric": case(gauge("latency", 12.5, latency="x", b="y")),
    "41_31_attributes": case(gauge("m", 1, **{f"k{n:02}": "v" for n in range(31)})),
    "42_101_counters": case(*(counter(f"m{n}", 1) for n in range(101))),
}  # fmt: skip


@pytest.fixture
def gold() -> Callable[[str, bytes], None]:
    """Compare with a gold file, or write it when `HELIOGRAPH_ACCEPT` is set; check the schema."""

    def compare(name: str, actual: bytes) -> None:
        validate_lines(actual.splitlines())
        path = GOLD / name
        if os.environ.get("HELIOGRAPH_ACCEPT"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(actual)
        assert path.read_bytes().splitlines() == actual.splitlines()

    return compare


@pytest.mark.parametrize("name", VECTORS)
def test_vector(name: str, gold: Callable[[str, bytes], None]) -> None:
    """A numbered vector of the spec gives exactly the lines of its gold file."""
    data, how = VECTORS[name]
    gold(f"vector_{name}.jsonl", b"".join(lines(data, **{"now_ms": NOW_MS, **how})))


ELSEWHERE = {
    12: "a summary: the SDK for Python has no such data point",
    26: "87,025 values are 600 KB of gold: `test_vector_26` rebuilds them",
    37: "about a handler, not a document: tests/exporters/emf/test_in_lambda.py, tests/emf_peers",
}
"""Vectors that are no gold file, and why."""


def test_every_vector_is_accounted_for() -> None:
    """Each number of emf spec 10 has its gold files, or a reason why it has none."""
    numbers = {int(name[:2]) for name in VECTORS}
    assert numbers.isdisjoint(ELSEWHERE)
    assert numbers | set(ELSEWHERE) == set(range(1, 43))


def test_every_gold_file_has_a_vector() -> None:
    """Gold files and vectors are the same: one that nothing is compared with promises nothing."""
    assert {path.name for path in GOLD.glob("*")} == {f"vector_{name}.jsonl" for name in VECTORS}


def test_accepting_writes_every_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gold: Callable[[str, bytes], None]
) -> None:
    """With `HELIOGRAPH_ACCEPT=1` the files are made anew, the same as those that are there."""
    accepted = {path.name: path.read_bytes() for path in GOLD.glob("*")}
    monkeypatch.setitem(globals(), "GOLD", tmp_path)
    monkeypatch.setenv("HELIOGRAPH_ACCEPT", "1")
    for name in VECTORS:
        test_vector(name, gold)
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*")} == accepted


def test_vector_26() -> None:
    """295 metrics of 295 values each: nothing lost, every metric's values in order."""
    data = collected(*(exact(f"m{n}", *HUNDREDS) for n in range(295)))
    made = records(data, now_ms=NOW_MS)
    assert len(made) == 9
    found: dict[str, list[float]] = {}
    for record in made:
        for name, target in record.items():
            if name != "_aws":
                found.setdefault(name, []).extend(target)  # type: ignore[arg-type]
    assert found == {f"m{n}": [value for value, _ in HUNDREDS] for n in range(295)}


def test_an_encoder_remembers_nothing_that_matters() -> None:
    """The lines of all vectors are the same whether an encoder is new or has made them before."""
    for name, (data, how) in VECTORS.items():
        given = {"now_ms": NOW_MS, **how}
        now_ms, properties = given.pop("now_ms"), given.pop("properties", None)
        encoder = Encoder(**given)
        first, second = (
            encoder.lines(data, now_ms=now_ms, properties=properties) for _ in range(2)
        )
        assert first == second == lines(data, **{"now_ms": NOW_MS, **how}), name
