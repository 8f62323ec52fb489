"""The handler's span, in process: what it says, whatever the handler is called with."""

from __future__ import annotations

import json
import math
import sys
import threading
from decimal import Decimal
from pathlib import Path
from unittest.mock import MagicMock

import pytest

import heliograph
from heliograph.journal import carry, recording
from heliograph.journal.entry import journal
from heliograph.lab.daemon import XRayDaemon
from heliograph.runtime import telemetry
from heliograph.testing import FakeContext, capture

EVENTS = Path(__file__).parents[1] / "events"
ROOT = "1-6b0121d0-d42d886c791602ec6d4263c8"
TRACE = 0x6B0121D0D42D886C791602EC6D4263C8
HEADER = f"Root={ROOT};Parent=49b993bb9d11f70b;Sampled=1;Lineage=1:a87bd80c:0"


def event(name):
    return json.loads((EVENTS / f"{name}.json").read_text())


def attributes(span):
    return dict(span.attributes)


class Exploding:
    """A context of which nothing can be read."""

    def __getattr__(self, name):
        raise RuntimeError(f"no {name}")


class Odd(FakeContext):
    """A context with values of other types than Lambda's."""

    def __init__(self, left):
        super().__init__()
        self.aws_request_id = 7
        self.invoked_function_arn = b"arn"
        self._left = left

    def get_remaining_time_in_millis(self):
        return self._left


@pytest.mark.parametrize(
    "context",
    [
        pytest.param(None, id="none"),
        pytest.param({}, id="dict"),
        pytest.param({"aws_request_id": "7"}, id="dict-with-id"),
        pytest.param(MagicMock(), id="mock"),
        pytest.param(object(), id="object"),
        pytest.param("context", id="text"),
        *[
            pytest.param(Odd(left), id=f"left-{left!r:.20}")
            for left in (None, "1", math.nan, math.inf, -math.inf, 1e308, -5, True, Decimal(3), 0)
        ],
    ],
)
def test_any_context(context):
    """A context of any kind does not matter to the handler, and its span is there."""
    with capture() as captured:
        seen = []
        handler = heliograph.wrap(lambda e, c: seen.append((e, c)) or "fine")

        assert handler({"a": 1}, context) == "fine"

        assert seen == [({"a": 1}, context)]
        (span,) = captured.spans
        assert span.name == "function"


@pytest.mark.guarded
@pytest.mark.parametrize("context", [Exploding(), FakeContext], ids=["attributes", "call"])
def test_a_context_that_raises(context):
    """A context whose attributes raise is told, and costs nothing else."""
    with capture() as captured:
        handler = heliograph.wrap(lambda e, c: "fine")

        assert handler({}, context) == "fine"

        assert len(captured.spans) == 1


@pytest.mark.parametrize(
    ("call", "seen"),
    [
        pytest.param(lambda h: h({"a": 1}, None), (({"a": 1}, None), {}), id="positions"),
        pytest.param(
            lambda h: h(event={"a": 1}, context=None),
            ((), {"event": {"a": 1}, "context": None}), id="keywords",
        ),
        pytest.param(
            lambda h: h({"a": 1}, context="c"), (({"a": 1},), {"context": "c"}), id="mixed",
        ),
        pytest.param(lambda h: h(), ((), {}), id="nothing"),
        pytest.param(lambda h: h(1), ((1,), {}), id="one"),
        pytest.param(lambda h: h(1, 2, 3, k=4), ((1, 2, 3), {"k": 4}), id="more"),
    ],
)  # fmt: skip
def test_any_call(call, seen):
    """Arguments pass through as they were given."""
    calls = []
    with capture() as captured:

        @heliograph.wrap
        def handler(*args, **kwargs):
            calls.append((args, kwargs))

        call(handler)

        assert calls == [seen]
        assert len(captured.spans) == 1


CYCLE: list[object] = []
CYCLE.append(CYCLE)


