"""What `app.py` does, as a backend that keeps everything shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.backends.reading import Seen

if TYPE_CHECKING:
    from heliograph.lab.invocation import Invocation

ARN = "arn:aws:lambda:us-east-1:123456789012:function:lab"
EVENT = {"order": "ORD-001"}
ANSWER = {"statusCode": 409, "body": "out of stock: lens"}
METRICS = {"orders.refused": ("Count", {"currency": "EUR"}, 1, 1)}
FAULT = "OutOfStockError: out of stock: lens"
EARLIER = ("6921a000a1b2c3d4e5f60718293a4b5c", "53995c3f42cd8ad8")


def trace(invocation: Invocation) -> dict[str, Seen]:
    """Return the spans of a cold invocation."""
    return {
        "lab": Seen("lab", parent_of(invocation), "SERVER", handler(invocation)),
        "price": Seen(
            "price", "lab", "INTERNAL", {"currency": "EUR"}, [("priced", {"articles": 2})]
        ),
        "look up": Seen(
            "look up",
            "price",
            "CLIENT",
            {"article": "lens", "cached": True, "cents": 1250, "ratio": 0.5, "tags": ["a", "b"]},
            links=[(*EARLIER, {"messaging.message.id": "m-1"})],
        ),
        "reserve": Seen("reserve", "lab", "INTERNAL", {}, [("exception", fault())], error=FAULT),
    }


def handler(invocation: Invocation) -> dict[str, Any]:
    """Return the attributes of the handler's span."""
    return {
        "aws.lambda.invoked_arn": ARN,
        "aws.xray.annotations": ["order.id"],
        "cloud.account.id": "123456789012",
        "cloud.resource_id": ARN,
        "code.function.name": "app.handler",
        "faas.coldstart": True,
        "faas.invocation_id": invocation.request_id,
        "faas.trigger": "other",
        "heliograph.trigger": "direct",
        "order.id": "ORD-001",
    }


def fault() -> dict[str, str]:
    """Return the attributes of the exception's event."""
    return {
        "exception.type": "app.OutOfStockError",
        "exception.message": "out of stock: lens",
        "exception.stacktrace": (
            "Traceback (most recent call last): app.OutOfStockError: out of stock: lens"
        ),
        "exception.escaped": "False",
    }


def parent_of(invocation: Invocation) -> str:
    """Return the span id of Lambda's own segment."""
    return header(invocation)["Parent"]


def trace_id_of(invocation: Invocation) -> str:
    """Return the trace id in the form of OpenTelemetry."""
    return header(invocation)["Root"][2:].replace("-", "")


def header(invocation: Invocation) -> dict[str, str]:
    """Return the fields of the X-Ray header."""
    assert invocation.trace_header
    return dict(field.split("=", 1) for field in invocation.trace_header.split(";"))
