"""Telemetry of the process: switched on once, developed after each invocation.

All state of the running process that is not the journal's is in this module.
"""

from __future__ import annotations

import os
from time import perf_counter_ns, time_ns

from .. import _notice
from .._guard import guard
from ..journal import carry, hooks, recording, sampling
from ..journal.entry import journal
from .invocation import Invocation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
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
        _install_hooks(settings)
        journal.overflow = develop_early
        os.register_at_fork(after_in_child=_in_child)


def switch_off() -> None:
    """Record no more, and forget what was recorded: the end of a test."""
    global config, _development, _extras, running, last, _cold
    if _development is not None:
        _development.shutdown()
    recording.active = False
    recording.request_id, recording.extras = None, ""
    carry.environment_header = ""
    config = _development = _extras = running = last = None
    _cold = True
    journal.drop()


def _in_child() -> None:
    """A forked child has none of its parent's facts to tell."""
    global running, last
    journal.drop()
    running = last = None


def _install_hooks(settings: Config) -> None:
    off = settings.disabled_instrumentations
    if "botocore" not in off:
        hooks.after_import("botocore.client", _botocore)
        if settings.aws_header:
            hooks.after_import("botocore.endpoint", _botocore_header)
    if "requests" not in off:
        hooks.after_import("requests.sessions", _requests)
    if "threading" not in off:
        hooks.after_import("threading", _threads)
        hooks.after_import("concurrent.futures.thread", _pool)
    hooks.after_import("opentelemetry.context", _otel_context)
    hooks.after_import("opentelemetry.trace", _otel_trace)
    hooks.after_import("opentelemetry.metrics", _otel_metrics)
    hooks.after_import("opentelemetry.propagate", _otel_propagate)
    for library in ("botocore", "requests"):
        hooks.after_import(f"opentelemetry.instrumentation.{library}", _instrumentor)


def _botocore(module: ModuleType) -> None:
    from ..journal import botocore

    botocore.install(module)


def _botocore_header(module: ModuleType) -> None:
    from ..journal import botocore

    botocore.install_header(module)


def _requests(module: ModuleType) -> None:
    from ..journal import requests

    requests.install(module)
    if config is not None and config.excluded_urls:
        requests.exclude(config.excluded_urls)


def _threads(module: ModuleType) -> None:
    from ..journal import threads

    threads.install(module)


def _pool(module: ModuleType) -> None:
    from ..journal import threads

    threads.install_pool(module)


def _otel_context(module: ModuleType) -> None:
    from ..api import context

    context.install(module)


def _otel_trace(module: ModuleType) -> None:
    from ..api import trace

    trace.install(module)


def _otel_metrics(module: ModuleType) -> None:
    from ..api import metrics

    metrics.install(module)


def _otel_propagate(module: ModuleType) -> None:
    from ..api import propagate

    propagate.install(module, config.propagators if config is not None else ())


def _instrumentor(module: ModuleType) -> None:
    from ..api import instrumentors

    instrumentors.adopt(module)


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


def ready(started_ns: int) -> None:
    """Note that init is over.

    Args:
        started_ns: `perf_counter_ns` when our part of init began; its own duration is the
            yardstick of this machine's speed (`develop/pace.py`).
    """
    global _ready_ns, _init_ns
    _ready_ns = time_ns()
    _init_ns = perf_counter_ns() - started_ns


def load_now() -> None:
    """Import the SDK and the exporters now: eager start, or before a snapshot."""
    with guard("loading the OpenTelemetry SDK during init"):
        developing = development()
        if developing is not None:
            developing.load()


def restored() -> None:
    """Note that the environment was restored from a snapshot: its next invocation is cold."""
    global _cold, _ready_ns
    _cold = True
    _ready_ns = time_ns()


def begin(event: object, context: object) -> Invocation | None:
    """Begin an invocation; None if telemetry is off or its span is not wanted."""
    global running, last, _cold
    settings = config
    if settings is None or not recording.active:
        return None
    cold = _cold and settings.init_type != "provisioned-concurrency"
    _cold = False
    invocation = Invocation(settings, event, context, cold=cold)
    if invocation.facade:
        _add_facade(invocation.entry.trace.id)
    running = last = invocation
    return invocation


def _add_facade(trace_id: int) -> None:
    facades[trace_id] = None
    if len(facades) > MAX_FACADES:
        del facades[next(iter(facades))]


def over() -> None:
    """Note that the handler has ended: what it left behind belongs to no current span."""
    global running
    running = None


def deadline() -> Deadline:
    """Return the deadline of the invocation that pays for a development."""
    from ..develop.pace import Deadline

    invocation = running or last
    return Deadline(invocation.deadline_ns if invocation is not None else None)


def develop() -> bool:
    """Develop what the journal holds, as far as the invocation's time allows."""
    done = True
    with guard("developing the journal"):
        developing = development()
        if developing is not None:
            done = developing.run(deadline())
    return done


def develop_early() -> None:
    """Develop in line because the journal is full; tell it, for the caller waits."""
    _notice.warn(
        "journal full",
        "so many spans or measurements in one invocation are developed while it runs, so that "
        "none is lost: the caller waits for that.",
    )
    develop()


def develop_at_exit() -> None:
    """Develop all that there is, because the process ends."""
    with guard("developing the journal at exit"):
        now = time_ns()
        for entry in journal.entries:
            if not entry.end:
                entry.op("set_attribute", "heliograph.unfinished", True)
                entry.end = now
        developing = development()
        if developing is not None:
            from ..develop.pace import Deadline

            developing.run(Deadline())
            developing.shutdown()
