"""A queue: messages that wait, are received, deleted, received again, and moved when nobody can.

A message that was not deleted is there again at once: no visibility timeout is sat out.
"""

from __future__ import annotations

import secrets
import threading
import time
import uuid
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from .names import arn

Attributes = dict[str, dict[str, Any]]
"""Message attributes by their names, each as calls have it: `DataType` and a value."""


def _now() -> int:
    return int(time.time() * 1000)


@dataclass
class Message:
    """A message and what the queue notes of it."""

    body: str
    attributes: Attributes = field(default_factory=dict)
    header: str | None = None
    """The trace header of the call that sent it."""
    message_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    sent_ms: int = field(default_factory=_now)
    received: int = 0
    """How many times it was, over all queues."""
    first_received_ms: int = 0
    receipt: str = ""
    dead_letter_source: str = ""
    """ARN of the queue that it was moved from."""

    def system(self) -> dict[str, str]:
        """Return the attributes that the service sets."""
        found = {
            "ApproximateReceiveCount": str(self.received),
            "SentTimestamp": str(self.sent_ms),
            "SenderId": "AROAEXAMPLE:lab",
            "ApproximateFirstReceiveTimestamp": str(self.first_received_ms),
        }
        if self.header:
            found["AWSTraceHeader"] = self.header
        if self.dead_letter_source:
            found["DeadLetterQueueSourceArn"] = self.dead_letter_source
        return found


class Queue:
    """A standard queue.

    Args:
        name: Its name.
        dead_letters: Where a message goes that was received too often.
        max_receive_count: How often that is.
    """

    def __init__(
        self, name: str, dead_letters: Queue | None = None, max_receive_count: int = 3
    ) -> None:
        self.name, self.arn = name, arn("sqs", name)
        self.dead_letters, self.max_receive_count = dead_letters, max_receive_count
        self._lock = threading.RLock()
        self._waiting: deque[Message] = deque()
        self._received: dict[str, Message] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def send(self, message: Message) -> None:
        """Put a message at the end."""
        with self._lock:
            self._waiting.append(message)

    def receive(self, most: int) -> list[Message]:
        """Take up to so many messages from the front; those received too often are moved."""
        found: list[Message] = []
        with self._lock:
            while self._waiting and len(found) < most:
                message = self._waiting.popleft()
                if self.dead_letters is not None and message.received >= self.max_receive_count:
                    message.dead_letter_source = self.arn
                    self.dead_letters.send(message)
                    continue
                message.received += 1
                message.first_received_ms = message.first_received_ms or _now()
                message.receipt = secrets.token_urlsafe(24)
                self._received[message.receipt] = message
                found.append(message)
        return found

    def delete(self, receipt: str) -> None:
        """Forget a received message; one that is not known is none, as the service has it."""
        with self._lock:
            self._received.pop(receipt, None)

    def release(self) -> None:
        """Let every message that was received and not deleted be received again."""
        with self._lock:
            self._waiting.extend(self._received.values())
            self._received.clear()
