"""What an event source mapping makes of a function's answer to a batch of messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..invocation import Answer
    from .queues import Message


def done(answer: Answer, messages: Sequence[Message], *, reports: bool) -> list[Message]:
    """Return the messages that are done with: what is left goes back into the queue.

    Args:
        answer: What came of the invocation.
        messages: The batch.
        reports: Whether the mapping heeds `batchItemFailures` (triggers spec 7).
    """
    if not answer.ok:
        return []
    if not reports:
        return list(messages)
    try:
        said = answer.json()
    except ValueError:
        return []
    failures = said.get("batchItemFailures") if isinstance(said, dict) else said
    if failures is None or failures == []:
        return list(messages)
    if not isinstance(failures, list):
        return []
    failed = [one.get("itemIdentifier") if isinstance(one, dict) else None for one in failures]
    known = {message.message_id for message in messages}
    if not all(one in known for one in failed):
        return []
    return [message for message in messages if message.message_id not in failed]
