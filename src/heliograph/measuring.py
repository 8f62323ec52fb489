"""`heliograph.metric`: written to the journal, without OpenTelemetry."""

from __future__ import annotations

from math import isfinite

from . import _notice
from ._guard import guard
from .journal import bounded, current, journal, state
from .journal.instrument import HISTOGRAM, RESOLUTION, DistributionMetric, choose, number, text_of
from .version import SCOPE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

MAX_METRICS = 1000
"""Metrics remembered by name and unit."""

_instruments: dict[tuple[str, str], DistributionMetric] = {}


def metric(
    name: str,
    value: float,
    /,
    *,
    unit: str = "",
    resolution: int = 60,
    dimension_sets: Sequence[Sequence[str]] | None = None,
    **dimensions: Any,
) -> None:
    """Record a value of a metric.

    Every value counts: CloudWatch gets the exact distribution, so that sums, averages and
    percentiles are true.

    Args:
        name: Name of the metric.
        value: The value.
        unit: A CloudWatch unit such as `Milliseconds`, or a UCUM one such as `ms`.
        resolution: 1 for a high-resolution metric (seconds), else 60.
        dimension_sets: The sets of dimensions to store the value under, by names: of `dimensions`,
            of `service`, or of attributes of the resource. What is in none of them is a property
            of the log line. By default one set, of `dimensions` and `service`.
        dimensions: Attributes that become dimensions.
    """
    if not state.active:
        return
    with guard("recording a metric"):
        plain = None if type(value) is bool else number(value)
        if plain is None or not isfinite(plain):
            _notice.warn(
                ("metric", name),
                lambda: (
                    f"metric {_notice.shown(name)}: its value {_notice.shown(value)} is no finite "
                    "number: left out."
                ),
            )
            return
        if not issubclass(type(name), str) or not str.__len__(name):
            _notice.warn(
                "metric name",
                lambda: f"a metric's name must be a text, not {_notice.shown(name)}: left out.",
            )
            return
        if resolution == 1:
            dimensions[RESOLUTION] = 1
        elif resolution != 60:
            _notice.warn(
                ("metric resolution", name),
                lambda: (
                    f"metric {_notice.shown(name)}: resolution {_notice.shown(resolution)} must be "
                    "1 or 60: 60 is used."
                ),
            )
        if dimension_sets is not None:
            choose(name, dimension_sets, dimensions)
        instrument = _instrument(bounded.text(name), text_of(unit) or "")
        journal.measure(instrument, plain, bounded.attributes(dimensions), current.span())


def _instrument(name: str, unit: str) -> DistributionMetric:
    """Return the one instrument of a name and unit."""
    instrument = _instruments.get((name, unit))
    if instrument is None:
        instrument = DistributionMetric((*SCOPE, None, None), HISTOGRAM, name, _metric_unit(unit))
        if len(_instruments) >= MAX_METRICS:
            _instruments.clear()  # names that hold an id: those in use are made anew
        _instruments[name, unit] = instrument
    return instrument


def _metric_unit(unit: str) -> str:
    """Return a unit that OpenTelemetry takes: at most 63 ASCII characters."""
    if unit.isascii() and len(unit) <= 63:
        return unit
    _notice.warn(
        ("unit", unit),
        lambda: (
            f"unit {_notice.shown(unit)} is left out: OpenTelemetry takes at most 63 ASCII "
            "characters."
        ),
    )
    return ""
