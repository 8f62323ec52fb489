"""From a data point to what a record holds for it: a number, an array or a statistic object."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import SupportsFloat

from opentelemetry.sdk.metrics.export import NumberDataPoint

from ..._limits import EMF_NUMBER, EMF_VALUES
from . import buckets
from .point import DistributionDataPoint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from opentelemetry.sdk.metrics.export import ExponentialHistogramDataPoint, HistogramDataPoint

    from .buckets import Bucket

    Number = int | float
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
    if type(value) is not int and type(value) is not float:
        # numpy's and decimal's numbers pass through the SDK as they are
        value = int(value) if isinstance(value, int) else _float(value)
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


def targets(point: DataPoint, factor: float, *, stats_only: bool) -> tuple[list[str], int]:
    """Return what records hold for a point, one for each record, and how much is left out.

    Args:
        point: The data point.
        factor: What every value is multiplied with, because the unit was converted.
        stats_only: Whether histograms go without their values.

    Returns:
        JSON: a number, an array or a statistic object. None at all if nothing of the point can be
        stored. The count is of values, or 1 for a point as a whole.
    """
    if isinstance(point, NumberDataPoint):
        value = number(point.value, factor)
        return ([], 1) if value is None else ([repr(value)], 0)
    if isinstance(point, DistributionDataPoint) and point.values is not None and not stats_only:
        return _exact(point.values, point, factor)
    total = number(point.sum, factor)
    if total is None or not point.count:
        return [], 1 if point.count else 0
    stats = Statistics(point.count, total, number(point.min, factor), number(point.max, factor))
    if stats_only:
        return [_object(_statistics(stats))], 0
    found = buckets.of(point, number(point.min), number(point.max))
    if found is None:
        return [_object(_statistics(stats))], 0
    return _chunked([bucket.scaled(factor) for bucket in found], stats)


# -- exact values ----------------------------------------------------------------------------------


def _exact(
    pairs: Sequence[tuple[Number, int]], point: HistogramDataPoint, factor: float
) -> tuple[list[str], int]:
    if not pairs:
        return [], 0
    numbers: Sequence[Number]
    counts: Sequence[int]
    numbers, counts = zip(*pairs, strict=True)
    lost = 0
    if factor != 1 or not _storable(numbers):
        checked = [number(value, factor) for value in numbers]
        lost = sum([n for value, n in zip(checked, counts, strict=True) if value is None])
        counts = [n for value, n in zip(checked, counts, strict=True) if value is not None]
        numbers = [value for value in checked if value is not None]
    whole = number(point.sum, factor) if not lost and len(numbers) <= EMF_VALUES else None
    return [
        _pairs(numbers[start : start + EMF_VALUES], counts[start : start + EMF_VALUES], whole)
        for start in range(0, len(numbers), EMF_VALUES)
    ], lost


_PLAIN = frozenset({int, float})


def _storable(numbers: Sequence[Number]) -> bool:
    """Whether all are plain numbers in range; only NaN is neither less nor more, and makes NaN."""
    return (
        _PLAIN.issuperset(map(type, numbers))
        and min(numbers) >= -EMF_NUMBER
        and max(numbers) <= EMF_NUMBER
        and math.isfinite(sum(numbers))
    )


def _pairs(numbers: Sequence[Number], counts: Sequence[int], total: Number | None) -> str:
    """Write values in the shortest form that says them: CloudWatch stores the same of each."""
    if counts.count(1) == len(counts):
        return repr(numbers[0]) if len(numbers) == 1 else _array(numbers)
    if total is None:
        # values in range may have a sum that is not, and a record without one is not stored
        exactly = sum(value * count for value, count in zip(numbers, counts, strict=True))
        total = min(max(exactly, -EMF_NUMBER), EMF_NUMBER)
    stats = {"Max": max(numbers), "Min": min(numbers), "Count": sum(counts), "Sum": total}
    return _object({"Values": numbers, "Counts": counts, **stats})


# -- buckets ---------------------------------------------------------------------------------------


def _statistics(stats: Statistics) -> dict[str, Number]:
    """Write what is known: an unknown minimum is left out, 0 would break alarms (emf spec 2.3)."""
    known = {"Max": stats.max, "Min": stats.min, "Count": stats.count, "Sum": stats.sum}
    return {name: value for name, value in known.items() if value is not None}


def _chunked(found: Sequence[Bucket], stats: Statistics) -> tuple[list[str], int]:
    """Cut buckets, the highest first, into records of 100; the first has the sum (emf spec 2.2)."""
    storable = [bucket for bucket in found if number(bucket.value) is not None]
    lost = sum(bucket.count for bucket in found) - sum(bucket.count for bucket in storable)
    if len(storable) <= EMF_VALUES and not lost:
        return [_filled(storable, stats)], 0
    texts: list[str] = []
    for start in range(0, len(storable), EMF_VALUES):
        chunk = storable[start : start + EMF_VALUES]
        first, last = start == 0, start + EMF_VALUES >= len(storable)
        part = Statistics(
            count=sum(bucket.count for bucket in chunk),
            sum=stats.sum if first else 0,
            min=stats.min if last else number(chunk[-1].low),
            max=stats.max if first else number(chunk[0].high),
        )
        texts.append(_filled(chunk, part))
    return texts, lost


def _filled(chunk: Sequence[Bucket], stats: Statistics) -> str:
    values, counts = [bucket.value for bucket in chunk], [bucket.count for bucket in chunk]
    return _object({"Values": values, "Counts": counts, **_statistics(stats)})


# -- JSON ------------------------------------------------------------------------------------------


def _array(numbers: Sequence[Number]) -> str:
    """Write plain numbers: what Python prints of them is JSON."""
    return f"[{','.join(map(repr, numbers))}]"


def _object(members: Mapping[str, Number | Sequence[Number]]) -> str:
    parts = [
        f'"{name}":{_array(value) if isinstance(value, (list, tuple)) else repr(value)}'
        for name, value in members.items()
    ]
    return f"{{{','.join(parts)}}}"
