"""OpenTelemetry's metrics API, recorded: measurements that development makes on the SDK.

Loaded by an import hook when user code has imported `opentelemetry.metrics`; a meter provider that
the user installs takes over, for instruments that exist already too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from opentelemetry import metrics
from opentelemetry.metrics import _internal as internal
from opentelemetry.metrics._internal import instrument as kinds

from .. import _notice
from .._guard import guard
from ..journal import bounded, current, journal, state
from ..journal.instrument import (
    COUNTER,
    GAUGE,
    HISTOGRAM,
    UP_DOWN_COUNTER,
    Instrument,
    make,
    number,
    observe,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from opentelemetry.context import Context
    from opentelemetry.metrics import CallbackT
    from opentelemetry.util.types import Attributes

    Number = int | float


class _Recorded:
    """What all recorded instruments do: write a measurement down, or hand it to the user's own."""

    method = ""
    """Of the API's instrument, by which a measurement is made."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self._theirs: Any = None

    def give(
        self, amount: Number, attributes: Attributes = None, context: Context | None = None
    ) -> None:
        """Record a measurement."""
        theirs = self._users()
        if theirs is not None:
            more = () if context is None else (context,)  # before 1.28 there was none
            getattr(theirs, self.method)(amount, attributes, *more)
        else:
            self._measure(amount, attributes, context)

    def _users(self) -> Any:
        """Return the instrument of the user's meter provider, if there is one."""
        if self._theirs is None:
            provider = users_provider()
            if provider is not None:
                self._theirs = make(self.instrument, provider)
        return self._theirs

    def _measure(self, value: Number, attributes: Attributes, context: Context | None) -> None:
        if not state.active or not self.instrument.usable:
            return
        with guard("recording a measurement"):
            known = number(value)
            if known is None:
                _notice.warn(
                    ("metric", self.instrument.name),
                    lambda: (
                        f"metric {_notice.shown(self.instrument.name)}: its value "
                        f"{_notice.shown(value)} is no number: left out."
                    ),
                )
                return
            span = current.span() if context is None else state.read_context(context)[0]
            journal.measure(self.instrument, known, bounded.attributes(attributes), span)


class RecordedCounter(_Recorded, kinds.Counter):
    """A counter that records."""

    method = "add"
    add = _Recorded.give


class RecordedUpDownCounter(_Recorded, kinds.UpDownCounter):
    """An up-down counter that records."""

    method = "add"
    add = _Recorded.give


class RecordedHistogram(_Recorded, kinds.Histogram):
    """A histogram that records."""

    method = "record"
    record = _Recorded.give


_names = vars(kinds)
_Gauge: Any = _names.get("Gauge") or _names.get("_Gauge") or kinds.Synchronous
"""Public since OpenTelemetry 1.26, there since 1.23."""


class RecordedGauge(_Recorded, _Gauge):  # type: ignore[misc] # the class of the API that is there
    """A gauge that records."""

    method = "set"
    set = _Recorded.give


class RecordedObservableCounter(_Recorded, kinds.ObservableCounter):
    """An observable counter: its callbacks are called after the response."""


class RecordedObservableUpDownCounter(_Recorded, kinds.ObservableUpDownCounter):
    """An observable up-down counter: its callbacks are called after the response."""


class RecordedObservableGauge(_Recorded, kinds.ObservableGauge):
    """An observable gauge: its callbacks are called after the response."""


def _creating(method: str, kind: type[Any]) -> Any:
    """Return the method of a meter that creates observable instruments of a kind."""

    def create(
        self: RecordingMeter,
        name: str,
        callbacks: Sequence[CallbackT] | None = None,
        unit: str = "",
        description: str = "",
    ) -> Any:
        """Create an observable instrument."""
        return kind(self.observable(method, name, callbacks, unit, description))

    return create


