"""Everything between the functions: queues, topics, a bus, and calls that wait to be delivered.

What carries a trace on is what the services do themselves: a queue keeps the header of the call as
`AWSTraceHeader`, topics and buses hand it to their targets (triggers spec 3.2, 8.3).
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..invocation import new_request_id
from . import events
from .names import ACCOUNT, REGION, arn, iso
from .queues import Message, Queue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .description import Pipeline, Target
    from .queues import Attributes

MAX_ATTRIBUTES = 10
"""Attributes of a message in a queue: a topic discards what has more and is delivered raw."""


@dataclass
class Delivery:
    """An event on its way to a function that nobody waits for."""

    function: str
    event: dict[str, Any]
    source: str
    """What it came from, for the screen."""
    header: str | None
    request_id: str = field(default_factory=new_request_id)
    tries: int = 0


class Services:
    """The services of a pipeline: what functions call, and what waits to be delivered to them.

    Attributes:
        queues: Queues by their names.
        discarded: Messages that a topic could not deliver raw, since they had too many attributes.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self.queues = {name: Queue(name) for name in pipeline.queues}
        for name, spec in pipeline.queues.items():
            queue = self.queues[name]
            queue.max_receive_count = spec.max_receive_count
            queue.dead_letters = self.queues.get(spec.dead_letter_queue)
        self.topics, self._rules = pipeline.topics, pipeline.rules
        self.discarded = 0
        self._lock = threading.Lock()
        self._deliveries: deque[Delivery] = deque()

    def next_delivery(self) -> Delivery | None:
        """Return the event that waits the longest for a function."""
        with self._lock:
            return self._deliveries.popleft() if self._deliveries else None

    def deliver(self, delivery: Delivery) -> None:
        """Let an event wait for its function."""
        with self._lock:
            self._deliveries.append(delivery)

    # -- topics ------------------------------------------------------------------------------------

    def publish(
        self,
        topic: str,
        message: str,
        *,
        subject: str | None = None,
        attributes: Attributes | None = None,
        structured: bool = False,
        header: str | None = None,
    ) -> str:
        """Send a message to all subscribers of a topic; return its id.

        Args:
            topic: The topic's name.
            message: The message; if it is structured, JSON with a text for each protocol.
            subject: Its subject.
            attributes: Its attributes, which a structured one is delivered without.
            structured: Whether the message differs by protocol.
            header: The trace header of the call.
        """
        message_id = str(uuid.uuid4())
        given = {} if structured else attributes or {}
        for target in self.topics[topic]:
            text = _of_protocol(message, "sqs" if target.queue else "lambda", structured=structured)
            notice = _notice(topic, message_id, text, subject, given)
            if target.function:
                event, source = events.of_topic(notice), f"topic {topic}"
                self.deliver(Delivery(target.function, event, source, header))
            elif not target.raw:
                self.queues[target.queue].send(Message(json.dumps(notice), header=header))
            elif len(given) <= MAX_ATTRIBUTES:
                self.queues[target.queue].send(Message(text, given, header))
            else:
                self.discarded += 1
        return message_id

    # -- the bus -----------------------------------------------------------------------------------

    def put_event(self, entry: Mapping[str, Any], header: str | None) -> str:
        """Send an event to the targets of every rule that takes it; return its id."""
        event = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": entry["DetailType"],
            "source": entry["Source"],
            "account": ACCOUNT,
            "time": iso(entry.get("Time") or time.time(), fraction=False),
            "region": REGION,
            "resources": entry.get("Resources") or [],
            "detail": json.loads(entry["Detail"]),
        }
        carried = entry.get("TraceHeader") or header
        for name, rule in self._rules.items():
            if matches(rule.pattern, event):
                for target in rule.targets:
                    self._route(target, event, f"rule {name}", carried)
        return str(event["id"])

    def _route(
        self, target: Target, event: dict[str, Any], source: str, header: str | None
    ) -> None:
        if target.function:
            self.deliver(Delivery(target.function, event, source, header))
        else:
            self.queues[target.queue].send(Message(json.dumps(event), header=header))


def matches(pattern: Mapping[str, Any], event: object) -> bool:
    """Tell whether an event has, for each member of a pattern, one of the values listed there."""
    if not isinstance(event, dict):
        return False
    for name, wanted in pattern.items():
        found = event.get(name)
        if isinstance(wanted, dict):
            if not matches(wanted, found):
                return False
        elif not any(one in wanted for one in (found if isinstance(found, list) else [found])):
            return False
    return True


def _of_protocol(message: str, protocol: str, *, structured: bool) -> str:
    if not structured:
        return message
    texts = json.loads(message)
    return str(texts.get(protocol, texts["default"]))


def _notice(
    topic: str, message_id: str, message: str, subject: str | None, attributes: Attributes
) -> dict[str, Any]:
    """Return a notice, its members in the order in which the service writes them."""
    notice: dict[str, Any] = {
        "Type": "Notification",
        "MessageId": message_id,
        "TopicArn": arn("sns", topic),
        **({"Subject": subject} if subject else {}),
        "Message": message,
        "Timestamp": iso(time.time(), fraction=True),
        "SignatureVersion": "1",
        "Signature": "EXAMPLE",
        "SigningCertURL": f"https://sns.{REGION}.amazonaws.com/SimpleNotificationService-0.pem",
        "UnsubscribeURL": f"https://sns.{REGION}.amazonaws.com/?Action=Unsubscribe",
    }
    if attributes:
        notice["MessageAttributes"] = {
            name: {
                "Type": one["DataType"],
                "Value": one.get("StringValue", one.get("BinaryValue")),
            }
            for name, one in attributes.items()
        }
    return notice
