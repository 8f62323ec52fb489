"""The metrics API, recorded: the same measurements make the same metrics as on the SDK."""

from __future__ import annotations

import logging
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry import metrics, trace
from opentelemetry.metrics import CallbackOptions, Observation, _internal
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    InMemoryMetricReader,
    MetricReader,
)
from opentelemetry.sdk.metrics.view import DropAggregation, ExplicitBucketHistogramAggregation, View

import heliograph
from heliograph import testing
from heliograph.journal import journal, state
from heliograph.otel_api import metrics as recorded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Program = Callable[[metrics.MeterProvider], Any]

DELTA = AggregationTemporality.DELTA


class Kept(MetricReader):
    """Keeps what was collected last."""

    data: Any = None

    def _receive_metrics(self, metrics_data: Any, *args: Any, **kwargs: Any) -> None:
        self.data = metrics_data

    def shutdown(self, *args: Any, **kwargs: Any) -> None:
        """Hold nothing that needs it."""


def document(data: Any) -> list[dict[str, Any]]:
    """All of the metrics but their times, which are the development's."""
    made = []
    for resource in data.resource_metrics if data else ():
        for scope in resource.scope_metrics:
            s = scope.scope
            for metric in scope.metrics:
                made.append(
                    {
                        "scope": (s.name, s.version, s.schema_url, dict(s.attributes or {})),
                        "name": metric.name,
                        "unit": metric.unit,
                        "description": metric.description,
                        "kind": type(metric.data).__name__,
                        "temporality": getattr(metric.data, "aggregation_temporality", None),
                        "points": sorted((point(one) for one in metric.data.data_points), key=repr),
                    }
                )
    return sorted(made, key=lambda one: (str(one["scope"]), one["name"]))


def point(one: Any) -> dict[str, Any]:
    names = ("value", "count", "sum", "min", "max", "bucket_counts", "explicit_bounds")
    known = {name: getattr(one, name) for name in names if hasattr(one, name)}
    exemplars = [(e.value, dict(e.filtered_attributes or {})) for e in one.exemplars]
    return {"attributes": dict(one.attributes), "exemplars": exemplars, **known}


def synchronous(provider: metrics.MeterProvider) -> None:
    meter = provider.get_meter("meter", "1.0", "https://schema", {"s": 1})
    counter = meter.create_counter("requests", "1", "how many")
    counter.add(1)
    counter.add(2.5, {"route": "/a", "n": 1})
    counter.add(3, {"route": "/a", "n": 1})
    counter.add(-1, {"negative": True})
    both = meter.create_up_down_counter("queue")
    both.add(5)
    both.add(-7, {"k": [1, 2]})
    histogram = meter.create_histogram("time", "ms", explicit_bucket_boundaries_advisory=[1, 10])
    for value in (0.5, 5, 50, float("nan"), float("inf")):
        histogram.record(value, {"route": "/a"})
    meter.create_histogram("default").record(7)
    gauge = meter.create_gauge("temperature", "Cel")
    gauge.set(20)
    gauge.set(-3.5)


def observable(provider: metrics.MeterProvider) -> None:
    meter = provider.get_meter("meter")

    def observe(options: CallbackOptions) -> Iterable[Observation]:
        yield Observation(3, {"a": 1})
        yield Observation(4, {"a": 2})

    def fails(options: CallbackOptions) -> Iterable[Observation]:
        raise ValueError("a callback that fails")

    def generator() -> Any:
        options = yield
        while True:
            assert isinstance(options, CallbackOptions)
            options = yield [Observation(9)]

    meter.create_observable_counter("counter", [observe], "1", "described")
    meter.create_observable_up_down_counter("both", [observe, fails])
    meter.create_observable_gauge("gauge", [generator()])
    meter.create_observable_gauge("nothing")
    meter.create_counter("measured").add(1)


def same_twice(provider: metrics.MeterProvider) -> None:
    for _ in range(2):
        provider.get_meter("meter").create_counter("one").add(1)
        provider.get_meter("meter").create_counter("One").add(1)
        provider.get_meter("meter").create_observable_gauge("seen", [lambda _: [Observation(1)]])
    provider.get_meter("meter").create_counter("one", "other unit").add(1)
    provider.get_meter("other meter").create_counter("one").add(1)


