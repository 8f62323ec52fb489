"""The same calls of the trace API, on the SDK and recorded: the same spans."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry import baggage, context, trace
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    TraceState,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    Program = Callable[[trace.TracerProvider], Any]

REMOTE = SpanContext(
    0x6553F1000123456789ABCDEF01234567,
    0xABCDEF0123456789,
    is_remote=True,
    trace_flags=TraceFlags(1),
    trace_state=TraceState([("vendor", "value"), ("other", "1")]),
)
LOCAL = SpanContext(
    0x6553F1000123456789ABCDEF00000001, 7, is_remote=False, trace_flags=TraceFlags(1)
)
UNSAMPLED = SpanContext(0x6553F1000123456789ABCDEF00000002, 8, is_remote=True)


def below(parent: SpanContext) -> context.Context:
    return trace.set_span_in_context(NonRecordingSpan(parent), context.Context())


def every_argument(provider: trace.TracerProvider) -> None:
    tracer = provider.get_tracer("scope", "1.2", "https://schema", {"a": 1})
    span = tracer.start_span(
        "name",
        below(REMOTE),
        SpanKind.CONSUMER,
        {"k": "v"},
        [Link(LOCAL, {"l": 1}), Link(REMOTE)],
        5,
    )
    span.end(9)


def no_argument(provider: trace.TracerProvider) -> None:
    provider.get_tracer("scope").start_span("name").end()


def every_kind(provider: trace.TracerProvider) -> None:
    for kind in SpanKind:
        provider.get_tracer("scope").start_span(kind.name, kind=kind).end()


def methods(provider: trace.TracerProvider) -> list[Any]:
    span = provider.get_tracer("scope").start_span("before")
    seen = [span.is_recording()]
    span.set_attribute("text", "a")
    span.set_attribute("text", "b")
    span.set_attributes({"int": 1, "float": 1.5, "bool": True, "list": [1, 2], "none": None})
    span.set_attribute("map", {"a": {"b": (1, "x")}})
    span.set_attribute("bytes", b"\x00\xff")
    span.add_event("event", {"e": 1}, 3)
    span.add_event("bare")
    span.add_link(REMOTE, {"late": True})
    span.update_name("after")
    span.set_status(StatusCode.ERROR, "why")
    span.end(11)
    seen.append(span.is_recording())
    return seen


def after_its_end(provider: trace.TracerProvider) -> None:
    span = provider.get_tracer("scope").start_span("span")
    span.end(3)
    span.end(4)
    span.set_attribute("a", 1)
    span.set_attributes({"b": 1})
    span.add_event("e")
    span.update_name("late")
    span.set_status(StatusCode.OK)
    span.add_link(REMOTE)
    span.record_exception(ValueError())


def statuses(provider: trace.TracerProvider) -> None:
    tracer = provider.get_tracer("scope")
    for name, calls in {
        "ok wins": [(StatusCode.OK,), (StatusCode.ERROR, "later")],
        "last error wins": [(StatusCode.ERROR, "a"), (StatusCode.ERROR, "b")],
        "unset is ignored": [(StatusCode.ERROR, "a"), (StatusCode.UNSET,)],
        "error then ok": [(StatusCode.ERROR, "a"), (StatusCode.OK,)],
        "ok has no description": [(StatusCode.OK, "gone")],
        "a Status": [(Status(StatusCode.ERROR, "of status"),)],
        "a Status and a description": [(Status(StatusCode.ERROR, "of status"), "ignored")],
        "no description": [(StatusCode.ERROR,)],
        "empty description": [(StatusCode.ERROR, "")],
        "unset Status": [(StatusCode.ERROR, "a"), (Status(),)],
    }.items():
        span = tracer.start_span(name)
        for call in calls:
            span.set_status(*call)
        span.end()


def fail(message: str = "it failed") -> None:
    raise ValueError(message)


def exceptions(provider: trace.TracerProvider) -> None:
    span = provider.get_tracer("scope").start_span("span")
    try:
        try:
            fail()
        except ValueError as error:
            raise KeyError("from") from error
    except KeyError as error:
        span.record_exception(error)
        span.record_exception(error, {"own": 1, "exception.type": "mine"}, 4, escaped=True)
    span.record_exception(asyncio.CancelledError("never raised"))
    span.end()


def blocks(provider: trace.TracerProvider) -> None:
    tracer = provider.get_tracer("scope")
    for record in (True, False):
        for status in (True, False):
            how = {"record_exception": record, "set_status_on_exception": status}
            with pytest.raises(ValueError, match="it failed"), tracer.start_span("span", **how):
                fail()
            current = tracer.start_as_current_span("current", **how)
            with pytest.raises(ValueError, match="it failed"), current:
                fail()
    with pytest.raises(SystemExit), tracer.start_as_current_span("exit"):
        raise SystemExit
    with pytest.raises(SystemExit), tracer.start_span("exit"):
        raise SystemExit
    span = tracer.start_span("ok")
    span.set_status(StatusCode.OK)
    with pytest.raises(ValueError, match="kept"), span:
        fail("kept")


def nested(provider: trace.TracerProvider) -> list[Any]:
    tracer = provider.get_tracer("scope")
    seen = [trace.get_current_span() is trace.INVALID_SPAN]
    with tracer.start_as_current_span("outer") as outer:
        seen.append(trace.get_current_span() is outer)
        with tracer.start_as_current_span("inner", attributes={"depth": 1}) as inner:
            seen.append(trace.get_current_span() is inner)
            tracer.start_span("leaf").end()
            tracer.start_span("root", context.Context()).end()
            tracer.start_span("elsewhere", below(REMOTE)).end()
            with tracer.start_as_current_span("unsampled", below(UNSAMPLED)) as nothing:
                seen += [nothing.is_recording(), nothing.get_span_context().trace_id]
                tracer.start_span("below unsampled").end()
        seen.append(trace.get_current_span() is outer)
    tracer.start_span("another root").end()
    return seen


def open_ended(provider: trace.TracerProvider) -> list[Any]:
    tracer = provider.get_tracer("scope")
    with tracer.start_as_current_span("span", end_on_exit=False) as span:
        pass
    seen = [span.is_recording()]
    span.set_attribute("after", 1)
    span.end()
    return seen


def decorated(provider: trace.TracerProvider) -> list[Any]:
    tracer = provider.get_tracer("scope")

    @tracer.start_as_current_span("function")
    def function(x: int) -> int:
        tracer.start_span("within").end()
        return x + 1

    @tracer.start_as_current_span("coroutine")
    async def coroutine(x: int) -> int:
        await asyncio.sleep(0)
        tracer.start_span("within").end()
        return x + 2

    return [function(1), function(2), asyncio.run(coroutine(1)), function.__name__]


def used(provider: trace.TracerProvider) -> None:
    tracer = provider.get_tracer("scope")
    for end in (True, False):
        for record in (True, False):
            for status in (True, False):
                span = tracer.start_span(f"{end} {record} {status}")
                how = {"record_exception": record, "set_status_on_exception": status}
                with pytest.raises(ValueError, match="it failed"), trace.use_span(span, end, **how):
                    tracer_fails(tracer)
                span.end()


def tracer_fails(tracer: trace.Tracer) -> None:
    tracer.start_span("below").end()
    fail()


def contexts(provider: trace.TracerProvider) -> list[Any]:
    tracer = provider.get_tracer("scope")
    span = tracer.start_span("carried")
    token = context.attach(trace.set_span_in_context(span))
    tracer.start_span("attached").end()
    second = context.attach(baggage.set_baggage("user", "7"))
    tracer.start_span("with baggage").end()
    seen = [baggage.get_baggage("user"), context.get_value("missing")]
    context.detach(second)
    seen.append(baggage.get_baggage("user"))
    context.detach(token)
    tracer.start_span("detached").end()
    with tracer.start_as_current_span("parent"):
        cleared = context.attach(context.Context())
        tracer.start_span("in an empty context").end()
        context.detach(cleared)
        with trace.use_span(trace.INVALID_SPAN):
            tracer.start_span("below an invalid span").end()
        with trace.use_span(NonRecordingSpan(LOCAL)):
            tracer.start_span("below a local one").end()
    span.end()
    return seen


def links(provider: trace.TracerProvider) -> None:
    tracer = provider.get_tracer("scope")
    invalid = trace.INVALID_SPAN_CONTEXT
    span = tracer.start_span("span", links=[Link(invalid), Link(invalid, {"a": 1}), Link(LOCAL)])
    span.add_link(invalid)
    span.add_link(invalid, {"a": 1})
    span.add_link(REMOTE)
    span.end()
    tracer.start_span("none", links=None).end()


def in_tasks(provider: trace.TracerProvider) -> None:
    tracer = provider.get_tracer("scope")

    async def work(name: str) -> None:
        with tracer.start_as_current_span(name):
            await asyncio.sleep(0)
            tracer.start_span(f"below {name}").end()

    async def main() -> None:
        with tracer.start_as_current_span("main"):
            await asyncio.gather(work("a"), work("b"))

    asyncio.run(main())


def odd_keys(provider: trace.TracerProvider) -> None:
    span = provider.get_tracer("scope").start_span(
        "span", attributes={"": 1, "kept": 2, 3: "three"}
    )
    span.set_attribute("", 1)
    span.set_attributes({"": 1, "also": 2})
    span.add_event("event", {"": 1, "event's": 2})
    span.end()


def ends_out_of_order(provider: trace.TracerProvider) -> None:
    tracer = provider.get_tracer("scope")
    outer = tracer.start_span("outer")
    inner = tracer.start_span("inner", trace.set_span_in_context(outer))
    outer.end(5)
    late = tracer.start_span("late", trace.set_span_in_context(outer))
    inner.end(6)
    late.end(7)


PROGRAMS = [
    every_argument, no_argument, every_kind, methods, after_its_end, statuses, exceptions, blocks,
    nested, open_ended, decorated, used, contexts, links, in_tasks, odd_keys, ends_out_of_order,
]  # fmt: skip


@pytest.mark.parametrize("program", [pytest.param(p, id=p.__name__) for p in PROGRAMS])
def test_same_spans(program: Program, roads: Any) -> None:
    """A program of API calls makes the same spans, and sees the same, on both roads."""
    expected, seen = roads.direct(program)
    actual, also = roads.recorded(program)
    assert actual == expected
    assert also == seen
    assert expected, "the program made no span"


LIMITS = {
    "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "3",
    "OTEL_ATTRIBUTE_COUNT_LIMIT": "2",
    "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT": "4",
    "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": "3",
    "OTEL_SPAN_EVENT_COUNT_LIMIT": "2",
    "OTEL_SPAN_LINK_COUNT_LIMIT": "1",
    "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT": "1",
    "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT": "1",
}


def beyond_limits(provider: trace.TracerProvider) -> None:
    many = {f"key{number}": "long value" for number in range(5)}
    span = provider.get_tracer("scope").start_span(
        "span", attributes=many, links=[Link(REMOTE, many)]
    )
    span.set_attributes(many)
    span.set_attribute("last", ["long value", "another"])
    span.add_link(LOCAL, many)
    for number in range(4):
        span.add_event(f"event{number}", many)
    span.end()


@pytest.mark.parametrize("names", [[name] for name in LIMITS] + [list(LIMITS)], ids="+".join)
def test_limits_are_the_sdks(names: list[str], roads: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each limit of `OTEL_*`, alone and all together, cuts what it cuts on the SDK."""
    unlimited, _ = roads.direct(beyond_limits)
    for name in names:
        monkeypatch.setenv(name, LIMITS[name])
    expected, _ = roads.direct(beyond_limits)
    actual, _ = roads.recorded(beyond_limits)
    assert actual == expected
    assert expected != unlimited


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8),
    st.binary(max_size=4), st.lists(st.one_of(st.integers(), st.text(max_size=3)), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)  # fmt: skip
