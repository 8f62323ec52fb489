"""SNS: what a topic delivers, one record as a rule (triggers spec 3.2, 5.5).

Neither subject nor message is kept: an alarm's message is one like any other.
"""

from __future__ import annotations

from . import records
from .sources import table, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import Request

MAX_MESSAGES = 10
"""Messages searched for a context in one event."""


def read(event: dict[str, Any], found: Request, _arn: str, _query: bool) -> None:
    """Keep the topic, and what each message carries."""
    notices = [table(record, "Sns") for record in records.first(event, found)]
    if not notices:
        return
    topic = records.agreed([text(notice, "TopicArn") for notice in notices])
    name = topic.rpartition(":")[2] if topic else None
    records.consume(found, "aws.sns", name, notices[0].get("MessageId"))
    if topic and found.consumer is not None:
        found.consumer["aws.sns.topic.arn"] = topic
        found.attributes["heliograph.trigger.arn"] = topic
    newest = table(records.last(event), "Sns").get("Timestamp")
    records.put_times(found, "iso", notices[0].get("Timestamp"), newest)
    left = MAX_MESSAGES
    for notice in notices:
        given = table(notice, "MessageAttributes")
        carried = records.attributes(given, "Value") if given else None
        message = notice.get("Message")
        if carried is None and left and type(message) is str and message[:1] == "{":
            left -= 1
            if '"detail-type"' in message[:512]:
                from . import envelope  # loaded by the first that may have a context

                context = envelope.probe(message)[0]
                carried = (context, None, None) if context else None
        if carried is not None:
            found.messages.append((notice.get("MessageId"), *carried, None, None))
