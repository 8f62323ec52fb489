"""DocumentDB change streams (triggers spec 5.7). Documents are never kept."""

from __future__ import annotations

from . import records
from .sources import table, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import Request

OPERATIONS = {
    "insert": "insert", "update": "edit", "replace": "edit", "delete": "delete", "drop": "delete",
}  # fmt: skip


def read(event: dict[str, Any], found: Request, _arn: str, _query: bool) -> None:
    """Keep the database and the collection, and what was done, if all records agree."""
    key = "Records" if "Records" in event else "events"
    changes = [table(change, "event") or change for change in records.first(event, found, key)]
    found.put("heliograph.trigger.arn", text(event, "eventSourceArn"))
    if not changes:
        return
    places = [table(change, "ns") for change in changes]
    collection = records.agreed([text(place, "db") for place in places])
    found.put("faas.document.collection", collection)
    found.put("faas.document.name", records.agreed([text(place, "coll") for place in places]))
    said = records.agreed([text(change, "operationType") for change in changes])
    found.put("faas.document.operation", OPERATIONS.get(said or "") if not found.unread else None)
    last = records.last(event, key)
    oldest, newest = (_seconds(change) for change in (changes[0], table(last, "event") or last))
    records.put_times(found, "s", oldest, newest)


def _seconds(change: dict[str, Any]) -> object:
    return table(table(change, "clusterTime"), "$timestamp").get("t")
