"""The handler's span, in process: threads, deadlines, cold starts, what leaves it out."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

import heliograph
from heliograph.journal import current, journal, state
from heliograph.journal.entry import span_id
from heliograph.runtime import lifecycle
from heliograph.testing import FakeContext, capture

EVENTS = Path(__file__).parents[1] / "events"
ROOT = "1-6b0121d0-d42d886c791602ec6d4263c8"
TRACE = 0x6B0121D0D42D886C791602EC6D4263C8
HEADER = f"Root={ROOT};Parent=49b993bb9d11f70b;Sampled=1;Lineage=1:a87bd80c:0"


def event(name):
    return json.loads((EVENTS / f"{name}.json").read_text())


def attributes(span):
    return dict(span.attributes)


def test_a_thread_that_runs_on_keeps_its_trace(monkeypatch):
    """A span that ends during the next invocation is developed then, in its own trace."""
    begun, go, done = threading.Event(), threading.Event(), threading.Event()

    def work():
        with heliograph.span("late"):
            begun.set()
            go.wait(5)
        done.set()

    def handler(event, context):
        if event == 1:
            heliograph.annotate("n", 1)
            threading.Thread(target=work).start()
            begun.wait(5)
        else:
            go.set()
            done.wait(5)

    with capture() as captured:
        wrapped = heliograph.wrap(handler)
        monkeypatch.setenv("_X_AMZN_TRACE_ID", HEADER)
        wrapped(1, FakeContext("first"))
        assert [span.name for span in captured.spans] == ["function"]
        monkeypatch.setenv("_X_AMZN_TRACE_ID", HEADER.replace("6b0121d0", "6b0121d1"))
        wrapped(2, FakeContext("second"))

        first, late, second = captured.spans
        assert late.name == "late"
        assert late.parent.span_id == first.context.span_id
        assert late.context.trace_id == first.context.trace_id != second.context.trace_id


def test_too_little_time_keeps_the_journal(caplog):
    """A deadline too near keeps the journal, says so once, and the next invocation sends it."""
    with capture() as captured:
        handler = heliograph.wrap(lambda e, c: "fine")
        for number in range(2):
            assert handler({}, FakeContext(f"near-{number}", seconds=0.02)) == "fine"
        assert len(journal.entries) == 2
        told = [record.message for record in caplog.records]
        assert len(told) == 1
        assert "kept for the next one" in told[0]

        handler({}, FakeContext("enough"))

        ids = [span.attributes["faas.invocation_id"] for span in captured.spans]
        assert ids == ["near-0", "near-1", "enough"]


def test_a_late_end_is_a_timeout():
    """An invocation that ends after its deadline has timed out, whatever it returns."""
    with capture() as captured:
        handler = heliograph.wrap(lambda e, c: __import__("time").sleep(0.03))

        handler({}, FakeContext(seconds=0.01))

        (span,) = captured.spans
        assert span.attributes["error.type"] == "timeout"
        assert span.attributes["heliograph.late_ms"] >= 10
        assert span.status.description.startswith("timed out after ")


def test_cold_once():
    """The first invocation of an environment is cold, no other one."""
    with capture() as captured:
        handler = heliograph.wrap(lambda e, c: None)
        for _ in range(3):
            handler({}, FakeContext())

        assert [s.attributes["faas.coldstart"] for s in captured.spans] == [True, False, False]


def test_provisioned_is_never_cold(monkeypatch):
    """With provisioned concurrency init was long before; the type is said beside it."""
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "provisioned-concurrency")
    with capture() as captured:
        heliograph.wrap(lambda e, c: None)({}, FakeContext())

        (span,) = captured.spans
        assert span.attributes["faas.coldstart"] is False
        assert span.attributes["faas.init.type"] == "provisioned-concurrency"


def test_an_early_init_is_told(monkeypatch):
    """An init that was over long before the first event shows as a gap, and it is still cold."""
    with capture() as captured:
        lifecycle.ready()
        state.ready_ns -= 25_000_000_000
        handler = heliograph.wrap(lambda e, c: None)
        handler({}, FakeContext())
        handler({}, FakeContext())

        first, second = captured.spans
        assert first.attributes["faas.coldstart"] is True
        assert 25_000 <= first.attributes["heliograph.init.gap_ms"] < 60_000
        assert "heliograph.init.gap_ms" not in second.attributes


def test_the_first_invocation_after_a_restore(monkeypatch):
    """After a restore the environment is cold once more, and says that it was restored."""
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")
    with capture() as captured:
        lifecycle.restored()
        handler = heliograph.wrap(lambda e, c: None)
        handler({}, FakeContext())
        handler({}, FakeContext())

        first, second = (attributes(span) for span in captured.spans)
        assert (first["faas.coldstart"], first["heliograph.restore"]) == (True, True)
        assert second["faas.coldstart"] is False
        assert "heliograph.restore" not in second


@pytest.mark.parametrize("off", ["aws-lambda", "*"])
def test_the_handlers_span_can_be_left_out(monkeypatch, off):
    """With `aws-lambda` among the disabled instrumentations, spans hang on Lambda's own segment."""
    monkeypatch.setenv("_X_AMZN_TRACE_ID", HEADER)

    @heliograph.wrap
    def handler(event, context):
        with heliograph.span("price"):
            return "fine"

    with capture(disabled_instrumentations=off) as captured:
        assert handler({}, FakeContext()) == "fine"
        monkeypatch.delenv("_X_AMZN_TRACE_ID")
        assert handler({}, FakeContext()) == "fine"

        first, second = captured.spans
        assert [first.name, second.name] == ["price", "price"]
        assert (first.context.trace_id, first.parent.span_id) == (TRACE, 0x49B993BB9D11F70B)
        assert second.parent is None


