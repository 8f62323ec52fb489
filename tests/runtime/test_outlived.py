"""What outlives an invocation, or knows none: its work belongs to the one that runs (reports 6)."""

from __future__ import annotations

import contextvars
import queue
import threading
from multiprocessing.pool import ThreadPool
from typing import TYPE_CHECKING, Any

import pytest

import heliograph
from heliograph import testing
from heliograph.journal import carry, current
from heliograph.testing import FakeContext, capture

if TYPE_CHECKING:
    from collections.abc import Iterator


class Worker:
    """A daemon thread that does what it is handed, made once."""

    def __init__(self) -> None:
        self.tasks: queue.Queue[Any] = queue.Queue()
        self.done: queue.Queue[Any] = queue.Queue()
        threading.Thread(target=self.loop, daemon=True).start()

    def loop(self) -> None:
        while True:
            self.done.put(self.tasks.get()())

    def run(self, task: Any) -> Any:
        self.tasks.put(task)
        return self.done.get(timeout=10)


pools: list[ThreadPool] = []


@pytest.fixture(autouse=True)
def pools_end() -> Iterator[None]:
    """A pool of the standard library is told to end."""
    yield
    for pool in pools:
        pool.terminate()
        pool.join()
    pools.clear()


def in_pool() -> Any:
    pool = ThreadPool(1)
    pools.append(pool)
    return lambda task: pool.apply(task)


def in_context() -> Any:
    context = contextvars.copy_context()
    return lambda task: context.run(task)


WAYS = {
    "thread": lambda: Worker().run,
    "pool": in_pool,
    "context": in_context,
    "empty context": lambda: lambda task: contextvars.Context().run(task),
}


def work() -> str:
    with heliograph.span("work"):
        headers: dict[str, str] = {}
        here = current.span()
        assert here is not None
        carry.onto_request(here, headers)
        return headers["traceparent"]


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_work_belongs_to_the_running_invocation(way: Any) -> None:
    """Its spans and the headers it sends are of the invocation that runs, not of the first one."""
    made: list[Any] = []

    @heliograph.wrap
    def handler(event: Any, context: Any) -> Any:
        if not made:
            made.append(way())
        return made[0](work)

    with capture() as captured:
        sent = [handler({}, FakeContext()) for _ in range(3)]
        spans = captured.spans
    handlers = [span for span in spans if span.kind.name == "SERVER"]
    works = [span for span in spans if span.name == "work"]
    assert [one.parent for one in works] == [one.context for one in handlers]
    assert [text.split("-")[1] for text in sent] == [
        f"{one.context.trace_id:032x}" for one in handlers
    ]


def test_a_worker_made_at_import() -> None:
    """So does the work of a thread that was made before the first invocation."""
    worker = Worker()

    @heliograph.wrap
    def handler(event: Any, context: Any) -> Any:
        return worker.run(work)

    with capture() as captured:
        handler({}, FakeContext())
        spans = {span.name: span for span in captured.spans}
        [server] = [span for span in captured.spans if span.kind.name == "SERVER"]
    assert spans["work"].parent == server.context


def test_an_open_span_goes_on(capsys: Any) -> None:
    """A span that is still open keeps its trace, whatever runs meanwhile."""
    worker, held = Worker(), threading.Event()

    def long() -> None:
        with heliograph.span("long"):
            held.wait(10)
            with heliograph.span("inner"):
                pass

    @heliograph.wrap
    def handler(event: Any, context: Any) -> None:
        if event["n"] == 1:
            worker.tasks.put(long)
        else:
            held.set()
            worker.done.get(timeout=10)

    with testing.capture() as captured:
        for n in (1, 2):
            handler({"n": n}, FakeContext())
        inner, long_ = captured.span("inner"), captured.span("long")
    assert inner.parent == long_.context
