"""The exact distribution: true values beside the SDK's own histogram."""

from __future__ import annotations

import logging
import random
import threading
from dataclasses import asdict
from typing import Any

import pytest
from opentelemetry.context import get_current
from opentelemetry.sdk.metrics import Histogram, MeterProvider
from opentelemetry.sdk.metrics._internal.measurement import Measurement
from opentelemetry.sdk.metrics._internal.view import _default_reservoir_factory
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    HistogramDataPoint,
    InMemoryMetricReader,
)
from opentelemetry.sdk.metrics.view import (
    ExplicitBucketHistogramAggregation,
    ExponentialBucketHistogramAggregation,
    View,
)

from heliograph.encode.emf import DistributionDataPoint
from heliograph.exporters.distribution import ExactDistributionAggregation

DELTA, CUMULATIVE = AggregationTemporality.DELTA, AggregationTemporality.CUMULATIVE


class Metered:
    """A histogram of a real provider, and its reader."""

    def __init__(
        self,
        aggregation: Any = None,
        temporality: AggregationTemporality = DELTA,
        views: tuple[View, ...] = (),
        bounds: list[float] | None = None,
    ) -> None:
        self.reader = InMemoryMetricReader(
            preferred_temporality={Histogram: temporality},
            preferred_aggregation={Histogram: aggregation or ExactDistributionAggregation()},
        )
        self.provider = MeterProvider([self.reader], views=views, shutdown_on_exit=False)
        self.histogram = self.provider.get_meter("app").create_histogram(
            "sizes", explicit_bucket_boundaries_advisory=bounds
        )

    def points(self) -> list[Any]:
        data = self.reader.get_metrics_data()
        if data is None:
            return []
        [resource] = data.resource_metrics
        return [
            point
            for scope in resource.scope_metrics
            for metric in scope.metrics
            for point in metric.data.data_points
        ]


def comparable(point: Any) -> dict[str, Any]:
    """A point without what differs from run to run: times and exemplars."""
    return {
        name: value
        for name, value in asdict(point).items()
        if name not in ("start_time_unix_nano", "time_unix_nano", "exemplars", "values", "parts")
    }


@pytest.mark.parametrize("bounds", [None, [1.0, 10.0], []])
@pytest.mark.parametrize("temporality", [DELTA, CUMULATIVE])
def test_the_histogram_is_the_sdks(
    bounds: list[float] | None, temporality: AggregationTemporality
) -> None:
    """Any other exporter meets the very buckets and statistics that the SDK alone would give."""
    ours = Metered(temporality=temporality, bounds=bounds)
    theirs = Metered(ExplicitBucketHistogramAggregation(), temporality, bounds=bounds)
    for _ in range(2):
        for metered in (ours, theirs):
            for value in (0, 0.5, 5, 7, 7, 1e9):
                metered.histogram.record(value, {"route": "/a"})
        assert [comparable(p) for p in theirs.points()] == [comparable(p) for p in ours.points()]


def test_values_are_exact_and_begin_anew() -> None:
    """Each collection has the values of its own period with their counts, and no others."""
    metered = Metered()
    for value in (3, 1.5, 3, 3):
        metered.histogram.record(value)
    metered.histogram.record(8, {"route": "/a"})
    first, other = metered.points()
    assert first.values == ((3, 3), (1.5, 1))
    assert other.values == ((8, 1),)
    assert metered.points() == []
    metered.histogram.record(9)
    [second] = metered.points()
    assert second.values == ((9, 1),)


def test_totals_have_no_values() -> None:
    """A reader of totals gets plain points: values since the beginning would grow without end."""
    metered = Metered(temporality=CUMULATIVE)
    metered.histogram.record(3)
    [point] = metered.points()
    assert type(point) is HistogramDataPoint


