"""The public testing kit."""

from __future__ import annotations

import time
from typing import Any

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import heliograph
from heliograph import _guard, testing
from heliograph.errors import ConfigurationError
from heliograph.journal import journal, state


def test_capture_sends_nothing_anywhere(capfd: pytest.CaptureFixture[str]) -> None:
    """What is captured goes nowhere else, and recording is off after the block."""
    with testing.capture() as captured:
        with heliograph.span("span"):
            heliograph.metric("metric", 1)
        assert [span.name for span in captured.spans] == ["span"]
    assert not state.active
    assert journal.entries == []
    assert capfd.readouterr().out == ""


def test_capture_ends_with_the_block() -> None:
    """A block that raises switches recording off as well."""
    with pytest.raises(KeyError), testing.capture():
        raise KeyError
    assert not state.active


def test_captures_are_apart() -> None:
    """One test sees nothing of the one before it: neither spans nor measurements nor open spans."""
    with testing.capture():
        heliograph.metric("metric", 1)
        left_open = heliograph.span("open")
        left_open.__enter__()
    left_open.__exit__(None, None, None)
    with testing.capture() as second:
        assert second.spans == []
        assert second.metrics == {}
        heliograph.metric("metric", 5)
        assert [point.sum for point in second.metrics["metric"]] == [5]


def test_metrics_so_far() -> None:
    """The data points tell all that was measured, however often one looks."""
    with testing.capture() as captured:
        for expected in (1, 2, 3):
            heliograph.metric("metric", 1)
            assert [point.count for point in captured.metrics["metric"]] == [expected]
        assert [point.count for point in captured.metrics["metric"]] == [3]


@pytest.mark.parametrize("count", [0, 2])
def test_span_of_a_name(count: int) -> None:
    """A name that is not that of one span says which spans there are."""
    with testing.capture() as captured:
        for name in ["wanted"] * count + ["other"]:
            with heliograph.span(name):
                pass
        with pytest.raises(AssertionError, match=f"{count} spans are named 'wanted'; there are"):
            captured.span("wanted")
        assert captured.span("other").name == "other"


def test_settings_and_exporters_pass() -> None:
    """Settings and objects of the SDK are those of `configure`; a wrong one raises."""
    exporter = InMemorySpanExporter()
    with testing.capture(span_exporters=[exporter], sampler="always_on") as captured:
        with heliograph.span("span"):
            pass
        assert len(captured.spans) == len(exporter.get_finished_spans()) == 1
    with pytest.raises(ConfigurationError), testing.capture(start="now"):
        pass
    assert not state.active


def test_fake_context() -> None:
    """It has what a handler asks of its context, and time that runs."""
    context: Any = testing.FakeContext("id", "shop", seconds=2)
    assert context.aws_request_id == "id"
    assert context.function_name == "shop"
    assert context.invoked_function_arn.endswith(":function:shop")
    assert 0 < context.get_remaining_time_in_millis() <= 2000
    context._deadline = time.time() - 1
    assert context.get_remaining_time_in_millis() == 0
    for name in ("function_version", "memory_limit_in_mb", "log_group_name", "log_stream_name"):
        assert isinstance(getattr(context, name), str)


def swallowing() -> None:
    with testing.strict() as swallowed:
        with _guard.guard("testing"):
            raise ValueError("why")
        assert [doing for doing, _ in swallowed] == ["testing"]


def test_strict_raises_what_was_swallowed() -> None:
    """A failure of ours, swallowed in production, fails the test that runs in `strict`."""
    before = list(_guard.observers)
    _guard.observers.clear()  # the suite's own, which would fail this test
    with pytest.raises(AssertionError, match="swallowed, while testing: ValueError"):
        swallowing()
    assert _guard.observers == []
    _guard.observers.extend(before)


def test_metrics_after_the_block() -> None:
    """What was captured can be looked at after the block too."""
    with testing.capture() as captured, heliograph.span("span"):
        heliograph.metric("metric", 1)
    assert [point.count for point in captured.metrics["metric"]] == [1]
    assert [span.name for span in captured.spans] == ["span"]
