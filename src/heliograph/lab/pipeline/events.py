"""The events that functions get from the services (triggers spec 2.2, 3.2)."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

from .digests import of_attributes, of_body
from .names import REGION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .queues import Attributes, Message, Queue


def of_gateway(request: dict[str, Any], header: str) -> dict[str, Any]:
    """Return a request as an HTTP API hands it over: with its time, its id and a trace's Root."""
    context = request.get("requestContext")
    known = context if isinstance(context, dict) else {}
    headers = request.get("headers")
    return {
        **request,
        "headers": {
            **(headers if isinstance(headers, dict) else {}),
            "x-amzn-trace-id": header.partition(";")[0],
        },
        "requestContext": {
            **known,
            "requestId": str(uuid.uuid4()),
            "timeEpoch": int(time.time() * 1000),
        },
    }


def of_queue(queue: Queue, messages: Sequence[Message]) -> dict[str, Any]:
    """Return a batch of messages as an event source mapping hands it over."""
    return {"Records": [_record(queue, message) for message in messages]}


def _record(queue: Queue, message: Message) -> dict[str, Any]:
    record = {
        "messageId": message.message_id,
        "receiptHandle": message.receipt,
        "body": message.body,
        "attributes": message.system(),
        "messageAttributes": _attributes(message.attributes),
        "md5OfBody": of_body(message.body),
        "eventSource": "aws:sqs",
        "eventSourceARN": queue.arn,
        "awsRegion": REGION,
    }
    if message.attributes:
        record["md5OfMessageAttributes"] = of_attributes(message.attributes)
    return record


def _attributes(attributes: Attributes) -> dict[str, Any]:
    members = {"StringValue": "stringValue", "BinaryValue": "binaryValue"}
    return {
        name: {
            **{members[key]: value for key, value in attribute.items() if key in members},
            "stringListValues": [],
            "binaryListValues": [],
            "dataType": attribute["DataType"],
        }
        for name, attribute in attributes.items()
    }


def of_topic(notice: dict[str, Any]) -> dict[str, Any]:
    """Return a topic's notice as a subscribed function gets it."""
    spelled = {"SigningCertURL": "SigningCertUrl", "UnsubscribeURL": "UnsubscribeUrl"}
    record = {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": f"{notice['TopicArn']}:{uuid.uuid4()}",
        "Sns": {"Subject": None} | {spelled.get(key, key): one for key, one in notice.items()},
    }
    return {"Records": [record]}
