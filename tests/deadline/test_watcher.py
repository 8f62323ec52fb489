"""The watcher's margin and its thread (lifecycle spec 2.3, 2.4)."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace
from typing import Any

import pytest

from heliograph.deadline import Margin, Watcher, firing
from heliograph.journal import state

MS = 1_000_000


@pytest.mark.parametrize(
    ("memory", "cost_ms", "left_ms", "expected_ms"),
    [
        (512, 20, 3000, 100),
        (1769, 20, 3000, 50),
        (1769, 400, 3000, 300),
        (128, 0, 3000, 300),
        (512, 20, 400, 0),
        (1769, 900, 60_000, 1000),
    ],
)
def test_the_margin(memory: int, cost_ms: int, left_ms: int, expected_ms: int) -> None:
    """Vectors 27 and 28; 0 is only the box, 5 ms before."""
    margin = Margin(-1, memory)
    if cost_ms:
        margin.learn(cost_ms * MS)
    assert margin.before(left_ms * MS) == expected_ms * MS


def test_a_fixed_margin() -> None:
    """What the settings say is so, whatever it costs."""
    assert Margin(250, 512).before(3000 * MS) == 250 * MS


@pytest.fixture
def watcher(monkeypatch: pytest.MonkeyPatch):
    """A watcher whose firing is written down, in a process with an invocation."""
    fired: list[int] = []
    monkeypatch.setattr(firing, "fire", lambda _, number: fired.append(number))
    config: Any = SimpleNamespace(deadline=50, memory_mb=1769, black_box=(0, False))
    made = state.watcher = Watcher(config)
    state.running = SimpleNamespace()  # type: ignore[assignment] # something runs
    yield made, fired
    state.reset()
    made.stop()


def until(fact: Any) -> None:
    """Wait until something is so."""
    over = threading.Event()
    for _ in range(500):
        if fact():
            return
        over.wait(0.02)
    pytest.fail("it did not become so")


def test_it_fires_once_for_the_one_that_hangs(watcher: Any) -> None:
    """Vector 22: an invocation that has ended is left alone, the next one told of once."""
    made, fired = watcher
    now = time.time_ns()
    made.arm(now, now + 200 * MS)
    made.disarm()
    now = time.time_ns()
    made.arm(now, now + 400 * MS)
    until(lambda: fired)
    wakes = made.wakes
    until(lambda: made.wakes > wakes)
    assert fired == [2]


def test_it_is_not_woken_by_invocations(watcher: Any) -> None:
    """Vector 21: thousands of short invocations, and its thread has hardly woken."""
    made, fired = watcher
    for _ in range(10_000):
        now = time.time_ns()
        made.arm(now, now + 3000 * MS)
        made.disarm()
    assert made.wakes < 5
    assert fired == []


def test_a_clock_that_was_set_back(watcher: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Vector 23: it looks at the clock that the deadline is of before it acts."""
    made, fired = watcher
    now = time.time_ns()
    made.arm(now, now + 100 * MS)
    made.deadline_ns = now + 3_600_000 * MS
    wakes = made.wakes
    until(lambda: made.wakes > wakes + 1)
    assert fired == []


def test_the_stack_of_a_thread() -> None:
    """The innermost call is last; frames of ours and what is above them are left out."""
    import sys

    def inner() -> str:
        return firing.stack_of(sys._getframe())

    lines = inner().splitlines()
    assert lines[-1].endswith("in inner")
    assert len(lines) <= firing.MAX_FRAMES
