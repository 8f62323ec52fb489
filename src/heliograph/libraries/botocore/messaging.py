"""What the span of a call that sends messages has besides the official instrumentor's facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .carrying import MESSAGES

if TYPE_CHECKING:
    from ...journal.entry import Call

SYSTEMS = {"sqs": "aws_sqs", "sns": "aws.sns"}


def facts(call: Call) -> dict[str, Any]:
    """Return the attributes of messaging's conventions; none of another call."""
    request: Any = call.request
    service, (operation, params) = call.subject[0], request
    if operation not in MESSAGES.get(service, ()) or not isinstance(params, dict):
        return {}
    found = {"messaging.system": SYSTEMS[service]}
    for name in ("name", "type"):
        found[f"messaging.operation.{name}"] = "send"
    queue, topic = params.get("QueueUrl"), params.get("TopicArn") or params.get("TargetArn")
    if service == "sqs" and type(queue) is str:
        found["messaging.destination.name"] = queue.rpartition("/")[2]
        found["aws.sqs.queue.url"] = queue
    elif service == "sns" and type(topic) is str:
        found["messaging.destination.name"] = topic.rpartition(":")[2]
    return found
