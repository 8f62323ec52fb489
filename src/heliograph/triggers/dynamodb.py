"""DynamoDB streams: changes of one table (triggers spec 5.7). Keys and images are never kept."""

from __future__ import annotations

from . import records
from .sources import table, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import Request

OPERATIONS = {"INSERT": "insert", "MODIFY": "edit", "REMOVE": "delete"}
CREATION = "ApproximateCreationDateTime"


def read(event: dict[str, Any], found: Request, _arn: str, _query: bool) -> None:
    """Keep the table, and the operation if all records have the same one."""
    changes = records.first(event, found)
    arn = text(changes[0] if changes else event, "eventSourceARN")
    found.put("heliograph.trigger.arn", arn)
    pieces = (records.part(arn, 5) or "").split("/")
    if len(pieces) > 1 and pieces[0] == "table" and pieces[1]:
        found.attributes["faas.document.collection"] = pieces[1]
        found.attributes["aws.dynamodb.table_names"] = (pieces[1],)
    records.put_window(event, found)
    if changes:
        said = records.agreed([text(change, "eventName") for change in changes])
        found.put(
            "faas.document.operation", OPERATIONS.get(said or "") if not found.unread else None
        )
        newest = table(records.last(event), "dynamodb").get(CREATION)
        records.put_times(found, "s", table(changes[0], "dynamodb").get(CREATION), newest)