class RecordingMeter(metrics.Meter):
    """Creates recorded instruments.

    Args:
        scope: Name, version, schema URL and attributes, as given to `get_meter`.
    """

    def __init__(self, scope: tuple[Any, ...]) -> None:
        super().__init__(scope[0], scope[1], scope[2])
        self._scope = scope

    def create_counter(self, name: str, unit: str = "", description: str = "") -> RecordedCounter:
        """Create a counter."""
        return RecordedCounter(self._instrument(COUNTER, name, unit, description))

    def create_up_down_counter(
        self, name: str, unit: str = "", description: str = ""
    ) -> RecordedUpDownCounter:
        """Create an up-down counter."""
        return RecordedUpDownCounter(self._instrument(UP_DOWN_COUNTER, name, unit, description))

    def create_histogram(
        self,
        name: str,
        unit: str = "",
        description: str = "",
        *,
        explicit_bucket_boundaries_advisory: Sequence[float] | None = None,
    ) -> RecordedHistogram:
        """Create a histogram."""
        boundaries = explicit_bucket_boundaries_advisory
        return RecordedHistogram(
            self._instrument(HISTOGRAM, name, unit, description, boundaries=boundaries)
        )

    def create_gauge(self, name: str, unit: str = "", description: str = "") -> RecordedGauge:
        """Create a gauge."""
        return RecordedGauge(self._instrument(GAUGE, name, unit, description))

    create_observable_counter = _creating("create_observable_counter", RecordedObservableCounter)
    create_observable_up_down_counter = _creating(
        "create_observable_up_down_counter", RecordedObservableUpDownCounter
    )
    create_observable_gauge = _creating("create_observable_gauge", RecordedObservableGauge)

    def observable(
        self,
        create: str,
        name: str,
        callbacks: Sequence[CallbackT] | None,
        unit: str,
        description: str,
    ) -> Instrument:
        """Return an observable instrument that is collected from now on."""
        instrument = self._instrument(
            create, name, unit, description, callbacks=() if callbacks is None else callbacks
        )
        provider = users_provider()
        if provider is not None:
            make(instrument, provider)
        elif instrument.usable:
            observe(instrument)
        return instrument

    def _instrument(
        self,
        create: str,
        name: str,
        unit: str,
        description: str,
        *,
        callbacks: Sequence[CallbackT] | None = None,
        boundaries: Sequence[float] | None = None,
    ) -> Instrument:
        """Return the one instrument of this identity, as the SDK does: the first one made."""
        name, unit = bounded.text(name), text_of(unit) or ""
        description = text_of(description) or ""
        key = repr((self._scope, create, name.strip().lower(), unit, description))
        known = _known.get(key)
        if known is None:
            if len(_known) >= MAX_INSTRUMENTS:
                _known.clear()  # names that hold an id: those in use are made anew
            known = _known[key] = Instrument(
                self._scope, create, name, unit, description, callbacks, boundaries
            )
            known.usable = _usable(name, unit)
        return known


_NAME = re.compile(r"[a-zA-Z][-_./a-zA-Z0-9]{0,254}")
MAX_UNIT = 63
"""What OpenTelemetry takes: the SDK that develops, whatever API the function has."""

MAX_INSTRUMENTS = 1000
"""Instruments remembered by their identity."""

_known: dict[str, Instrument] = {}
"""The instruments made so far: one made anew in every invocation must not add up."""


def _usable(name: str, unit: str) -> bool:
    """Tell whether the SDK takes an instrument of this name and unit; say it where not."""
    if _NAME.fullmatch(name) and len(unit) <= MAX_UNIT and unit.isascii():
        return True
    _notice.warn(
        ("instrument", name),
        lambda: (
            f"instrument {_notice.shown(name)} with unit {_notice.shown(unit)} is left out: "
            "OpenTelemetry takes names of at most 255 ASCII letters, digits, '_', '.', '-' and "
            "'/', a letter first, and units of at most 63 ASCII characters."
        ),
    )
    return False


class RecordingMeterProvider(metrics.MeterProvider):
    """The provider that `get_meter` asks while the user has set none."""

    def get_meter(
        self,
        name: str,
        version: str | None = None,
        schema_url: str | None = None,
        attributes: Attributes = None,
    ) -> metrics.Meter:
        """Return a meter that records."""
        kept = None
        with guard("reading the attributes of a meter"):
            kept = bounded.attributes(attributes)
        return RecordingMeter((bounded.text(name), text_of(version), text_of(schema_url), kept))

    def on_set_meter_provider(self, meter_provider: metrics.MeterProvider) -> None:
        """Hand the observable instruments over to the provider that the user has set."""
        if isinstance(meter_provider, RecordingMeterProvider):
            return
        waiting = journal.observables[:]
        journal.observables.clear()
        for instrument in waiting:
            make(instrument, meter_provider)

    def force_flush(self, timeout_millis: float = 10_000) -> bool:  # noqa: ARG002 - the SDK's signature
        """Develop and send now what was recorded. Not needed in Lambda: it happens anyway."""
        return journal.flush()


def users_provider() -> Any:
    """Return the meter provider that the user has set, if any."""
    provider = internal._METER_PROVIDER
    return None if isinstance(provider, RecordingMeterProvider) else provider


def install(module: ModuleType) -> None:  # noqa: ARG001 - called by an import hook
    """Become the provider in use while the user has set none; adopt proxies made before us.

    Args:
        module: `opentelemetry.metrics`, just imported.
    """
    proxies: Any = internal
    provider = proxies._PROXY_METER_PROVIDER
    if isinstance(provider, RecordingMeterProvider):
        return
    ours = RecordingMeterProvider()
    if users_provider() is None:
        provider.on_set_meter_provider(ours)
    proxies._PROXY_METER_PROVIDER = ours
