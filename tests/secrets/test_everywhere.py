"""Who gets the redacted span: processors, exporters, other providers, processes, lines of ours."""

from __future__ import annotations

import logging
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.trace import Link, SpanContext

import heliograph
from heliograph import _notice
from heliograph.develop import redacting
from heliograph.develop.lambda_pipeline import Redacting
from heliograph.testing import FakeContext, capture

if TYPE_CHECKING:
    from pathlib import Path

RAW, CLEAN = "https://h/a?b=1&token=s3cr3t", "https://h/a?b=1&token=REDACTED"


class Seeing(SpanProcessor):
    """Keeps what it sees of spans."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def on_start(self, span: Any, parent_context: object = None) -> None:
        self.seen.append(dict(span.attributes))

    def on_end(self, span: Any) -> None:
        self.seen.append(dict(span.attributes))


def test_processors_of_code() -> None:
    """Processors that code adds see no secret, when a span starts and when it has ended."""
    seeing = Seeing()
    with capture(span_processors=[seeing]) as captured:
        with heliograph.span("work", url=RAW, n=1):
            heliograph.annotate("also", RAW)
        (span,) = captured.spans
    assert seeing.seen[0] == {"url": CLEAN, "n": 1}
    assert seeing.seen[1]["also"] == CLEAN
    assert list(span.attributes)[:2] == ["url", "n"]


def test_what_was_dropped_stays_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts of the SDK's limits are those before, and no value is longer than they say."""
    monkeypatch.setenv("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "2")
    monkeypatch.setenv("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "30")
    with capture() as captured:
        with heliograph.span("work", a=1, b="https://user:s3cr3tpassword-and-more@h/", c=RAW):
            pass
        (span,) = captured.spans
    assert span.dropped_attributes == 1
    assert dict(span.attributes) == {"b": "https://REDACTED:REDACTED@", "c": CLEAN[:30]}


def test_a_link_of_the_function_stays() -> None:
    """The function's own objects are not touched."""
    given = {"url": RAW}
    link = Link(SpanContext(1, 2, is_remote=True), given)
    with capture() as captured:
        with trace.get_tracer("t").start_as_current_span("work", links=[link]):
            pass
        (span,) = captured.spans
    assert (given, link.attributes) == ({"url": RAW}, {"url": RAW})
    assert dict(span.links[0].attributes) == {"url": CLEAN}


@pytest.mark.guarded
def test_a_failure_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A span that cannot be redacted leaves without its texts, and says so."""
    monkeypatch.setattr(redacting, "put_span", lambda span: 1 / 0)
    with capture() as captured:
        with heliograph.span("work", url=RAW):
            heliograph.event("e", url=RAW)
        (span,) = captured.spans
    assert "s3cr3t" not in span.to_json()
    assert "redacting a span" in str(_notice.counts)


def test_an_exception_of_the_function_stays() -> None:
    """The function's exception passes as it was; handler, span and causes have no secret."""
    error = ConnectionError(f"no answer: {RAW}")
    error.__cause__ = ValueError(RAW)

    def handler(event: object, context: object) -> None:
        with heliograph.span("inner"):
            raise error

    with capture() as captured:
        with pytest.raises(ConnectionError) as raised:
            heliograph.wrap(handler)({}, FakeContext())
        found = captured.spans
    assert raised.value is error
    assert str(error) == f"no answer: {RAW}"
    for span in found:
        assert "s3cr3t" not in span.to_json()
        (event,) = span.events
        assert event.attributes["exception.message"] == f"no answer: {CLEAN}"
        assert event.attributes.recorded.previous.text == CLEAN


def test_measurements() -> None:
    """Attributes of a measurement are dimensions, and have no secret."""
    with capture() as captured:
        heliograph.metric("calls", 1, url=RAW)
        (point,) = captured.metrics["calls"]
    assert dict(point.attributes)["url"] == CLEAN


def test_lines_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    """A line says what a backend or an exception said, without the secrets in it."""
    with caplog.at_level(logging.INFO, "heliograph"):
        _notice.warn("secret", f"sending to {RAW} failed: https://u:s3cr3t@h")
        _notice.inform("traces to xray; sampler a=b")
    assert caplog.messages == [
        f"heliograph: sending to {CLEAN} failed: https://REDACTED:REDACTED@h",
        "heliograph: traces to xray; sampler a=b",
    ]


def test_a_plain_span_loads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A span without anything that a secret has is not looked at any further."""
    monkeypatch.setattr(Redacting, "_redact", lambda *_: pytest.fail("looked at"))
    with capture() as captured:
        with heliograph.span("work", url="http://h:8080/a", table=["a", "b"], n=1, f=1.5, b=True):
            heliograph.event("done", of="it")
        assert len(captured.spans) == 1


PROCESS = """
import heliograph
heliograph.configure(traces_exporters="console", metrics_exporters="none", service_name="p")
from opentelemetry import trace
with trace.get_tracer("t").start_as_current_span("live") as span:
    span.set_attribute("url.full", "https://h/a?b=1&token=s3cr3t")
    span.add_event("e", {"url": "https://h/a?b=1&token=s3cr3t"})
    try:
        with trace.get_tracer("t").start_as_current_span("failed"):
            raise ValueError("https://h/a?b=1&token=s3cr3t")
    except ValueError:
        pass
with heliograph.span("door", url="https://h/a?b=1&token=s3cr3t"):
    pass
heliograph.flush()
"""


def test_a_process(tmp_path: Path) -> None:
    """Live spans of the SDK, in a process that is no function."""
    program = tmp_path / "app.py"
    program.write_text(textwrap.dedent(PROCESS))
    done = subprocess.run(
        [sys.executable, str(program)], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.count("token=REDACTED") >= 5
    assert "s3cr3t" not in done.stdout + done.stderr
