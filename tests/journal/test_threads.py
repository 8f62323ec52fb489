"""Work in threads, pools and tasks belongs to the span that started it."""

from __future__ import annotations

import asyncio
import sys
import threading
import traceback
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

import heliograph
from heliograph import testing
from heliograph.journal import current
from heliograph.journal.entry import Entry

if TYPE_CHECKING:
    from collections.abc import Iterator

FRAMES = pytest.mark.skipif(sys.version_info < (3, 11), reason="3.10 keeps the frame of a re-raise")


@pytest.fixture(autouse=True)
def captured() -> Iterator[testing.Captured]:
    """Recording is on."""
    with testing.capture() as kept:
        yield kept


def here() -> str | None:
    """The name of the current span."""
    span = current.span()
    return span.name if isinstance(span, Entry) else None


class Running(threading.Thread):
    """A thread whose work is its own `run`."""

    seen: str | None = "nothing"

    def run(self) -> None:
        self.seen = here()


def with_target(**more: Any) -> list[str | None]:
    seen: list[str | None] = []
    thread = threading.Thread(target=lambda: seen.append(here()), **more)
    thread.start()
    thread.join()
    return seen


def with_run() -> list[str | None]:
    thread = Running()
    thread.start()
    thread.join()
    return [thread.seen]


def with_run_attribute() -> list[str | None]:
    seen: list[str | None] = []
    thread = threading.Thread()
    thread.run = lambda: seen.append(here())  # type: ignore[method-assign]
    thread.start()
    thread.join()
    return seen


def with_timer() -> list[str | None]:
    seen: list[str | None] = []
    timer = threading.Timer(0, lambda: seen.append(here()))
    timer.start()
    timer.join()
    return seen


def with_nested_threads() -> list[str | None]:
    seen: list[str | None] = []
    thread = threading.Thread(target=lambda: seen.extend(with_target()))
    thread.start()
    thread.join()
    return seen


def with_submit() -> list[str | None]:
    with ThreadPoolExecutor(1) as pool:
        return [pool.submit(here).result(), pool.submit(here).result()]


def with_map() -> list[str | None]:
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda _: here(), range(3)))


def with_thread_in_pool() -> list[str | None]:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(with_target).result()


def with_to_thread() -> list[str | None]:
    async def main() -> list[str | None]:
        return [await asyncio.to_thread(here)]

    return asyncio.run(main())


def with_run_in_executor() -> list[str | None]:
    async def main() -> list[str | None]:
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1) as pool:
            return [await loop.run_in_executor(None, here), await loop.run_in_executor(pool, here)]

    return asyncio.run(main())


def with_tasks() -> list[str | None]:
    async def work() -> str | None:
        await asyncio.sleep(0)
        return here()

    async def main() -> list[str | None]:
        return [await asyncio.create_task(work()), *await asyncio.gather(work(), work())]

    return asyncio.run(main())


def with_run_coroutine_threadsafe() -> list[str | None]:
    async def work() -> str | None:
        await asyncio.sleep(0)
        return here()

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    seen = [asyncio.run_coroutine_threadsafe(work(), loop).result()]
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
    return seen


