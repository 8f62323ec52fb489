"""Many starts of a variant become a few figures: the least, the median, how far they spread."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from bench.referee import Start

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMES = tuple(field.name for field in fields(Start) if field.name != "modules")


@dataclass(frozen=True)
class Figure:
    """One figure of a variant over its starts.

    Attributes:
        least: The least: noise only ever adds.
        median: The middle.
        spread: Half the distance between the quartiles.
    """

    least: float
    median: float
    spread: float


def figures(starts: Sequence[Start]) -> dict[str, Figure]:
    """Return every figure of these starts by its name in `Start`."""
    return {name: figure([getattr(start, name) for start in starts]) for name in NAMES}


def figure(values: Sequence[float]) -> Figure:
    """Return the figure of some values."""
    spread = 0.0
    if len(values) > 1:
        low, _, high = statistics.quantiles(values, n=4, method="inclusive")
        spread = (high - low) / 2
    return Figure(min(values), statistics.median(values), spread)


def over(ours: Figure, bare: Figure) -> Figure:
    """Return what a peer adds: least over least, median over median, the wider spread."""
    return Figure(ours.least - bare.least, ours.median - bare.median, max(ours.spread, bare.spread))
