"""EMF records of metrics made by hand, read back as CloudWatch would."""

from __future__ import annotations

import json
import tracemalloc
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    Histogram,
    Metric,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from heliograph import _notice
from heliograph._limits import EMF_RECORD_BYTES
from heliograph.encode.emf import DistributionDataPoint, Encoder, Options
from tests.encode.emf.encoding import lines, records

GOLD = Path(__file__).parents[2] / "gold" / "emf"
NOW_MS = 1_609_459_200_000
NANO = NOW_MS * 1_000_000
SERVICE = ("service", "orders")


def handed_over(metrics: list[Metric], resource: dict[str, str] | None = None) -> MetricsData:
    """Metrics as a reader hands them to an exporter."""
    scope = ScopeMetrics(InstrumentationScope("app"), metrics, "")
    return MetricsData([ResourceMetrics(Resource(resource or {}), [scope], "")])


def distribution(values: list[float]) -> DistributionDataPoint:
    """A point with each value once."""
    pairs = tuple((value, 1) for value in values)
    return DistributionDataPoint(
        {}, 0, NANO, len(values), sum(values), (), (), min(values), max(values), values=pairs
    )


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
    assert record["_aws"]["CloudWatchMetrics"][0]["Namespace"] == expected


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


def test_reserved_and_colliding_names(cloudwatch: Any, caplog: pytest.LogCaptureFixture) -> None:
    """No attribute or property overwrites a metric or the record's head; each is told once."""
    attributes = {"_aws": "x", "m": "y", "attr.m": "z"}
    metrics = [
        Metric(name, "", "", Gauge([NumberDataPoint(attributes, 0, NANO, 1)]))
        for name in ("m", "_aws", "Version", "Timestamp")
    ]
    written = lines(
        handed_over(metrics), now_ms=NOW_MS, properties={"m": 1, "p": 2}, tell=_notice.warn
    )
    stored = cloudwatch(written, NOW_MS)
    assert {name for _, _, name, _, _ in stored} == {"m", "_aws_", "Version_", "Timestamp_"}
    [record] = [record for record in map(json.loads, written) if "m" in record and record["m"] == 1]
    assert {k: v for k, v in record.items() if k not in ("_aws", "m")} == {
        "attr._aws": "x", "attr.m": "z", "attr2.m": "y", "attr3.m": 1, "p": 2,
    }  # fmt: skip
    assert caplog.text.count("attribute '_aws'") == 1


def test_no_gold_line_is_dropped(cloudwatch: Any) -> None:
    """CloudWatch would store the metrics of every line that a gold file promises."""
    written = [
        (path.stem, line)
        for path in sorted(GOLD.glob("*.jsonl"))
        for line in path.read_bytes().splitlines(keepends=True)
    ]
    assert len(written) >= 43
    for name, line in written:
        assert cloudwatch([line], json.loads(line)["_aws"]["Timestamp"]), name


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
    written = lines(
        handed_over([Metric("m", "", "", Gauge([point]))]),
        now_ms=NOW_MS, dimension_sets=sets, tell=_notice.warn,
    )  # fmt: skip
    assert all(len(line) <= EMF_RECORD_BYTES for line in written)
    stored = cloudwatch(written, NOW_MS)
    assert sorted(series.sum for series in stored.values()) == [7, 7, 7, 7]
    assert "a record is too large: property" in caplog.text


def test_a_full_record_is_followed_by_another(cloudwatch: Any) -> None:
    """100 metrics of 100 long values are more than a record takes: two, with every value."""
    values = [1e-7 + n / 1e20 for n in range(100)]
    metrics = [
        Metric(f"m{n}", "", "", Histogram([distribution(values)], AggregationTemporality.DELTA))
        for n in range(100)
    ]
    written = lines(handed_over(metrics), now_ms=NOW_MS)
    assert len(written) == 2
    assert max(map(len, written)) in range(EMF_RECORD_BYTES - 3000, EMF_RECORD_BYTES + 1)
    stored = cloudwatch(written, NOW_MS)
    assert [sorted(series.values.elements()) for series in stored.values()] == [values] * 100


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