def in_spans(provider: metrics.MeterProvider) -> None:
    counter = provider.get_meter("meter").create_counter("within")
    counter.add(1, {"where": "outside"})
    sampled = trace.SpanContext(5, 6, is_remote=False, trace_flags=trace.TraceFlags(1))
    context = trace.set_span_in_context(trace.NonRecordingSpan(sampled))
    counter.add(2, {"where": "given"}, context)
    with trace.use_span(trace.NonRecordingSpan(sampled)):
        counter.add(3, {"where": "current"})


PROGRAMS = [synchronous, observable, same_twice, in_spans]
VIEWS = [
    View(instrument_name="time", aggregation=ExplicitBucketHistogramAggregation([2.0])),
    View(instrument_name="requests", name="renamed", attribute_keys={"route"}),
    View(instrument_name="queue", aggregation=DropAggregation()),
]


@pytest.mark.parametrize("program", [pytest.param(p, id=p.__name__) for p in PROGRAMS])
@pytest.mark.parametrize(
    "views", [pytest.param([], id="no-views"), pytest.param(VIEWS, id="views")]
)
@pytest.mark.parametrize(
    "preferred",
    [
        pytest.param({}, id="cumulative"),
        pytest.param({"preferred_temporality": {Counter: DELTA, Histogram: DELTA}}, id="delta"),
    ],
)
def test_same_metrics(program: Program, views: list[View], preferred: dict[str, Any]) -> None:
    """A program of metric calls makes the same metrics on both roads, twice in a row."""
    theirs, ours = Kept(**preferred), Kept(**preferred)
    provider = MeterProvider([theirs], views=views, shutdown_on_exit=False)
    expected, actual = [], []
    for _ in range(2):
        program(provider)
        theirs.collect()
        expected.append(document(theirs.data))
    with testing.capture(metric_readers=[ours], views=views):
        for _ in range(2):
            program(metrics.get_meter_provider())
            heliograph.flush()
            actual.append(document(ours.data))
    assert actual == expected
    assert expected[0], "the program made no metric"


BAD_VALUES = {
    "text": "7", "none": None, "list": [1], "complex": 1j, "object": object(), "bytes": b"1",
}  # fmt: skip


@pytest.mark.parametrize("value", BAD_VALUES.values(), ids=BAD_VALUES)
def test_value_that_is_no_number(value: Any, caplog: pytest.LogCaptureFixture) -> None:
    """It is told by the metric's name and left out; the function goes on, others count."""
    with testing.capture() as captured:
        counter = metrics.get_meter("m").create_counter("requests")
        counter.add(value)
        counter.add(1)
        assert [one.value for one in captured.metrics["requests"]] == [1]
    assert "metric 'requests': its value" in caplog.text


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        pytest.param(True, 1, id="bool"),
        pytest.param(Decimal("1.5"), 1.5, id="decimal"),
        pytest.param(Fraction(1, 2), 0.5, id="fraction"),
        pytest.param(type("Int", (int,), {})(3), 3, id="subclass"),
    ],
)
def test_numbers_of_other_types_count(value: Any, plain: float) -> None:
    """Whatever Python can turn to a number is one, kept by value."""
    with testing.capture() as captured:
        metrics.get_meter("m").create_counter("requests").add(value)
        assert type(journal.measurements[0][1]) is type(plain)
        assert [one.value for one in captured.metrics["requests"]] == [plain]


