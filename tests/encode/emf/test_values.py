"""What a record holds for a histogram: scaled, split, and where numbers end (emf spec 2, 5)."""

from __future__ import annotations

import math
from typing import Any

import pytest
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Buckets,
    ExponentialHistogramDataPoint,
    HistogramDataPoint,
)

from heliograph.encode.emf import DistributionDataPoint
from heliograph.encode.emf.values import targets

DELTA = AggregationTemporality.DELTA


def exact(*values: tuple[Any, int]) -> DistributionDataPoint:
    """A point that knows its values."""
    count, total = sum(n for _, n in values), sum(value * n for value, n in values)
    numbers = [value for value, _ in values] or [0]
    return DistributionDataPoint(
        {}, 0, 0, count, total, (count,), (), min(numbers), max(numbers), values=values
    )


def explicit(least: float, most: float, counts: list[int], *bounds: float) -> HistogramDataPoint:
    """A point that has buckets."""
    return HistogramDataPoint({}, 0, 0, sum(counts), 12.0, counts, bounds, least, most)


def exponential(
    scale: int, offset: int, *counts: int, most: float = 2.0**1000
) -> ExponentialHistogramDataPoint:
    """A point that has buckets of a base."""
    buckets = Buckets(offset, counts)
    return ExponentialHistogramDataPoint(
        {}, 0, 0, sum(counts), 12.0, scale, 0, buckets, Buckets(0, ()), 0, 1.0, most
    )


class Text:
    """A number, so it says."""

    def __float__(self) -> float:
        raise ValueError("none")


@pytest.mark.parametrize(
    ("point", "factor", "expected"),
    [
        pytest.param(exact((1, 2), (2.5, 1)), 60,
                     ([('{"Values":[60,150.0],"Counts":[2,1],"Max":150.0,"Min":60,"Count":3,'
                       '"Sum":270.0}')], 0), id="exact, scaled"),
        pytest.param(explicit(1, 4, [1, 2], 2), 60,
                     ([('{"Values":[180.0,90.0],"Counts":[2,1],"Max":240,"Min":60,"Count":3,'
                       '"Sum":720.0}')], 0), id="explicit buckets, scaled"),
        pytest.param(exact(), 1, ([], 0), id="exact, empty"),
        pytest.param(exact(*((n, 2) for n in range(101))), 1,
                     (["{" + f'"Values":{[*range(100)]},"Counts":{[2] * 100},'.replace(" ", "")
                       + '"Max":99,"Min":0,"Count":200,"Sum":9900}',
                       '{"Values":[100],"Counts":[2],"Max":100,"Min":100,"Count":2,"Sum":200}'], 0),
                     id="exact, split with counts"),
        pytest.param(exact((2.0**360, 2)), 1,
                     ([(f'{{"Values":[{2.0**360}],"Counts":[2],"Max":{2.0**360},"Min":{2.0**360},'
                       f'"Count":2,"Sum":{2.0**360}}}')], 0), id="exact, a sum out of range"),
        pytest.param(exact((1, 1)), 1,
                     (["1"], 0), id="exact, one"),
        pytest.param(exponential(-10, 0, 1, 2, most=5.0), 1,
                     ([('{"Values":[5.0,5.0],"Counts":[2,1],"Max":5.0,"Min":1.0,"Count":3,'
                       '"Sum":12.0}')], 0), id="exponential, beyond a float"),
        pytest.param(exponential(0, 400, 3, most=math.inf), 1, ([], 3),
                     id="exponential, beyond CloudWatch"),
    ],
)  # fmt: skip
def test_targets(point: Any, factor: float, expected: tuple[list[str], int]) -> None:
    """JSON of each record's part, and how many values are lost."""
    assert targets(point, factor, stats_only=False) == expected


@pytest.mark.parametrize("value", [Text(), math.nan, -math.inf, 10**400, "x"])
def test_values_that_are_none(value: Any) -> None:
    """A value that is no number in range is left out and counted, the others stay."""
    point = DistributionDataPoint({}, 0, 0, 4, 1, (4,), (), 1, 1, values=((1, 1), (value, 3)))
    assert targets(point, 1, stats_only=False) == (["1"], 3)
