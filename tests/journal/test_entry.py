"""The journal: bounded, shared by threads, and never losing what ends late."""

from __future__ import annotations

import importlib
import threading
import time

import pytest
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode

import heliograph
from heliograph import manual, testing
from heliograph.journal import (
    MAX_ENTRIES,
    MAX_MEASUREMENTS,
    MAX_OPS,
    MAX_STRING,
    Journal,
    bounded,
    journal,
)
from heliograph.journal import entry as entries
from heliograph.journal.entry import (
    AHEAD,
    SERVER,
    Entry,
    Trace,
    draw_ids,
    forget_ids,
    new_trace_id,
    random_id,
    span_id,
)


def make(name: str = "entry") -> Entry:
    return Entry(name, None, Trace(1))


def test_numbers_are_opentelemetrys() -> None:
    """Kinds and statuses are written down by OpenTelemetry's numbers."""
    for kind in SpanKind:
        assert getattr(entries, kind.name) == kind.value
        assert manual.KINDS[kind.name.lower()] == kind.value
    assert StatusCode(manual.ERROR) is StatusCode.ERROR


def test_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trace ids begin with the time as X-Ray's do; no id is ever 0 or seen twice."""
    before = int(time.time())
    trace_id = new_trace_id()
    assert before <= trace_id >> 96 <= int(time.time())
    assert len({random_id(8) for _ in range(1000)}) == 1000
    monkeypatch.setattr(entries, "urandom", lambda size: b"\0" * size)
    assert random_id(8) == 1


