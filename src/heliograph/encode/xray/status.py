"""error, fault and throttle: what kind of failure a span is (xray spec 8)."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.sdk.trace import Event

    from .attributes import Attributes

STATUS = ("http.response.status_code", "http.status_code")
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
    code = attributes.integer(*STATUS)
    return code if code is not None and 0 <= code <= 999 else None


def flags(
    events: Sequence[Event], attributes: Attributes, code: int | None, *, failed: bool
) -> dict[str, object]:
    """Return the flags that are true; the backend reads an absent one as false (xray spec 6).

    Args:
        events: The span's events.
        attributes: Its attributes.
        code: What `http_status` returned for them.
        failed: The span's status is an error.
    """
    if code is None or not 400 <= code <= 599:
        return {"fault": True} if failed else {}
    if code >= 500:
        return {"fault": True}
    if code == 429 or (code == 400 and _throttled(events, attributes)):
        return {"error": True, "throttle": True}
    return {"error": True}


def _throttled(events: Sequence[Event], attributes: Attributes) -> bool:
    """True for an AWS call that was throttled with status 400 (xray spec 8)."""
    if not attributes.aws_api:
        return False
    kinds = [attributes.text("error.type"), attributes.text("aws.error.code")]
    for event in events:
        if event.name == "exception" and event.attributes:
            kinds.append(str(event.attributes.get("exception.type", "")))
    return any(kind.rpartition(".")[2] in THROTTLES for kind in kinds)