@pytest.mark.parametrize(
    "given",
    [
        None, True, 0, -1.5, math.nan, "", "text", b"bytes", [], [1, [2]], {}, {"a": {"b": []}},
        {1: 2}, {None: None}, CYCLE, {"Records": CYCLE}, {"Records": [None]}, {"Records": {}},
        {"requestContext": None, "headers": 5, "httpMethod": []}, {"version": "2.0"},
        {"requestContext": {"http": 3}, "version": "2.0", "rawPath": {}},
        {"requestContext": {"elb": {}}, "headers": [None]}, object(), lambda: None, {"x": object()},
        "x" * 1_000_000, list(range(10_000)),
    ],
    ids=lambda value: f"{value!r:.30}".partition(" at ")[0],
)  # fmt: skip
def test_any_event(given):
    """Any event and junk is handed on as it is, and the result comes back as it is."""
    with capture() as captured:
        handler = heliograph.wrap(lambda event, context: event)

        assert handler(given, FakeContext()) is given

        assert len(captured.spans) == 1


class Suspend(BaseException):
    """As a durable function suspends."""


Suspend.__name__ = "SuspendExecution"


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(ValueError("no"), id="exception"),
        pytest.param(SystemExit(3), id="system-exit"),
        pytest.param(KeyboardInterrupt(), id="keyboard-interrupt"),
        pytest.param(GeneratorExit(), id="generator-exit"),
    ],
)
def test_exceptions_pass_through(error):
    """The very exception comes out, with the user's frames only, recorded as the span's error."""

    def fails(event, context):
        raise error

    with capture() as captured:
        with pytest.raises(type(error)) as caught:
            heliograph.wrap(fails)({}, FakeContext())

        assert caught.value is error
        names = [entry.name for entry in caught.traceback]
        assert names[-1] == "fails"
        assert len(names) == (2 if sys.version_info >= (3, 11) else 3)  # see `_guard.unframe`
        (span,) = captured.spans
        assert span.attributes["error.type"] == type(error).__name__
        assert span.status.status_code.name == "ERROR"
        assert span.status.description == f"{type(error).__name__}: {error}"
        (happened,) = span.events
        assert happened.name == "exception"
        assert happened.attributes["exception.type"] == type(error).__name__
        assert happened.attributes["exception.escaped"] == "True"


def test_a_suspended_function_has_not_failed():
    """`SuspendExecution` of a durable function leaves through two spans: none is an error."""
    with capture() as captured:

        @heliograph.wrap
        def handler(event, context):
            with heliograph.span("outer"), heliograph.span("inner"):
                raise Suspend

        with pytest.raises(Suspend):
            handler({}, FakeContext())

        handled, outer, inner = captured.spans
        assert handled.attributes["heliograph.suspended"] is True
        assert [span.status.status_code.name for span in (handled, outer, inner)] == ["UNSET"] * 3
        assert "error.type" not in handled.attributes


@pytest.mark.parametrize(
    ("name", "result", "told"),
    [
        pytest.param("rest_api", {"statusCode": 200}, None, id="200"),
        pytest.param("rest_api", {"statusCode": 404}, None, id="404"),
        pytest.param("rest_api", {"statusCode": 500}, "500", id="500"),
        pytest.param("http_api", {"statusCode": 503}, "503", id="503"),
        pytest.param("alb", {"statusCode": 502}, "502", id="alb-502"),
        pytest.param("http_api", "plain text", None, id="text"),
    ],
)
def test_a_status_of_500_is_an_error_of_the_span(name, result, told):
    """A 5xx that the handler returns is the span's error; what is returned stays as it is."""
    with capture() as captured:
        assert heliograph.wrap(lambda e, c: result)(event(name), FakeContext()) is result

        (span,) = captured.spans
        assert span.attributes.get("error.type") == told
        assert span.status.status_code.name == ("ERROR" if told else "UNSET")


def test_failed_items_of_a_batch_are_counted():
    """`batchItemFailures` is an error of the span, as a count."""
    with capture() as captured:
        failed = {"batchItemFailures": [{"itemIdentifier": "059f36b4-87a3-44ab-83d2-661975830a7d"}]}

        heliograph.wrap(lambda e, c: failed)(event("sqs"), FakeContext())

        (span,) = captured.spans
        assert span.attributes["faas.trigger"] == "pubsub"
        counts = {k: v for k, v in attributes(span).items() if k.startswith("heliograph.batch")}
        assert counts
        assert 1 in counts.values()


