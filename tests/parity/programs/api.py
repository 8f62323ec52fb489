"""The OpenTelemetry API, used as it may be, between calls of both libraries."""

# ruff: noqa: BLE001 - a sample of users' code, which catches what it raises

import enum
from collections import OrderedDict

import requests
from opentelemetry import baggage, context, trace
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

SECOND = 1_000_000_000


class Colour(enum.Enum):
    RED = 1


class Text:
    def __str__(self):
        return "a text of its own"


class Numbers(list):
    pass


VALUES = {
    "text": "t",
    "number": 7,
    "ratio": 1.5,
    "flag": True,
    "none": None,
    "bytes": b"\0\xff",
    "nan": float("nan"),
    "infinity": float("-inf"),
    "texts": ["a", "b"],
    "numbers": (1, 2),
    "mixed": [1, "a", None, 2.5, b"b"],
    "nested": {"a": {"b": [1, {"c": 2}]}},
    "empty": [],
    "object": object(),
    "own": Text(),
    "enum": Colour.RED,
    "set": {1},
    "ordered": OrderedDict(a=1),
    "range": range(3),
    "subclass": Numbers([1, 2]),
    "nothing": {},
    "keys": {1: "a", "": "b"},
}


def main(endpoint):
    tracer = trace.get_tracer(
        "mine", "1.2", schema_url="https://example.org/schema", attributes={"scope": True}
    )
    attributes(tracer)
    statuses(tracer)
    exceptions(tracer)
    links(tracer)
    times(tracer)
    with tracer.start_as_current_span("outer", kind=SpanKind.CONSUMER) as outer:
        requests.get(endpoint + "/status/200", timeout=5)
        with tracer.start_as_current_span("inner"):
            requests.get(endpoint + "/status/200", timeout=5)
            trace.get_current_span().set_attribute("on", "current")
        detached = tracer.start_span("detached")
        with trace.use_span(detached, end_on_exit=True):
            requests.get(endpoint + "/status/200", timeout=5)
        elsewhere = tracer.start_span("elsewhere", context.Context())
        elsewhere.end()
        child = tracer.start_span("child", trace.set_span_in_context(elsewhere))
        child.end()
        outer.update_name("renamed")
        outer.set_attribute("after", "rename")
    outer.set_attribute("too", "late")
    outer.end()
    remote(tracer, endpoint)
    decorated(tracer)


def attributes(tracer):
    with tracer.start_as_current_span("attributes at start", attributes=VALUES):
        pass
    with tracer.start_as_current_span("attributes") as span:
        for key, value in VALUES.items():
            span.set_attribute(key, value)
        span.set_attributes({"many": 1, "text": "again"})
        span.set_attribute("", "no key")
        span.set_attribute(7, "no text")
        span.add_event("plain")
        span.add_event("with", VALUES)
        span.add_event("timed", {"a": 1}, 5 * SECOND)
    with tracer.start_as_current_span("many", attributes={f"k{n}": n for n in range(140)}) as span:
        for number in range(140):
            span.add_event(f"e{number}", {"n": number})


def statuses(tracer):
    for index, steps in enumerate(
        (
            [Status(StatusCode.ERROR, "bad")],
            [(StatusCode.ERROR, "bad")],
            [StatusCode.OK],
            [(StatusCode.OK, "ignored")],
            [StatusCode.OK, (StatusCode.ERROR, "later")],
            [(StatusCode.ERROR, "first"), (StatusCode.ERROR, "second")],
            [(StatusCode.ERROR, "first"), StatusCode.UNSET],
            [Status(StatusCode.ERROR, "in"), (StatusCode.ERROR, "both")],
        )
    ):
        with tracer.start_as_current_span(f"status {index}") as span:
            for step in steps:
                span.set_status(*step) if isinstance(step, tuple) else span.set_status(step)


def inner():
    raise KeyError("inner")


def outer():
    try:
        inner()
    except KeyError as error:
        raise ValueError("outer\nof two lines") from error


def during():
    try:
        inner()
    except KeyError:
        outer()


def suppressed():
    try:
        inner()
    except KeyError:
        raise RuntimeError from None


def noted():
    error = ValueError("noted")
    if hasattr(error, "add_note"):
        error.add_note("a note\nof two lines")
    raise error


def syntax():
    compile("x = = 1", "file.py", "exec")


def recursive(depth=30):
    return recursive(depth - 1) if depth else 1 / 0


def leaving():
    raise SystemExit(2)


def exceptions(tracer):
    for failing in (inner, outer, during, suppressed, noted, syntax, recursive, leaving):
        for options in ({}, {"record_exception": False}, {"set_status_on_exception": False}):
            try:
                with tracer.start_as_current_span(failing.__name__, **options):
                    failing()
            except BaseException:
                pass
        try:
            with tracer.start_span("plain " + failing.__name__):
                failing()
        except BaseException:
            pass
        with tracer.start_as_current_span("recorded") as span:
            try:
                failing()
            except BaseException as error:
                span.record_exception(error, {"more": 1, "exception.message": "mine"}, 9 * SECOND)
                span.record_exception(error, escaped=True)
                span.set_status(StatusCode.ERROR, str(error))


def links(tracer):
    to = SpanContext(0xABC, 0xDEF, True, TraceFlags(1))
    bad = SpanContext(0, 0, True)
    with tracer.start_as_current_span("links", links=[Link(to, VALUES), Link(to)]) as span:
        span.add_link(to, {"added": True})
        span.add_link(bad)
        span.add_link(span.get_span_context())


def times(tracer):
    span = tracer.start_span("timed", start_time=3 * SECOND)
    span.add_event("e", timestamp=4 * SECOND)
    span.end(end_time=6 * SECOND)
    with tracer.start_as_current_span("not ended", start_time=SECOND, end_on_exit=False) as span:
        pass
    span.end(2 * SECOND)


def remote(tracer, endpoint):
    from opentelemetry import propagate

    carrier = {
        "traceparent": "00-" + "a" * 32 + "-" + "b" * 16 + "-01",
        "tracestate": "x=1,y=2",
        "baggage": "k=v",
    }
    extracted = propagate.extract(carrier)
    with tracer.start_as_current_span("remote", extracted):
        token = context.attach(baggage.set_baggage("more", "1"))
        requests.get(endpoint + "/status/200", timeout=5)
        context.detach(token)


def decorated(tracer):
    @tracer.start_as_current_span("decorated")
    def function(number):
        trace.get_current_span().set_attribute("number", number)

    function(1)
    function(2)
