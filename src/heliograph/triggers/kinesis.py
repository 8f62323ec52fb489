"""Kinesis data streams: records of one shard (triggers spec 3.2, 5.7).

A record has no place for a context. Where asked for (`HELIOGRAPH_KINESIS_JSON`), its data are
searched for one.
"""

from __future__ import annotations

from . import records
from .sources import table, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import Request

MAX_DATA = 4096
MAX_SEARCHED = 10
"""Characters of a record's data that is searched, and records of an event."""
ARRIVAL = "approximateArrivalTimestamp"


def read(event: dict[str, Any], found: Request, _arn: str, _query: bool) -> None:
    """Keep stream, shard and window."""
    batch = records.first(event, found)
    item = batch[0] if batch else event
    if not batch:
        records.put_window(event, found)
        found.put("heliograph.trigger.arn", text(item, "eventSourceARN"))
        return
    arn = text(item, "eventSourceARN")
    stream, consumer = _names(arn)
    inner = of(item)
    records.consume(found, "aws.kinesis", stream, inner.get("sequenceNumber"))
    found.put("heliograph.trigger.arn", arn)
    if found.consumer is not None:
        shard = (text(item, "eventID") or "").partition(":")
        for key, value in (
            ("aws.kinesis.stream_name", stream),
            ("messaging.consumer.group.name", consumer),
            ("messaging.destination.partition.id", shard[0] if shard[1] else None),
        ):
            if value:
                found.consumer[key] = value
    records.put_times(found, "s", inner.get(ARRIVAL), of(records.last(event)).get(ARRIVAL))
    records.put_window(event, found)


def of(record: dict[str, Any]) -> dict[str, Any]:
    """Return what a record says of Kinesis; a pipe's items have it at the top."""
    return table(record, "kinesis") or record


def _names(arn: str | None) -> tuple[str | None, str | None]:
    """Return stream and consumer of `stream/NAME` or `stream/NAME/consumer/NAME:TIME`."""
    pieces = (records.part(arn, 5) or "").split("/")
    stream = pieces[1] if len(pieces) > 1 and pieces[0] == "stream" else None
    consumer = pieces[3].partition(":")[0] if len(pieces) > 3 else None
    return stream or None, consumer or None


def search(event: Any, found: Request) -> None:
    """Look for a context in the data of the first records: text, whatever it is."""
    from binascii import Error, a2b_base64

    from . import envelope

    batch = event.get("Records") if type(event) is dict else event
    for record in batch[:MAX_SEARCHED] if type(batch) is list else ():
        if type(record) is not dict:
            continue
        data = of(record).get("data")
        if type(data) is str and len(data) <= MAX_DATA and data.isascii():
            try:
                text_found = envelope.search(a2b_base64(data).decode("latin-1"))
            except Error:
                continue
            if text_found:
                message_id = of(record).get("sequenceNumber")
                found.messages.append((message_id, text_found, None, None, None, None))
