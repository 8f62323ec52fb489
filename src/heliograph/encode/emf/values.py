"""From a data point to what a record holds for it: a number, an array or a statistic object."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import SupportsFloat

from opentelemetry.sdk.metrics.export import (
    ExponentialHistogramDataPoint,
    HistogramDataPoint,
    NumberDataPoint,
)

from ..._limits import EMF_NUMBER, EMF_VALUES
from . import buckets
from .point import DistributionDataPoint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .buckets import Bucket

    Number = int | float
    Target = Number | list[Number] | dict[str, object]
    """What a metric's name stands for in a record (emf spec 1)."""
    DataPoint = NumberDataPoint | HistogramDataPoint | ExponentialHistogramDataPoint


@dataclass(frozen=True)
class Statistics:
    """What a histogram says of all its values; `None` where it was not recorded."""

    count: int
    sum: Number
    min: Number | None
    max: Number | None


def number(value: object, factor: float = 1) -> Number | None:
    """Return a value as JSON and CloudWatch take it, or `None`: NaN, infinite, out of range."""
    if isinstance(value, bool):
        value = int(value)
    if not isinstance(value, (int, float)):
        value = _float(value)  # numpy's and decimal's numbers pass through the SDK as they are
    # an int may be too long for a float: it is compared first, which Python does exactly
    if not -EMF_NUMBER <= value <= EMF_NUMBER:
        return None
    scaled = value if factor == 1 else value * factor
    return scaled if -EMF_NUMBER <= scaled <= EMF_NUMBER else None


def _float(value: object) -> float:
    try:
        return float(value) if isinstance(value, SupportsFloat) else math.nan
    except (ValueError, OverflowError):
        return math.nan


def targets(point: DataPoint, factor: float, *, stats_only: bool) -> tuple[list[Target], int]:
    """Return what records hold for a point, one for each record, and how much is left out.

    Args:
        point: The data point.
        factor: What every value is multiplied with, because the unit was converted.
        stats_only: Whether histograms go without their values.

    Returns:
        No target at all if nothing of the point can be stored. The count is of values, or 1 for a
        point as a whole.
    """
    if isinstance(point, NumberDataPoint):
        value = number(point.value, factor)
        return ([], 1) if value is None else ([value], 0)
    exact = point.values if isinstance(point, DistributionDataPoint) else None
    if exact is not None and not stats_only:
        return _exact(exact, point, factor)
    total = number(point.sum, factor)
    if total is None or not point.count:
        return [], 1 if point.count else 0
    stats = Statistics(point.count, total, number(point.min, factor), number(point.max, factor))
    if stats_only:
        return [_statistics(stats)], 0
    found = buckets.of(point, number(point.min), number(point.max))
    if found is None:
        return [_statistics(stats)], 0
    return _chunked([bucket.scaled(factor) for bucket in found], stats)


# -- exact values ----------------------------------------------------------------------------------


def _exact(
    values: Sequence[tuple[Number, int]], point: DataPoint, factor: float
) -> tuple[list[Target], int]:
    checked = [(number(value, factor), count) for value, count in values]
    pairs = [(value, count) for value, count in checked if value is not None]
    lost = sum(count for value, count in checked if value is None)
    whole = None
    if not lost and len(pairs) <= EMF_VALUES and not isinstance(point, NumberDataPoint):
        whole = number(point.sum, factor)
    return [_pairs(part, whole) for part in _parts(pairs)], lost


def _pairs(pairs: Sequence[tuple[Number, int]], total: Number | None) -> Target:
    """Write values in the shortest form that says them: CloudWatch stores the same of each."""
    if all(count == 1 for _, count in pairs):
        return pairs[0][0] if len(pairs) == 1 else [value for value, _ in pairs]
    if total is None:
        total = number(sum(value * count for value, count in pairs))
    values = [value for value, _ in pairs]
    counts = [count for _, count in pairs]
    return {
        "Values": values,
        "Counts": counts,
        "Max": max(values),
        "Min": min(values),
        "Count": sum(counts),
        **({} if total is None else {"Sum": total}),
    }


def _parts(items: Sequence[tuple[Number, int]]) -> Iterator[Sequence[tuple[Number, int]]]:
    for start in range(0, len(items), EMF_VALUES):
        yield items[start : start + EMF_VALUES]


# -- buckets ---------------------------------------------------------------------------------------


def _statistics(stats: Statistics) -> dict[str, object]:
    """Write what is known: an unknown minimum is left out, 0 would break alarms (emf spec 2.3)."""
    written = {"Max": stats.max, "Min": stats.min, "Count": stats.count, "Sum": stats.sum}
    return {name: value for name, value in written.items() if value is not None}


def _chunked(found: Sequence[Bucket], stats: Statistics) -> tuple[list[Target], int]:
    """Cut buckets, the highest first, into records of 100; the first has the sum (emf spec 2.2)."""
    storable = [bucket for bucket in found if number(bucket.value) is not None]
    lost = sum(bucket.count for bucket in found) - sum(bucket.count for bucket in storable)
    if len(storable) <= EMF_VALUES and not lost:
        return [_filled(storable, stats)], 0
    written: list[Target] = []
    for start in range(0, len(storable), EMF_VALUES):
        chunk = storable[start : start + EMF_VALUES]
        first, last = start == 0, start + EMF_VALUES >= len(storable)
        part = Statistics(
            count=sum(bucket.count for bucket in chunk),
            sum=stats.sum if first else 0,
            min=stats.min if last else number(chunk[-1].low),
            max=stats.max if first else number(chunk[0].high),
        )
        written.append(_filled(chunk, part))
    return written, lost


def _filled(chunk: Sequence[Bucket], stats: Statistics) -> dict[str, object]:
    return {
        "Values": [bucket.value for bucket in chunk],
        "Counts": [bucket.count for bucket in chunk],
        **_statistics(stats),
    }
