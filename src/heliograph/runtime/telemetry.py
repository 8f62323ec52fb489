"""Telemetry of the process: switched on once, developed after each invocation.

All state of the running process that is not the journal's is in this module.
"""

from __future__ import annotations

import os
from time import perf_counter_ns, time_ns

from .. import _notice
from .._guard import guard
from ..journal import carry, recording, sampling
from ..journal.entry import journal
from . import foreign, hooks
from .invocation import EARLY_NS, Invocation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..config import Config
    from ..develop.development import Development
    from ..develop.extras import Extras
    from ..develop.pace import Deadline

config: Config | None = None
"""The settings in force; None while telemetry is off."""

running: Invocation | None = None
"""The invocation whose handler runs."""

last: Invocation | None = None
"""The invocation that ran last: it pays for the development after it."""

facades: dict[int, None] = {}
"""Trace ids of Lambda's own segments, the newest last; X-Ray's exporter looks them up."""

MAX_FACADES = 128
"""More invocations than can wait for their development."""

_development: Development | None = None
_extras: Extras | None = None
_hooked = False
_cold = True
_restored = False
_ready_ns = 0
_init_ns = 3_000_000


def switch_on(settings: Config, extras: Extras | None = None) -> None:
    """Record from now on. A second call replaces settings and exporters; hooks stay.

    Args:
        settings: The settings.
        extras: Processors, exporters and views that code adds.
    """
    global config, _development, _extras
    global _hooked
    config, _extras = settings, extras
    if _development is not None:
        _development.shutdown()
    _development = None
    recording.active = not settings.disabled
    if settings.disabled:
        return
    _choose_sampler(settings)
    _choose_propagators(settings)
    if not _hooked:
        _hooked = True
        hooks.install(settings, lambda: config)
        journal.overflow, journal.flush = develop_early, develop
        os.register_at_fork(after_in_child=_in_child)


def switch_off() -> None:
    """Record no more, and forget what was recorded: the end of a test."""
    global config, _development, _extras, running, last, _cold, _restored, _ready_ns
    if _development is not None:
        _development.shutdown()
    recording.active = False
    recording.request_id, recording.extras = None, ""
    carry.environment_header = ""
    config = _development = _extras = running = last = None
    _cold, _restored, _ready_ns = True, False, 0
    journal.drop()


def _in_child() -> None:
    """A forked child has none of its parent's facts to tell."""
    global running, last
    journal.drop()
    running = last = None


def _choose_sampler(settings: Config) -> None:
    name = settings.sampler
    if name in sampling.STANDARD:
        ratio = 1.0
        if name.endswith("traceidratio"):
            ratio = sampling.ratio(settings.sampler_argument)
        recording.decide = sampling.decision(name, ratio)
        return
    recording.decide = sampling.decision("parentbased_always_on", 1.0)
    with guard(f"loading the sampler {name}"):
        from ..api import sampler

        decide = sampler.provided(name, settings.sampler_argument)
        if decide is not None:
            recording.decide = decide


def _choose_propagators(settings: Config) -> None:
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


def development() -> Development | None:
    """Return what develops the journal; None while telemetry is off."""
    global _development
    if _development is None and config is not None and recording.active:
        from ..develop.development import Development
        from ..develop.extras import Extras

        _development = Development(config, _extras or Extras(), facades, _init_ns, _properties)
    return _development


def _properties() -> dict[str, object]:
    """Return the EMF properties of the invocation that ran last (emf spec 6)."""
    invocation = running or last
    if invocation is None or invocation.request_id is None:
        return {}
    root = f"{invocation.entry.trace.id:032x}"
    return {
        "function_request_id": invocation.request_id,
        "xray_trace_id": f"1-{root[:8]}-{root[8:]}",
    }


def measure_init(started_ns: int) -> None:
    """Take what our own part of init took as the yardstick of this machine's speed.

    Args:
        started_ns: `perf_counter_ns` when it began. The function's own imports are not part of it:
            seconds of them would tell development that there is never time (`develop/pace.py`).
    """
    global _init_ns
    _init_ns = perf_counter_ns() - started_ns


def ready() -> None:
    """Note that init is over."""
    global _ready_ns
    _ready_ns = time_ns()


def load_now() -> None:
    """Import the SDK and the exporters now: eager start, or before a snapshot."""
    with guard("loading the OpenTelemetry SDK during init"):
        developing = development()
        if developing is not None:
            developing.load()


def restored() -> None:
    """Note that the environment was restored from a snapshot: its next invocation is cold."""
    global _cold, _restored, _ready_ns
    _cold = _restored = True
    _ready_ns = time_ns()


def begin(event: object, context: object) -> Invocation | None:
    """Begin an invocation; None if telemetry is off."""
    global running, last, _cold
    settings = config
    if settings is None or not recording.active:
        return None
    cold = _cold and settings.init_type != "provisioned-concurrency"
    _cold = False
    invocation = Invocation(settings, event, context, cold=cold)
    if cold:
        _tell_start(invocation)
    if invocation.facade:
        _add_facade(invocation.entry.trace.id)
    running = last = invocation
    return invocation


def _tell_start(invocation: Invocation) -> None:
    """Tell how the environment of a cold start came to be (lifecycle spec 1.1, 1.2)."""
    if _restored:
        invocation.entry.op("set_attribute", "heliograph.restore", True)
    waited = invocation.entry.start - _ready_ns
    if _ready_ns and waited > EARLY_NS:
        invocation.entry.op("set_attribute", "heliograph.init.gap_ms", waited // 1_000_000)


def _add_facade(trace_id: int) -> None:
    facades[trace_id] = None
    if len(facades) > MAX_FACADES:
        del facades[next(iter(facades))]


def over() -> None:
    """Note that the handler has ended: what it left behind belongs to no current span."""
    global running
    running = None


def deadline() -> Deadline:
    """Return the deadline of the invocation that pays for a development.

    Past its deadline an invocation has failed already, and development can do no more harm.
    """
    from ..develop.pace import Deadline

    invocation = running or last
    if invocation is None or invocation.late:
        return Deadline()
    return Deadline(invocation.deadline_ns)


def develop() -> bool:
    """Develop what the journal holds, as far as the invocation's time allows."""
    done = True
    with guard("developing the journal"):
        developing = development()
        if developing is not None:
            done = developing.run(deadline())
            foreign.finish(deadline())
    return done


def develop_early() -> None:
    """Develop in line because the journal is full; tell it, for the caller waits."""
    _notice.warn(
        "journal full",
        "so many spans or measurements in one invocation are developed while it runs, so that "
        "none is lost: the caller waits for that.",
    )
    develop()


def develop_all() -> None:
    """Develop all that there is, open spans too, because the process is about to end."""
    with guard("developing the journal at the end of the process"):
        now = time_ns()
        for entry in journal.entries:
            if not entry.end:
                entry.op("set_attribute", "heliograph.unfinished", True)
                entry.end = now
        developing = development()
        if developing is not None:
            from ..develop.pace import Deadline

            developing.run(Deadline())
            foreign.finish(Deadline())


def develop_at_exit() -> None:
    """Develop all that there is, and shut the exporters down."""
    develop_all()
    with guard("shutting the exporters down"):
        if _development is not None:
            _development.shutdown()
