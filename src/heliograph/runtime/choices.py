"""Settings that are not the default: samplers, propagators, parents."""

from __future__ import annotations

from .._guard import guard
from ..journal import state
from ..propagation import NATIVE, sampling
from ..propagation.parents import Policy
from ..settings.lending import keep_propagators

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..develop.development import SdkObjects
    from ..settings.config import Config


def make(settings: Config, sdk_objects: SdkObjects | None) -> None:
    """Set what the settings choose, and what code adds.

    Args:
        settings: The settings.
        sdk_objects: What code adds to them.
    """
    if settings.sampler != "parentbased_always_on":
        sampler(settings)
    propagators(settings)
    state.policy = Policy(settings, sdk_objects)


def sampler(settings: Config) -> None:
    """Set the sampler: one of OpenTelemetry's standard ones, or an official class by its name."""
    name = settings.sampler
    if name in sampling.STANDARD:
        ratio = 1.0
        if name.endswith("traceidratio"):
            ratio = sampling.ratio(settings.sampler_argument)
        state.decide = sampling.decision(name, ratio)
        return
    with guard(f"loading the sampler {name}"):
        from ..otel_api import sampler as official
        from ..settings.lending import lent

        with lent(settings):
            decide = official.provided(name, settings.sampler_argument)
        if decide is not None:
            state.decide = decide


def propagators(settings: Config) -> None:
    """Set what is written on HTTP requests; a propagator that is not ours is the official one."""
    writers: dict[str, Any] = {}
    for name in dict.fromkeys(settings.propagators):
        if name == "none":
            writers = {}
            break
        native = NATIVE.get(name)
        if native is not None:
            writers[name] = native
            continue
        with guard(f"loading the propagator {name}"):
            from ..otel_api import propagate

            official = propagate.provided(name)
            if official is not None:
                writers[name] = official
    keep_propagators(list(writers))
    state.writers = list(writers.values())