def test_too_many_values_fall_back_to_buckets(caplog: pytest.LogCaptureFixture) -> None:
    """Beyond the limit the buckets and statistics remain, told once; the next period is exact."""
    metered = Metered(ExactDistributionAggregation(max_distinct=3))
    with caplog.at_level(logging.WARNING, "heliograph"):
        for value in (1, 2, 3, 3, 4, 5):
            metered.histogram.record(value)
        [point] = metered.points()
        assert isinstance(point, DistributionDataPoint)
        assert (point.values, point.count, point.sum, point.max) == (None, 6, 18, 5)
        for value in (1, 2, 3, 4):
            metered.histogram.record(value)
        metered.points()
    assert len(caplog.records) == 1
    assert "'sizes' has more distinct values" in caplog.text
    metered.histogram.record(7)
    [point] = metered.points()
    assert point.values == ((7, 1),)


def test_the_limit_is_of_all_streams() -> None:
    """Many attribute sets share one limit, and give their places back when collected."""
    metered = Metered(ExactDistributionAggregation(max_distinct=3))
    for _ in range(2):
        for value in range(4):
            metered.histogram.record(value, {"n": value})
        assert [point.values for point in metered.points()] == [
            ((0, 1),), ((1, 1),), ((2, 1),), None
        ]  # fmt: skip


def test_views_and_cardinality_limits_apply() -> None:
    """Attribute filters, names and the overflow point are the SDK's, and so are exact values."""
    view = View(
        instrument_name="sizes", name="kept", attribute_keys={"route"},
        aggregation_cardinality_limit=1,
    )  # fmt: skip
    metered = Metered(views=(view,))
    for user, route in enumerate(("/a", "/a", "/b", "/c")):
        metered.histogram.record(user, {"user": user, "route": route})
    assert [(p.attributes, p.values) for p in metered.points()] == [
        ({"route": "/a"}, ((0, 1), (1, 1))),
        ({"otel.metric.overflow": True}, ((2, 1), (3, 1))),
    ]


@pytest.mark.parametrize(
    "aggregation",
    [
        pytest.param(ExplicitBucketHistogramAggregation([1, 2]), id="explicit"),
        pytest.param(ExponentialBucketHistogramAggregation(), id="exponential"),
    ],
)
def test_a_views_own_aggregation_wins(aggregation: Any) -> None:
    """Who chooses an aggregation gets it, without values."""
    metered = Metered(views=(View(instrument_name="sizes", aggregation=aggregation),))
    metered.histogram.record(3)
    [point] = metered.points()
    assert not isinstance(point, DistributionDataPoint)


def test_boundaries_of_its_own() -> None:
    """Boundaries passed in code go before the instrument's advice."""
    metered = Metered(ExactDistributionAggregation([2.0]), bounds=[100.0])
    metered.histogram.record(3)
    [point] = metered.points()
    assert (point.explicit_bounds, point.bucket_counts) == ((2.0,), (0, 1))


def test_values_and_buckets_agree_under_threads() -> None:
    """Collected while other threads record, no value is lost, doubled or without its bucket."""
    metered = Metered()

    def record(seed: int) -> None:
        pick = random.Random(seed)
        for _ in range(2000):
            metered.histogram.record(pick.randrange(20))

    threads = [threading.Thread(target=record, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    points = []
    while any(thread.is_alive() for thread in threads):
        points += metered.points()
    points += metered.points()
    for point in points:
        assert point.count == sum(count for _, count in point.values) == sum(point.bucket_counts)
        assert point.sum == sum(value * count for value, count in point.values)
    assert sum(point.count for point in points) == 8000


def test_a_collection_waits_for_a_value_half_counted() -> None:
    """A value whose bucket is counted already is not left to the next collection."""
    metered = Metered()
    stream = ExactDistributionAggregation()._create_aggregation(
        metered.histogram, {}, _default_reservoir_factory, 0
    )
    collected: list[Any] = []
    thread = threading.Thread(target=lambda: collected.append(stream.collect(DELTA, 1)))

    class Interrupted(float):
        def __hash__(self) -> int:  # called between the two counts
            if not thread.ident:
                thread.start()
                thread.join(0.05)
            return super().__hash__()

    measurement = Measurement(Interrupted(3), 0, metered.histogram, get_current(), {})
    stream.aggregate(measurement)
    thread.join()
    [point] = collected
    assert (point.count, point.values) == (1, ((3, 1),))
