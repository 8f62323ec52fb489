"""Developing a journal: entries become spans, measurements become metrics, both are exported."""

from __future__ import annotations

from _thread import allocate_lock
from contextvars import Context
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

from .. import _notice
from .._guard import guard
from ..journal.entry import journal
from ..journal.instrument import observables
from .pace import Deadline, Pace

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..config import Config
    from ..journal.entry import Entry
    from .describe import Describers
    from .extras import Extras
    from .pipeline import Pipeline


class Development:
    """Develops the process's journal, one development at a time.

    Importing this module imports nothing of OpenTelemetry; the first development does.

    Args:
        config: The settings.
        extras: What code adds to them.
        facades: Trace ids of Lambda's own segments.
        init_ns: What our part of init took: the yardstick of this machine's speed.
        properties: Makes the EMF properties of the running invocation.
    """

    def __init__(
        self,
        config: Config,
        extras: Extras,
        facades: dict[int, None],
        init_ns: int,
        properties: Callable[[], dict[str, object]],
    ) -> None:
        self._config = config
        self._extras = extras
        self._facades = facades
        self._properties = properties
        self._pace = Pace(init_ns)
        self._lock = allocate_lock()
        self._pipeline: Pipeline | None = None
        self._describers: Describers | None = None

    def run(self, deadline: Deadline) -> bool:
        """Develop what the journal holds, as far as time allows; the rest stays in it.

        Args:
            deadline: Of the invocation that pays for it.

        Returns:
            Whether everything was developed.
        """
        if not self._lock.acquire(blocking=False):
            return False  # another thread is at it, and takes what is there
        try:
            done: bool = Context().run(self._run, deadline)  # user code's current span is not ours
            return done
        finally:
            self._lock.release()

    def load(self) -> None:
        """Import the SDK, exporters and describers: at the first development, or in eager init."""
        if self._pipeline is not None:
            return
        from ..journal.recording import recorders
        from .describe import Describers
        from .pipeline import Pipeline

        pipeline = Pipeline(self._config, self._extras, self._facades, self._properties)
        self._describers = Describers(pipeline)
        for library in recorders:
            self._describers.build(library)
        self._pipeline = pipeline

    def _run(self, deadline: Deadline) -> bool:
        entries, measurements = journal.take()
        if not entries and not measurements and not observables:
            if self._pipeline is not None:
                self._pipeline.deliver(deadline)
            return True
        if self._pipeline is None:
            if not deadline.allows(self._pace.load):
                journal.put_back(entries, measurements)
                self._kept(len(entries), deadline)
                return False
            with guard("loading the OpenTelemetry SDK"):
                self.load()
        if self._pipeline is None:
            return False
        left = self._spans(entries, deadline)
        self._metrics(measurements)
        started = perf_counter_ns()
        self._pipeline.export()
        self._pace.learn_export(perf_counter_ns() - started)
        self._pipeline.deliver(deadline)
        if left:
            journal.put_back(left, [])
            self._kept(len(left), deadline)
        return not left

    def _spans(self, entries: list[Entry], deadline: Deadline) -> list[Entry]:
        pace, describers = self._pace, self._describers
        assert describers is not None  # loaded
        for number, entry in enumerate(entries):
            if not deadline.allows(pace.span + pace.export):
                return entries[number:]
            started = perf_counter_ns()
            with guard(f"developing the span {entry.name}"):
                describers.make_span(entry)
            pace.learn_span(perf_counter_ns() - started)
        return []

    def _metrics(self, measurements: list[tuple[Any, ...]]) -> None:
        if not measurements and not observables:
            return
        from opentelemetry import context

        from .replay import current_context

        metering: Any = None
        with guard("loading the OpenTelemetry metrics SDK"):
            pipeline: Any = self._pipeline
            metering = pipeline.meter()
        if metering is None:
            return
        empty = context.Context()
        for instrument, value, attributes, span in measurements:
            with guard(f"developing a measurement of {instrument.name}"):
                where = empty if span is None else current_context(span)
                metering.replay(instrument, value, attributes, where)
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