ATTRIBUTES = st.one_of(st.none(), st.dictionaries(st.text(max_size=4), VALUES, max_size=3))
TIMES = st.one_of(st.none(), st.integers(min_value=1, max_value=10**14))
CALLS = st.one_of(
    st.tuples(st.just("set_attribute"), st.text(max_size=3), VALUES),
    st.tuples(st.just("set_attributes"), ATTRIBUTES.map(lambda given: given or {})),
    st.tuples(st.just("add_event"), st.text(max_size=3), ATTRIBUTES, TIMES),
    st.tuples(st.just("add_link"), st.sampled_from([REMOTE, LOCAL, UNSAMPLED]), ATTRIBUTES),
    st.tuples(st.just("update_name"), st.text(max_size=3)),
    st.tuples(
        st.just("set_status"), st.sampled_from(StatusCode), st.none() | st.text(max_size=3)
    ),
    st.tuples(
        st.just("record_exception"), st.builds(ValueError, st.text(max_size=3)), ATTRIBUTES, TIMES
    ),
    st.tuples(st.just("end"), TIMES),
)  # fmt: skip
STEPS = st.one_of(
    st.tuples(
        st.just("start"), st.text(max_size=3), st.sampled_from(SpanKind), ATTRIBUTES, TIMES,
        st.sampled_from(["here", "root", "remote", "unsampled"]),
    ),
    st.tuples(st.just("call"), st.integers(0, 3), CALLS),
    st.tuples(st.just("enter")),
    st.tuples(st.just("leave")),
)  # fmt: skip


