"""A worker: delivers to one exporter, in a thread of its own, so that nobody waits for a backend.

The thread exports only when it is told to, so that nothing of ours runs beside the handler but an
export that was in flight when the environment was frozen. It is started when first needed and by
`_thread`: recorders do not see it, and `threading.active_count()` stays what it is.
"""

from __future__ import annotations

import os
from threading import Condition
from time import monotonic, time
from typing import TYPE_CHECKING, Any

from opentelemetry import context

from .._guard import guard
from .._interrupts import start_thread
from ..journal.current import QUIET, here
from .backlog import Backlog
from .breaker import Breaker
from .in_flight import InFlight, suppressing
from .report import Report, name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .backlog import Item
    from .in_flight import Failure


class Worker:
    """Delivers to one exporter. Its methods but `offer` are for one caller at a time.

    Args:
        exporter: Of spans or of metrics; see `Failure` for what it may say after one.
        send: Exports the contents of some items and returns the exporter's result.
        unit: What a item is, in the plural: "spans".
        most: How many items are exported at once.
        patience: Seconds that one export is waited for, over all flushes.
        clock: Returns epoch seconds, for the breaker.
    """

    def __init__(
        self,
        exporter: Any,
        send: Callable[[list[Any]], object],
        unit: str,
        most: int,
        patience: float,
        clock: Callable[[], float] = time,
    ) -> None:
        self._exporter, self._send, self._most, self._patience = exporter, send, most, patience
        self._kind = type(exporter).__name__
        self._report = Report(name_of(exporter), unit)
        self._backlog = Backlog()
        self._breaker = Breaker(clock)
        self._changed = Condition()
        self._process = 0
        self._in_flight: InFlight | None = None
        self._going = self._closing = False

    @property
    def at_rest(self) -> bool:
        """Whether nothing waits and nothing is in flight."""
        return self._in_flight is None and not self._backlog

    @property
    def crowded(self) -> bool:
        """Whether so much waits that it should not wait longer."""
        return self._backlog.half_full

    def offer(self, items: Iterable[Item]) -> None:
        """Take items in, for the next flush."""
        with self._changed:
            dropped = self._backlog.add(items)
        self._report.dropped(dropped, len(self._backlog))

    # -- a flush -----------------------------------------------------------------------------------

    def begin(self, *, last: bool = False) -> bool:
        """Begin to deliver; return whether that is worth waiting for.

        Args:
            last: It is the last chance before the process ends.
        """
        reason = ""
        with self._changed:
            flight = self._in_flight
            if flight is not None:
                if not flight.is_overdue(self._patience):
                    self._going = bool(self._backlog)
                    return True
                reason = self._unanswered(flight)
            elif self._backlog and self._breaker.allows(last=last):
                self._going = True
        if reason:
            self._report.opened(reason, self._breaker.pause)
        if not self._going:
            return False
        if self._start():
            return True
        if last:  # none can be started any more: in the caller's thread, as the SDK does it
            self._deliver_here()
        self._going = False
        return False

    def wait(self, until: float) -> None:
        """Wait until all is delivered or an export fails, or until a time of `monotonic()`."""
        began = monotonic()
        with self._changed:
            self._changed.wait_for(self._idle, max(0.0, until - began))
            self._going = False
            flight = self._in_flight
            if flight is None:
                return
            flight.waited += monotonic() - max(began, flight.since)
            reason = self._unanswered(flight) if flight.is_overdue(self._patience) else ""
        if reason:
            self._report.opened(reason, self._breaker.pause)

    def _idle(self) -> bool:
        return not self._going and self._in_flight is None

    def _unanswered(self, flight: InFlight) -> str:
        """Count an export that hangs as a failure; return the reason if that opened the breaker."""
        if flight.counted and self._breaker.is_open:
            return ""
        flight.counted = True
        opened = self._breaker.failed()
        return f"no answer within {self._patience * 1000:.0f} ms" if opened else ""

    def _start(self) -> bool:
        """Make sure of the thread: there is none at first, and none in a forked child."""
        if self._process != os.getpid():
            self._process = os.getpid()
            try:
                start_thread(self._run)
            except RuntimeError:  # no more threads, or the interpreter is about to end
                self._process = 0
                return False
        with self._changed:
            self._changed.notify_all()
        return True

    # -- the thread --------------------------------------------------------------------------------

    def _run(self) -> None:
        here.set(QUIET)
        context.attach(suppressing())
        try:
            while self._turn():
                pass
        finally:  # an exporter raised SystemExit or the like: what it had is not lost
            with self._changed:
                self._process = 0
                flight = self._in_flight
                if flight is not None:
                    self._breaker.failed()
                dropped = self._backlog.put_back(flight.items if flight is not None else [])
                self._in_flight, self._going = None, False
                self._changed.notify_all()
            self._report.dropped(dropped, len(self._backlog))

    def _turn(self) -> bool:
        """Make one export, when told to; return False when it is time to end."""
        with self._changed:
            self._changed.wait_for(lambda: self._going or self._closing)
            if self._going:
                self._load()
            flight = self._in_flight
        if flight is not None:
            self._export(flight)
            return True
        if self._closing:
            with guard(f"shutting {self._kind} down"):
                self._exporter.shutdown()
        return not self._closing

    def _load(self) -> None:
        """Take the next batch; without one this delivery is over."""
        items = self._backlog.take(self._most)
        if items:
            self._in_flight = InFlight(items)
        else:
            self._going = False
            self._changed.notify_all()

    def _export(self, flight: InFlight) -> None:
        failure = flight.export(self._exporter, self._send)
        if failure is None:
            self._delivered(len(flight.items))
        else:
            self._failed(flight, failure)

    def _delivered(self, number: int) -> None:
        with self._changed:
            closed = self._breaker.succeeded()
            waiting = len(self._backlog)
        self._report.delivered(number)
        if closed:
            self._report.closed(number + waiting)
        with self._changed:  # only now: what is to be told is told when the flush returns
            self._in_flight = None
            self._changed.notify_all()

    def _failed(self, flight: InFlight, failure: Failure) -> None:
        kept, retry_after = flight.to_keep(failure), failure.retry_after
        self._report.rejected(len(flight.items) - len(kept), failure.reason)
        with self._changed:
            opened = (not flight.counted or retry_after) and self._breaker.failed(retry_after)
        if opened:
            self._report.opened(failure.reason, self._breaker.pause)
        with self._changed:
            dropped = self._backlog.put_back(kept)
            waiting = len(self._backlog)
            self._in_flight, self._going = None, False
            self._changed.notify_all()
        self._report.dropped(dropped, waiting)

    # -- the end -----------------------------------------------------------------------------------

    def close(self) -> None:
        """Ask the thread to shut the exporter down and to end."""
        with self._changed:
            self._closing = True
        if not self._start():
            self._deliver_here()

    def wait_closed(self, until: float) -> None:
        """Wait until that is done, or until a time of `monotonic()`; then tell what is lost."""
        with self._changed:
            self._changed.wait_for(lambda: not self._process, max(0.0, until - monotonic()))
            flight = self._in_flight
            left = len(self._backlog) + (len(flight.items) if flight is not None else 0)
        self._report.summary(left)

    def _deliver_here(self) -> None:
        before, token = here.set(QUIET), context.attach(suppressing())
        try:
            while (self._going or self._closing) and self._turn():
                pass
        finally:
            context.detach(token)
            here.reset(before)
