"""A histogram's data point that knows the very values that were recorded."""

from __future__ import annotations

from dataclasses import dataclass

from opentelemetry.sdk.metrics.export import HistogramDataPoint


@dataclass(frozen=True)
class DistributionDataPoint(HistogramDataPoint):
    """An explicit-bucket data point with the exact distribution beside the buckets.

    Attributes:
        values: Pairs of a value and how often it was recorded, in the order of first recording;
            `None` when there were too many to keep, so that the buckets have to do.
    """

    values: tuple[tuple[int | float, int], ...] | None = None
