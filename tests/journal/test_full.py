"""At the journal's bound nothing is lost, however many threads record (F7)."""

from __future__ import annotations

import contextlib
import inspect
import os
import signal
import sys
import threading
import time
from typing import Any

import pytest

import heliograph
from heliograph import _interrupts, testing
from heliograph.develop import development
from heliograph.journal import MAX_ENTRIES, Journal, journal


@pytest.mark.parametrize("count", [2, 8])
def test_many_threads_past_the_bound(count: int) -> None:
    """Threads that outrun a development wait for it, and every span and value arrives."""
    each = 3 * MAX_ENTRIES // count + 500

    def record() -> None:
        for _ in range(each):
            with heliograph.span("one"):
                pass
            heliograph.metric("values", 1)

    with testing.capture() as captured:
        threads = [threading.Thread(target=record) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(captured.spans) == count * each
        assert sum(point.count for point in captured.metrics["values"]) == count * each
    assert journal.lost == 0


def test_a_development_that_waits_for_its_recorder(monkeypatch: pytest.MonkeyPatch) -> None:
    """User code in a development may wait for the thread that waits for it: not for ever."""
    monkeypatch.setattr(development, "WAIT_SECONDS", 0.2)
    free = threading.Event()

    class Waiting:
        """A processor that waits for the function."""

        def on_start(self, *_: Any, **__: Any) -> None: ...
        def shutdown(self) -> None: ...
        def _on_ending(self, *_: Any) -> None: ...
        def force_flush(self, *_: Any) -> bool:
            return True

        def on_end(self, *_: Any) -> None:
            free.wait(10)

    with testing.capture(span_processors=[Waiting()]) as captured:
        for _ in range(MAX_ENTRIES + 100):
            with heliograph.span("one"):
                pass
        free.set()
        until = time.monotonic() + 30
        while len(captured.spans) < MAX_ENTRIES + 100 and time.monotonic() < until:
            time.sleep(0.02)  # the other thread develops
        assert len(captured.spans) == MAX_ENTRIES + 100


def test_the_newest_are_refused_where_a_development_is_stuck(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Where another thread's development never ends, memory is bounded, and one line says so."""
    kept = Journal()
    kept.overflow = lambda: None
    for number in range(17 * MAX_ENTRIES):
        kept.add(number)  # type: ignore[arg-type] # any object
    assert len(kept.entries) <= 16 * MAX_ENTRIES + MAX_ENTRIES
    assert kept.entries[0] == 0
    assert "that does not end" in caplog.text


@pytest.mark.hostile
def test_what_could_not_be_developed_is_put_back() -> None:
    """A load that fails once costs nothing: the next development has it all (F8)."""
    with testing.capture() as captured:
        with heliograph.span("one"):
            heliograph.metric("m", 1)

        from heliograph.runtime import lifecycle

        developing = lifecycle.development()
        assert developing is not None
        load = developing.load
        failing = [OSError(24, "no descriptor is left")]

        def once() -> None:
            if failing:
                raise failing.pop()
            load()

        developing.load = once  # type: ignore[method-assign] # it fails once
        heliograph.flush()
        assert (len(journal.entries), len(journal.measurements)) == (1, 1)
        assert [span.name for span in captured.spans] == ["one"]
        assert captured.metrics["m"][0].count == 1


def test_a_recursion_limit_left_low() -> None:
    """A development has the frames that it takes, and the function's limit is as it was (F12)."""
    before = sys.getrecursionlimit()

    def act() -> None:
        with heliograph.span("one"):
            heliograph.metric("m", 1)
        depth = len(inspect.stack(0))
        sys.setrecursionlimit(depth + 40)
        try:
            heliograph.flush()
            assert sys.getrecursionlimit() == depth + 40
        finally:
            sys.setrecursionlimit(before)

    with testing.capture() as captured:
        act()
        assert [span.name for span in captured.spans] == ["one"]


def test_the_end_of_an_invocation_waits_for_it() -> None:
    """A time limit ends the function's wait for a full journal; all is there after the response."""
    begun, limited = threading.Event(), threading.Event()

    class Slow:
        """An exporter that is not done before the function has given its wait up."""

        def export(self, spans: Any) -> None:
            begun.set()
            limited.wait(10)

        def shutdown(self) -> None: ...

    class TimeLimit(Exception):  # noqa: N818 - a user's own name
        """What a function raises into itself."""

    def limit(*_: object) -> None:
        limited.set()
        raise TimeLimit

    @heliograph.wrap
    def handler(event: Any, context: Any) -> None:
        before = signal.signal(signal.SIGALRM, limit)
        threading.Thread(target=lambda: begun.wait() and os.kill(os.getpid(), 14)).start()
        try:
            for _ in range(MAX_ENTRIES + 1):
                with heliograph.span("one"):
                    pass
        except TimeLimit:
            with heliograph.span("limited"):
                pass
        finally:
            signal.signal(signal.SIGALRM, before)

    with testing.capture(span_exporters=[Slow()]):
        handler({}, testing.FakeContext())
        assert [entry for entry in journal.entries if entry.end] == []


def test_what_strays_into_a_new_thread_is_raised_where_it_was_meant(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Up to 3.11 a thread begins with its starter's id: `PyThreadState_SetAsyncExc` may hit it."""
    monkeypatch.setattr(_interrupts.sys, "version_info", (3, 11))
    ran: list[int] = []

    def strayed(_: Any, arguments: Any) -> None:
        def run() -> None:
            with contextlib.suppress(StopIteration):
                arguments[0].throw(KeyError("stray"))

        threading.Thread(target=run).start()

    monkeypatch.setattr(_interrupts, "start_new_thread", strayed)
    with pytest.raises(KeyError, match="stray"):
        _interrupts.start_thread(ran.append, 1)
    wait_for(lambda: ran == [1])


def test_flush_waits_for_another_threads_development() -> None:
    """`flush` says that all is sent when it is: not while another thread is still at it."""
    begun = threading.Event()

    class Slow:
        """An exporter that takes its time."""

        sent = 0

        def export(self, spans: Any) -> None:
            begun.set()
            time.sleep(0.3)
            self.sent += len(spans)

        def shutdown(self) -> None: ...

    slow = Slow()
    with testing.capture(span_exporters=[slow]):
        with heliograph.span("one"):
            pass
        thread = threading.Thread(target=heliograph.flush)
        thread.start()
        begun.wait(10)
        with heliograph.span("two"):
            pass
        assert heliograph.flush()
        assert slow.sent == 2
        thread.join()


def wait_for(condition: Any) -> None:
    """Wait until a condition holds."""
    for _ in range(500):
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("it does not come true")
