"""Kafka, of MSK or self-managed: records by topic and partition (triggers spec 3.2, 5.7)."""

from __future__ import annotations

from . import records
from .sources import table, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import Request

MAX_PARTITIONS = 1024
"""Partitions of an event whose records are counted."""
MAX_HEADERS = 16
MAX_BYTES = 512
"""Headers looked at of a record, and bytes of one."""


def read(event: dict[str, Any], found: Request, _arn: str, _query: bool) -> None:
    """Keep the topic, and what each record carries. A pipe's items are single records."""
    if "Records" in event:
        batch = records.first(event, found)
        keys = [text(record, "eventSourceKey") for record in batch]
        newest = records.last(event) if batch else {}
    else:
        batch, keys, newest = _by_partition(event, found)
    arn = text(event, "eventSourceArn") or (text(batch[0], "eventSourceArn") if batch else None)
    found.put("heliograph.trigger.arn", arn)
    if not batch:
        return
    topic = records.agreed([key.rpartition("-")[0] if key else None for key in keys])
    records.consume(found, "kafka", topic or text(batch[0], "topic"), None)
    partition = records.agreed([key.rpartition("-")[2] if key else None for key in keys])
    if found.consumer is not None:
        if topic and partition:
            found.consumer["messaging.destination.partition.id"] = partition
        offset = batch[0].get("offset")
        if found.batch_size == 1 and type(offset) is int:
            found.consumer["messaging.kafka.offset"] = offset
    records.put_times(found, "ms", batch[0].get("timestamp"), newest.get("timestamp"))
    for record in batch:
        _keep(record, found)


def _by_partition(
    event: dict[str, Any], found: Request
) -> tuple[list[dict[str, Any]], list[str | None], dict[str, Any]]:
    """Return the first records, the partitions' keys, and the last record."""
    partitions = table(event, "records")
    if len(partitions) > MAX_PARTITIONS:
        return [], [], {}
    lists = [(key, one) for key, one in partitions.items() if type(one) is list and one]
    found.batch_size = sum([len(one) for _, one in lists])
    found.unread = max(0, found.batch_size - records.LOOKED_AT)
    batch: list[dict[str, Any]] = []
    for _, one in lists:
        if len(batch) < records.LOOKED_AT:
            room = records.LOOKED_AT - len(batch)
            batch += [record for record in one[:room] if type(record) is dict]
    newest = lists[-1][1][-1] if lists else None
    keys = [key if type(key) is str else None for key, _ in lists]
    return batch, keys, newest if type(newest) is dict else {}


def _keep(record: dict[str, Any], found: Request) -> None:
    headers = record.get("headers")
    if type(headers) is not list:
        return
    values: dict[str, object] = {}
    for header in headers[:MAX_HEADERS]:
        if type(header) is dict:
            for name in records.CARRIERS:
                if name in header:
                    values.setdefault(name, brokers_bytes(header[name]))
    if values.get("traceparent") is not None:
        found.messages.append((
            None, values["traceparent"], values.get("tracestate"), values.get("baggage"), None, None
        ))  # fmt: skip


def brokers_bytes(value: object) -> object:
    """Return a copy of a header as a broker's event writes it: text, or its bytes as a list.

    Some events have a table by index. It is read after the response (`propagation/messages.py`).
    """
    if type(value) is str:
        return value[:MAX_BYTES]
    if type(value) in (list, dict) and len(value) <= MAX_BYTES:  # type: ignore[arg-type] # one of these
        return value.copy()  # type: ignore[attr-defined] # the same; read after the response
    return None
