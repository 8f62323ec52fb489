"""What a measurement is measured with: the identity of an instrument, as plain data."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

COUNTER, UP_DOWN_COUNTER, HISTOGRAM, GAUGE = (
    "create_counter", "create_up_down_counter", "create_histogram", "create_gauge",
)  # fmt: skip
"""Kinds of synchronous instruments, by the method of the SDK's meter that creates them."""


class Instrument:
    """An instrument that user code created, made on the SDK's meter at development.

    Attributes:
        scope: Name, version, schema URL and attributes of its meter.
        create: Method of the meter that creates it.
        name, unit, description: As given.
        callbacks: Of an observable instrument: called when metrics are collected.
        boundaries: Advised bucket boundaries of a histogram.
    """

    __slots__ = ("boundaries", "callbacks", "create", "description", "name", "scope", "unit")

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


class DoorMetric(Instrument):
    """A metric of `heliograph.metric`: a distribution of any numbers, under CloudWatch's names."""

    __slots__ = ()


observables: list[Instrument] = []
"""Observable instruments, which are collected without any measurement of user code's."""
