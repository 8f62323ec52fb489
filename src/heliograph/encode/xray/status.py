"""error, fault and throttle: what kind of failure a span is (xray spec 8)."""

from __future__ import annotations

from opentelemetry.trace import StatusCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

    from .attributes import Attributes

THROTTLES = frozenset({
    "BandwidthLimitExceeded",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
})  # fmt: skip
"""Codes of throttling (botocore's retry modes list them) that arrive with status 400, not 429."""


def http_status(attributes: Attributes) -> int | None:
    """Return the HTTP status, or None if there is none that could be one."""
    code = attributes.integer("http.response.status_code", "http.status_code")
    return code if code is not None and 0 <= code <= 999 else None


def flags(span: ReadableSpan, attributes: Attributes) -> dict[str, object]:
    """Return the flags that are true; the backend reads an absent one as false (xray spec 6)."""
    code = http_status(attributes)
    if code is None or not 400 <= code <= 599:
        return {"fault": True} if span.status.status_code is StatusCode.ERROR else {}
    if code >= 500:
        return {"fault": True}
    if code == 429 or (code == 400 and _throttled(span, attributes)):
        return {"error": True, "throttle": True}
    return {"error": True}


def _throttled(span: ReadableSpan, attributes: Attributes) -> bool:
    """True for an AWS call that was throttled with status 400 (xray spec 8)."""
    if attributes.text("rpc.system.name", "rpc.system") != "aws-api":
        return False
    kinds = [attributes.text("error.type"), attributes.text("aws.error.code")]
    for event in span.events:
        if event.name == "exception" and event.attributes:
            kinds.append(str(event.attributes.get("exception.type", "")))
    return any(kind.rpartition(".")[2] in THROTTLES for kind in kinds)
