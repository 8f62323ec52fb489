"""All workers of a process: they deliver at once, within one budget of wall time."""

from __future__ import annotations

from time import monotonic, time
from typing import TYPE_CHECKING, Any

from . import log_capture
from .worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_BATCH = 512
"""Spans of one export: what the SDK's own batch processor has."""
LEAST = 0.005
"""Seconds below which a delivery is not begun: it would be in flight when all is frozen."""
SHUTDOWN = 0.1
"""Seconds that shutting down may take in any case, after the last delivery."""


class Workers:
    """The workers of a pipeline.

    Args:
        budget: Seconds that one flush may take, over all of them.
        interval: Seconds from one flush to the next; 0 for a flush after every invocation.
        clock: Returns epoch seconds: intervals and pauses pass while the environment is frozen.
    """

    def __init__(self, budget: float, interval: float, clock: Callable[[], float] = time) -> None:
        self._budget, self._interval, self._clock = budget, interval, clock
        self._all: list[Worker] = []
        self._flushed_at = 0.0
        self._closed = False
        log_capture.listen()

    def for_spans(self, exporter: Any) -> Worker:
        """Return a worker that delivers spans."""
        return self._worker(exporter, exporter.export, "spans", MAX_BATCH)

    def for_metrics(self, exporter: Any) -> Worker:
        """Return a worker that delivers collections of metrics, one at a time."""

        def send(collections: list[Any]) -> object:
            return exporter.export(collections[0])

        return self._worker(exporter, send, "collections of metrics", 1)

    def _worker(
        self, exporter: Any, send: Callable[[list[Any]], object], unit: str, most: int
    ) -> Worker:
        worker = Worker(exporter, send, unit, most, self._budget, self._clock)
        self._all.append(worker)
        return worker

    def due(self) -> bool:
        """Tell whether it is time for a flush, by the wall clock: it passes while frozen."""
        passed = self._clock() - self._flushed_at
        return (
            not 0 <= passed < self._interval
            or not self._interval
            or any(worker.crowded for worker in self._all)
        )

    def flush(self, left: float | None, *, last: bool = False) -> None:
        """Let all deliver at once, and wait for all of them together.

        Args:
            left: Seconds that the invocation has; None where nothing limits them.
            last: It is the last chance before the process ends.
        """
        budget = self._budget if left is None else min(self._budget, left)
        if budget < LEAST:
            return
        self._flushed_at = self._clock()
        until = monotonic() + budget
        waiting = [worker for worker in self._all if worker.begin(last=last)]
        for worker in waiting:
            worker.wait(until)

    def close(self) -> None:
        """Flush for the last time, and shut the exporters down."""
        if self._closed:
            return
        self._closed = True
        until = monotonic() + self._budget
        self.flush(None, last=True)
        for worker in self._all:
            worker.close()
        until = max(until, monotonic() + SHUTDOWN)
        for worker in self._all:
            worker.wait_closed(until)
        log_capture.leave()
