"""A process that is no Lambda function: a container, a server, a batch job, a script."""

from __future__ import annotations

import os
import threading
from importlib import import_module
from time import sleep
from typing import TYPE_CHECKING

from ..journal import state
from ..libraries import TABLE, after_import
from . import telemetry

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

    from ..develop.development import Development, Extras
    from ..develop.process import Ordinary
    from ..settings.config import Config

EVERY_SECONDS = 1.0
"""How often what the door recorded goes into the batches, which leave every 5 s by default."""

_ordinary: Ordinary | None = None


def start(config: Config, extras: Extras, *, instrument: bool) -> None:
    """Set the SDK up in the ordinary way: global providers, batches, propagators.

    Args:
        config: The settings.
        extras: What code adds to them.
        instrument: Instrument boto3 and requests. `opentelemetry-instrument` does it by itself.
    """
    global _ordinary
    extras.development = _background
    telemetry.switch_on(config, extras)  # first: OpenTelemetry can be imported with what it leaves
    if config.disabled:
        return
    from ..settings.lending import lent

    with lent(config):
        from ..develop.process import Ordinary

        ordinary = _ordinary = Ordinary(config, extras)
    ordinary.become_global(config)
    _start_thread(ordinary)
    os.register_at_fork(after_in_child=lambda: _start_thread(ordinary))
    if instrument:
        _instrument(config)


def _background(*about: Any) -> Development:
    from ..develop.process import BackgroundDevelopment

    assert _ordinary is not None  # what is developed was recorded after `start`
    return BackgroundDevelopment(_ordinary, *about)


def flush() -> bool:
    """Send what waits in the batches; tells whether all of it went."""
    return _ordinary is None or _ordinary.flush()


def _start_thread(ordinary: Ordinary) -> None:
    if _ordinary is ordinary:
        threading.Thread(target=_develop, args=(ordinary,), name="heliograph", daemon=True).start()


def _develop(ordinary: Ordinary) -> None:
    """Develop what the door recorded, until telemetry is set up anew."""
    while _ordinary is ordinary and state.config is not None:
        sleep(EVERY_SECONDS)
        telemetry.develop()


def _instrument(config: Config) -> None:
    for library, (module, instrumentor) in TABLE.items():
        if not config.leaves_alone(library):
            after_import(module, _instrumenting(config, library, instrumentor))


def _instrumenting(config: Config, library: str, name: str) -> Callable[[ModuleType], None]:
    def then(_: ModuleType) -> None:
        from ..settings.lending import lent

        with lent(config):
            official = import_module(f"opentelemetry.instrumentation.{library}")
            instrumentor: Any = getattr(official, name)()
            if not instrumentor.is_instrumented_by_opentelemetry:
                instrumentor.instrument()

    return then
