"""SQS: a batch of one queue's messages (triggers spec 3.2, 5.4)."""

from __future__ import annotations

from . import records
from .sources import table, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import Request

MAX_BODIES = 10
"""Bodies searched for a context in one event."""
LONGEST = records.MAX_XRAY
SUFFIXES = {"aws-cn": "amazonaws.com.cn"}
"""Ends of a queue's address that are not `amazonaws.com`, by partition."""


def read(event: dict[str, Any], found: Request, _arn: str, _query: bool) -> None:
    """Keep the queue, what each message carries, and how often it was received."""
    messages = records.first(event, found)
    if not messages:
        return
    arn = text(messages[0], "eventSourceARN")
    queue = records.part(arn, 5)
    records.consume(found, "aws_sqs", queue, messages[0].get("messageId"))
    found.put("heliograph.trigger.arn", arn)
    _put_url(found, arn, queue)
    system, newest = table(messages[0], "attributes"), table(records.last(event), "attributes")
    records.put_times(found, "ms", system.get("SentTimestamp"), newest.get("SentTimestamp"))
    received, redriven = _carried(messages, found)
    if received > 1:
        found.attributes["heliograph.sqs.receive_count"] = received
    if redriven:
        found.attributes["heliograph.sqs.redriven"] = True


def _carried(messages: list[dict[str, Any]], found: Request) -> tuple[int, bool]:
    """Keep what the messages carry; returns the most receptions, and whether one was redriven.

    Written for a batch: a call or a copy less in here is a hundred before the handler.
    """
    received, redriven, bodies = 1, False, MAX_BODIES
    carry = found.messages.append
    for message in messages:
        system, given = message.get("attributes"), message.get("messageAttributes")
        context: tuple[str, str | None, str | None] | None = None
        header = topic = None
        if type(system) is dict:
            header = system.get("AWSTraceHeader")
            if header is not None:
                header = header[:LONGEST] if type(header) is str else None
            count = system.get("ApproximateReceiveCount")
            if type(count) is str and count != "1" and len(count) < 10 and count.isdecimal():
                received = max(received, int(count))
            if "DeadLetterQueueSourceArn" in system:
                redriven = True
        if type(given) is dict and given:
            only = given.get("traceparent") if len(given) == 1 else None
            if type(only) is dict and type(only.get("stringValue")) is str:
                context = only["stringValue"][:LONGEST], None, None
            else:
                context = records.attributes(given, "stringValue", "StringValue")
        if context is not None:
            carry((message.get("messageId"), *context, header, None))
        elif header is not None:
            carry((message.get("messageId"), None, None, None, header, None))
        elif bodies and _is_envelope(message.get("body")):
            from . import envelope  # loaded by the first that may have a context

            bodies -= 1
            text_found, topic = envelope.probe(message["body"])
            if text_found:
                carry((message.get("messageId"), text_found, None, None, None, topic))
    return received, redriven


def _is_envelope(body: object) -> bool:
    """Tell whether a body is a topic's or a bus's: user JSON is left alone (triggers spec 3.3)."""
    if type(body) is not str or body[:1] != "{":
        return False
    head = body[:512]
    return '"TopicArn"' in head or '"detail-type"' in head


def _put_url(found: Request, arn: str | None, queue: str | None) -> None:
    partition, region, account = (records.part(arn, index) for index in (1, 3, 4))
    if found.consumer is not None and partition and region and account and queue:
        host = f"sqs.{region}.{SUFFIXES.get(partition, 'amazonaws.com')}"
        found.consumer["aws.sqs.queue.url"] = f"https://{host}/{account}/{queue}"
