"""What a measurement is measured with: the identity of an instrument, as plain data."""

from __future__ import annotations

from .. import _notice
from .._guard import guard
from . import bounded, journal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    Asked = tuple[tuple[str, Any], ...]
    """What `heliograph.metric` asks of EMF: pairs as the attributes that the encoder knows."""

COUNTER, UP_DOWN_COUNTER, HISTOGRAM, GAUGE = (
    "create_counter", "create_up_down_counter", "create_histogram", "create_gauge",
)  # fmt: skip
"""Kinds of synchronous instruments, by the method of the SDK's meter that creates them."""


RESOLUTION, DIMENSION_SETS = "aws.emf.storage_resolution", "aws.emf.dimension_sets"
"""Attributes that ask for high resolution (seconds, by the value 1), and for the dimension sets of
a measurement (emf spec 4)."""


class Instrument:
    """An instrument that user code created, made on the SDK's meter at development.

    Attributes:
        scope: Name, version, schema URL and attributes of its meter.
        create: Method of the meter that creates it.
        name, unit, description: As given.
        callbacks: Of an observable instrument: called when metrics are collected.
        boundaries: Advised bucket boundaries of a histogram.
        usable: Whether OpenTelemetry takes its name and unit.
    """

    __slots__ = (
        "boundaries", "callbacks", "create", "description", "name", "scope", "unit", "usable",
    )  # fmt: skip

    def __init__(
        self,
        scope: tuple[Any, ...],
        create: str,
        name: str,
        unit: str = "",
        description: str = "",
        callbacks: Sequence[Any] | None = None,
        boundaries: Sequence[float] | None = None,
    ) -> None:
        self.scope = scope
        self.create = create
        self.name = name
        self.unit = unit
        self.description = description
        self.callbacks = callbacks
        self.boundaries = boundaries
        self.usable = True

    @property
    def identity(self) -> tuple[object, ...]:
        """What makes two instruments the same."""
        scope = repr(self.scope)
        return scope, self.create, self.name.lower(), self.unit, self.description

    def equals(self, other: Instrument) -> bool:
        """Tell whether another one is the same, made again."""
        return self is other or self.identity == other.identity


class DistributionMetric(Instrument):
    """A metric of `heliograph.metric`: a distribution of any numbers, under CloudWatch's names.

    Attributes:
        asked: What is asked of EMF. It is no part of the identity: for every other exporter all
            measurements of a name and unit are one stream.
    """

    __slots__ = ("asked",)

    asked: Asked

    @property
    def identity(self) -> tuple[object, ...]:
        """CloudWatch tells metrics apart by name and unit."""
        return self.name, self.unit


def asked_of(name: str, resolution: object, sets: object) -> Asked:
    """Return what a measurement of `heliograph.metric` asks of EMF.

    Args:
        name: Of the metric.
        resolution: Seconds, 1 or 60.
        sets: Dimension sets, or None for the default one.
    """
    asked: list[tuple[str, Any]] = []
    if resolution == 1:
        asked.append((RESOLUTION, 1))
    elif resolution != 60:
        _notice.warn(
            ("metric resolution", name),
            lambda: (
                f"metric {_notice.shown(name)}: resolution {_notice.shown(resolution)} must be "
                "1 or 60: 60 is used."
            ),
        )
    # a list or a tuple, by its type
    if type(sets) in (list, tuple) and sets and all(map(_are_names, sets)):  # type: ignore[call-overload]
        asked.append((DIMENSION_SETS, bounded.attribute(DIMENSION_SETS, sets)))
    elif sets is not None:
        _notice.warn(
            ("metric dimension sets", name),
            lambda: (
                f"metric {_notice.shown(name)}: dimension_sets {_notice.shown(sets)} must be lists "
                'of names such as [["service"], ["service", "route"]]: left out.'
            ),
        )
    return tuple(asked)


def _are_names(keys: object) -> bool:
    # the same
    return type(keys) in (list, tuple) and all(issubclass(type(key), str) for key in keys)  # type: ignore[attr-defined]


MAX_OBSERVABLES = 1000


def observe(instrument: Instrument) -> None:
    """Collect an observable instrument from now on, unless the same one is collected already."""
    if any(map(instrument.equals, journal.observables)):
        return
    if len(journal.observables) < MAX_OBSERVABLES:
        journal.observables.append(instrument)
        return
    _notice.warn(
        "observable instruments",
        lambda: (
            f"observable instrument {_notice.shown(instrument.name)} is left out: "
            f"{MAX_OBSERVABLES} are there. Create each once, not in every invocation."
        ),
    )


def make(instrument: Instrument, provider: Any, callbacks: Sequence[Any] | None = None) -> Any:
    """Create an instrument on a provider's meter.

    Args:
        instrument: What user code created.
        provider: The SDK's meter provider, ours at development or the user's own.
        callbacks: Those of an observable instrument, where they are not called as they are.
    """
    meter = provider.get_meter(*given(instrument.scope))
    create = getattr(meter, instrument.create)
    about: dict[str, Any] = {"unit": instrument.unit, "description": instrument.description}
    if instrument.callbacks is not None:
        return create(instrument.name, callbacks=callbacks or instrument.callbacks, **about)
    if instrument.boundaries is not None:
        about["explicit_bucket_boundaries_advisory"] = instrument.boundaries
    return create(instrument.name, **about)


def given(scope: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a scope without what was left out at its end.

    A provider of an older OpenTelemetry, which the function has set, does not take the attributes.
    """
    end = len(scope)
    while end and scope[end - 1] is None:
        end -= 1
    return scope[:end]


def text_of(value: object) -> str | None:
    """Return what may be left out as bounded text, None where it is."""
    return None if value is None else bounded.text(value)


def number(value: object) -> int | float | None:
    """Return a measured value as a plain number, None if it is none.

    Numbers of other libraries count too (`numpy.int64`, `Decimal`): what has `__index__` or
    `__float__`.
    """
    kind = type(value)
    if kind is float:
        return value  # type: ignore[return-value] # a float, by its type
    with guard("reading a measured value"):
        if hasattr(kind, "__index__"):
            whole = int.__pos__(int(value))  # type: ignore[call-overload] # of a subclass, a plain one
            return whole if -_HUGE < whole < _HUGE else None
        if hasattr(kind, "__float__"):
            return float.__pos__(float(value))  # type: ignore[arg-type] # it has `__float__`
    return None


_HUGE = 1 << 1023
"""From here on an integer is no `float` any more, which all of the metrics SDK computes with."""
