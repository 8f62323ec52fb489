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
    received, bodies = 1, MAX_BODIES
    for message in messages:
        system, given = table(message, "attributes"), table(message, "messageAttributes")
        header = system.get("AWSTraceHeader")
        header = header[: records.MAX_XRAY] if type(header) is str else None
        carried = _attributes(given) if given else None
        topic = None
        if carried is None and header is None and bodies and _is_envelope(message.get("body")):
            from . import envelope  # loaded by the first that may have a context

            bodies -= 1
            text_found, topic = envelope.probe(message["body"])
            carried = (text_found, None, None) if text_found else None
        if carried is not None or header is not None:
            found.messages.append((
                message.get("messageId"), *(carried or (None, None, None)), header, topic
            ))  # fmt: skip
        count = system.get("ApproximateReceiveCount")
        if type(count) is str and len(count) < 10 and count.isdecimal():
            received = max(received, int(count))
        if "DeadLetterQueueSourceArn" in system:
            found.attributes["heliograph.sqs.redriven"] = True
    if received > 1:
        found.attributes["heliograph.sqs.receive_count"] = received


def _attributes(given: dict[str, Any]) -> tuple[str, str | None, str | None] | None:
    """Return what a message's attributes carry: binary ones have no text."""
    context = records.attribute(given, "traceparent", "stringValue", "StringValue")
    if context is None:
        return None
    more = [
        records.attribute(given, name, "stringValue", "StringValue")
        for name in ("tracestate", "baggage")
    ]
    return context, more[0], more[1]


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
