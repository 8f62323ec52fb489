"""SQS as functions call it: the JSON protocol's operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .digests import of_attributes, of_body
from .names import ACCOUNT, last
from .queues import Message
from .refusal import RefusalError
from .services import MAX_ATTRIBUTES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .queues import Queue
    from .services import Services

    Call = Callable[[Services, Mapping[str, Any], str | None], dict[str, Any]]


def _queue(services: Services, address: object) -> Queue:
    queue = services.queues.get(last(str(address)))
    if queue is None:
        raise RefusalError(
            "QueueDoesNotExist", f"The pipeline has no queue {last(str(address))!r}."
        )
    return queue


def send(services: Services, given: Mapping[str, Any], header: str | None) -> dict[str, Any]:
    """Send a message; the caller's own `AWSTraceHeader` beats the header (triggers spec 8.3)."""
    attributes = dict(given.get("MessageAttributes") or {})
    if len(attributes) > MAX_ATTRIBUTES:
        text = f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum [10]."
        raise RefusalError("InvalidParameterValue", text)
    own = (given.get("MessageSystemAttributes") or {}).get("AWSTraceHeader") or {}
    message = Message(given["MessageBody"], attributes, own.get("StringValue") or header)
    _queue(services, given.get("QueueUrl")).send(message)
    answer = {"MessageId": message.message_id, "MD5OfMessageBody": of_body(message.body)}
    if attributes:
        answer["MD5OfMessageAttributes"] = of_attributes(attributes)
    return answer


def send_batch(services: Services, given: Mapping[str, Any], header: str | None) -> dict[str, Any]:
    """Send the messages of a batch."""
    url, entries = given.get("QueueUrl"), given["Entries"]
    sent = [
        {"Id": entry["Id"], **send(services, {**entry, "QueueUrl": url}, header)}
        for entry in entries
    ]
    return {"Successful": sent, "Failed": []}


def receive(services: Services, given: Mapping[str, Any], _header: str | None) -> dict[str, Any]:
    """Receive messages, with the attributes that are asked for."""
    asked = given.get("MessageAttributeNames") or ()
    system = given.get("MessageSystemAttributeNames") or given.get("AttributeNames") or ()
    received = _queue(services, given.get("QueueUrl")).receive(
        int(given.get("MaxNumberOfMessages") or 1)
    )
    return {"Messages": [_received(message, asked, system) for message in received]}


def _received(message: Message, asked: object, system: object) -> dict[str, Any]:
    found: dict[str, Any] = {
        "MessageId": message.message_id,
        "ReceiptHandle": message.receipt,
        "Body": message.body,
        "MD5OfBody": of_body(message.body),
        "Attributes": _only(message.system(), system),
    }
    if attributes := _only(message.attributes, asked):
        found["MessageAttributes"] = attributes
        found["MD5OfMessageAttributes"] = of_attributes(attributes)
    return found


def _only(attributes: Mapping[str, Any], asked: object) -> dict[str, Any]:
    names = asked if isinstance(asked, (list, tuple)) else ()
    everything = "All" in names or ".*" in names
    return {name: value for name, value in attributes.items() if everything or name in names}


def delete(services: Services, given: Mapping[str, Any], _header: str | None) -> dict[str, Any]:
    """Delete a received message."""
    _queue(services, given.get("QueueUrl")).delete(given["ReceiptHandle"])
    return {}


def address(services: Services, given: Mapping[str, Any], _header: str | None) -> dict[str, Any]:
    """Return the address of a queue: its path on the lab's own endpoint."""
    return {"QueueUrl": f"/{ACCOUNT}/{_queue(services, given['QueueName']).name}"}


CALLS: dict[str, Call] = {
    "SendMessage": send,
    "SendMessageBatch": send_batch,
    "ReceiveMessage": receive,
    "DeleteMessage": delete,
    "GetQueueUrl": address,
}
