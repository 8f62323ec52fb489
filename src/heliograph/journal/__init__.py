"""Before the response: facts are written down, nothing else. Standard library only.

The journal holds the facts of the running invocation: spans (`entry.py`) and measurements.
"""

from __future__ import annotations

from time import time_ns

from .._limits import MAX_ENTRIES, MAX_MEASUREMENTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from typing_extensions import Unpack

    from .entry import Attributes, Entry, Remote
    from .instrument import Instrument

    Measured: TypeAlias = tuple[Instrument, int | float, Attributes, Entry | Remote | None]
    Measurement: TypeAlias = tuple[Instrument, int | float, Attributes, Entry | Remote | None, int]
    """Instrument, value, attributes, the span that was current, time."""


def _nothing_to_flush() -> bool:
    return True


class Journal:
    """The facts of the running invocation, and of spans that outlive one.

    There is no lock: a signal handler or a finalizer may record while its own thread is in the
    middle of recording, and would wait for itself. Each step is one operation on a list, which
    Python makes whole; facts are only ever added at the end, and one development at a time
    (`develop/development.py`) takes them from the front.

    Attributes:
        entries: Spans in the order of their start.
        measurements: (instrument, value, attributes, entry, time) in the order of their recording.
        observables: Observable instruments, which are collected without any measurement.
        overflow: Called when a bound is reached: develops what has ended, in line.
        flush: Develops and sends what has ended; returns whether all of it was.
        lost: How many facts were left out.
    """

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.measurements: list[Measurement] = []
        self.observables: list[Instrument] = []
        self.overflow: Callable[[], None] | None = None
        self.flush: Callable[[], bool] = _nothing_to_flush
        self.lost = 0
        self._due = MAX_ENTRIES
        self._due_measurements = MAX_MEASUREMENTS

    def add(self, entry: Entry) -> None:
        """Write an entry down; at the bound, develop early."""
        self.entries.append(entry)
        if len(self.entries) >= self._due:
            self._overflow()

    def measure(self, *measured: Unpack[Measured]) -> None:
        """Write a measurement down, with its time; at the bound, develop early."""
        self.measurements.append((*measured, time_ns()))
        if len(self.measurements) >= self._due_measurements:
            self._overflow()

    def is_full(self) -> bool:
        """Tell whether it is time to develop early."""
        spans, measurements = len(self.entries), len(self.measurements)
        return spans >= self._due or measurements >= self._due_measurements

    def _overflow(self) -> None:
        """Develop early; where that cannot be done now, not at the very next fact again."""
        if self.overflow is not None:
            self.overflow()
        if self.is_full():
            from . import full  # loaded where a development could not be done

            self._due, self._due_measurements = full.bounded(self)

    def take(self) -> tuple[list[Entry], list[Measurement]]:
        """Take what is ready to be developed; open spans stay until they end."""
        seen = self.entries[:]
        ready: list[Entry] = []
        open_: list[Entry] = []
        for entry in seen:  # one look at `end` each: another thread may set it
            (ready if entry.end else open_).append(entry)
        self.entries[: len(seen)] = open_
        measurements = self.measurements[:]
        del self.measurements[: len(measurements)]
        self._due = len(open_) + MAX_ENTRIES
        self._due_measurements = MAX_MEASUREMENTS
        return ready, measurements

    def put_back(self, entries: list[Entry], measurements: list[Measurement]) -> None:
        """Return what could not be developed now; it comes first at the next turn."""
        self.entries[:0] = entries
        self.measurements[:0] = measurements

    def drop(self) -> None:
        """Forget everything: in a forked child, which the parent's facts do not belong to."""
        self.entries, self.measurements = [], []
        self._due, self._due_measurements = MAX_ENTRIES, MAX_MEASUREMENTS


journal = Journal()
"""The process's journal. Spans know their trace, so that a late one never changes owner."""
