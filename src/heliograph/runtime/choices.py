"""A sampler and propagators that are not the default ones."""

from __future__ import annotations

from .._guard import guard
from ..journal import carry, recording, sampling

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..config import Config


def sampler(settings: Config) -> None:
    """Set the sampler: one of OpenTelemetry's standard ones, or an official class by its name."""
    name = settings.sampler
    if name in sampling.STANDARD:
        ratio = 1.0
        if name.endswith("traceidratio"):
            ratio = sampling.ratio(settings.sampler_argument)
        recording.decide = sampling.decision(name, ratio)
        return
    with guard(f"loading the sampler {name}"):
        from ..api import sampler as official

        decide = official.provided(name, settings.sampler_argument)
        if decide is not None:
            recording.decide = decide


def propagators(settings: Config) -> None:
    """Set what is written on HTTP requests; a propagator that is not ours is the official one."""
    writers: list[Any] = []
    for name in dict.fromkeys(settings.propagators):
        if name == "none":
            writers = []
            break
        native = carry.NATIVE.get(name)
        if native is not None:
            writers.append(native)
            continue
        with guard(f"loading the propagator {name}"):
            from ..api import propagate

            official = propagate.provided(name)
            if official is not None:
                writers.append(official)
    carry.writers[:] = dict.fromkeys(writers)