@pytest.mark.parametrize(
    ("name", "unit"),
    [("1st", ""), ("a b", ""), ("", ""), ("x" * 300, ""), ("fine", "µs")],
)
@pytest.mark.parametrize("create", ["create_counter", "create_observable_gauge"])
def test_instrument_that_the_sdk_refuses(
    create: str, name: Any, unit: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The SDK would raise: here it is told with its name, and the function's import succeeds."""
    with testing.capture() as captured:
        instrument = getattr(metrics.get_meter("bad"), create)(name, unit=unit)
        if create == "create_counter":
            instrument.add(1)
        metrics.get_meter("bad").create_counter("good").add(1)
        assert list(captured.metrics) == ["good"]
    assert repr(name)[:90] in caplog.text
    assert "is left out: OpenTelemetry takes names" in caplog.text


def test_bad_attributes_of_a_measurement() -> None:
    """Attributes of every kind come through, within bounds, by value."""
    given = {"n": float("nan"), "b": b"x", "long": "x" * 5000, "deep": {"a": [1]}}
    with testing.capture() as captured:
        counter = metrics.get_meter("m").create_counter("requests")
        counter.add(1, given)  # type: ignore[arg-type]
        counter.add(2, "no mapping")  # type: ignore[arg-type]
        given["deep"]["a"].append(2)  # type: ignore[index]
        points = captured.metrics["requests"]
    assert sorted(one.value for one in points) == [1, 2]
    kept = next(one.attributes for one in points if one.value == 1)
    assert kept["b"] == b"x"
    assert len(kept["long"]) == 2048
    assert kept["deep"] == {"a": (1,)}


def test_instruments_made_in_every_invocation_do_not_add_up() -> None:
    """A function that creates its instruments in the handler keeps one of each."""
    with testing.capture() as captured:
        before = len(recorded._known)
        for _ in range(50):
            meter = metrics.get_meter("each", attributes={"a": 1})
            meter.create_counter("requests").add(1)
            meter.create_observable_gauge("seen", [lambda _: [Observation(1)]])
        assert len(recorded._known) == before + 2
        points = captured.metrics
    assert [one.value for one in points["requests"]] == [50]
    assert [one.value for one in points["seen"]] == [1]


def test_switched_off_measures_nothing() -> None:
    """With nothing configured a measurement costs a look at one variable."""
    with testing.capture():
        counter = metrics.get_meter("m").create_counter("requests")
    assert not state.active
    counter.add(1)
    assert journal.measurements == []


@pytest.mark.usefixtures("no_provider")
def test_users_provider_wins() -> None:
    """Meters and instruments from before the user's `set_meter_provider` go over to it."""
    reader = InMemoryMetricReader()
    with testing.capture() as captured:
        old = metrics.get_meter_provider()
        meter = metrics.get_meter("m")
        early = meter.create_counter("early")
        meter.create_observable_gauge("early.gauge", [lambda _: [Observation(5)]])
        early.add(1)
        metrics.set_meter_provider(MeterProvider([reader], shutdown_on_exit=False))
        early.add(10)
        meter.create_counter("late").add(20)
        meter.create_up_down_counter("late.both").add(21)
        meter.create_histogram("late.histogram").record(22)
        meter.create_gauge("late.gauge").set(23)
        meter.create_observable_counter("late.seen", [lambda _: [Observation(6)]])
        metrics.get_meter("after").create_counter("after").add(30)
        old.get_meter("old").create_counter("old").add(40)
        assert [one.value for one in captured.metrics["early"]] == [1]
        assert list(captured.metrics) == ["early"]
    theirs = {one["name"]: one["points"][0] for one in document(reader.get_metrics_data())}
    values = {name: one.get("value", one.get("sum")) for name, one in theirs.items()}
    assert values == {
        "early": 10, "early.gauge": 5, "late": 20, "late.both": 21, "late.histogram": 22,
        "late.gauge": 23, "late.seen": 6, "after": 30, "old": 40,
    }  # fmt: skip


@pytest.mark.usefixtures("no_provider")
def test_our_own_provider_set_by_the_user() -> None:
    """`set_meter_provider(get_meter_provider())` changes nothing."""
    with testing.capture() as captured:
        metrics.set_meter_provider(metrics.get_meter_provider())
        meter = metrics.get_meter("m")
        meter.create_counter("requests").add(1)
        meter.create_observable_gauge("seen", [lambda _: [Observation(5)]])
        points = captured.metrics
    assert [one.value for one in points["requests"]] == [1]
    assert [one.value for one in points["seen"]] == [5]


def test_instruments_from_before_us(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proxies made before recording was switched on record from then on."""
    provider = _internal._ProxyMeterProvider()
    monkeypatch.setattr(_internal, "_PROXY_METER_PROVIDER", provider)
    meter = provider.get_meter("early", "1")
    counter = meter.create_counter("requests")
    meter.create_observable_gauge("seen", [lambda _: [Observation(5)]])
    histogram = meter.create_histogram("time", explicit_bucket_boundaries_advisory=[1.0])
    counter.add(100)
    with testing.capture() as captured:
        recorded.install(metrics)
        counter.add(1)
        histogram.record(3)
        points = captured.metrics
    assert [one.value for one in points["requests"]] == [1]
    assert [one.value for one in points["seen"]] == [5]
    assert [list(one.explicit_bounds) for one in points["time"]] == [[1.0]]


def test_force_flush_sends(caplog: pytest.LogCaptureFixture) -> None:
    """`force_flush` of the provider develops what was measured."""
    caplog.set_level(logging.WARNING)
    reader = InMemoryMetricReader()
    with testing.capture(metric_readers=[reader]):
        metrics.get_meter("m").create_counter("requests").add(1)
        provider: Any = metrics.get_meter_provider()
        assert provider.force_flush() is True
        assert journal.measurements == []