def test_scopes_share_records(cloudwatch: Any) -> None:
    """Metrics of two scopes with the same dimensions are one line; a name of both makes two."""
    point = NumberDataPoint({"route": "/a"}, 0, NANO, 1)

    def scope(name: str, *metrics: str) -> ScopeMetrics:
        made = [Metric(metric, "", "", Gauge([point])) for metric in metrics]
        return ScopeMetrics(InstrumentationScope(name), made, "")

    scopes = [scope("a", "m", "only_a"), scope("b", "m", "only_b")]
    data = MetricsData([ResourceMetrics(Resource({}), scopes, "")])
    written = lines(data, now_ms=NOW_MS)
    names = [
        [one["Name"] for one in json.loads(line)["_aws"]["CloudWatchMetrics"][0]["Metrics"]]
        for line in written
    ]
    assert names == [["m", "only_a", "only_b"], ["m"]]
    assert [series.sum for series in cloudwatch(written, NOW_MS).values()] == [2, 1, 1]


def test_dimensions_differ_by_case() -> None:
    """`Service` and `service` are two dimensions, as they are to CloudWatch."""
    point = NumberDataPoint({"Service": "a"}, 0, NANO, 1)
    data = handed_over([Metric("m", "", "", Gauge([point]))], {"service.name": "b"})
    [record] = records(data, now_ms=NOW_MS)
    assert record["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["Service", "service"]]
    assert (record["Service"], record["service"]) == ("a", "b")


@pytest.mark.parametrize(
    ("properties", "written", "told"),
    [
        pytest.param({"_aws": 1, "": 2, 3: 4, "none": None},
                     {"attr._aws": 1, "attr.": 2, "3": 4}, 2, id="names"),
        pytest.param({"m": "x"}, {"attr.m": "x"}, 1, id="of the metric"),
        pytest.param({"route": "x"}, {"attr.route": "x"}, 1, id="of a dimension"),
        pytest.param({"route": "/a"}, {}, 0, id="of a dimension, the same"),
        pytest.param({f"p{n}": "x" * 2_000 for n in range(30)},
                     {f"p{n}": "x" * 2_000 for n in range(24)}, 6, id="too large"),
    ],
)  # fmt: skip
def test_properties_of_the_invocation(
    properties: Any, written: dict[str, Any], told: int, cloudwatch: Any
) -> None:
    """They are in every record, and never in the place of something else."""
    topics: list[str] = []
    point = NumberDataPoint({"route": "/a"}, 0, NANO, 1)
    made = lines(
        handed_over([Metric("m", "", "", Gauge([point]))]), now_ms=NOW_MS, properties=properties,
        tell=lambda topic, line: topics.append(topic),
    )  # fmt: skip
    assert cloudwatch(made, NOW_MS)
    [record] = map(json.loads, made)
    del record["_aws"]
    assert record == {"route": "/a", "m": 1, **written}
    assert len(topics) == told


def test_an_encoder_remembers_within_bounds() -> None:
    """Thousands of users and long texts, again and again, leave little behind."""
    encoder, resource = Encoder(), Resource({})

    def encode(users: range, size: int, keys: int = 1) -> None:
        points = [
            NumberDataPoint({f"k{k}": f"{n}{k}" + "x" * size for k in range(keys)}, 0, NANO, 1)
            for n in users
        ]
        metrics = [Metric(f"m{users}{n}", "", "", Gauge(points)) for n in range(3)]
        scope = ScopeMetrics(InstrumentationScope("app"), metrics, "")
        data = MetricsData([ResourceMetrics(resource, [scope], "")])
        assert len(encoder.lines(data, now_ms=NOW_MS)) == len(users)

    encode(range(10), 0)
    tracemalloc.start()
    try:
        for start in range(0, 3_000, 100):
            encode(range(start, start + 100), 1_000)
        encode(range(200), 5_000, keys=10)
        assert tracemalloc.get_traced_memory()[0] < 8_000_000
    finally:
        tracemalloc.stop()