WAYS = {
    "thread": with_target, "daemon": lambda: with_target(daemon=True), "run": with_run,
    "run attribute": with_run_attribute, "timer": with_timer, "nested": with_nested_threads,
    "submit": with_submit, "map": with_map, "thread in pool": with_thread_in_pool,
    "to_thread": with_to_thread, "run_in_executor": with_run_in_executor, "tasks": with_tasks,
    "run_coroutine_threadsafe": with_run_coroutine_threadsafe,
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_work_belongs_to_its_starter(way: Any) -> None:
    """Wherever the work runs, its current span is its starter's; without one it has none."""
    assert set(way()) == {None}
    with heliograph.span("starter"):
        assert set(way()) == {"starter"}
        assert here() == "starter"
    assert set(way()) == {None}


def test_worker_keeps_no_old_parent(captured: testing.Captured) -> None:
    """A pool made in one invocation serves the next ones with their own spans, and none between."""
    with heliograph.span("first"):
        pool = ThreadPoolExecutor(1)
        assert pool.submit(here).result() == "first"
    assert pool.submit(here).result() is None
    with heliograph.span("second"):
        assert pool.submit(here).result() == "second"
        pool.submit(lambda: heliograph.span("work").__enter__()).result()  # left open by its task
        assert pool.submit(here).result() == "second"
    assert pool.submit(here).result() is None
    pool.shutdown()


def test_initializers_context_is_kept() -> None:
    """Context variables that a pool's initializer sets are there in every task."""
    variable: ContextVar[str] = ContextVar("variable", default="unset")

    def initialize() -> None:
        variable.set("set")

    with heliograph.span("starter"), ThreadPoolExecutor(1, initializer=initialize) as pool:
        assert [pool.submit(variable.get).result() for _ in range(2)] == ["set", "set"]


def test_arguments_and_results_pass(captured: testing.Captured) -> None:
    """What is submitted is called with its arguments, `fn` and `self` among the keywords too."""

    def work(*args: Any, **kwargs: Any) -> Any:
        return args, kwargs

    with heliograph.span("starter"), ThreadPoolExecutor(1) as pool:
        future: Future[Any] = pool.submit(work, 1, fn=2, self=3)
        assert future.result() == ((1,), {"fn": 2, "self": 3})
        pool.shutdown()
        with pytest.raises(RuntimeError, match="cannot schedule new futures"):
            pool.submit(work)


def boom() -> None:
    raise ValueError("boom")


@FRAMES
def test_exception_of_a_task() -> None:
    """A task's exception reaches its caller with the traceback that it has without us."""

    def frames() -> list[str]:
        with ThreadPoolExecutor(1) as pool:
            error = pool.submit(boom).exception()
        assert error is not None
        return [frame.name for frame in traceback.extract_tb(error.__traceback__)]

    without = frames()
    with heliograph.span("starter"):
        assert frames() == without


@FRAMES
def test_exception_of_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """`threading.excepthook` sees the traceback that it sees without us."""
    seen: list[list[str]] = []

    def hook(args: Any) -> None:
        seen.append([frame.name for frame in traceback.extract_tb(args.exc_traceback)])

    monkeypatch.setattr(threading, "excepthook", hook)

    def start() -> None:
        thread = threading.Thread(target=boom)
        thread.start()
        thread.join()

    start()
    with heliograph.span("starter"):
        start()
    assert seen[0] == seen[1]
    assert seen[0][-1] == "boom"


def test_started_twice() -> None:
    """A second `start` raises what it raises without us, and leaves the thread as it was."""
    with heliograph.span("starter"):
        thread = Running()
        thread.start()
        thread.join()
        with pytest.raises(RuntimeError, match="threads can only be started once"):
            thread.start()
    assert "run" not in vars(thread)


def test_thread_that_cannot_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """With no room for a thread the caller gets Python's error, and may try again."""
    name = "_start_joinable_thread" if sys.version_info >= (3, 13) else "_start_new_thread"
    seen: list[str | None] = []
    thread = threading.Thread(target=lambda: seen.append(here()))

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("can't start new thread")

    with heliograph.span("starter"):
        with monkeypatch.context() as patch:
            patch.setattr(threading, name, refuse)
            with pytest.raises(RuntimeError, match="can't start new thread"):
                thread.start()
        assert "run" not in vars(thread)


def test_looks_like_pythons_own() -> None:
    """The replaced methods have the names of those that they replace."""
    for method in (threading.Thread.start, ThreadPoolExecutor.submit):
        original: Any = method.__wrapped__  # type: ignore[attr-defined]
        for name in ("__name__", "__qualname__", "__module__", "__doc__"):
            assert getattr(method, name) == getattr(original, name)


def test_pool_of_interpreters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python 3.14's pool of interpreters pickles its tasks: they are handed on as they are."""

    class InterpreterPoolExecutor(ThreadPoolExecutor):
        """Stands for the pool of Python 3.14."""

    module: Any = ModuleType("concurrent.futures.interpreter")
    module.InterpreterPoolExecutor = InterpreterPoolExecutor
    monkeypatch.setitem(sys.modules, "concurrent.futures.interpreter", module)
    with heliograph.span("starter"), InterpreterPoolExecutor(1) as pool:
        assert pool.submit(here).result() is None


def test_late_thread_ends_with_its_trace(captured: testing.Captured) -> None:
    """A thread that outlives the span that started it stays below that span."""
    go = threading.Event()

    def work() -> None:
        go.wait()
        with heliograph.span("late"):
            pass

    with heliograph.span("starter"):
        thread = threading.Thread(target=work)
        thread.start()
    assert [span.name for span in captured.spans] == ["starter"]
    with heliograph.span("next"):
        go.set()
        thread.join()
    late, starter = captured.span("late"), captured.span("starter")
    assert late.parent == starter.context
    assert late.context is not None
    assert starter.context is not None
    assert late.context.trace_id == starter.context.trace_id


class Owning(threading.Thread):
    """A thread of the user's own kind: it owns names, and refuses others."""

    _context = "mine"
    seen: Any = None

    def __init__(self) -> None:
        super().__init__()
        self.seen = []

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "run":
            raise AttributeError("run is mine")
        super().__setattr__(name, value)

    @property
    def run(self) -> Any:  # type: ignore[override] # that is what they do
        return self.work

    def work(self) -> None:
        with heliograph.span("inner"):
            self.seen = sorted(name for name in vars(self) if "heliograph" in name.lower())


def test_threads_of_the_users_own_kind(captured: testing.Captured) -> None:
    """Nothing is kept on a thread under a name that its class may own."""
    with heliograph.span("starter"):
        thread = Owning()
        before = set(vars(thread))
        thread.start()
        thread.join()
    assert captured.span("inner").parent == captured.span("starter").context
    assert thread.seen == []
    assert set(vars(thread)) == before, "nothing is left on it"
