"""Values that stand for the buckets of a histogram, with their counts (emf spec 2.2, 2.3)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from opentelemetry.sdk.metrics.export import ExponentialHistogramDataPoint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from opentelemetry.sdk.metrics.export import HistogramDataPoint


@dataclass(frozen=True)
class Bucket:
    """A bucket that is not empty: the value that stands for it, its count and its bounds."""

    value: float
    count: int
    low: float
    high: float

    def scaled(self, factor: float) -> Bucket:
        """Return the bucket in another unit."""
        if factor == 1:
            return self
        value, low, high = (part * factor for part in (self.value, self.low, self.high))
        return Bucket(value, self.count, low, high)

    def within(self, least: float | None, most: float | None) -> Bucket:
        """Return the bucket with its value inside what was recorded: a midpoint may lie outside."""
        value = self.value
        if most is not None:
            value = min(value, most)
        if least is not None:
            value = max(value, least)
        return self if value == self.value else replace(self, value=value)


def of(
    point: HistogramDataPoint | ExponentialHistogramDataPoint,
    least: float | None,
    most: float | None,
) -> list[Bucket] | None:
    """Return the buckets of a point that are not empty, the highest first.

    Args:
        point: The data point.
        least: The smallest value recorded, if known.
        most: The largest value recorded, if known.

    Returns:
        `None` for a point that has no buckets to speak of, only statistics.
    """
    if isinstance(point, ExponentialHistogramDataPoint):
        found = _exponential(point)
    elif not point.explicit_bounds:
        return None
    else:
        found = _explicit(point, least, most)
    return [bucket.within(least, most) for bucket in found]


def _exponential(point: ExponentialHistogramDataPoint) -> Iterator[Bucket]:
    """Positive buckets downwards, zero, negative ones downwards; midpoints stand for them."""
    positive, negative, scale = point.positive, point.negative, point.scale
    for index in range(len(positive.bucket_counts) - 1, -1, -1):
        count = positive.bucket_counts[index]
        if count:
            low, high = _bounds(scale, positive.offset + index)
            yield Bucket(low / 2 + high / 2, count, low, high)
    if point.zero_count:
        yield Bucket(0, point.zero_count, 0, 0)
    for index, count in enumerate(negative.bucket_counts):
        if count:
            low, high = _bounds(scale, negative.offset + index)
            yield Bucket(-(low / 2 + high / 2), count, -high, -low)


def _bounds(scale: int, index: int) -> tuple[float, float]:
    """Return the bounds of bucket `index`: base^index and base^(index+1), base = 2^(2^-scale)."""
    return _power(scale, index), _power(scale, index + 1)


def _power(scale: int, index: int) -> float:
    try:
        return math.ldexp(1, index << -scale) if scale <= 0 else 2.0 ** (index / 2**scale)
    except OverflowError:
        return math.inf  # within() brings the midpoint back to the largest value, if it is known


def _explicit(
    point: HistogramDataPoint, least: float | None, most: float | None
) -> Iterator[Bucket]:
    """Midpoints of the inner buckets; the outer ones end at the extremes, or at their one bound."""
    bounds = point.explicit_bounds
    lowest = bounds[0] if least is None else least
    highest = bounds[-1] if most is None else most
    for index in range(len(point.bucket_counts) - 1, -1, -1):
        count = point.bucket_counts[index]
        if count:
            low = bounds[index - 1] if index else lowest
            high = bounds[index] if index < len(bounds) else highest
            yield Bucket(low / 2 + high / 2, count, low, high)
