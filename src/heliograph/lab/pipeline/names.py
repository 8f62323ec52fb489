"""Where everything of a pipeline is: the account and region that the lab plays, and ARNs in it."""

from __future__ import annotations

from datetime import datetime, timezone

REGION = "us-east-1"
ACCOUNT = "123456789012"
"""AWS's example account."""


def arn(service: str, name: str) -> str:
    """Return the ARN of a queue, a topic, a rule."""
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{name}"


def last(address: str) -> str:
    """Return the name at the end of an ARN or a queue's URL."""
    return address.rpartition("/")[2].rpartition(":")[2]


def iso(seconds: float, *, fraction: bool) -> str:
    """Return a time as services write it: SNS with milliseconds, EventBridge without."""
    moment = datetime.fromtimestamp(seconds, timezone.utc).replace(tzinfo=None)
    return moment.isoformat(timespec="milliseconds" if fraction else "seconds") + "Z"