def handled(monkeypatch, header, **settings):
    """Handle one event with this header; returns the span, or None, and the header of a call."""
    written = []

    @heliograph.wrap
    def handler(event, context):
        headers = {carry.XRAY: header} if header else {}
        carry.onto_aws_call(heliograph.journal.current.span(), headers)
        written.append(headers[carry.XRAY])

    monkeypatch.delenv("_X_AMZN_TRACE_ID", raising=False)
    if header is not None:
        monkeypatch.setenv("_X_AMZN_TRACE_ID", header)
    with capture(**settings) as captured:
        handler({}, FakeContext())
        spans = captured.spans
    return (spans[0] if spans else None), written[0]


def test_the_parent_is_lambdas_segment(monkeypatch):
    """Root and Parent of the environment's header are trace and parent; Lineage is kept."""
    span, header = handled(monkeypatch, HEADER)

    assert span.context.trace_id == TRACE
    assert (span.parent.span_id, span.parent.is_remote) == (0x49B993BB9D11F70B, True)
    own = f"{span.context.span_id:016x}"
    assert header == f"Root={ROOT};Parent={own};Sampled=1;Lineage=1:a87bd80c:0"


def test_the_header_is_read_anew(monkeypatch):
    """Each invocation has its own header's trace; nothing of the last one stays."""
    other = "1-6b0121d1-000000000000000000000001"
    with capture() as captured:
        extras = []
        handler = heliograph.wrap(lambda e, c: extras.append(recording.extras))
        for header in (HEADER, f"Root={other};Parent=00000000000000aa;Sampled=1", None):
            if header:
                monkeypatch.setenv("_X_AMZN_TRACE_ID", header)
            else:
                monkeypatch.delenv("_X_AMZN_TRACE_ID")
            handler({}, FakeContext())

        first, second, third = captured.spans
        assert first.context.trace_id == TRACE
        assert second.context.trace_id == 0x6B0121D1000000000000000000000001
        assert third.context.trace_id not in (first.context.trace_id, second.context.trace_id)
        assert third.parent is None
        assert extras == ["Lineage=1:a87bd80c:0", "", ""]


def test_an_invocation_without_header_carries_no_foreign_lineage(monkeypatch):
    """The Lineage of one invocation never leaves with a call of the next one."""
    handled(monkeypatch, HEADER)

    _, header = handled(monkeypatch, None)

    assert "Lineage" not in header


def test_sampled_0_carries_its_ids_on(monkeypatch):
    """Under X-Ray nothing of an unsampled trace is recorded, and its ids are carried on."""
    with XRayDaemon() as daemon:
        header = HEADER.replace("Sampled=1", "Sampled=0")
        span, written = handled(
            monkeypatch, header, traces_exporters="xray", daemon_address=daemon.address
        )
        daemon.settle()

        assert span is None
        assert daemon.datagrams == []
        assert written.startswith(f"Root={ROOT};Parent=")
        assert written.endswith(";Sampled=0;Lineage=1:a87bd80c:0")


def test_sampled_0_does_not_bind_other_exporters(monkeypatch):
    """Without X-Ray the flag only says that active tracing is off: our sampler decides."""
    span, _ = handled(monkeypatch, HEADER.replace("Sampled=1", "Sampled=0"))

    assert (span.context.trace_id, span.parent.span_id) == (TRACE, 0x49B993BB9D11F70B)


def test_a_root_without_parent_is_kept(monkeypatch):
    """Pass-through tracing gives a Root alone: its trace id is the root span's."""
    span, _ = handled(monkeypatch, f"Root={ROOT};Lineage=1:a87bd80c:0")

    assert (span.context.trace_id, span.parent) == (TRACE, None)


@pytest.mark.parametrize(
    "header",
    [
        None, "", "?", "garbage", "Root=;Parent=;Sampled=", "Root=1-2-3;Parent=x;Sampled=1", ";;;=",
        "Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=1",
        "Sampled=1", "Parent=49b993bb9d11f70b;Sampled=1", "\u00e9" * 4000,
    ],
    ids=lambda value: f"{value!r:.30}",
)  # fmt: skip
def test_a_header_of_any_kind(monkeypatch, header):
    """Without a usable Root the span is the root of a trace of its own."""
    span, _ = handled(monkeypatch, header)

    assert span.parent is None
    assert span.context.trace_id != 0


