"""The function of these tests: parents, attributes of every type, an event, a link, an error."""

from opentelemetry import trace

import heliograph

EARLIER = trace.SpanContext(
    0x6921A000A1B2C3D4E5F60718293A4B5C, 0x53995C3F42CD8AD8, is_remote=True,
    trace_flags=trace.TraceFlags(trace.TraceFlags.SAMPLED),
)  # fmt: skip
"""Where a message came from that is handled here: what a link is for."""

tracer = trace.get_tracer("shop", "1.2.3")


class OutOfStockError(Exception):
    """No warehouse has the article."""


def handler(event, context):
    """Price an order and reserve it, which fails."""
    heliograph.annotate("order.id", event["order"])
    with heliograph.span("price", currency="EUR"):
        heliograph.event("priced", articles=2)
        look_up("lens")
    try:
        reserve("lens")
    except OutOfStockError as missing:
        heliograph.metric("orders.refused", 1, unit="Count", currency="EUR")
        return {"statusCode": 409, "body": str(missing)}


def look_up(article):
    """Ask the catalogue, by OpenTelemetry's own API."""
    said = {"article": article, "cached": True, "cents": 1250, "ratio": 0.5, "tags": ["a", "b"]}
    links = [trace.Link(EARLIER, {"messaging.message.id": "m-1"})]
    kind = trace.SpanKind.CLIENT
    with tracer.start_as_current_span("look up", kind=kind, attributes=said, links=links):
        pass


@heliograph.span("reserve")
def reserve(article):
    """Find out that there is none."""
    raise OutOfStockError(f"out of stock: {article}")
