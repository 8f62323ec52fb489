"""Official instrumentors of the libraries that we record: their wrappers, and what a user does.

`BotocoreInstrumentor().instrument(request_hook=...)` in user code must not instrument twice: our
recorder takes the user's hooks, and `uninstrument()` stops it. With a tracer provider of the
user's own in the call, theirs wins and ours stops.
"""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

import opentelemetry
from opentelemetry.metrics import NoOpHistogram, NoOpMeter, NoOpMeterProvider

from .. import _notice
from . import TABLE, recorder_of
from .light_imports import light

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from opentelemetry.trace import TracerProvider

    from ..develop.describe import ReplayProvider

_originals: dict[str, Callable[..., Any]] = {}

_theirs: set[str] = set()
"""Libraries that an official instrumentor serves, with a provider of the function's own."""


class Official:
    """The official instrumentor of a library, to build its wrapper without touching the library.

    Args:
        library: Its name in `TABLE`.

    Attributes:
        module: The instrumentor's module.
        instrumentor: An instance of our own, not the user's singleton.
    """

    def __init__(self, library: str) -> None:
        within = f"{opentelemetry.__name__}.instrumentation"
        with light(f"{within}.dependencies"):
            self.module: Any = import_module(f"{within}.{library}")
        kind = getattr(self.module, TABLE[library][1])
        original = _originals.get(library, kind._instrument)
        self.instrumentor = object.__new__(kind)
        kind.__init__(self.instrumentor)
        self.instrumentor._instrument = partial(original, self.instrumentor)

    def instrument(self, provider: TracerProvider, name: str, value: object, **more: Any) -> None:
        """Call `instrument`, which reads OTEL_SEMCONV_STABILITY_OPT_IN.

        Args:
            provider: Whose tracers the wrapper starts its spans with.
            name: What the instrumentor's module calls the class or function that it would change.
            value: What it meets instead.
            more: As for `instrument`.
        """
        kept = getattr(self.module, name)
        setattr(self.module, name, value)
        try:
            self.instrumentor.instrument(
                skip_dep_check=True,
                tracer_provider=provider,
                **{"meter_provider": NoOpMeterProvider(), **more},
            )
        finally:
            setattr(self.module, name, kept)


class ReplayMeters(NoOpMeterProvider):
    """Hands instrumentors meters whose histograms measure for the entry being described.

    Args:
        provider: It knows the entry, and keeps what is measured.
    """

    def __init__(self, provider: ReplayProvider) -> None:
        self._provider = provider

    def get_meter(self, name: str, *more: Any, **others: Any) -> _ReplayMeter:
        """Return a meter of the given scope."""
        return _ReplayMeter(self._provider, name, *more, **others)


class _ReplayMeter(NoOpMeter):
    def __init__(
        self,
        provider: ReplayProvider,
        name: str,
        version: str | None = None,
        schema_url: str | None = None,
        *_: Any,
    ) -> None:
        super().__init__(name, version, schema_url)
        self._provider = provider

    def create_histogram(
        self, name: str, unit: str = "", description: str = "", **about: Any
    ) -> _ReplayHistogram:
        from ..journal.instrument import HISTOGRAM, Instrument  # by the first that measures

        boundaries = about.get("explicit_bucket_boundaries_advisory")
        scope = self._name[self._name.find("opentelemetry.") :], self._version, self._schema_url
        about = {"boundaries": boundaries}
        made = Instrument((*scope, None), HISTOGRAM, name, unit, description, **about)
        return _ReplayHistogram(self._provider, made)


class _ReplayHistogram(NoOpHistogram):
    def __init__(self, provider: ReplayProvider, instrument: Any) -> None:
        super().__init__(instrument.name, instrument.unit, instrument.description)
        self._provider = provider
        self._instrument = instrument

    def record(self, amount: float, attributes: Any = None, *_: Any) -> None:
        """Measure for the entry; a duration is that of the entry, not of its description."""
        entry = self._provider.entry
        if entry is not None:
            value = (entry.end - entry.start) / 1e9 if self._instrument.unit == "s" else amount
            kept = self._instrument, value, dict(attributes or {}), entry, entry.end
            self._provider.measured.append(kept)


def adopt(library: str, module: ModuleType) -> None:
    """Let our recorder serve the official instrumentor's users.

    Args:
        library: Its name in `TABLE`.
        module: What has its official instrumentor, just imported.
    """
    instrumentor: Any = getattr(module, TABLE[library][1])
    original = _originals.setdefault(library, instrumentor._instrument)
    remove = instrumentor._uninstrument

    def _instrument(self: Any, **kwargs: Any) -> None:
        recorder = recorder_of(library)
        if recorder is None:
            original(self, **kwargs)
        elif _own_provider(kwargs.get("tracer_provider")):
            _notice.inform(
                f"{library} is instrumented by the function's own code with its own tracer "
                "provider: its calls are left to that."
            )
            recorder.recording = False
            _theirs.add(library)
            original(self, **kwargs)
        else:
            _theirs.discard(library)
            recorder.recording = True
            recorder.request_hook = _hook(library, kwargs, "request_hook")
            recorder.response_hook = _hook(library, kwargs, "response_hook")
            recorder.adopted(kwargs)

    def _uninstrument(self: Any, **kwargs: Any) -> None:
        recorder = recorder_of(library)
        if recorder is None or library in _theirs:
            _theirs.discard(library)
            remove(self, **kwargs)
        else:
            recorder.recording = False

    def uninstrument(self: Any, **kwargs: Any) -> None:
        """Work without an `instrument` before it: we start with recording."""
        recorder = recorder_of(library)
        if recorder is not None and recorder.recording:
            self._is_instrumented_by_opentelemetry = True
        module_uninstrument(self, **kwargs)

    module_uninstrument = instrumentor.uninstrument
    instrumentor._instrument = _instrument
    instrumentor._uninstrument = _uninstrument
    instrumentor.uninstrument = uninstrument


def _own_provider(given: object) -> bool:
    """Tell whether calls go to a tracer provider of the function's own, given or set before."""
    from ..otel_api.trace import RecordingTracerProvider, users_provider

    if given is None:
        return users_provider() is not None
    return not isinstance(given, RecordingTracerProvider)


def _hook(library: str, given: dict[str, Any], name: str) -> Any:
    hook = given.get(name)
    if hook is None or callable(hook):
        return hook
    _notice.warn(
        f"hook {library} {name}",
        lambda: f"{name}={_notice.shown(hook)} of {library} is no function: left out.",
    )
    return None
