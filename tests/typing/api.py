"""Typical use of the door, checked by mypy and never run: what is decorated keeps its type."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from opentelemetry.sdk.trace import ReadableSpan
from typing_extensions import assert_type

import heliograph
from heliograph import testing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from opentelemetry.sdk.metrics.export import MetricReader
    from opentelemetry.sdk.metrics.view import View
    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.sdk.trace.export import SpanExporter


@heliograph.wrap
def handler(event: dict[str, Any], context: object) -> dict[str, int]:
    """A handler keeps its signature."""
    with heliograph.span("price", kind="client", currency="EUR", **{"order.id": 7}) as span:
        assert_type(span, heliograph.span)
        span.annotate("tenant", "a").metadata("cart", {"a": [1]}, namespace="shop").event(
            "seen", n=1
        )
        span.attribute("a", [1, 2]).error("too dear").annotate("ok", True)
    heliograph.annotate("order.id", event["id"])
    heliograph.annotate("total", 1.5)
    heliograph.metadata("order", event)
    heliograph.event("priced", currency="EUR")
    heliograph.metric("orders", 1, unit="Count", resolution=1, tier="gold")
    heliograph.metric("orders", 1, dimension_sets=[["service"], ("service", "tier")], tier="gold")
    assert_type(heliograph.flush(), bool)
    assert_type(heliograph.__version__, str)
    return {"statusCode": 200}


assert_type(handler({}, None), dict[str, int])


@heliograph.span()
def function(a: int, *, b: str = "") -> float:
    """A function."""
    return a + len(b)


@heliograph.span("named", kind="internal", team="shop")
async def coroutine(a: int) -> str:
    """A coroutine function."""
    return str(a)


@heliograph.span()
def generator(a: int) -> Iterator[int]:
    """A generator function."""
    yield a


@heliograph.span()
async def async_generator(a: int) -> AsyncIterator[int]:
    """An async generator function."""
    yield a


@contextmanager
@heliograph.span("managed")
def managed() -> Iterator[bytes]:
    """A context manager."""
    yield b""


class Shop:
    """Methods of all kinds."""

    @heliograph.span()
    def price(self, a: int) -> int:
        """Return it."""
        return a

    @classmethod
    @heliograph.span()
    def make(cls) -> Shop:
        """Return one."""
        return cls()

    @staticmethod
    @heliograph.span()
    def fixed(a: str) -> str:
        """Return it."""
        return a


assert_type(function(1, b="x"), float)
assert_type(generator(1), "Iterator[int]")
assert_type(async_generator(1), "AsyncIterator[int]")
assert_type(Shop().price(1), int)
assert_type(Shop.make(), Shop)
assert_type(Shop.fixed("a"), str)
with managed() as managed_value:
    assert_type(managed_value, bytes)


async def awaited() -> None:
    """A coroutine is awaited as before."""
    assert_type(await coroutine(1), str)


def wrong() -> None:
    """What a type checker finds: each line has an error, or the `ignore` would be one."""
    function("a")  # type: ignore[arg-type]
    heliograph.annotate(7, "a")  # type: ignore[arg-type]
    heliograph.annotate("a", [1])  # type: ignore[arg-type]
    heliograph.metric("a", "1")  # type: ignore[arg-type]
    heliograph.configure(exporters="xray")  # type: ignore[call-arg]
    heliograph.configure(start="now")  # type: ignore[arg-type]
    heliograph.configure(propagators=7)  # type: ignore[arg-type]
    handler(1, None)  # type: ignore[arg-type]


def configured(
    processor: SpanProcessor, exporter: SpanExporter, reader: MetricReader, view: View
) -> None:
    """Settings by their names, lists as lists or text, and objects of the SDK."""
    heliograph.configure()
    heliograph.configure(
        traces_exporters=["xray", "console"],
        metrics_exporters="none",
        sampler="traceidratio",
        sampler_argument=0.1,
        start="eager",
        handler_as_segment=True,
        emf_dimensions=[["service"], ["service", "route"]],
        span_processors=[processor],
        span_exporters=[exporter],
        metric_readers=(reader,),
        views=[view],
    )


def tested(call: Callable[[dict[str, Any], object], object]) -> None:
    """The testing kit."""
    with testing.capture(sampler="always_on") as captured:
        call({}, testing.FakeContext(seconds=3))
    assert_type(captured.span("price"), ReadableSpan)
    assert_type(captured.spans, list[ReadableSpan])
    assert_type(captured.metrics, dict[str, list[Any]])
