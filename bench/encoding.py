"""`python -m bench.encoding`: X-Ray documents a second, ours beside the X-Ray SDK's serialiser.

Both start from what they hold when a call has ended: the SDK an entity that its patches have
filled, Heliograph a span of the OpenTelemetry SDK. The same calls are in both, and every round
measures one after the other, so that what the machine does besides meets both; the best round
counts. Two things are measured: the serialiser alone, from a finished document or entity to its
text, and with it the mapping, which the SDK does while the call is made and the caller waits, and
Heliograph, for every convention there is, after the response.
"""

from __future__ import annotations

import itertools
from time import perf_counter
from typing import TYPE_CHECKING, Any

from aws_xray_sdk.core.models.facade_segment import FacadeSegment
from aws_xray_sdk.core.models.subsegment import Subsegment
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    TraceFlags,
    set_span_in_context,
)

from heliograph.encode import xray

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.sdk.trace import ReadableSpan

ROUNDS = 15
SECONDS = 0.1
ABOVE = SpanContext(0x5759E988BD862E3FE1BE46A994272793, 0x53995C3F42CD8AD8, True, TraceFlags(1))
RULE = xray.AnnotationRule()
STOCK = {
    "aws": {
        "operation": "GetItem",
        "region": "us-east-1",
        "request_id": "A1",
        "table_name": "stock",
    },
    "http": {"response": {"status": 200}},
}
PARTNER = {
    "http": {
        "request": {"method": "GET", "url": "http://partner/prices/lens"},
        "response": {"status": 200},
    }
}
LARGE = {f"part {number}": "x" * 3_000 for number in range(20)}


def call(name: str, kind: SpanKind, attributes: dict[str, Any]) -> ReadableSpan:
    """Return an ended span as the official instrumentations leave it."""
    resource = Resource({"service.name": "orders", "telemetry.sdk.language": "python"})
    provider = TracerProvider(
        resource=resource, shutdown_on_exit=False, span_limits=SpanLimits(max_attributes=1000)
    )
    context = set_span_in_context(NonRecordingSpan(ABOVE))
    span = provider.get_tracer("bench").start_span(name, context, kind, attributes)
    span.end()
    return span  # type: ignore[return-value]  # the SDK's spans can be read


def spans() -> dict[str, ReadableSpan]:
    """Return the kinds of spans of the orders example, and one of 60 KB."""
    stock = {
        "rpc.system": "aws-api", "rpc.service": "DynamoDB", "rpc.method": "GetItem",
        "aws.region": "us-east-1", "aws.request_id": "A1", "http.status_code": 200,
        "aws.dynamodb.table_names": ["stock"], "server.address": "dynamodb", "retry_attempts": 0,
    }  # fmt: skip
    partner = {
        "http.method": "GET",
        "http.url": "http://partner/prices/lens",
        "http.status_code": 200,
    }
    return {
        "a span of the function's own": call("price", SpanKind.INTERNAL, {"annotation.order": 7}),
        "an HTTP request": call("GET", SpanKind.CLIENT, partner),
        "a DynamoDB call": call("DynamoDB.GetItem", SpanKind.CLIENT, stock),
        "60 KB of metadata": call("large", SpanKind.INTERNAL, LARGE),
    }


def entities() -> dict[str, Callable[[], Subsegment]]:
    """Return functions that make the SDK's entity of each, as its patches do."""
    segment = FacadeSegment("facade", f"{ABOVE.span_id:016x}", xray.trace_id(ABOVE.trace_id), True)

    def make(name: str, namespace: str, **blocks: Any) -> Subsegment:
        entity = Subsegment(name, namespace, segment)
        for key, value in blocks.get("annotations", {}).items():
            entity.put_annotation(key, value)
        for key, value in blocks.get("metadata", {}).items():
            entity.put_metadata(key, value)
        http = blocks.get("http", {})
        for key, value in {**http.get("request", {}), **http.get("response", {})}.items():
            entity.put_http_meta(key, value)
        if "aws" in blocks:
            entity.set_aws(dict(blocks["aws"]))
        Subsegment.__mro__[1].close(entity)  # not the subsegment's own: it would tell its parent
        return entity

    return {
        "a span of the function's own": lambda: make("price", "local", annotations={"order": 7}),
        "an HTTP request": lambda: make("partner", "remote", **PARTNER),
        "a DynamoDB call": lambda: make("dynamodb", "aws", **STOCK),
        "60 KB of metadata": lambda: make("large", "local", metadata=LARGE),
    }


def rate(work: Callable[[], object]) -> float:
    """Return how often a second the work is done."""
    count, start = 0, perf_counter()
    end = start + SECONDS
    while perf_counter() < end:
        for _ in range(10):
            work()
        count += 10
    return count / (perf_counter() - start)


def documents(span: ReadableSpan) -> dict[str, object]:
    """Return a span's document as our exporter makes it."""
    ids = itertools.count(1)
    (document,) = xray.documents(
        span, facade=True, new_id=lambda: f"{next(ids):016x}", annotate=RULE
    )
    return document


def works(span: ReadableSpan, make: Callable[[], Subsegment]) -> tuple[Callable[[], object], ...]:
    """Return what is measured: serialisers, then mapping and serialiser; ours first."""
    document, entity = documents(span), make()
    return (
        lambda: xray.to_bytes(document),
        entity.serialize,
        lambda: xray.to_bytes(documents(span)),
        lambda: make().serialize(),
    )


def main() -> None:
    """Print the rates side by side."""
    print(f"{'documents a second':<30}{'serialiser':>32}{'mapping and serialiser':>32}")
    print(f"{'':<30}" + f"{'Heliograph':>12}{'SDK':>12}{'ratio':>8}" * 2)
    theirs = entities()
    for name, span in spans().items():
        measured = works(span, theirs[name])
        rows = [[rate(work) for work in measured] for _ in range(ROUNDS)]
        best = [max(column) for column in zip(*rows, strict=True)]
        halves = (best[:2], best[2:])
        told = "".join(f"{a:>12,.0f}{b:>12,.0f}{a / b:>8.2f}" for a, b in halves)
        print(f"{name:<30}{told}")


if __name__ == "__main__":
    main()
