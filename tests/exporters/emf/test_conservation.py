"""Whatever is measured is stored: properties of the EMF exporter and encoder, for any input."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
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

from heliograph._limits import EMF_RECORD_BYTES
from heliograph.encode.emf import DistributionDataPoint, Encoder, Options
from tests.encode.emf.encoding import lines

if TYPE_CHECKING:
    from collections.abc import Callable

NOW_MS = 1_609_459_200_000
NANO = NOW_MS * 1_000_000
many = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
"""The fixtures that these tests share between examples are functions without state."""

kinds = st.sampled_from(["counter", "up_down", "histogram"])
measured = st.tuples(
    kinds,
    st.sampled_from(["time", "size", "route", "service", "version", "_x"]),
    st.sampled_from(["", "ms", "Count", "{item}", "parsec"]),
    st.dictionaries(
        st.sampled_from(["route", "user", "service", "time", "_aws"]),
        st.one_of(st.booleans(), st.integers(0, 3), st.sampled_from(["", "/a", "ö"])),
        max_size=3,
    ),
    st.one_of(st.integers(0, 20), st.floats(0, 1e9)),
)


@many
@given(st.lists(measured, max_size=300))
def test_measurements_are_conserved(
    metering: Callable[..., Any], cloudwatch: Any, measurements: list[Any]
) -> None:
    """Whatever is recorded through the SDK: count, sum and values are stored, nothing else."""
    metered = metering()
    meter = metered.provider.get_meter("heliograph")
    kind_of = {"counter": "c", "up_down": "u", "histogram": "h"}
    expected: dict[str, list[float]] = {}
    for kind, name, unit, attributes, value in measurements:
        name = f"{kind_of[kind]}{unit[:1].replace('{', 'b')}.{name}"  # one kind and unit a name
        if kind == "histogram":
            meter.create_histogram(name, unit).record(value, attributes)
        elif kind == "counter":
            meter.create_counter(name, unit).add(value, attributes)
        else:
            meter.create_up_down_counter(name, unit).add(value, attributes)
        expected.setdefault(name.lower(), []).append(value)
    found: dict[str, list[Any]] = {}
    for (_, _, name, _, _), series in cloudwatch(metered.flush()).items():
        found.setdefault(name, []).append(series)
    assert set(found) == set(expected)
    for name, values in expected.items():
        assert math.isclose(sum(s.sum for s in found[name]), sum(values), abs_tol=1e-6)
        if name.startswith("h"):
            stored = [value for series in found[name] for value in series.values.elements()]
            assert sorted(stored) == sorted(values)
            assert sum(series.count for series in found[name]) == len(values)


anything = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(),
        st.text(min_size=1).map(lambda text: text * 900),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(), inner, max_size=4)
    ),
    max_leaves=8,
)  # fmt: skip
names = st.one_of(st.text(), st.sampled_from(["m", "_aws", "Version", "service", ":", "attr.m"]))
attribute_sets = st.dictionaries(names, anything, max_size=40)
numbers = st.one_of(st.integers(-(2**361), 2**361), st.floats())


@st.composite
def points(draw: st.DrawFn) -> tuple[Metric, list[float]]:
    """A metric with any name, unit and attributes, and the values of it that can be stored."""
    values = draw(st.lists(numbers, min_size=1, max_size=250, unique=True))
    attributes = draw(attribute_sets)
    storable = [value for value in values if abs(value) <= 2**360]
    name, unit = draw(names), draw(st.one_of(st.text(), st.sampled_from(["ms", "By"])))
    if len(values) == 1:
        point = NumberDataPoint(attributes, 0, NANO, values[0])
        return Metric(name, "", unit, Gauge([point])), storable
    pairs = tuple((value, 1) for value in values)
    finite = [value for value in values if math.isfinite(value)] or [0]
    distribution = DistributionDataPoint(
        attributes, 0, NANO, len(values), sum(finite), (), (), min(finite), max(finite),
        values=pairs,
    )  # fmt: skip
    data = Histogram([distribution], AggregationTemporality.DELTA)
    return Metric(name, "", unit, data), storable


def handed_over(metrics: list[Metric], resource: dict[str, str] | None = None) -> MetricsData:
    """Metrics as a reader hands them to an exporter."""
    scope = ScopeMetrics(InstrumentationScope("app"), metrics, "")
    return MetricsData([ResourceMetrics(Resource(resource or {}), [scope], "")])


@many
@given(
    st.lists(points(), max_size=6),
    attribute_sets,
    st.one_of(st.none(), st.lists(st.lists(names, max_size=40), max_size=5)),
    st.booleans(),
    st.booleans(),
)
def test_any_metric_is_stored(
    cloudwatch: Any,
    drawn: list[tuple[Metric, list[float]]],
    properties: dict[str, object],
    sets: list[list[str]] | None,
    zero: bool,
    single: bool,
) -> None:
    """For any names, units, attributes, properties and sets: valid lines, and no value is lost."""
    data = handed_over([metric for metric, _ in drawn], {"service.name": "orders"})
    written = lines(
        data, now_ms=NOW_MS, dimension_sets=sets, properties=properties,
        options=Options(
            rollup_zero=zero, rollup_single=single, metric_dimensions={"t*": [["service"]]}
        ),
    )  # fmt: skip
    assert all(len(line) <= EMF_RECORD_BYTES for line in written)
    per_set: list[float] = []
    cloudwatch(written, NOW_MS)
    for line in written:
        record = json.loads(line)
        for definition in record["_aws"]["CloudWatchMetrics"][0]["Metrics"]:
            target = record[definition["Name"]]
            per_set += target if isinstance(target, list) else [target]
    assert sorted(per_set) == sorted(value for _, storable in drawn for value in storable)


few = st.dictionaries(
    st.sampled_from(["route", "a", "p", "service", "aws.emf.dimension_sets"]),
    st.sampled_from([True, 1, 1.0, "1", 0.0, -0.0, "/a", ("x", True), '[["route"],["a"]]', "\xfc"]),
    max_size=3,
)
gauges = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "p", "route"]),
        st.lists(st.tuples(few, st.integers(0, 9), st.sampled_from([0, 1000])), max_size=5),
    ),
    max_size=5,
)
HOW: dict[str, Any] = {
    "options": Options(metric_dimensions={"b": [["route"], []]}), "now_ms": NOW_MS,
    "properties": {"p": "of the invocation", "q": 1},
}  # fmt: skip


def a_gauge(name: str, points: list[Any]) -> Metric:
    """A gauge with points of these attributes, values and times."""
    data = [NumberDataPoint(of, 0, NANO + ms * 1_000_000, value) for of, value, ms in points]
    return Metric(name, "", "", Gauge(data))


def alike(*values: Any) -> list[Any]:
    """Points of one collection whose attributes are equal to Python, and are not the same."""
    return [[("a", [({"route": value}, number, 0) for number, value in enumerate(values)])]]


@many
@given(st.lists(gauges, min_size=1, max_size=3))
@example(alike(True, 1, 1.0))
@example(alike(0.0, -0.0))
@example(alike(("x", True), ("x", 1)))
@example([[("a", [({"route": "/a"}, 1, 0)]), ("route", [({"route": "/a"}, 2, 0)])]])
@example([[("a", [({"route": "/a"}, 1, 0)]), ("b", [({"route": "/a"}, 2, 0)])]])
def test_what_an_encoder_remembers_changes_nothing(cloudwatch: Any, drawn: list[Any]) -> None:
    """Together, alone, first or later: each point is stored the same, whatever it shares."""
    how = {**HOW}
    now_ms, properties = how.pop("now_ms"), how.pop("properties")
    encoder = Encoder(**how)
    for collection in drawn:
        metrics = [a_gauge(name, points) for name, points in collection]
        together = encoder.lines(handed_over(metrics), now_ms=now_ms, properties=properties)
        assert together == lines(handed_over(metrics), **HOW)
        alone = [
            line
            for metric in metrics
            for point in metric.data.data_points
            for line in lines(handed_over([Metric(metric.name, "", "", Gauge([point]))]), **HOW)
        ]
        assert cloudwatch(together, NOW_MS) == cloudwatch(alone, NOW_MS)
