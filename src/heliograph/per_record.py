"""A span for each record of a batch: `heliograph.record`, `heliograph.records`.

CONSUMER, below the message's span, linked to what that record carries (triggers spec 1.3).
"""

from __future__ import annotations

from . import triggers
from ._guard import guard
from .journal import bounded, current, recording, state
from .journal.entry import CONSUMER, Entry
from .manual import span
from .version import SCOPE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Any

    from typing_extensions import Self

MARKS = (
    ("Sns", "sns"), ("basicProperties", "rabbitmq"), ("messageID", "activemq"), ("offset", "kafka"),
)  # fmt: skip
"""Keys by which a record is known that does not name its source."""
PLACES = ("messaging.destination.name", "faas.document.collection")


class RecordSpan(span):
    """The span of one record: as `heliograph.span`, with a link to what the record carries.

    Args:
        about: What the record is.
    """

    __slots__ = ("_about",)

    def __init__(self, about: triggers.Request) -> None:
        super().__init__(kind="consumer")
        self._about = about

    def _start(self) -> Entry:
        about = self._about
        attributes: dict[str, Any] = dict(about.consumer or about.attributes)
        place = next((attributes[key] for key in PLACES if key in attributes), "")
        here = current.span()
        invocation = state.running
        parent = here
        if invocation is not None and here is invocation.entry:
            parent = _message_span() or here
        entry = recording.start(bounded.text(f"process {place}".rstrip()), parent, kind=CONSUMER)
        entry.scope, entry.attributes = SCOPE, attributes
        if about.messages and state.config is not None:
            from .propagation import messages

            entry.links = messages.links(about.messages, state.config.propagators)[0] or None
        self.entry = entry
        return entry

    def failed(self, error: BaseException) -> None:
        """Note what the record failed with; its span goes on until the loop does."""
        if self.entry is not None:
            self._fail(self.entry, error)


def _message_span() -> Entry | None:
    """Return the span of the invocation's messages, begun here, if it has one of its own."""
    invocation, config = state.running, state.config
    if invocation is None or config is None or config.messaging_span != "child":
        return None
    if invocation.consumer is None and invocation.request and invocation.request.consumer:
        above = invocation.entry.resolve()
        invocation.consumer = Entry("", above, above.trace, kind=CONSUMER)
    return invocation.consumer


def _about(record: Any, trigger: str = "") -> triggers.Request:
    """Return what a record says of itself.

    Args:
        record: A record of an event, or a bus's event, which is its own record.
        trigger: Of the event that it is in, if that is known.
    """
    found = triggers.Request()
    with guard("reading a record"):
        if type(record) is dict and "detail-type" in record:
            return triggers.request("eventbridge", record)
        trigger = trigger.removeprefix("pipe:")
        if not trigger and type(record) is dict:
            trigger = triggers.detect([record]).removeprefix("pipe:")
            if trigger == triggers.DIRECT:
                trigger = next((name for key, name in MARKS if key in record), trigger)
        found = triggers.request(f"pipe:{trigger}", [record])
        found.attributes.pop("heliograph.pipe", None)
    return found


def record(record: Any, /) -> span:
    """Return the span of one record, for a `with` block.

    ```python
    for message in event["Records"]:
        with heliograph.record(message):
            fulfil(message)
    ```

    Args:
        record: Of SQS, SNS, Kinesis, DynamoDB, Kafka, ActiveMQ, RabbitMQ or S3, or an event of
            EventBridge.
    """
    return _span_of(record)


def _span_of(record: Any, trigger: str = "") -> RecordSpan:
    about = _about(record, trigger) if state.active else triggers.Request()
    made: RecordSpan = RecordSpan(about)
    return made


class records:  # noqa: N801 - used as a statement
    """The records of an event, each with its span while the loop's body runs.

    ```python
    batch = heliograph.records(event)
    for message in batch:
        with batch:  # what is raised in here fails this record alone
            fulfil(message)
    return batch.failures
    ```

    Args:
        event: The handler's event. What has no records is one itself, as EventBridge's is.
    """

    __slots__ = ("_all", "_failed", "_fifo", "_now", "_span", "_trigger")

    def __init__(self, event: Any, /) -> None:
        self._trigger = triggers.detect(event)
        self._all = _records(event)
        first = self._all[0] if self._all else None
        arn = first.get("eventSourceARN") if type(first) is dict else None
        self._fifo = type(arn) is str and arn.endswith(".fifo")
        self._failed: list[Any] = []
        self._now: Any = None
        self._span: RecordSpan | None = None

    def __iter__(self) -> Iterator[Any]:
        for index, one in enumerate(self._all):
            if self._fifo and self._failed:  # in order, or not at all
                self._failed += self._all[index:]
                return
            self._now = one
            self._span = _span_of(one, self._trigger)
            with self._span:
                yield one

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        self._failed.append(self._now)
        if self._span is not None:
            self._span.failed(error)
        return True

    @property
    def failures(self) -> dict[str, list[dict[str, Any]]]:
        """The answer that gives Lambda the failed records back: `batchItemFailures`."""
        return {"batchItemFailures": [{"itemIdentifier": _id(one)} for one in self._failed]}


def _records(event: Any) -> list[Any]:
    """Return the records of an event, in its order."""
    if type(event) is list:
        return event
    if type(event) is not dict:
        return [event]
    for key in ("Records", "messages", "records", "rmqMessagesByQueue"):
        found = event.get(key)
        if type(found) is list:
            return found
        if type(found) is dict:
            return [one for several in found.values() if type(several) is list for one in several]
    return [event]


def _id(record: Any) -> str | dict[str, Any]:
    """Return what Lambda knows a record by: a message's id, a sequence number, a place."""
    if type(record) is not dict:
        return ""
    if "messageId" in record:
        return str(record["messageId"])
    for key, name in (("kinesis", "sequenceNumber"), ("dynamodb", "SequenceNumber")):
        inner = record.get(key)
        if type(inner) is dict and name in inner:
            return str(inner[name])
    if "offset" in record:
        partition = f"{record.get('topic')}-{record.get('partition')}"
        return {"partition": partition, "offset": record["offset"]}
    return str(record.get("sequenceNumber", ""))


__all__ = ["record", "records"]
