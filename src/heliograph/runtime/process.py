"""A process that is no Lambda function: a container, a server, a batch job, a script."""

from __future__ import annotations

import os
import threading
from importlib import import_module
from time import sleep
from typing import TYPE_CHECKING

from ..journal import state
from ..libraries import TABLE, after_import, install_installed, official_module
from . import lifecycle

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

    from ..develop.development import Development, SdkObjects
    from ..develop.process import SdkProviders
    from ..settings.config import Config

EVERY_SECONDS = 1.0
"""How often what the public API recorded goes into the batches; they leave every 5 s by default."""

_providers: SdkProviders | None = None


def start(config: Config, sdk_objects: SdkObjects, *, instrument: bool) -> None:
    """Set the SDK up in the ordinary way: global providers, batches, propagators.

    Args:
        config: The settings.
        sdk_objects: What code adds to them.
        instrument: Instrument the known libraries. `opentelemetry-instrument` does it by itself.
    """
    global _providers
    # first: OpenTelemetry can be imported with what it leaves
    lifecycle.switch_on(config, sdk_objects, in_background=_background)
    if config.disabled:
        return
    from ..settings.lending import lent

    with lent(config):
        from ..develop.process import SdkProviders

        providers = _providers = SdkProviders(config, sdk_objects)
    providers.become_global(config)
    _start_thread(providers)
    os.register_at_fork(after_in_child=lambda: _start_thread(providers))
    if instrument:
        _instrument(config)


def _background(*about: Any) -> Development:
    from ..develop.background import BackgroundDevelopment

    assert _providers is not None  # what is developed was recorded after `start`
    return BackgroundDevelopment(_providers, *about)


def flush() -> bool:
    """Send what waits in the batches; tells whether all of it went."""
    return _providers is None or _providers.flush()


def _start_thread(providers: SdkProviders) -> None:
    if _providers is providers:
        threading.Thread(target=_develop, args=(providers,), name="heliograph", daemon=True).start()


def _develop(providers: SdkProviders) -> None:
    """Develop what the public API recorded, until telemetry is set up anew."""
    while _providers is providers and state.config is not None:
        sleep(EVERY_SECONDS)
        lifecycle.develop()


def _instrument(config: Config) -> None:
    for library, (module, instrumentor) in TABLE.items():
        if not config.leaves_alone(library):
            after_import(module, _instrumenting(config, library, instrumentor))
    install_installed(config)


def _instrumenting(config: Config, library: str, name: str) -> Callable[[ModuleType], None]:
    def then(_: ModuleType) -> None:
        from ..settings.lending import lent

        with lent(config):
            official = import_module(official_module(library))
            instrumentor: Any = getattr(official, name)()
            if not instrumentor.is_instrumented_by_opentelemetry:
                instrumentor.instrument()

    return then
