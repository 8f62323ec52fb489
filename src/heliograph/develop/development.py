"""Developing a journal: entries become spans, measurements become metrics, both are exported."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found] # built in
import sys
from _thread import allocate_lock, get_ident
from contextlib import nullcontext
from contextvars import Context
from threading import Event
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

from .. import _notice
from .._guard import guard, guarded
from ..journal import journal, state
from . import imported
from .time_budget import Deadline, Pace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..journal.entry import Entry
    from ..settings.config import Config
    from .describe import Describers
    from .pipeline import Pipeline

LEAST_FRAMES = 1000
"""Python's own recursion limit; a development takes some sixty frames."""
WAIT_SECONDS = 10.0
"""Longest wait of a thread for the development of a journal that is full."""

LOADS = 10
"""Loads of the SDK before it is given up: memory or a descriptor may be missing for a while, but
with a package that does not fit it fails for good, and costs milliseconds each time."""


def _undisturbed() -> Any:
    """Return a context that the function's signal handlers do not run in, if it has any."""
    usual = _signal.SIG_DFL, _signal.SIG_IGN, _signal.default_int_handler, None
    if all(_signal.getsignal(number) in usual for number in _signal.valid_signals()):
        return nullcontext()
    from .._interrupts import signals_later

    return signals_later()


class SdkObjects:
    """What code adds to the configured pipeline: processors, exporters, readers and views.

    Here, and not in a file of its own: that would be a module more in every first development.
    """

    def __init__(
        self,
        span_processors: Sequence[Any] | None = None,
        span_exporters: Sequence[Any] | None = None,
        metric_readers: Sequence[Any] | None = None,
        metric_exporters: Sequence[Any] | None = None,
        views: Sequence[Any] | None = None,
        hooks: tuple[Any, Any] | None = None,
    ) -> None:
        self.span_processors = list(span_processors or ())
        self.span_exporters = list(span_exporters or ())
        self.metric_readers = list(metric_readers or ())
        self.metric_exporters = list(metric_exporters or ())
        self.views = list(views or ())
        self.hooks = hooks if hooks is not None and any(hooks) else None


