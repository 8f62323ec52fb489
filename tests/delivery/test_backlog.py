"""The queue of what waits: within its bounds, in its order, and the oldest go first."""

from __future__ import annotations

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider

from heliograph.delivery.backlog import Backlog, Item, size_of_metrics, size_of_span


def items(*contents, size=10):
    return [Item(content, size) for content in contents]


def contents(taken):
    return [item.content for item in taken]


@pytest.mark.parametrize(
    ("most", "most_bytes", "kept", "dropped"),
    [
        pytest.param(5, 100, "abcde", 0, id="room"),
        pytest.param(3, 100, "cde", 2, id="too-many"),
        pytest.param(5, 40, "bcde", 1, id="too-large"),
        pytest.param(5, 5, "", 5, id="each-too-large"),
    ],
)
def test_bounds(most, most_bytes, kept, dropped):
    """Beyond either bound the oldest go, and are counted."""
    backlog = Backlog(most, most_bytes)

    assert backlog.add(items(*"abcde")) == dropped
    assert contents(backlog.take(9)) == list(kept)
    assert len(backlog) == 0


def test_what_is_put_back_comes_first():
    """A batch that did not go out is the oldest again: next to go out, and next to be dropped."""
    backlog = Backlog(4, 100)
    backlog.add(items(*"abc"))
    air = backlog.take(2)
    backlog.add(items(*"de"))

    assert contents(air) == ["a", "b"]
    assert backlog.put_back(air) == 1
    assert contents(backlog.take(9)) == ["b", "c", "d", "e"]


def test_bytes_are_those_of_what_waits():
    """What is taken out makes room, and what is put back takes it."""
    backlog = Backlog(9, 20)
    backlog.add(items("a", "b"))
    taken = backlog.take(1)

    assert backlog.add(items("c")) == 0
    assert backlog.put_back(taken) == 1
    assert contents(backlog.take(9)) == ["b", "c"]


@pytest.mark.parametrize(
    ("number", "size", "half_full"),
    [(4, 1, False), (5, 1, True), (1, 49, False), (1, 50, True)],
)
def test_half_full(number, size, half_full):
    """From half of either bound on it asks to be emptied."""
    backlog = Backlog(10, 100)
    backlog.add(items(*range(number), size=size))

    assert backlog.half_full is half_full


def test_size_of_a_span():
    """The estimate follows the texts of a span, its events and its links."""
    tracer = TracerProvider().get_tracer("test")
    small = tracer.start_span("small")
    large = tracer.start_span("large", attributes={"text": "x" * 10_000, "list": ["y" * 500] * 10})
    large.add_event("event", {"text": "x" * 1_000})
    for span in (small, large):
        span.end()

    difference = size_of_span(large) - size_of_span(small)
    assert 16_000 < difference < 17_000


def test_size_of_metrics():
    """The estimate follows the points and their attributes."""
    reader = InMemoryMetricReader()
    counter = MeterProvider([reader]).get_meter("test").create_counter("orders")
    counter.add(1, {"tier": "a"})
    one = size_of_metrics(reader.get_metrics_data())
    counter.add(1, {"tier": "b" * 1_000})

    assert size_of_metrics(reader.get_metrics_data()) == 2 * one + 999