def performing(steps: list[Any]) -> Program:
    """Return a program that performs the steps; spans left open are ended."""
    contexts = {
        "here": None,
        "root": context.Context(),
        "remote": below(REMOTE),
        "unsampled": below(UNSAMPLED),
    }

    def program(provider: trace.TracerProvider) -> None:
        tracer = provider.get_tracer("generated")
        spans: list[trace.Span] = []
        tokens: list[Any] = []
        for step in steps:
            if step[0] == "start":
                _, name, kind, attributes, time, where = step
                spans.append(tracer.start_span(name, contexts[where], kind, attributes, None, time))
            elif step[0] == "call" and spans:
                method, *arguments = step[2]
                getattr(spans[-1 - step[1] % len(spans)], method)(*arguments)
            elif step[0] == "enter" and spans:
                tokens.append(context.attach(trace.set_span_in_context(spans[-1])))
            elif step[0] == "leave" and tokens:
                context.detach(tokens.pop())
        while tokens:
            context.detach(tokens.pop())
        for span in spans:
            span.end()

    return program


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(STEPS, max_size=12))
def test_same_spans_of_generated_programs(roads: Any, steps: list[Any]) -> None:
    """Whatever the order of the calls, the spans are the SDK's."""
    program = performing(steps)
    expected, _ = roads.direct(program)
    actual, _ = roads.recorded(program)
    assert actual == expected
