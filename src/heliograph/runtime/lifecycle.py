"""Telemetry of the process: switched on once, developed after each invocation.

What is on is in `journal.state`; what switches it, and develops, is kept here.
"""

from __future__ import annotations

import atexit
import os
import sys
from time import perf_counter_ns, time_ns

from .. import _notice, libraries
from .._guard import guard, guarded
from ..journal import journal, parentbased_always_on, state
from ..journal.entry import forget_ids
from ..libraries import after_import
from .invocation import Invocation, lambda_traces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

    from ..develop.development import Development, SdkObjects
    from ..develop.time_budget import Deadline
    from ..settings.config import Config

USUAL_PROPAGATORS = ("tracecontext", "baggage", "xray")
USUAL = ("auto", ("xray",), USUAL_PROPAGATORS, "parentbased_always_on")  # else: `choices.py`
USERS_PROVIDER = f"{__package__}.users_provider"  # loaded where the function has one
FORKS = f"{__package__}.forks"  # loaded by the first fork

HOOKS = (
    ("threading", "threading", "journal.threads", "install"),
    ("threading", "concurrent.futures.thread", "journal.threads", "install_pool"),
    ("", "opentelemetry.context", "otel_api.context", "install"),
    ("", "opentelemetry.trace", "otel_api.trace", "install"),
    ("", "opentelemetry.sdk.trace", "otel_api.trace", "install_sdk"),
    ("", "opentelemetry.metrics", "otel_api.metrics", "install"),
    ("aws-lambda", "opentelemetry.instrumentation.aws_lambda", "otel_api.handlers", "adopt"),
)
"""What is done after an import: the switch that leaves it out, the module, our module, function."""


def switch_on(
    settings: Config,
    sdk_objects: SdkObjects | None = None,
    in_background: Callable[..., Development] | None = None,
) -> None:
    """Record from now on. A second call replaces settings and exporters; hooks stay.

    Args:
        settings: The settings.
        sdk_objects: Processors, exporters and views that code adds.
        in_background: Makes what develops the journal of a process that is no function.
    """
    if state.development is not None:
        state.development.shutdown()
    state.config, state.sdk_objects, state.development = settings, sdk_objects, None
    state.in_background = in_background
    state.active = not settings.disabled
    state.hooks = sdk_objects.hooks if sdk_objects is not None else None
    state.extras = state.hooks is not None or settings.extras()
    if settings.disabled:
        return
    _choose(settings)
    if not state.hooked:
        state.hooked = True
        _install_hooks(settings)
        journal.overflow, journal.flush = develop_early, develop
        os.register_at_fork(before=_before_fork, after_in_child=_in_child)
        atexit.register(develop_at_exit)
        after_import("multiprocessing.util", _develop_children)
    if (
        settings.in_lambda
        and in_background is None
        and (settings.black_box[0] or settings.deadline)
    ):
        from . import watching

        watching.switch_on(settings)


def switch_off() -> None:
    """Record no more, and forget what was recorded: the end of a test."""
    if state.development is not None:
        state.development.shutdown()
    if state.watching is not None:
        state.watching.switch_off()
    state.reset()
    journal.drop()


def _before_fork() -> None:
    """What a child needs of us is whole, and its spans hang below those of its parent."""
    with guard("preparing a fork"):
        from . import forks

        share = state.in_background is None
        forks.prepare(state.running, state.development, share=share)


def _in_child() -> None:
    """A forked child has none of its parent's facts to tell, and an exporter of its own."""
    journal.drop()
    forget_ids()
    state.running = state.last = state.development = None
    if state.watching is not None:
        state.watching.in_child()
    if FORKS in sys.modules:
        sys.modules[FORKS].in_child()


def _develop_children(util: Any) -> None:
    """Develop what a child of `multiprocessing` recorded: it ends by `os._exit`, without `atexit`.

    Args:
        util: `multiprocessing.util`, just imported.
    """
    util.register_after_fork(
        _in_child, lambda _: util.Finalize(None, develop_at_exit, exitpriority=0)
    )


def _install_hooks(settings: Config) -> None:
    libraries.install(settings, live=state.in_background is not None)
    for library, module, place, function in HOOKS:
        if not settings.leaves_alone(library):
            after_import(module, _calling(place, function))
    after_import("opentelemetry.propagate", _propagate)


def _calling(place: str, function: str) -> Callable[[ModuleType], None]:
    def then(module: ModuleType) -> None:
        from importlib import import_module

        getattr(import_module(f"heliograph.{place}"), function)(module)

    return then


def _propagate(module: ModuleType) -> None:
    from ..otel_api import propagate

    propagate.install(module, state.config.propagators if state.config is not None else ())


def _choose(settings: Config) -> None:
    """Set sampler, propagators and parents; what is not the default is modules more to load."""
    state.policy, state.decide, state.writers = None, parentbased_always_on, None
    chosen = settings.parent, settings.traces_exporters, settings.propagators, settings.sampler
    state.warmup_keys = frozenset(settings.warmup_keys) or None
    if state.sdk_objects is not None or chosen != USUAL:
        from . import choices

        choices.make(settings, state.sdk_objects)


