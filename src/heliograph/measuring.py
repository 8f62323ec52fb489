"""`heliograph.metric`: written to the journal, without OpenTelemetry."""

from __future__ import annotations

from math import isfinite

from . import _notice
from ._guard import guard
from .journal import bounded, current, journal, state
from .journal.instrument import HISTOGRAM, DistributionMetric, asked_of, number, text_of
from .version import SCOPE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from .journal.instrument import Asked

MAX_METRICS = 1000
"""Metrics remembered by name, unit and what they ask for."""

_instruments: dict[tuple[str, str, Asked], DistributionMetric] = {}


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
        asked: Asked = ()
        if resolution != 60 or dimension_sets is not None:
            asked = asked_of(name, resolution, dimension_sets)
        instrument = _instrument(bounded.text(name), text_of(unit) or "", asked)
        journal.measure(instrument, plain, bounded.attributes(dimensions), current.span())


def _instrument(name: str, unit: str, asked: Asked) -> DistributionMetric:
    """Return the one instrument of a name and unit for what is asked of EMF."""
    instrument = _instruments.get((name, unit, asked))
    if instrument is None:
        instrument = DistributionMetric((*SCOPE, None, None), HISTOGRAM, name, _metric_unit(unit))
        instrument.asked = asked
        if len(_instruments) >= MAX_METRICS:
            _instruments.clear()  # names that hold an id: those in use are made anew
        _instruments[name, unit, asked] = instrument
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
