"""The text of an exception is made for who reads it; X-Ray reads what was recorded."""

from __future__ import annotations

import copy
import itertools
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.sdk.trace import SpanLimits, TracerProvider

import heliograph
from heliograph import testing
from heliograph.develop import exception_event, stack
from heliograph.encode import xray
from heliograph.journal.recorded_exception import RecordedException

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan


class NoOrderError(Exception):
    """One of the function's own."""


def fail() -> None:
    """Raise one exception from another."""
    try:
        {}["order"]
    except KeyError as error:
        raise NoOrderError("no order") from error


def recorded() -> RecordedException:
    """What is kept of it."""
    with pytest.raises(NoOrderError) as caught:
        fail()
    return RecordedException(caught.value)


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that were made."""
    made: list[str] = []
    text = stack.text

    def tell(one: RecordedException) -> str:
        made.append(text(one))
        return made[-1]

    monkeypatch.setattr(stack, "text", tell)
    return made


def document(span: ReadableSpan) -> dict[str, Any]:
    """The span as X-Ray gets it."""
    ids = itertools.count(0xE1)
    rule = xray.AnnotationRule()
    made: Any = xray.document(
        span, lambda_segment=False, annotate=rule, new_id=lambda: f"{next(ids):016x}"
    )
    return made  # type: ignore[no-any-return] # a JSON object


def failed_span(record: Any = exception_event.record_exception, **limits: int) -> ReadableSpan:
    """A span with the exception's event."""
    provider = TracerProvider(span_limits=SpanLimits(**limits), shutdown_on_exit=False)
    span: Any = provider.get_tracer("t").start_span("work")
    record(span, recorded(), timestamp=7)
    span.end()
    return span  # type: ignore[no-any-return] # an ended span


def test_no_text_for_xray(printed: list[str]) -> None:
    """An X-Ray document has both exceptions with their frames, and no text was made for it."""
    with testing.capture() as captured, pytest.raises(NoOrderError), heliograph.span("work"):
        fail()
    told = document(captured.span("work"))
    first, second = told["cause"]["exceptions"]
    assert (first["message"], second["message"]) == ("no order", "'order'")
    assert first["cause"] == second["id"]
    assert [frame["label"] for frame in second["stack"]] == ["fail"]
    assert printed == []


def test_text_for_others(printed: list[str]) -> None:
    """Whoever reads the attribute has Python's text, made once."""
    [event] = failed_span().events
    found = event.attributes or {}
    assert printed == []
    assert list(found) == [
        "exception.type", "exception.message", "exception.stacktrace", "exception.escaped",
    ]  # fmt: skip
    text = dict(found)["exception.stacktrace"]
    assert str(text).endswith("NoOrderError: no order\n")
    assert copy.copy(found)["exception.stacktrace"] == text
    assert printed == [text]
    assert (event.name, event.timestamp) == ("exception", 7)


@pytest.mark.parametrize(
    "limits",
    [{"max_attribute_length": 9}, {"max_event_attributes": 2}, {"max_event_attributes": 0}],
    ids=str,
)
def test_limits_of_the_sdk(limits: dict[str, int]) -> None:
    """Where the SDK cuts events, this one is cut as all others are."""
    [event] = failed_span(**limits).events
    values = dict(event.attributes or {})
    assert len(values) <= limits.get("max_event_attributes", 4)
    assert all(
        len(str(value)) <= limits.get("max_attribute_length", 999) for value in values.values()
    )


def test_own_attributes() -> None:
    """Attributes that the function's code gives an event win, a text of its own, too."""

    def record(span: Any, one: RecordedException, timestamp: int) -> None:
        own = {"exception.stacktrace": "mine", "order": 7}
        exception_event.record_exception(span, one, own, timestamp)

    [event] = failed_span(record).events
    found = event.attributes or {}
    assert (found["exception.stacktrace"], found["order"]) == ("mine", 7)
