"""A function that is interrupted in our code, over and over: run by test_interrupts.py.

`python interrupted.py CASE ARGUMENT` in a process of its own: what a signal handler raises would
find the collector's callbacks of the test tools, too.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import random
import signal
import sys
import threading
import time
from typing import Any

import heliograph
from heliograph import _guard, testing
from heliograph._guard import guard, guarded
from heliograph.journal import journal


class TimeLimit(Exception):  # noqa: N818 - a user's own name
    """What a function raises into itself when its time is over."""


class DefaultText(Exception):  # noqa: N818 - a user's own name
    """One that a class without arguments is made of, with a text all the same."""

    def __init__(self) -> None:
        super().__init__("the time is over")


def plain(signum: int, frame: Any) -> None:
    raise TimeLimit


def builtin(signum: int, frame: Any) -> None:
    raise TimeoutError("of the function's own")


def star(*args: Any) -> None:
    raise ValueError("with a builtin class", 1)


class Limit:
    def method(self, signum: int, frame: Any) -> None:
        raise KeyError("a method")

    def __call__(self, signum: int, frame: Any) -> None:
        raise TimeLimit("an object")


def partly(limit: str, signum: int, frame: Any) -> None:
    raise RuntimeError(limit)


def restoring(signum: int, frame: Any) -> None:
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    raise TimeLimit("no handler is in force any more")


@functools.wraps(plain)
def wrapped(*args: Any, **kwargs: Any) -> None:
    return deeper(*args)


def deeper(signum: int, frame: Any) -> None:
    raise TimeLimit("from a helper")


HANDLERS = {
    "function": plain,
    "builtin exception": builtin,
    "any arguments": star,
    "lambda": lambda *_: (_ for _ in ()).throw(TimeLimit),
    "method": Limit().method,
    "object": Limit(),
    "partial": functools.partial(partly, "limit"),
    "restoring": restoring,
    "wrapped": wrapped,
}
RAISED = (TimeLimit, TimeoutError, ValueError, KeyError, RuntimeError)
KINDS = {kind.__name__: kind for kind in (TimeLimit, DefaultText, TimeoutError, SystemExit)}


def loop(which: str, *, early: bool = True) -> None:
    """What a function does over and over while its own time runs; at most for ten seconds.

    Args:
        which: What it does.
        early: Until the journal is full, and is developed early, too.
    """
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if not early and len(journal.entries) + len(journal.measurements) > 1000:
            journal.drop()
        if which == "span":
            with heliograph.span("step", order="A-1"):
                pass
        elif which == "annotate":
            heliograph.annotate("order", "A-1")
        elif which == "metadata":
            with heliograph.span("step"):
                heliograph.metadata("order", {"lines": [{"sku": "lens", "n": 1}] * 8})
        elif which == "metric":
            heliograph.metric("orders", 1, unit="Count", tier="gold")
        else:
            with guard("testing the guard"):
                sum(range(100))


def arm(handler: Any, seconds: float) -> None:
    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, seconds)


def limited(which: str) -> int:
    """Limit the function's own time, twenty times; returns how often that arrived."""
    some = random.Random(which)
    arrived = 0
    for _ in range(20):
        try:
            arm(plain, some.uniform(0.0005, 0.003))
            with heliograph.span("all"):
                loop(which)
        except TimeLimit:
            arrived += 1
    return arrived


def handled(name: str) -> int:
    """The same with another handler."""
    arrived = 0
    for _ in range(20):
        try:
            arm(HANDLERS[name], 0.001)
            loop("metadata")
        except RAISED:
            arrived += 1
    return arrived


def from_a_thread(argument: str) -> int:
    """Another thread raises into the function."""
    which, name = argument.split()
    some = random.Random(argument)
    caught: list[type[BaseException]] = []

    def work() -> None:
        try:
            ready.append(True)
            loop(which, early=False)  # CPython may hand the exception to a thread that is starting
        except BaseException as error:  # noqa: BLE001 - it is what is looked at
            caught.append(type(error))

    for _ in range(20):
        ready: list[bool] = []
        thread = threading.Thread(target=work)
        thread.start()
        while not ready:
            time.sleep(0.0001)
        time.sleep(some.uniform(0, 0.003))
        raised = ctypes.py_object(KINDS[name])
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), raised)
        thread.join()
    return caught.count(KINDS[name])


def leaving(_: str) -> int:
    """`sys.exit` in a signal handler."""
    left = 0

    def leave(signum: int, frame: Any) -> None:
        sys.exit(3)

    for _ in range(20):
        with contextlib.suppress(SystemExit):
            arm(leave, 0.001)
            loop("metadata")
            left -= 1
        left += 1
    return left


def guarded_calls(_: str) -> int:
    """The guard's other form."""
    arrived = 0
    for _ in range(20):
        try:
            arm(plain, 0.001)
            guarded("testing", loop, "guard")
        except TimeLimit:
            arrived += 1
    return arrived


CASES = {case.__name__: case for case in (limited, handled, from_a_thread, leaving, guarded_calls)}

if __name__ == "__main__":
    with testing.capture() as captured:
        with heliograph.span("first"):  # Python's own import swallows every OSError in places
            heliograph.annotate("a", 1)
            heliograph.metadata("m", {"a": 1})
            heliograph.metric("m", 1)
        assert captured.span("first")
        print(CASES[sys.argv[1]](sys.argv[2]), _guard.failures)
