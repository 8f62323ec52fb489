"""A histogram's data point that knows the very values that were recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from opentelemetry.sdk.metrics.export import HistogramDataPoint


@dataclass(frozen=True)
class DistributionDataPoint(HistogramDataPoint):
    """An explicit-bucket data point with the exact distribution beside the buckets.

    Attributes:
        values: Pairs of a value and how often it was recorded, in the order of first recording;
            `None` when there were too many to keep, so that the buckets have to do.
        parts: The same in parts, where measurements asked for dimension sets or a resolution: what
            they asked for, as attributes, and a point of their values.
    """

    values: tuple[tuple[int | float, int], ...] | None = None
    parts: tuple[tuple[dict[str, Any], DistributionDataPoint], ...] = ()