def test_ids_drawn_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids drawn ahead are random, used once each, never 0, and forgotten when asked."""
    drawn = []
    monkeypatch.setattr(entries, "urandom", lambda size: drawn.append(size) or b"\7" * size)
    forget_ids()
    draw_ids()
    draw_ids()
    assert drawn == [8 * AHEAD]
    forget_ids()
    monkeypatch.undo()

    draw_ids()
    ids = [span_id() for _ in range(3 * AHEAD)]
    assert len(set(ids)) == 3 * AHEAD
    assert all(0 < one < 1 << 64 for one in ids)
    monkeypatch.setattr(entries, "urandom", lambda size: b"\0" * size)
    draw_ids()
    assert span_id() == 1
    forget_ids()


def test_what_is_put_off() -> None:
    """What an entry learns later is set once, by `resolve` and `describe`; the rest is known."""
    asked = []

    class Owner:
        def resolve(self, entry: Entry) -> None:
            asked.append("trace")
            entry.trace, entry.span_id, entry.parent = Trace(7), 8, None
            entry.outer, entry.links = None, None

        def describe(self, entry: Entry) -> None:
            asked.append("name")
            entry.name, entry.attributes = "later", {}

    entry = Entry.begin(SERVER, Owner())
    assert (entry.kind, entry.end, entry.ops, entry.call, asked) == (SERVER, 0, None, None, [])
    assert (entry.resolve().trace.id, entry.span_id, asked) == (7, 8, ["trace"])
    assert (entry.describe().name, entry.resolve(), asked) == ("later", entry, ["trace", "name"])
    assert entry.describe() is entry
    assert asked == ["trace", "name"]


@pytest.mark.parametrize(
    ("value", "text"), [("a", "a"), (None, "None"), (7, "7"), ("x" * 9000, "x" * MAX_STRING)]
)
def test_name(value: object, text: str) -> None:
    """A name is bounded text, whatever was given."""
    assert bounded.text(value) == text
    assert make(value).name == text  # type: ignore[arg-type]


def test_calls_on_a_span_are_bounded(caplog: pytest.LogCaptureFixture) -> None:
    """Past the bound a call is told, once, and left out; so is one after the end."""
    one = make()
    for number in range(MAX_OPS + 5):
        one.op(("set_attribute", "key", number))
    assert one.ops is not None
    assert len(one.ops) == MAX_OPS
    one.end = 1
    one.op(("update_name", "late"))
    one.op(("update_name", "later"))
    assert len(one.ops) == MAX_OPS
    assert [line.split("heliograph: ")[1] for line in caplog.messages] == [
        f"span 'entry' has {MAX_OPS} calls recorded; set_attribute is left out.",
        "update_name on span 'entry' after its end: ignored.",
    ]


def test_take_leaves_what_is_open() -> None:
    """Ended spans and all measurements are taken; open ones stay, and come with a later turn."""
    kept = Journal()
    ended, open_ = make("ended"), make("open")
    ended.end = 1
    kept.add(ended)
    kept.add(open_)
    kept.measure("m")
    entries, [(measured, _)] = kept.take()
    assert (entries, measured) == ([ended], "m")
    assert kept.take() == ([], [])
    open_.end = 2
    assert kept.take() == ([open_], [])


def test_put_back_comes_first() -> None:
    """What could not be developed is first at the next turn."""
    kept = Journal()
    one, two = make(), make()
    one.end = two.end = 1
    kept.add(one)
    taken = kept.take()
    kept.add(two)
    kept.put_back(*taken)
    assert kept.take() == ([one, two], [])


def test_overflow_is_called_at_the_bound() -> None:
    """At each multiple of the bound the journal is developed early, in line."""
    kept = Journal()
    calls = []

    def overflow() -> None:
        calls.append(len(kept.take()[0]))

    kept.overflow = overflow
    for _ in range(MAX_ENTRIES * 2 + 1):
        one = make()
        one.end = 1
        kept.add(one)
    assert calls == [MAX_ENTRIES, MAX_ENTRIES]
    assert len(kept.entries) == 1


def test_bounded_where_nothing_develops(caplog: pytest.LogCaptureFixture) -> None:
    """Where development cannot be done the oldest go, counted and told once."""
    kept = Journal()
    for number in range(MAX_ENTRIES * 5):
        kept.add(make(str(number)))
        assert len(kept.entries) <= 2 * MAX_ENTRIES
    for number in range(MAX_MEASUREMENTS * 5):
        kept.measure(number)
    assert len(kept.measurements) <= 2 * MAX_MEASUREMENTS
    assert kept.entries[-1].name == str(MAX_ENTRIES * 5 - 1)
    assert kept.measurements[-1][0] == MAX_MEASUREMENTS * 5 - 1
    total = MAX_ENTRIES * 5 + MAX_MEASUREMENTS * 5
    assert kept.lost == total - len(kept.entries) - len(kept.measurements)
    assert len(caplog.messages) == 2


def test_nothing_is_lost_at_the_bound() -> None:
    """A function that makes more spans and measurements than the journal holds gets them all."""
    with testing.capture() as captured:
        for _ in range(MAX_ENTRIES + 10):
            with heliograph.span("span"):
                pass
        for _ in range(MAX_MEASUREMENTS + 10):
            heliograph.metric("metric", 1)
        assert len(captured.spans) == MAX_ENTRIES + 10
        assert [point.count for point in captured.metrics["metric"]] == [MAX_MEASUREMENTS + 10]


def test_many_threads_write() -> None:
    """Entries of threads that write at once, while another takes, are each taken once."""
    kept = Journal()
    taken: list[Entry] = []
    done = threading.Event()

    def write() -> None:
        for _ in range(200):
            one = make()
            kept.add(one)
            one.end = 1

    def take() -> None:
        while not done.is_set():
            taken.extend(kept.take()[0])

    writers = [threading.Thread(target=write) for _ in range(8)]
    taker = threading.Thread(target=take)
    for thread in (*writers, taker):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    taker.join()
    taken.extend(kept.take()[0])
    assert len(taken) == len({id(one) for one in taken}) == 8 * 200


def test_dropped() -> None:
    """A forked child forgets its parent's facts."""
    kept = Journal()
    kept.add(make())
    kept.measure("m")
    kept.drop()
    assert kept.take() == ([], [])
    assert journal is not kept


def test_a_clock_that_stands_at_zero(monkeypatch, in_lambda) -> None:
    """What a frozen clock (1970) ends has ended: it is developed, with its children (F12)."""
    journals = ("journal.entry", "journal.recording", "journal.recorded_exception")
    for module in (
        *journals,
        "libraries.requests",
        "libraries.botocore",
        "libraries.urllib3",
        "manual",
        "otel_api.span",
    ):
        name = f"heliograph.{module}"
        monkeypatch.setattr(importlib.import_module(name), "time_ns", lambda: 0)

    def work() -> int:
        with heliograph.span("step"):
            trace.get_tracer("t").start_span("api").end()
        return 1

    with testing.capture() as seen:
        assert in_lambda(work) == 1
    assert {span.name for span in seen.spans} >= {"step", "api"}
    assert all("heliograph.unfinished" not in span.attributes for span in seen.spans)
