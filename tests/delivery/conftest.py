"""Exporters that do what a test tells them, and spans to export."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from heliograph.delivery.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SUCCESS, FAILURE = SpanExportResult.SUCCESS, SpanExportResult.FAILURE


class Planned(SpanExporter):
    """Exports as planned, then successfully: a result, an exception, or an event to wait for.

    Attributes:
        got: Names of the spans that it has taken, one list an export.
        tried: How many exports were begun.
        shut: Whether it was shut down.
    """

    def __init__(self, *plan: object, shutdown: threading.Event | None = None) -> None:
        self.plan = list(plan)
        self.got: list[list[str]] = []
        self.tried = 0
        self.threads: set[int] = set()
        self.shut = False
        self._shutdown = shutdown

    def export(self, spans: Any) -> Any:
        """Do the next thing that is planned."""
        self.tried += 1
        self.threads.add(threading.get_ident())
        step = self.plan.pop(0) if self.plan else SUCCESS
        if isinstance(step, threading.Event):
            step.wait(60)
            step = getattr(step, "then", SUCCESS)
        if isinstance(step, BaseException):
            raise step
        if step is not FAILURE:
            self.got.append([span.name for span in spans])
        return step

    def shutdown(self) -> None:
        """Be shut, or hang in it."""
        if self._shutdown is not None:
            self._shutdown.wait(60)
        self.shut = True


@pytest.fixture
def hang() -> Iterator[Callable[..., threading.Event]]:
    """Make an event that a `Planned` exporter waits for; all of them are set after the test."""
    made: list[threading.Event] = []

    def make(then: object = SUCCESS) -> threading.Event:
        made.append(threading.Event())
        made[-1].then = then  # type: ignore[attr-defined]
        return made[-1]

    yield make
    for event in made:
        event.set()


class Clock:
    """A wall clock that a test sets."""

    now = 1_700_000_000.0

    def __call__(self) -> float:
        """Return epoch seconds."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still until it is set."""
    return Clock()


@pytest.fixture
def workers(clock: Clock) -> Iterator[Callable[..., Workers]]:
    """Make workers that go by `clock`, by default with a budget that no healthy exporter needs."""
    made: list[Workers] = []

    def make(budget: float = 30.0, interval: float = 0.0) -> Workers:
        made.append(Workers(budget, interval, clock))
        return made[-1]

    yield make
    for one in made:
        one._budget = 0.0
        one.close()


@pytest.fixture
def planned() -> type[Planned]:
    """The class of exporters that do as they are told."""
    return Planned


@pytest.fixture
def spans() -> Callable[..., list[ReadableSpan]]:
    """Make finished spans with these names."""

    def make(*names: str) -> list[ReadableSpan]:
        return [ReadableSpan(name) for name in names]

    return make


@pytest.fixture
def offer(spans: Callable[..., list[ReadableSpan]]) -> Callable[..., None]:
    """Offer spans with these names to a worker."""
    from heliograph.delivery.backlog import Item, size_of_span

    def do(worker: Any, *names: str) -> None:
        made = spans(*names)
        worker.offer(map(Item, made, map(size_of_span, made)))

    return do