@pytest.mark.parametrize("flag", ["?", "", "2", "yes"])
def test_an_undecided_flag_is_ours_to_decide(monkeypatch, flag):
    """`Sampled=?` asks the one who receives it; the sampler decides, parent and trace are kept."""
    header = f"Root={ROOT};Parent=49b993bb9d11f70b;Sampled={flag}"

    span, written = handled(monkeypatch, header)
    none, unsampled = handled(monkeypatch, header, sampler="parentbased_always_off")

    assert span.context.trace_id == TRACE
    assert "Sampled=1" in written
    assert none is None
    assert unsampled.startswith(f"Root={ROOT};")
    assert "Sampled=0" in unsampled


def test_a_thread_that_runs_on_keeps_its_trace(monkeypatch):
    """A span that ends during the next invocation is developed then, in its own trace."""
    go, done = threading.Event(), threading.Event()

    def work():
        with heliograph.span("late"):
            go.wait(5)
        done.set()

    def handler(event, context):
        if event == 1:
            heliograph.annotate("n", 1)
            threading.Thread(target=work).start()
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


def test_wrapped_twice_is_one_span():
    """The layer wraps and the user's code wraps: one span, and the result of the handler."""
    with capture() as captured:
        handler = heliograph.wrap(heliograph.wrap(heliograph.wrap(lambda e, c: (e, c))))

        assert handler(1, 2) == (1, 2)

        assert len(captured.spans) == 1


def test_wrap_keeps_the_name():
    """The wrapped handler shows as the handler, whatever kind of callable it is."""

    def handler(event, context):
        """Take an order."""

    class Instance:
        def __call__(self, event, context):
            return event

    wrapped = heliograph.wrap(handler)
    assert (wrapped.__name__, wrapped.__doc__, wrapped.__module__) == (
        "handler", "Take an order.", __name__,
    )  # fmt: skip
    assert wrapped.__wrapped__ is handler
    assert heliograph.wrap(Instance())(5, None) == 5
    assert heliograph.wrap(MagicMock(return_value=6))(5, None) == 6


def test_outside_lambda_nothing_is_recorded():
    """Without Lambda and without `configure` the handler simply runs."""
    handler = heliograph.wrap(lambda e, c: (e, c))

    assert handler({"a": 1}, None) == ({"a": 1}, None)
    assert journal.entries == []
    assert telemetry.config is None


def test_a_raising_handler_outside_lambda_shows_no_frame_of_ours():
    """With nothing switched on the traceback is the user's all the same."""

    def fails(event, context):
        raise ValueError("no")

    with pytest.raises(ValueError, match="no") as caught:
        heliograph.wrap(fails)(1, 2)

    names = [entry.name for entry in caught.traceback]
    assert names[-1] == "fails"
    assert len(names) == (2 if sys.version_info >= (3, 11) else 3)  # see `_guard.unframe`


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
        telemetry.ready()
        monkeypatch.setattr(telemetry, "_ready_ns", telemetry._ready_ns - 25_000_000_000)
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
        telemetry.restored()
        handler = heliograph.wrap(lambda e, c: None)
        handler({}, FakeContext())
        handler({}, FakeContext())

        first, second = (attributes(span) for span in captured.spans)
        assert (first["faas.coldstart"], first["heliograph.restore"]) == (True, True)
        assert second["faas.coldstart"] is False
        assert "heliograph.restore" not in second


def test_the_handlers_span_can_be_left_out(monkeypatch):
    """With `aws-lambda` among the disabled instrumentations, spans hang on Lambda's own segment."""
    monkeypatch.setenv("_X_AMZN_TRACE_ID", HEADER)

    @heliograph.wrap
    def handler(event, context):
        with heliograph.span("price"):
            return "fine"

    with capture(disabled_instrumentations="aws-lambda") as captured:
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
