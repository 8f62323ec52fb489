"""RabbitMQ, of Amazon MQ (triggers spec 3.2, 5.7). Its times are texts, and not read."""

from __future__ import annotations

from . import records
from .kafka import brokers_bytes
from .sources import table, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import Request


def read(event: dict[str, Any], found: Request, _arn: str, _query: bool) -> None:
    """Keep the queue, and what each message's headers carry."""
    if "Records" in event:  # a pipe's items are single messages
        messages = records.first(event, found)
        queues = [text(message, "eventSourceKey") or "" for message in messages]
    else:
        by_queue = table(event, "rmqMessagesByQueue")
        queues = [queue for queue in list(by_queue)[: records.LOOKED_AT] if type(queue) is str]
        several = [one for queue in queues for one in _list(by_queue[queue])]
        messages = records.first({"Records": several}, found)
    found.put("heliograph.trigger.arn", text(event, "eventSourceArn"))
    if not messages:
        return
    queue = records.agreed([queue.partition("::")[0] for queue in queues])
    properties = table(messages[0], "basicProperties")
    records.consume(found, "rabbitmq", queue, properties.get("messageId"))
    found.put("heliograph.trigger.arn", text(messages[0], "eventSourceArn"))
    for message in messages:
        properties = table(message, "basicProperties")
        headers = table(properties, "headers")
        if "traceparent" in headers:
            carried = [_value(headers.get(name)) for name in records.CARRIERS]
            if carried[0] is not None:
                message_id = properties.get("messageId")
                found.messages.append((message_id, carried[0], carried[1], carried[2], None, None))


def _list(value: object) -> list[Any]:
    return value if type(value) is list else []


def _value(value: object) -> object:
    return brokers_bytes(value.get("bytes") if type(value) is dict else value)
