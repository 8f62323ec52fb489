"""`cause`: the exceptions of a span, each with what led to it (xray spec 9)."""

from __future__ import annotations

from itertools import pairwise

from opentelemetry.trace import StatusCode

from . import stack
from .role import OUTGOING
from .values import plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from opentelemetry.sdk.trace import Event, ReadableSpan

    from .attributes import Attributes

EXCEPTION = "exception"
FAILED_TRY = "HTTP request failure"
"""What the Java and Go instrumentations call one failed try of an AWS call (xray spec 9.1)."""


def cause_of(
    span: ReadableSpan, events: Sequence[Event], attributes: Attributes, new_id: Callable[[], str]
) -> dict[str, object]:
    """Return the block, or `{}`; exceptions are told whatever the status (xray spec 9.1).

    Args:
        span: The span.
        events: Its events.
        attributes: Its attributes; takes `http.status_text` where it is the message.
        new_id: Gives each exception its id of 16 hex digits.
    """
    remote = span.kind in OUTGOING
    exceptions: list[dict[str, object]] = []
    for event in events:
        if event.name == EXCEPTION:
            exceptions += _chain(event.attributes or {}, new_id, remote=remote)
        elif is_failed_try(event, attributes):
            exceptions.append(_failed_try(event, new_id()))
    if not exceptions and span.status.status_code is StatusCode.ERROR:
        message = span.status.description or attributes.take("http.status_text")
        if message:
            kind = "Timeout" if attributes.values.get("error.type") == "timeout" else ""
            exceptions.append({"id": new_id(), "type": kind, "message": message, "remote": remote})
    return {"exceptions": exceptions} if exceptions else {}


def is_failed_try(event: Event, attributes: Attributes) -> bool:
    """True for an event that tells of a failed try of an AWS call."""
    found = event.attributes or {}
    return (
        event.name == FAILED_TRY
        and "http.response.status_code" in found
        and "aws.http.error_message" in found
        and attributes.aws_api
    )


def _failed_try(event: Event, new: str) -> dict[str, object]:
    found = event.attributes or {}
    code, message = found["http.response.status_code"], found["aws.http.error_message"]
    micros = event.timestamp // 1000
    when = f"{micros // 1_000_000}.{micros % 1_000_000:06d}"
    return {
        "id": new,
        "type": "aws.http.error.event",
        "message": f"{plain(code)}@{when}@{plain(message)}",
        "remote": True,
    }


def _chain(
    found: Mapping[str, object], new_id: Callable[[], str], *, remote: bool
) -> list[dict[str, object]]:
    """Return an event's exception, then the ones that led to it, each naming the next by id."""
    raised = _raised(found)
    top = raised[0] if raised else stack.Raised("", "", [], 0, group=False)
    exceptions = [_entry(one, new_id(), remote=remote) for one in raised or [top]]
    kind, message = found.get("exception.type"), found.get("exception.message")
    exceptions[0]["type"] = kind if kind and isinstance(kind, str) else top.kind
    exceptions[0]["message"] = message if isinstance(message, str) else top.message
    for one, leading in pairwise(exceptions):
        one["cause"] = leading["id"]
    return exceptions


def _raised(found: Mapping[str, object]) -> list[stack.Raised]:
    recorded = getattr(found, "recorded", None)  # develop/exception_event.py
    if recorded is not None:
        return stack.of(recorded)
    text = found.get("exception.stacktrace")
    return stack.parse(text) if text and isinstance(text, str) else []


def _entry(raised: stack.Raised, new: str, *, remote: bool) -> dict[str, object]:
    entry: dict[str, object] = {
        "id": new, "type": raised.kind, "message": raised.message, "remote": remote,
    }  # fmt: skip
    if raised.stack:
        entry["stack"] = raised.stack
    if raised.truncated:
        entry["truncated"] = raised.truncated
    return entry
