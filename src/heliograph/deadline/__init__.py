"""The watcher: one thread that looks when an invocation comes close to its deadline.

It is armed by writing down when, and is not woken for that (lifecycle spec 2.3): it sleeps for a
second at most while an invocation runs, and no next deadline comes sooner than the thread wakes.
What it does then is in `firing.py`. The handler is never interrupted.
"""

from __future__ import annotations

import os
from _thread import allocate_lock, get_ident, start_new_thread
from time import monotonic, time_ns

from .._guard import guarded
from ..journal import state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..runtime.invocation import Invocation
    from ..settings.config import Config

FULL_CPU_MB = 1769
"""Megabytes that come with a whole CPU (lifecycle spec 2.4)."""
FIRST_COST_NS = 90_000_000
"""What a development takes with a whole CPU, before one was measured."""
MOST_NS = 1_000_000_000
MARK_NS = 5_000_000
"""Where there is no time for more, the box is marked so long before the deadline."""
EVERY = 1.0
"""Seconds between two signs of life while an invocation runs."""
NEVER = float("inf")


class Margin:
    """How long before its deadline an invocation is told of.

    Args:
        fixed_ms: As the settings fix it; -1 for auto.
        memory_mb: The function's memory, by which it gets CPU; 0 if that is unknown.
    """

    def __init__(self, fixed_ms: int, memory_mb: int) -> None:
        self._fixed = fixed_ms * 1_000_000
        self._share = min(1.0, memory_mb / FULL_CPU_MB) if memory_mb else 1.0
        self._floor = 50_000_000 if self._share >= 0.5 else 100_000_000
        self._cost = 0
        self._wanted = self._of(int(FIRST_COST_NS / self._share))

    def _of(self, cost: int) -> int:
        return max(self._floor, cost * 3 // 2 + 20_000_000)

    @property
    def cost_ns(self) -> int:
        """What a development takes here, as far as it is known."""
        return self._cost or int(FIRST_COST_NS / self._share)

    def learn(self, took_ns: int) -> None:
        """Take a measured development into the average."""
        self._cost = took_ns if not self._cost else self._cost + (took_ns - self._cost) // 4
        self._wanted = self._of(self._cost)

    def before(self, left_ns: int) -> int:
        """Return the margin of an invocation that has so much time; 0 if only a mark fits."""
        if self._fixed > 0:
            return self._fixed
        most = min(MOST_NS, left_ns // 10)
        return 0 if most < self._floor else min(self._wanted, most)


class Watcher:
    """Watches the deadline of the invocation that runs.

    Args:
        config: The settings.

    Attributes:
        margin: How long before it something is done.
        number: Counts the invocations that were armed.
        deadline_ns: Of the last of them.
        brief: Whether it has so little time that only the box is written.
        thread: In which its handler runs.
        wakes: How often the thread has woken.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self.margin = Margin(config.deadline, config.memory_mb)
        self.number = self.deadline_ns = self.thread = self.wakes = 0
        self.brief, self._before = False, MARK_NS
        self._due = NEVER
        self._wake = NEVER
        self._length = EVERY
        self._fired = 0
        self._sleep = allocate_lock()
        self._sleep.acquire()

    def begin(self, invocation: Invocation, context: object, *, cold: bool) -> None:
        """Write an invocation into the black box, and look at its deadline from now on."""
        config, due = self._config, invocation.deadline_ns
        if cold and config.black_box[0] and config.init_type == "snap-start" and state.box is None:
            from .. import blackbox  # no snapshot has one

            blackbox.make(config)
        box = state.box
        if box is not None:
            box.begin(invocation, getattr(context, "aws_request_id", None), cold=cold)
        if due is not None and config.deadline:
            self.arm(invocation.entry.start, due)

    def arm(self, start_ns: int, deadline_ns: int) -> None:
        """Watch an invocation: called where its handler runs, before it."""
        left = deadline_ns - start_ns
        margin = self.margin.before(left)
        self.brief, self._before = not margin, margin or MARK_NS
        self.deadline_ns, self.thread = deadline_ns, get_ident()
        self._length = left / 1e9
        self.number += 1
        self._due = due = monotonic() + (deadline_ns - time_ns() - self._before) / 1e9
        if due < self._wake:
            self._rouse()

    def disarm(self) -> None:
        """Watch no more: its handler has ended."""
        self._due = NEVER

    def _rouse(self) -> None:
        """Wake the thread; start it the first time."""
        if self._wake == NEVER:
            self._wake = 0.0
            start_new_thread(self._run, ())
            return
        try:
            self._sleep.release()
        except RuntimeError:  # it is awake, or will be
            return

    def stop(self) -> None:
        """Let the thread end."""
        self._due = NEVER
        if self._wake != NEVER:
            self._rouse()

    def runs(self, number: int) -> bool:
        """Tell whether the handler of an invocation still runs."""
        return self.number == number and self._due != NEVER and state.running is not None

    def _run(self) -> None:
        while state.watcher is self:
            self.wakes += 1
            number, due, now = self.number, self._due, monotonic()
            if due <= now and self._fired != number:
                due = self._act(number)
            if due == NEVER:
                wake = now + max(EVERY, self._length / 2)  # sooner than any deadline to come
            else:
                if state.box is not None and state.running is not None:
                    guarded("noting that the process is alive", _note_alive)
                wake = now + EVERY if due <= now else min(due, now + EVERY)
            self._wake = wake
            if self.number == number and self._due in (due, NEVER):  # else armed meanwhile
                self._sleep.acquire(timeout=max(0.0, wake - monotonic()))

    def _act(self, number: int) -> float:
        """Do what is to be done, if it is time by the clock that the deadline is of."""
        ahead = self.deadline_ns - time_ns() - self._before
        if self.number != number:
            return self._due
        if ahead > MARK_NS:  # the clock was set back
            self._due = due = monotonic() + ahead / 1e9
            return due
        self._fired = number
        box = state.box
        if box is not None and self.runs(number):
            from ..blackbox import DEADLINE

            guarded("writing the black box", box.mark, DEADLINE)
        from . import firing  # loaded by the first

        guarded("acting on the deadline", firing.fire, self, number)
        return self._due


def _note_alive() -> None:
    """Write into the box that the process is alive, and how much memory it has."""
    box = state.box
    if box is not None:
        box.alive(resident_kb())


def resident_kb() -> int:
    """Return the resident memory of this process; 0 where the system does not tell."""
    try:
        file = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
        try:
            pages = int(os.read(file, 200).split()[1])
        finally:
            os.close(file)
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGESIZE") // 1024