def test_disabled_is_off(monkeypatch):
    """`OTEL_SDK_DISABLED=true`: nothing is recorded."""
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    with capture() as captured:
        assert heliograph.wrap(lambda e, c: e)(1, None) == 1
        assert captured.spans == []


def test_configure_twice_replaces_the_settings():
    """A second `configure` is the one that counts, and nothing is sent twice."""
    with capture(span_name="auto") as first, capture(span_name="function") as second:
        heliograph.wrap(lambda e, c: None)(event("rest_api"), FakeContext())

        assert [span.name for span in second.spans] == ["function"]
        assert first._spans.get_finished_spans() == ()


def test_what_the_handler_changes_is_not_seen(monkeypatch):
    """Event and header are those the handler was called with, whatever it does to them."""

    def handler(event, context):
        event["Records"] = [{"eventSource": "aws:sqs"}]
        event.pop("requestContext", None)
        monkeypatch.setenv("_X_AMZN_TRACE_ID", HEADER.replace("6b0121d0", "6b0121d1"))

    with capture() as captured:
        for given in ({"orderId": "1"}, event("http_api")):
            monkeypatch.setenv("_X_AMZN_TRACE_ID", HEADER)
            heliograph.wrap(handler)(given, FakeContext())
        plain, http = captured.spans

    assert attributes(plain)["heliograph.trigger"] == "direct"
    assert attributes(http)["heliograph.trigger"] == "http_api"
    assert plain.context.trace_id == http.context.trace_id == TRACE


def test_a_forked_child_hangs_below_the_same_span():
    """Parent and child know the handler's span by the same ids, and make no other id twice."""
    read, write = os.pipe()

    def handler(event, context):
        child = os.fork()
        here = current.span()
        told = f"{here.trace.id} {here.span_id} {span_id()}"
        if not child:
            os.write(write, told.encode())
            os._exit(0)
        os.waitpid(child, 0)
        seen.append(told.split())
        seen.append(os.read(read, 1000).decode().split())

    with capture():
        for _ in range(2):  # the second has ids drawn ahead
            seen = []
            heliograph.wrap(handler)({}, FakeContext())
            ours, theirs = seen
            assert ours[:2] == theirs[:2]
            assert ours[2] != theirs[2]


def test_threads_that_ask_at_once_get_the_same_span():
    """However many threads first need the handler's span, it has one id and is one entry."""
    start = threading.Barrier(8)

    def ask(entry, seen):
        start.wait(5)
        seen.append((entry.span_id, id(entry.trace)))

    def handler(event, context):
        seen = []
        entry = current.span()
        threads = [threading.Thread(target=ask, args=(entry, seen)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(5)
        return len(seen), len(set(seen)), len(journal.entries)

    with capture() as captured:
        assert heliograph.wrap(handler)({}, FakeContext()) == (8, 1, 1)
        assert len(captured.spans) == 1
