"""What is raised from outside passes on; what is recorded from outside does not wait."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import os
import signal
import sys
import threading
import time
from typing import Any

from .recorded import Cases, everything, heliograph

CASES = Cases()


class TimeLimit(BaseException):
    """What a function raises into itself."""


@contextlib.contextmanager
def alarms(act: Any, seconds: float) -> Any:
    """Act at every tick of a timer."""
    before = signal.signal(signal.SIGALRM, act)
    signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def busy(seconds: float) -> None:
    """Record over and over, in a function of its own: 3.13 may leave a loop's `try` unseen."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        everything()


@CASES
def time_limit() -> Any:
    """Each of ten limits ends the loop that it is for."""

    def end(*_: Any) -> None:
        raise TimeLimit

    ended = 0
    for _ in range(10):
        before = signal.signal(signal.SIGALRM, end)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.001)
            busy(5)
        except TimeLimit:
            ended += 1
        finally:
            signal.signal(signal.SIGALRM, before)
    return ended


@CASES
def time_limit_of_a_thread() -> Any:
    """The same, from another thread: as libraries that limit the time of a call do it."""
    main, ended = threading.get_ident(), 0
    for _ in range(5):
        raised = threading.Event()

        def end(raised: Any = raised) -> None:
            time.sleep(0.001)
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(main), ctypes.py_object(TimeLimit)
            )
            raised.set()

        thread = threading.Thread(target=end)
        try:
            thread.start()
            busy(5)
        except TimeLimit:
            ended += 1
        raised.wait()
        thread.join()
    return ended


@CASES
def heartbeat() -> Any:
    """A signal handler that records, wherever it comes upon our own code."""
    with alarms(lambda *_: heliograph.metric("beat", 1), 0.001):
        for _ in range(50):
            everything()


@CASES
def finalizers() -> Any:
    """So do finalizers and the collector's callbacks."""

    class Last:
        def __del__(self) -> None:
            everything("last")

    def collecting(phase: str, info: Any) -> None:
        heliograph.annotate(phase, 1)

    gc.callbacks.append(collecting)
    try:
        for _ in range(40):
            around = [Last()]
            around.append(around)  # type: ignore[arg-type] # a circle for the collector
            del around
            everything()
        gc.collect()
    finally:
        gc.callbacks.remove(collecting)


@CASES
def tracing() -> Any:
    """So do a trace function and a profile function, which see our own code run."""
    calls = [0]

    def trace(frame: Any, event: str, argument: Any) -> Any:
        calls[0] += 1
        if calls[0] % 50 == 0:
            heliograph.metric("traced", 1)
        return trace

    sys.settrace(trace)
    sys.setprofile(trace)
    try:
        everything()
    finally:
        sys.settrace(None)
        sys.setprofile(None)
    return calls[0] > 0


@CASES
def forks() -> Any:
    """Children that record and leave in their own ways, while a thread records."""
    done = threading.Event()

    def recording() -> None:
        while not done.is_set():
            everything()
            time.sleep(0.0005)  # the daemon in the tests reads no faster than it can

    thread = threading.Thread(target=recording)
    thread.start()
    codes = []
    for code in range(3):
        child = os.fork()
        if child == 0:
            everything()
            os._exit(code)
        codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    done.set()
    thread.join()
    return codes


@CASES
def stop_iteration() -> Any:
    with heliograph.span("stopped"):
        next(iter(()))


@CASES
def generator_closed() -> Any:
    left = []

    @heliograph.span("generator")
    def numbers() -> Any:
        try:
            yield 1
        except GeneratorExit:
            left.append("closed")
            raise

    running = numbers()
    next(running)
    running.close()
    return left


@CASES
def generator_thrown() -> Any:
    @heliograph.span("generator")
    def numbers() -> Any:
        try:
            yield 1
        except ValueError as error:
            yield str(error)

    running = numbers()
    next(running)
    return running.throw(ValueError("thrown in"))


@CASES
def cancelled() -> Any:
    @heliograph.span("coroutine")
    async def slow() -> None:
        await asyncio.sleep(60)

    async def limited() -> str:
        try:
            await asyncio.wait_for(slow(), 0.01)
        except asyncio.TimeoutError as error:
            return f"{type(error.__cause__ or error.__context__).__name__}"
        return "never"

    return asyncio.run(limited())


handler = CASES.handler()
