"""Many starts of a variant become a few figures: the least, the median, how far they spread."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from bench.referee import Start

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMES = tuple(field.name for field in fields(Start))


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


def added(starts: Sequence[Start], bare: Sequence[Start]) -> dict[str, Figure]:
    """Return what a peer adds to the bare function, in the rounds that both have.

    The least is least over least. The median and the spread are those of the differences round by
    round: a machine that is slow for minutes is as slow for both.

    Args:
        starts: The peer's, in the order of the rounds.
        bare: The bare function's.
    """
    rounds = list(zip(starts, bare, strict=False))  # a peer may have fewer
    told = {}
    for name in NAMES:
        pairs = [(getattr(own, name), getattr(other, name)) for own, other in rounds]
        each = figure([own - other for own, other in pairs])
        least = min(own for own, _ in pairs) - min(other for _, other in pairs)
        told[name] = Figure(least, each.median, each.spread)
    return told