def development() -> Development | None:
    """Return what develops the journal; None while telemetry is off."""
    if state.development is None and state.config is not None and state.active:
        before = list(sys.path)
        sys.path += [place for place in state.config.path if place not in before]
        from ..develop.development import Development, SdkObjects

        sys.path[:] = before
        sdk_objects = state.sdk_objects or SdkObjects()
        make = state.in_background or Development
        state.development = make(
            state.config, sdk_objects, lambda_traces, state.init_ns, _properties, libraries.part
        )
    return state.development


def _properties() -> dict[str, object]:
    from . import description

    invocation = state.running or state.last
    return description.properties(invocation) if invocation is not None else {}


def measure_init(started_ns: int) -> None:
    """Take what our part of init took as the yardstick of this machine's speed.

    Args:
        started_ns: `perf_counter_ns` when it began. The function's own imports are no part of it:
            after seconds of them there would never seem to be time (`develop/time_budget.py`).
    """
    state.init_ns = perf_counter_ns() - started_ns


def ready() -> None:
    """Note that init is over."""
    state.ready_ns = time_ns()


def load_now() -> None:
    """Import the SDK and the exporters now: eager start, or before a snapshot."""
    with guard("loading the OpenTelemetry SDK during init"):
        developing = development()
        if developing is not None:
            developing.load()


def restored() -> None:
    """Note that the environment was restored from a snapshot: its next invocation is cold."""
    state.cold = state.restored = True
    state.ready_ns = time_ns()


def begin(event: object, context: object) -> Invocation | None:
    """Begin an invocation; None if telemetry is off."""
    settings = state.config
    if settings is None or not state.active:
        return None
    cold, state.cold = state.cold and settings.init_type != "provisioned-concurrency", False
    _settle()
    state.running = state.last = invocation = Invocation(settings, event, context, cold=cold)
    if cold:
        invocation.first(state.ready_ns, restored=state.restored)
    if state.watching is not None:
        state.watching.begin(invocation, context, cold=cold)
    return invocation


def _settle() -> None:
    if state.last is not None and not state.last.settled:
        guarded("describing the invocation", state.last.settle)


def over() -> None:
    """Note that the handler has ended."""
    state.running = None
    if state.watching is not None:
        state.watching.over()


def deadline() -> Deadline:
    """Return the deadline of the invocation that pays for a development; none for a late one."""
    from ..develop.time_budget import Deadline

    invocation = state.running or state.last
    if invocation is None or invocation.late:
        return Deadline()
    return Deadline(invocation.deadline_ns)


def develop() -> bool:
    """Develop what the journal holds, as far as the invocation's time allows."""
    return _develop() if state.watching is None else bool(state.watching.develop(_develop))


def _develop() -> bool:
    with guard("developing the journal"):
        _settle()
        _collect()
        facts = journal.entries or journal.measurements or (state.last and journal.observables)
        if state.development is None and not facts and USERS_PROVIDER not in sys.modules:
            return True  # nothing ever was: an environment's first wait
        if state.running is None and state.last is not None:
            start = state.last.entry.start
            if journal.entries and journal.entries[0].start < start:  # of an invocation before
                from . import unfinished

                unfinished.close(start)
        developing = development()
        if developing is not None:
            until = deadline()
            done = developing.run(until)
            _finish_theirs(until)
            return done
    return True


def _collect() -> None:
    if FORKS in sys.modules:
        sys.modules[FORKS].collect()


def _finish_theirs(until: Deadline) -> None:
    if USERS_PROVIDER in sys.modules:
        sys.modules[USERS_PROVIDER].finish(until)


def develop_early() -> None:
    """Develop now because the journal is full; tell it, for the caller waits."""
    from .._interrupts import signals_later

    _notice.warn(
        "journal full",
        "so many spans or measurements in one invocation are developed while it runs, so that "
        "none is lost: the caller waits for that.",
    )
    with guard("developing the journal"):
        with signals_later():  # what they raise would be lost in an import
            developing = development()
        if developing is not None:
            developing.run_early(deadline())


def develop_all() -> None:
    """Develop all that there is, open spans too, because the process is about to end."""
    with guard("developing the journal at the end of the process"):
        if state.running is not None:
            state.running.entry.resolve()
        _settle()
        _collect()
        if journal.entries:
            from . import unfinished

            unfinished.close()
        developing = development()
        if developing is not None:
            from ..develop.time_budget import Deadline

            developing.run(Deadline())
            _finish_theirs(Deadline())


def develop_at_exit() -> None:
    """Develop all that there is, and shut the exporters down."""
    if state.watching is not None:
        state.watching.ends()
    develop_all()
    with guard("shutting the exporters down"):
        if state.development is not None:
            state.development.shutdown()
    if state.watching is not None:
        state.watching.ended()
