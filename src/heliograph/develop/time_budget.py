"""How long development takes here, and whether there is time for the next step.

Development counts against the invocation's time, and an invocation that times out after its
response is retried by asynchronous sources. So each step is taken only if what is left of the
invocation covers its cost: measured once it is known, before that estimated from init's own speed.
"""

from __future__ import annotations

from time import time_ns

LOAD_BY_INIT = 20
"""Loading the SDK takes about so many times what our own part of init took (62 ms to 3 ms)."""
LEAST_LOAD_NS = 60_000_000
"""Loading is never estimated faster than on the reference machine: 60 ms."""
SPANS_BY_LOAD = 60
"""The first span takes about this part of a load: 1 ms to 60 ms."""
MARGIN_NS = 50_000_000
"""Kept free before the deadline, for the runtime to ask for the next event (lifecycle spec 2.4)."""


class Pace:
    """Costs of the steps of a development, in nanoseconds.

    Attributes:
        load: Importing the SDK and building the pipeline.
        span: Making one span of an entry; a moving average.
        export: Encoding and sending what was made; a moving average.
    """

    def __init__(self, init_ns: int) -> None:
        self.load = max(LEAST_LOAD_NS, init_ns * LOAD_BY_INIT)
        self.span = self.load // SPANS_BY_LOAD
        self.export = self.span

    def learn_span(self, took: int) -> None:
        """Take a measured span into the average."""
        self.span += (took - self.span) // 8

    def learn_export(self, took: int) -> None:
        """Take a measured export into the average."""
        self.export += (took - self.export) // 4


class Deadline:
    """The moment by which an invocation must be over.

    Args:
        at_ns: Epoch nanoseconds; None where nothing limits the time.
    """

    def __init__(self, at_ns: int | None = None) -> None:
        self._at = at_ns
        left = 0 if at_ns is None else at_ns - time_ns()
        self._margin = min(MARGIN_NS, max(left, 0) // 10)

    def allows(self, cost_ns: int) -> bool:
        """Tell whether a step of this cost ends before the deadline, less the margin."""
        return self._at is None or time_ns() + cost_ns + self._margin <= self._at

    def left_ms(self) -> int:
        """Return the milliseconds left, for a line in the log."""
        return 0 if self._at is None else (self._at - time_ns()) // 1_000_000

    def rest(self) -> float | None:
        """Return the seconds left, less the margin; None where nothing limits the time."""
        return None if self._at is None else (self._at - self._margin - time_ns()) / 1e9