class Development:
    """Develops the process's journal, one development at a time.

    Importing this module imports nothing of OpenTelemetry; the first development does.

    Args:
        config: The settings.
        sdk_objects: What code adds to them.
        lambda_traces: Trace ids of Lambda's own segments.
        init_ns: What our part of init took: the yardstick of this machine's speed.
        properties: Makes the EMF properties of the running invocation.
        part: Imports a part of a library's folder, such as "botocore.describe".
    """

    def __init__(
        self,
        config: Config,
        sdk_objects: SdkObjects,
        lambda_traces: dict[int, None],
        init_ns: int,
        properties: Callable[[], dict[str, object]],
        part: Callable[[str], Any],
    ) -> None:
        self._config = config
        self._sdk_objects = sdk_objects
        self._lambda_traces = lambda_traces
        self._properties = properties
        self._part = part
        self._pace = Pace(init_ns)
        self._lock = allocate_lock()
        self._loading = allocate_lock()
        self._thread = 0
        self._early = Event()
        self._early.set()  # none is under way
        self._idle = Event()
        self._idle.set()
        self._pipeline: Pipeline | None = None
        self._describers: Describers | None = None
        self._loads = 0

    def run(self, deadline: Deadline) -> bool:
        """Develop what the journal holds, as far as time allows; the rest stays in it.

        Args:
            deadline: Of the invocation that pays for it.

        Returns:
            Whether everything was developed.
        """
        for free in (self._early, self._idle):  # what another thread is at would be left for later
            if not free.is_set():
                self._wait(free, deadline)
        with _undisturbed():
            if not self._lock.acquire(blocking=False):
                return False  # another thread is at it, and takes what is there
            try:
                return self._alone(deadline)
            finally:
                self._lock.release()

    def run_early(self, deadline: Deadline) -> None:
        """Develop a journal that is full while the handler runs, which waits for it.

        In a thread of its own: a time limit of the function's, which its signal handler raises,
        ends the wait and not the development. Where that thread may in turn be waiting for the
        handler's, such as for a lock of the function's that an exporter takes, the wait is bounded.
        What records within a development or in a signal handler does not wait at all.
        """
        from .._interrupts import interrupting, start_thread

        over = self._early
        if over.is_set() and self._thread != get_ident() and not interrupting():
            over = Event()
            start_thread(self._aside, deadline, over)
        self._wait(over, deadline)

    def _wait(self, over: Event, deadline: Deadline) -> None:
        """Wait for another thread's development, but not in one, nor in a signal handler."""
        from .._interrupts import interrupting

        if self._thread != get_ident() and not interrupting():
            left = deadline.rest()
            over.wait(WAIT_SECONDS if left is None else max(0, min(WAIT_SECONDS, left)))

    def _aside(self, deadline: Deadline, over: Event) -> None:
        self._early = over
        try:
            with self._lock, guard("developing the journal"):
                if journal.is_full():  # else somebody else was faster
                    self._alone(deadline)
        finally:
            over.set()

    def _alone(self, deadline: Deadline) -> bool:
        self._thread = get_ident()
        self._idle.clear()
        frames = sys.getrecursionlimit()  # the function may have left it low
        sys.setrecursionlimit(max(frames, LEAST_FRAMES))
        try:
            # in a context of its own: user code's current span is not ours
            done: bool = Context().run(self._run, deadline)
            return done
        finally:
            sys.setrecursionlimit(frames)
            self._thread = 0
            self._idle.set()

    def load(self) -> None:
        """Import the SDK, exporters and describers: at the first development, or in eager init."""
        if self._pipeline is not None:
            return
        from ..journal.recording import recorders
        from ..settings.lending import lent

        self._loads += 1
        with self._loading, lent(self._config):
            describe, replay = imported("develop.describe"), imported("develop.replay")
            make = imported("develop.lambda_pipeline").LambdaPipeline
            pipeline = make(self._config, self._sdk_objects, self._lambda_traces, self._properties)
            replay.tell_once()
            self._describers = describe.Describers(pipeline, self._part)
            for library in dict.fromkeys(one.library for one in recorders.values()):
                self._describers.build(library)
        self._pipeline = pipeline

    @property
    def loaded(self) -> bool:
        """Whether the SDK is imported, and the pipeline stands."""
        return self._pipeline is not None

    def local_exporters(self) -> Sequence[Any]:
        """Return the exporters that write to this machine, as far as there are any yet."""
        return self._pipeline.local if self._pipeline is not None else ()

    def wait_loaded(self) -> None:
        """Wait for another thread that loads the SDK now: a fork would leave it half loaded."""
        another = self._thread not in (0, get_ident())
        if another and self._loading.acquire(timeout=WAIT_SECONDS):
            self._loading.release()

    def _run(self, deadline: Deadline) -> bool:
        entries, measurements = journal.take()
        try:
            return self._develop(entries, measurements, deadline)
        finally:  # not all: no time, a failed load, or something was raised into it
            if entries or measurements:
                journal.put_back(entries, measurements)
                if journal.is_full():
                    from ..journal import full

                    full.shorten(journal)

    def _develop(
        self, entries: list[Entry], measurements: list[tuple[Any, ...]], deadline: Deadline
    ) -> bool:
        """Develop what was taken; what is done is removed from the lists."""
        if not entries and not measurements and not journal.observables:
            if self._pipeline is not None:
                self._pipeline.deliver(deadline)
            return True
        began, watcher = perf_counter_ns(), state.watcher if self.loaded else None
        if self._pipeline is None:
            if not deadline.allows(self._pace.load):
                self._kept(len(entries), deadline)
                return False
            if self._loads < LOADS:
                with guard("loading the OpenTelemetry SDK"):
                    self.load()
        if self._pipeline is None:
            from .packages import tell_older

            tell_older()
            if self._loads >= LOADS:
                entries.clear()
                measurements.clear()
            return False
        box = state.box if state.running is not None else None
        taken = entries[:] if box is not None else []
        self._spans(entries, deadline)
        measurements += self._measured()
        self._metrics(measurements)
        started = perf_counter_ns()
        self._pipeline.export()
        if box is not None:
            from ..blackbox.lasting import exported

            done = [entry.span_id for entry in taken[: len(taken) - len(entries)]]
            guarded("writing the black box", exported, box, done)
        self._pace.learn_export(perf_counter_ns() - started)
        self._pipeline.deliver(deadline)
        if watcher is not None:
            watcher.margin.learn(perf_counter_ns() - began)
        if entries:
            self._kept(len(entries), deadline)
        return not entries and not measurements

    def _spans(self, entries: list[Entry], deadline: Deadline) -> None:
        pace, describers = self._pace, self._describers
        assert describers is not None  # loaded
        done = 0
        try:
            for entry in entries:
                if not deadline.allows(pace.span + pace.export):
                    break
                started = perf_counter_ns()
                if entry.undescribed is not None:  # it could not be done before
                    guarded("describing the invocation", entry.describe)
                with guard(f"developing the span {entry.name}"):
                    describers.make_span(entry)
                done += 1  # what a signal handler raises passes the guard: this one is made anew
                pace.learn_span(perf_counter_ns() - started)
        finally:
            del entries[:done]

    def _measured(self) -> list[tuple[Any, ...]]:
        """Take what instrumentors have measured, where somebody gets it.

        EMF gets what a setting names (docs/metrics.md): without it the metrics SDK is not loaded.
        """
        measured: list[tuple[Any, ...]] = []
        if self._describers is not None and self._describers.measured:
            measured += self._describers.measured
            self._describers.measured.clear()
            config, ours = self._config, self._sdk_objects
            local = {"emf", "none"}.issuperset(config.metrics_exporters)
            if local and not (
                config.emf_instrumentation_metrics or ours.metric_readers or ours.metric_exporters
            ):
                measured.clear()
        return measured

    def _metrics(self, measurements: list[tuple[Any, ...]]) -> None:
        if not measurements and not journal.observables:
            return
        from .periods import arrange

        metering: Any = None
        with guard("loading the OpenTelemetry metrics SDK"):
            pipeline: Any = self._pipeline
            metering = pipeline.meter()
        if metering is None:
            if pipeline.gave_up:
                measurements.clear()
            return
        done = 0
        try:
            for period in arrange(measurements):
                for instrument, value, attributes, span, time in measurements[done : period.end]:
                    with guard(f"developing a measurement of {instrument.name}"):
                        metering.replay(instrument, value, attributes, span, time)
                    done += 1
                if period.is_over:
                    metering.collect_measured(period.latest)
        finally:
            del measurements[:done]
        metering.collect()

    @staticmethod
    def _kept(spans: int, deadline: Deadline) -> None:
        _notice.warn(
            "journal kept",
            f"{deadline.left_ms()} ms are left of the invocation, too little to develop {spans} "
            "spans: they are kept for the next one. Raise the function's timeout or memory, or set "
            "HELIOGRAPH_START=eager.",
        )

    def deliver(self, deadline: Deadline) -> None:
        """Deliver what waits for the interval of `HELIOGRAPH_FLUSH` now, if there is one."""
        if self._pipeline is None or not self._config.flush:
            return
        if self._lock.acquire(blocking=False):
            try:
                Context().run(self._pipeline.deliver, deadline, now=True)
            finally:
                self._lock.release()

    def shutdown(self) -> None:
        """Deliver what waits and shut the exporters down, at the end of the process."""
        if self._pipeline is not None:
            self._pipeline.shutdown()
