"""When measurements were made: by the minute, as CloudWatch stores them, or by the second."""

from __future__ import annotations

from time import time_ns
from typing import Any, NamedTuple

from ..journal.instrument import RESOLUTION, DistributionMetric

SECOND = 1_000_000_000
MINUTE = 60 * SECOND

Measured = list[tuple[Any, ...]]
"""Measurements as the journal has them: the attributes are the third member, the time the last."""


class Period(NamedTuple):
    """Measurements that CloudWatch stores under one time.

    Attributes:
        end: How many measurements there are up to its end.
        latest: When the last of them was made, epoch nanoseconds.
        length: That of the second or the minute, in nanoseconds.
    """

    end: int
    latest: int
    length: int

    @property
    def is_over(self) -> bool:
        """Whether the present belongs to another second or minute."""
        return self.latest // self.length != time_ns() // self.length


def arrange(measurements: Measured) -> list[Period]:
    """Put measurements of one period beside each other; the latest period's come last.

    A measurement of a high-resolution metric belongs to its second, any other to its minute. Both
    that belong to the latest moment are one period, so that a short invocation has one.
    """
    if not measurements:
        return []
    last = max(measurement[4] for measurement in measurements)
    found: dict[tuple[int, int], Measured] = {}
    finest = MINUTE  # of the latest period
    for measurement in measurements:
        time, length = measurement[4], _length(measurement)
        start = time // length * length
        if time // length == last // length:
            finest = min(finest, length)
            start, length = last, 0
        found.setdefault((start, length), []).append(measurement)
    order = sorted(found)
    measurements[:] = [measurement for period in order for measurement in found[period]]
    periods, end = [], 0
    for period in order:
        end += len(found[period])
        latest = max(measurement[4] for measurement in found[period])
        periods.append(Period(end, latest, period[1] or finest))
    return periods


def _length(measurement: tuple[Any, ...]) -> int:
    instrument, attributes = measurement[0], measurement[2]
    if type(instrument) is DistributionMetric:
        return SECOND if (RESOLUTION, 1) in instrument.asked else MINUTE
    return SECOND if attributes and attributes.get(RESOLUTION) in (1, "1") else MINUTE
