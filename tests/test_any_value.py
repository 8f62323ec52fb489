"""Values of any kind: no public call raises for them, reads more than it keeps, or loses others."""

from __future__ import annotations

import collections
import enum
from typing import Any

import pytest
from opentelemetry import metrics, trace

import heliograph
from heliograph import _notice, testing
from heliograph.journal import bounded


class Unbound:
    """What werkzeug's and Django's lazy proxies are outside their context: they raise for all."""

    def _raise(self, *_: Any) -> Any:
        raise RuntimeError("working outside of its context")

    __class__ = property(_raise)  # type: ignore[assignment] # that is what they do
    __bool__ = __len__ = __iter__ = __str__ = __repr__ = __hash__ = __eq__ = _raise
    __index__ = __int__ = __float__ = __format__ = __getitem__ = __contains__ = __call__ = _raise

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("working outside of its context")


class Bound:
    """The same within its context, standing for a text: it lies about its class."""

    __class__ = str  # type: ignore[assignment] # that is what they do

    def __str__(self) -> str:
        return "bound"


class Text(str):
    """A text that lies about everything."""

    def _raise(self, *_: Any) -> Any:
        raise RuntimeError

    __len__ = __getitem__ = __str__ = __repr__ = __iter__ = __format__ = __bool__ = _raise
    __hash__ = str.__hash__


class Whole(int):
    """An integer that lies about everything."""

    def _raise(self, *_: Any) -> Any:
        raise RuntimeError

    __index__ = __int__ = __float__ = __str__ = __repr__ = __bool__ = __pos__ = _raise


class Color(str, enum.Enum):
    RED = "red"


ODD: dict[str, Any] = {  # made in the test: pytest itself would ask them
    "unbound": Unbound, "bound": Bound, "text": lambda: Text("text"), "whole": lambda: Whole(7),
    "none": lambda: None, "bytes": lambda: b"\xff", "huge": lambda: 1 << 5000,
    "nan": lambda: float("nan"), "class": lambda: object, "empty": lambda: "", "list": lambda: [[]],
}  # fmt: skip
PLACES = [
    "key", "value", "name", "kind", "unit", "resolution", "dimension", "sets", "event", "error",
    "namespace", "attribute", "decorated",
]  # fmt: skip


def public(place: str, odd: Any) -> None:
    """Hand an odd value to the public API in one place of it."""
    h: Any = heliograph
    span = h.span("s").__enter__()
    acts = {
        "key": lambda: (h.annotate(odd, 1), h.metadata(odd, 1), span.attribute(odd, 1)),
        "value": lambda: (h.annotate("k", odd), h.metadata("k", odd), span.attribute("k", odd)),
        "name": lambda: (h.metric(odd, 1), callable(odd) or h.span(odd).__enter__().end()),
        "kind": lambda: h.span("x", kind=odd).__enter__().__exit__(None, None, None),
        "unit": lambda: h.metric("m", 1, unit=odd),
        "resolution": lambda: h.metric("m", 1, resolution=odd),
        "dimension": lambda: h.metric("m", 1, tier=odd),
        "sets": lambda: (
            h.metric("m", 1, dimension_sets=odd),
            h.metric("m", 1, dimension_sets=[odd]),
            h.metric("m", 1, dimension_sets=[[odd]]),
        ),
        "event": lambda: (h.event(odd), h.event("e", a=odd), span.event(odd, b=odd)),
        "error": lambda: span.error(odd),
        "namespace": lambda: h.metadata("k", 1, odd),
        "attribute": lambda: h.span("x", a=odd).__enter__().__exit__(None, None, None),
        "decorated": lambda: h.span("x")(odd),
    }
    try:
        acts[place]()
    finally:
        span.__exit__(None, None, None)


@pytest.mark.hostile
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("odd", ODD)
def test_the_public_api_takes_anything(place: str, odd: str) -> None:
    """No call raises, and the neighbours' telemetry arrives (F5)."""
    with testing.capture() as captured:
        public(place, ODD[odd]())
        neighbours_arrive(captured)


def neighbours_arrive(captured: testing.Captured) -> None:
    with heliograph.span("neighbour"):
        heliograph.metric("neighbour", 1, tier="gold")
    assert "neighbour" in [span.name for span in captured.spans]
    assert [point.count for point in captured.metrics["neighbour"]] == [1]


