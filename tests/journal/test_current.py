"""Where am I: one variable for spans of ours and OpenTelemetry's contexts."""

from __future__ import annotations

import contextvars
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry import baggage, context, trace

import heliograph
from heliograph import testing
from heliograph.journal import current, recording, state
from heliograph.journal.entry import Call, Entry, Remote

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def captured() -> Iterator[testing.Captured]:
    """Recording is on, and the context is the test's own."""
    with testing.capture() as kept:
        token = current.here.set(None)
        yield kept
        current.here.reset(token)


def entry(name: str = "entry") -> Entry:
    return recording.start(name, current.span())


def test_nothing_is_current() -> None:
    """Without a span there is none, for us and for OpenTelemetry."""
    assert current.span() is None
    assert current.span_for(http=False) == (None, False)
    assert trace.get_current_span() is trace.INVALID_SPAN
    assert context.get_current() == {}


def test_enter_and_leave() -> None:
    """An entered span is current for both until it is left."""
    outer, inner = entry("outer"), entry("inner")
    first = current.enter(outer)
    second = current.enter(inner)
    assert current.span() is inner
    assert trace.get_current_span() is inner.otel_span
    current.leave(inner, second)
    assert current.span() is outer
    current.leave(outer, first)
    assert current.span() is None


def test_left_in_another_context() -> None:
    """A span that is left where it was not entered gives way to what was there before it."""
    one = entry()
    token = current.enter(one)

    def leave() -> object:
        current.leave(one, token)
        return current.span()

    assert contextvars.copy_context().run(leave) is None
    assert current.span() is one


def test_a_context_attached_by_the_api() -> None:
    """What OpenTelemetry's context says counts: its span, none, or somebody else's."""
    one = entry()
    token = current.enter(one)
    with_baggage = context.attach(baggage.set_baggage("k", "v"))
    assert current.span() is one
    assert state.baggage() == {"k": "v"}
    empty = context.attach(context.Context())
    assert current.span() is None
    assert state.baggage() == {}
    foreign = trace.SpanContext(5, 6, True, trace.TraceFlags(1), trace.TraceState([("a", "b")]))
    span = trace.NonRecordingSpan(foreign)
    theirs = context.attach(trace.set_span_in_context(span))
    found = current.span()
    assert isinstance(found, Remote)
    assert (found.trace.id, found.span_id, found.is_remote) == (5, 6, True)
    assert (found.trace.sampled, found.trace.state) == (True, "a=b")
    for used in (theirs, empty, with_baggage):
        context.detach(used)
    assert current.span() is one
    current.leave(one, token)


def test_detached_out_of_order(caplog: pytest.LogCaptureFixture) -> None:
    """Contexts detached in the wrong order or elsewhere raise nothing, as in OpenTelemetry."""
    first = context.attach(context.set_value("a", 1))
    second = context.attach(context.set_value("b", 2))
    context.detach(first)
    context.detach(second)
    contextvars.copy_context().run(lambda: context.detach(first))
    context.detach("no token")  # type: ignore[arg-type]
    assert "Failed to detach context" in caplog.text


@pytest.mark.parametrize(
    ("key", "botocore", "requests"),
    [
        ("suppress_instrumentation", False, False),
        (context._SUPPRESS_INSTRUMENTATION_KEY, False, False),
        (context._SUPPRESS_HTTP_INSTRUMENTATION_KEY, True, False),
        ("another key", True, True),
    ],
    ids=["plain", "all", "http", "another"],
)
def test_suppressed(key: str, botocore: bool, requests: bool) -> None:
    """What the official keys suppress is not recorded; spans of ours stay."""
    with heliograph.span("outer"):
        token = context.attach(context.set_value(key, True))
        assert current.span_for(http=False)[1] is botocore
        assert current.span_for(http=True)[1] is requests
        with heliograph.span("inner"):
            assert current.span_for(http=True)[1] is requests
        context.detach(token)


def test_request_of_a_call_is_part_of_it() -> None:
    """Within a library call HTTP requests are not recorded, however deep; other calls are."""
    one = entry()
    one.call = Call("botocore", None, None)
    token = current.enter(one)
    assert current.span_for(http=True) == (one, False)
    assert current.span_for(http=False) == (one, True)
    with heliograph.span("hook"):
        assert current.span_for(http=True)[1] is False
    assert context.get_value(context._SUPPRESS_HTTP_INSTRUMENTATION_KEY) is True
    current.leave(one, token)


def test_door_and_api_interleave(captured: testing.Captured) -> None:
    """Spans of the door below spans of the API and the other way round make one tree."""
    tracer: Any = trace.get_tracer("t")
    a, c = heliograph.span("a"), heliograph.span("c")
    with a, tracer.start_as_current_span("b"), c, tracer.start_as_current_span("d"):
        trace.get_current_span().set_attribute("on", "d")
        heliograph.annotate("too", "d")
    spans = {span.name: span for span in captured.spans}
    for below, above in ("ba", "cb", "dc"):
        assert spans[below].parent == spans[above].context
    assert {"on", "too"} < set(spans["d"].attributes or {})
