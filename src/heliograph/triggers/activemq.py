"""ActiveMQ, of Amazon MQ (triggers spec 3.2, 5.7)."""

from __future__ import annotations

from . import records
from .sources import table, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import Request


def read(event: dict[str, Any], found: Request, _arn: str, _query: bool) -> None:
    """Keep the queue, and what each message's properties carry."""
    key = "Records" if "Records" in event else "messages"  # a pipe's items are single messages
    messages = records.first(event, found, key)
    found.put("heliograph.trigger.arn", text(event, "eventSourceArn"))
    if not messages:
        return
    queue = text(table(messages[0], "destination"), "physicalName")
    records.consume(found, "activemq", queue, messages[0].get("messageID"))
    found.put("heliograph.trigger.arn", text(messages[0], "eventSourceArn"))
    conversation = text(messages[0], "correlationID")
    if found.consumer is not None and found.batch_size == 1 and conversation:
        found.consumer["messaging.message.conversation_id"] = conversation
    times = [_time(message) for message in (messages[0], records.last(event, key))]
    records.put_times(found, "ms", *times)
    for message in messages:
        carried = records.plain(table(message, "properties"))
        if carried[0] is not None:
            found.messages.append((message.get("messageID"), *carried, None, None))


def _time(message: dict[str, Any]) -> object:
    arrived = message.get("brokerInTime")
    return arrived if type(arrived) is int else message.get("timestamp")