def api(place: str, odd: Any) -> None:
    """Hand an odd value to OpenTelemetry's API in one place of it."""
    tracer: Any = trace.get_tracer("t")
    span: Any = tracer.start_span("s")
    meter: Any = metrics.get_meter("m")
    counter: Any = meter.create_counter("c")
    {
        "tracer": lambda: trace.get_tracer(odd).start_span("x").end(),
        "version": lambda: (
            trace.get_tracer("t", odd, schema_url=odd, attributes=odd).start_span("x").end()
        ),
        "name": lambda: tracer.start_span(odd).end(),
        "arguments": lambda: tracer.start_span("x", odd, odd, odd, odd, odd).end(),
        "attribute": lambda: (span.set_attribute(odd, odd), span.set_attributes(odd)),
        "attributes": lambda: span.set_attributes({"a": odd}),
        "event": lambda: (span.add_event(odd, odd, odd), span.add_event("e", {"a": odd})),
        "link": lambda: span.add_link(odd, odd),
        "status": lambda: (span.set_status(odd), span.set_status(trace.StatusCode.ERROR, odd)),
        "exception": lambda: span.record_exception(odd, odd, odd, odd),
        "update": lambda: span.update_name(odd),
        "end": lambda: tracer.start_span("x").end(odd),
        "meter": lambda: (
            metrics.get_meter(odd, odd, schema_url=odd, attributes=odd).create_counter("x").add(1)
        ),
        "instrument": lambda: meter.create_counter(odd, odd, odd).add(1),
        "boundaries": lambda: meter.create_histogram(
            "h", explicit_bucket_boundaries_advisory=odd
        ).record(1),
        "amount": lambda: counter.add(odd),
        "dimension": lambda: (counter.add(1, {"a": odd}), counter.add(1, odd)),
        "context": lambda: counter.add(1, {}, odd),
        "observable": lambda: meter.create_observable_counter(odd, [odd]),
    }[place]()
    span.end()


API = [
    "tracer", "version", "name", "arguments", "attribute", "attributes", "event", "link", "status",
    "exception", "update", "end", "meter", "instrument", "boundaries", "amount", "dimension",
    "context", "observable",
]  # fmt: skip


@pytest.mark.hostile
@pytest.mark.parametrize("place", API)
@pytest.mark.parametrize("odd", ODD)
def test_the_api_takes_anything(place: str, odd: str) -> None:
    """Nor does OpenTelemetry's API, as we record it."""
    with testing.capture() as captured:
        api(place, ODD[odd]())
        neighbours_arrive(captured)


def test_copies_are_plain() -> None:
    """What is kept of a subclass of a type of Python's own is of that type."""
    kept = [bounded.attribute("k", one) for one in (Text("text"), Whole(7), Color.RED)]
    assert kept == ["text", 7, "red"]
    assert [type(one) for one in kept] == [str, int, str]


class Counted:
    """Counts how much of something is read."""

    read = 0


def counting(base: Any) -> Any:
    """A container that counts what is read of it."""

    class Counting(base):  # type: ignore[misc] # of any base
        def __iter__(self) -> Any:
            for one in base.__iter__(self):
                Counted.read += 1
                yield one

        def __repr__(self) -> str:
            Counted.read += 1_000_000
            return "text"

        __str__ = __repr__

    return Counting


class Endless(collections.abc.Mapping):  # type: ignore[type-arg] # of anything
    """A mapping without end."""

    def __iter__(self) -> Any:
        number = 0
        while True:
            Counted.read += 1
            yield str(number)
            number += 1

    def __getitem__(self, key: Any) -> Any:
        return Endless()

    def __len__(self) -> int:
        raise AssertionError("its length was asked")


LARGE = {
    "list": [{"n": n} for n in range(200_000)],
    "set": set(range(300_000)),
    "frozenset": frozenset(range(300_000)),
    "dict": dict.fromkeys(range(200_000)),
    "keys": dict.fromkeys(range(200_000)).keys(),
    "deque": collections.deque(range(200_000)),
    "text": "x" * 10_000_000,
    "bytes": b"x" * 10_000_000,
    "array": bytearray(10_000_000),
    "counting list": counting(list)(range(100_000)),
    "counting set": counting(set)(range(100_000)),
    "counting dict": counting(dict).fromkeys(range(100_000)),
    "endless": Endless(),
}


@pytest.mark.parametrize("value", LARGE.values(), ids=LARGE)
def test_no_more_is_read_than_kept(value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large value is read within the journal's bounds, for the copy and for the line (12)."""
    made: list[str] = []
    monkeypatch.setattr(_notice, "_log", lambda level, line: made.append(line))
    with testing.capture() as captured:
        with heliograph.span("one", given=value) as span:
            for _ in range(3):
                before = Counted.read
                heliograph.annotate("rows", value)
                heliograph.metadata("rows", value)
                span.attribute("rows", value).error(value).event("e", rows=value)
                heliograph.metric("m", value)
                heliograph.metric("m", 1, rows=value)
                if isinstance(value, (list, set, dict, str, bytes)) and value:
                    heliograph.span("inner", kind=value).__enter__().__exit__(None, None, None)  # type: ignore[arg-type]
                assert Counted.read - before < 100_000
        assert captured.span("one").attributes["given"] is not None
