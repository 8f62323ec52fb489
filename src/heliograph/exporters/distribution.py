"""An SDK aggregation that keeps the exact distribution of a histogram beside its buckets.

CloudWatch computes percentiles from values and counts. Buckets would give it midpoints; minimum,
maximum, sum and count give it no percentile at all: the very values have to get through. An
aggregation carries them because it stands where the SDK has done its work already: views choose
and rename streams and filter attributes, the cardinality limit has had its say, and every other
exporter still meets a valid explicit-bucket histogram. Raw measurements handed past the SDK would
have none of that.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import fields, replace
from threading import Lock
from typing import Any

from opentelemetry.metrics import Synchronous

# private, but there is no other way in: `MetricReaderStorage.collect` makes a Histogram of what is
# an instance of this class, and of nothing else (opentelemetry-sdk 1.45)
from opentelemetry.sdk.metrics._internal.aggregation import (
    _Aggregation,
    _ExplicitBucketHistogramAggregation,
)
from opentelemetry.sdk.metrics.export import AggregationTemporality, HistogramDataPoint
from opentelemetry.sdk.metrics.view import ExplicitBucketHistogramAggregation

from .. import _notice
from ..encode.emf import DistributionDataPoint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from opentelemetry.sdk.metrics._internal.exemplar import ExemplarReservoirBuilder
    from opentelemetry.sdk.metrics._internal.instrument import _Instrument
    from opentelemetry.sdk.metrics._internal.measurement import Measurement
    from opentelemetry.util.types import Attributes

    from ..journal.instrument import Asked

MAX_DISTINCT = 10_000
"""Distinct values kept between two collections, of all streams together: about 1 MB."""

_FIELDS = tuple(field.name for field in fields(HistogramDataPoint))


class ExactDistributionAggregation(ExplicitBucketHistogramAggregation):
    """Explicit buckets, and beside them each value with its count.

    Its data points are `DistributionDataPoint`s when increments are collected (delta temporality);
    totals are collected as plain explicit-bucket points.

    Args:
        boundaries: Bucket bounds; by default the instrument's own advice, then the SDK's.
        record_min_max: Whether to keep the smallest and largest value.
        max_distinct: Distinct values to keep between two collections, of all streams together. A
            stream that goes beyond has its buckets only, which is told once.
    """

    def __init__(
        self,
        boundaries: Sequence[float] | None = None,
        record_min_max: bool = True,
        max_distinct: int = MAX_DISTINCT,
    ) -> None:
        super().__init__(boundaries, record_min_max)
        self._room = _Room(max_distinct)

    def _create_aggregation(
        self,
        instrument: _Instrument,
        attributes: Attributes,
        reservoir_factory: Callable[[type[_Aggregation[Any]]], ExemplarReservoirBuilder],
        start_time_unix_nano: int,
    ) -> _Aggregation[Any]:
        boundaries = self._boundaries
        if boundaries is None:
            advice = getattr(instrument, "_advisory", None)
            boundaries = advice.explicit_bucket_boundaries if advice else None
        increments = isinstance(instrument, Synchronous)
        return _Distribution(
            attributes,
            AggregationTemporality.DELTA if increments else AggregationTemporality.CUMULATIVE,
            start_time_unix_nano,
            reservoir_factory(_ExplicitBucketHistogramAggregation),
            boundaries,
            self._record_min_max,
            room=self._room,
        )


class _Room:
    """How many distinct values may still be kept, counted over all streams."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._lock = Lock()

    def take(self) -> bool:
        """Take a place; whether there was one."""
        with self._lock:
            if self._places <= 0:
                return False
            self._places -= 1
            return True

    def give(self, places: int) -> None:
        """Give places back."""
        with self._lock:
            self._places += places


class _Distribution(_ExplicitBucketHistogramAggregation):
    """The state of one stream: the SDK's buckets, and the count of every value.

    Args:
        state: What the SDK's class takes.
        room: Where a place for a new value is taken from.
    """

    # the SDK declares them by what it assigns first, None and 0
    _value: Any
    _sum: Any
    _min: Any
    _max: Any

    def __init__(self, *state: Any, room: _Room) -> None:
        super().__init__(*state)
        self._room = room
        self._counts: dict[Asked, dict[int | float, int]] = {}
        self._overflown: Asked | None = None
        # the SDK's own lock is not reentrant; values and buckets have to change together
        self._both = Lock()

    def aggregate(self, measurement: Measurement, should_sample_exemplar: bool = True) -> None:
        """Count a value; its bucket is counted when the values are collected."""
        value = measurement.value
        asked = getattr(measurement, "asked", ())  # of `heliograph.metric` only
        with self._both:
            counts = self._counts.get(asked)
            if counts is None:
                counts = self._counts[asked] = {}
            if value in counts:
                counts[value] += 1
            elif self._overflown is None and self._room.take():
                counts[value] = 1
            else:
                self._forget(measurement.instrument.name, asked)
                super().aggregate(measurement, should_sample_exemplar)
                return
            self._sum += value
        self._sample_exemplar(measurement, should_sample_exemplar)

    def collect(
        self,
        collection_aggregation_temporality: AggregationTemporality,
        collection_start_nano: int,
    ) -> Any:  # the SDK declares the kind of point that a sum has for all of them
        """Return the point and begin anew; with the exact values if increments are collected."""
        with self._both:
            self._fill()
            point = super().collect(collection_aggregation_temporality, collection_start_nano)
            counts, overflown = self._counts, self._overflown
            self._room.give(sum(map(len, counts.values())))
            self._counts, self._overflown = {}, None
        if point is None or collection_aggregation_temporality is not AggregationTemporality.DELTA:
            return point
        state = {name: getattr(point, name) for name in _FIELDS}
        if overflown is not None:
            whole = DistributionDataPoint(**state)
            return replace(whole, parts=((dict(overflown), whole),)) if overflown else whole
        if counts.keys() <= {()}:
            return DistributionDataPoint(**state, values=tuple(counts.get((), {}).items()))
        return DistributionDataPoint(**state, parts=tuple(_parts(state, counts)))

    def _fill(self) -> None:
        """Count the buckets of the values; their sum is up to date."""
        with self._lock:
            for counts in filter(None, self._counts.values()):
                if self._value is None:
                    self._value = self._get_empty_bucket_counts()
                for value, count in counts.items():
                    self._value[bisect_left(self._boundaries, value)] += count
                if self._record_min_max:
                    self._min, self._max = min(self._min, *counts), max(self._max, *counts)

    def _forget(self, name: str, asked: Asked) -> None:
        """Go on with buckets alone until the next collection, as the last one asks for."""
        if self._overflown is not None:
            return
        self._fill()
        self._room.give(sum(map(len, self._counts.values())))
        self._counts, self._overflown = {}, asked
        _notice.warn(
            f"distinct values of {name}",
            f"metric {name!r} has more distinct values than are kept between two collections: its "
            "percentiles are those of its histogram's buckets. Rounding the values helps.",
        )


def _parts(
    state: dict[str, Any], counts: dict[Asked, dict[int | float, int]]
) -> Iterator[tuple[dict[str, Any], DistributionDataPoint]]:
    """Yield a point for each kind of what was asked for; its buckets stay those of all."""
    for asked, values in counts.items():
        total = sum(value * count for value, count in values.items())
        state = {**state, "count": sum(values.values()), "sum": total}
        state |= {"min": min(values), "max": max(values)}
        yield dict(asked), DistributionDataPoint(**state, values=tuple(values.items()))
