"""The wrapped handler, in process, whatever it is called with and whatever it does."""

from __future__ import annotations

import json
import math
import sys
from decimal import Decimal
from pathlib import Path
from unittest.mock import MagicMock

import pytest

import heliograph
from heliograph.journal import journal, state
from heliograph.testing import FakeContext, capture

EVENTS = Path(__file__).parents[1] / "events"


def event(name):
    return json.loads((EVENTS / f"{name}.json").read_text())


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

        span, _ = sorted(captured.spans, key=lambda span: span.kind.value)  # and the message's
        assert span.attributes["faas.trigger"] == "pubsub"
        counts = {k: v for k, v in span.attributes.items() if k.startswith("heliograph.batch")}
        assert counts
        assert 1 in counts.values()


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
    assert state.config is None


def test_a_raising_handler_outside_lambda_shows_no_frame_of_ours():
    """With nothing switched on the traceback is the user's all the same."""

    def fails(event, context):
        raise ValueError("no")

    with pytest.raises(ValueError, match="no") as caught:
        heliograph.wrap(fails)(1, 2)

    names = [entry.name for entry in caught.traceback]
    assert names[-1] == "fails"
    assert len(names) == (2 if sys.version_info >= (3, 11) else 3)  # see `_guard.unframe`
