"""What outlives an invocation, or knows none: its work belongs to the one that runs."""

from __future__ import annotations

import asyncio
import contextvars
import queue
import threading
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.pool import ThreadPool
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry import context, propagate, trace

import heliograph
from heliograph import propagation, testing
from heliograph.journal import current
from heliograph.testing import FakeContext, capture

if TYPE_CHECKING:
    from collections.abc import Iterator


PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Worker:
    """A daemon thread that does what it is handed, made once."""

    def __init__(self) -> None:
        self.tasks: queue.Queue[Any] = queue.Queue()
        self.done: queue.Queue[Any] = queue.Queue()
        self.thread = threading.Thread(target=self.loop, daemon=True)
        self.thread.start()

    def loop(self) -> None:
        while True:
            self.done.put(self.tasks.get()())

    def run(self, task: Any) -> Any:
        self.tasks.put(task)
        return self.done.get(timeout=10)

    def end(self) -> None:
        self.tasks.put(None)
        self.thread.join()


pools: list[ThreadPool] = []
ends: list[Any] = []


@pytest.fixture(autouse=True)
def pools_end() -> Iterator[None]:
    """A pool of the standard library is told to end."""
    yield
    while ends:
        ends.pop()()
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


def in_executor() -> Any:
    executor = ThreadPoolExecutor(1)
    executor.submit(int).result()
    return lambda task: executor.submit(task).result()


class Looping(Worker):
    """The same by a loop of asyncio."""

    def loop(self) -> None:
        asyncio.run(self.serve())

    async def serve(self) -> None:
        loop = asyncio.get_running_loop()
        while (task := await loop.run_in_executor(None, self.tasks.get)) is not None:
            self.done.put(task())


def in_loop() -> Any:
    worker = Looping()
    ends.append(worker.end)
    return worker.run


def in_attached_context() -> Any:
    """A worker that has attached OpenTelemetry's context of the first invocation."""
    worker = Worker()
    first = context.get_current()
    worker.run(lambda: context.attach(first))
    return worker.run


WAYS = {
    "thread": lambda: Worker().run,
    "pool": in_pool,
    "executor": in_executor,
    "loop": in_loop,
    "attached": in_attached_context,
    "context": in_context,
    "empty context": lambda: lambda task: contextvars.Context().run(task),
}


def work() -> str:
    with heliograph.span("work"):
        headers: dict[str, str] = {}
        here = current.span()
        assert here is not None
        propagation.onto_request(here, headers)
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


def injected() -> tuple[str, int, Any]:
    headers: dict[str, str] = {}
    propagate.inject(headers)
    own: dict[str, str] = {}
    with heliograph.span("work"):
        here = current.span()
        assert here is not None
        propagation.onto_request(here, own)
    current_id = trace.get_current_span().get_span_context().span_id
    return headers["traceparent"], current_id, (headers.get("baggage"), own.get("baggage"))


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_what_the_api_says_is_of_the_running_invocation(way: Any) -> None:
    """So is what OpenTelemetry's own API says there and sends, and the baggage that came with an
    event."""
    made: list[Any] = []

    @heliograph.wrap
    def handler(event: Any, context: Any) -> Any:
        if not made:
            made.append(way())
        return made[0](injected)

    with capture() as captured:
        told = [
            handler({"headers": {"traceparent": PARENT, "baggage": f"n={n}"}}, FakeContext())
            for n in range(3)
        ]
        spans = captured.spans
    handlers = [span.context for span in spans if span.kind.name == "SERVER"]
    assert [span_id for _, span_id, _ in told] == [one.span_id for one in handlers]
    assert [text.split("-")[1:3] for text, _, _ in told] == [
        [f"{one.trace_id:032x}", f"{one.span_id:016x}"] for one in handlers
    ]
    assert [baggage for _, _, baggage in told] == [(f"n={n}", f"n={n}") for n in range(3)]


def test_what_else_a_context_holds_is_kept() -> None:
    """Of a context that outlives its invocation span and baggage give way, nothing else."""
    key = context.create_key("key")
    worker = Worker()

    @heliograph.wrap
    def handler(event: Any, _: Any) -> Any:
        if event["n"] == 1:
            given = context.set_value(key, "value")
            return worker.run(lambda: context.attach(given))
        return worker.run(lambda: (context.get_value(key), context.get_current() is not None))

    with capture():
        handler({"n": 1}, FakeContext())
        assert handler({"n": 2}, FakeContext()) == ("value", True)


def test_a_part_of_an_open_span_stays_in_it() -> None:
    """What is below a span that is still open keeps its trace, though its own parent is over."""
    worker, kept = Worker(), []

    def begin() -> None:
        kept.append(heliograph.span("long"))
        kept[0].__enter__()
        with heliograph.span("step"):
            kept.append(contextvars.copy_context())

    def go_on() -> None:
        with heliograph.span("inner"):
            pass

    @heliograph.wrap
    def handler(event: Any, context: Any) -> None:
        if event["n"] == 1:
            worker.run(begin)
        else:
            worker.run(lambda: kept[1].run(go_on))
            worker.run(lambda: kept[0].__exit__(None, None, None))

    with capture() as captured:
        for n in (1, 2):
            handler({"n": n}, FakeContext())
        inner, step = captured.span("inner"), captured.span("step")
    assert inner.parent == step.context


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
