"""S3's notifications, sent to the function or through a bus (triggers spec 5.6)."""

from __future__ import annotations

from . import records
from .sources import table, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import Request

OPERATIONS = {
    "ObjectCreated": "insert",
    "ObjectRemoved": "delete",
    "LifecycleExpiration": "delete",
    "ObjectRestore": "edit",
    "ObjectTagging": "edit",
    "ObjectAcl": "edit",
    "LifecycleTransition": "edit",
    "IntelligentTiering": "edit",
    "Replication": "edit",
    "ReducedRedundancyLostObject": "edit",
    "Object Created": "insert",
    "Object Deleted": "delete",
    "Object Restore Initiated": "edit",
    "Object Restore Completed": "edit",
    "Object Restore Expired": "edit",
    "Object Tags Added": "edit",
    "Object Tags Deleted": "edit",
    "Object ACL Updated": "edit",
    "Object Storage Class Changed": "edit",
    "Object Access Tier Changed": "edit",
}
"""By the first part of an event's name, and by the kind of a bus's event."""


def read(event: dict[str, Any], found: Request, _arn: str, _query: bool) -> None:
    """Keep the bucket, the object's key if there is one object, and what was done to it."""
    if "detail-type" in event:
        _read_bus(event, found)
        return
    notices = records.first(event, found)
    if not notices:
        return
    stores = [table(notice, "s3") for notice in notices]
    buckets = [table(store, "bucket") for store in stores]
    found.put("faas.document.collection", records.agreed([text(one, "name") for one in buckets]))
    found.put("heliograph.trigger.arn", records.agreed([text(one, "arn") for one in buckets]))
    said = [(text(notice, "eventName") or "").partition(":")[0] for notice in notices]
    operation = records.agreed([OPERATIONS.get(name.removeprefix("s3:")) for name in said])
    found.put("faas.document.operation", operation if not found.unread else None)
    if found.batch_size == 1:
        key = text(table(stores[0], "object"), "key")
        found.put("faas.document.name", decoded(key) if key else None)
        found.put("faas.document.time", text(notices[0], "eventTime"))
    newest = records.last(event).get("eventTime")
    records.put_times(found, "iso", notices[0].get("eventTime"), newest)


def _read_bus(event: dict[str, Any], found: Request) -> None:
    """A bus's event has the key as it is, not encoded."""
    from .eventbridge import put_resource

    detail = table(event, "detail")
    found.put("faas.document.collection", text(table(detail, "bucket"), "name"))
    found.put("faas.document.name", text(table(detail, "object"), "key"))
    found.put("faas.document.operation", OPERATIONS.get(text(event, "detail-type") or ""))
    found.put("faas.document.time", text(event, "time"))
    put_resource(event, found)
    records.put_times(found, "iso", event.get("time"))


def decoded(key: str) -> str:
    """Return a key that is encoded like a form's field; what is no code stays as it is.

    `urllib.parse` is not loaded by the bare runtime.
    """
    first, *rest = key.replace("+", " ").split("%")
    data = bytearray(first.encode("utf-8", "surrogatepass"))
    for piece in rest:
        try:
            code = bytes.fromhex(piece[:2]) if len(piece.strip()) > 1 else b""
        except ValueError:
            code = b""
        data += (
            code + piece[2:].encode("utf-8", "surrogatepass")
            if code
            else b"%" + piece.encode("utf-8", "surrogatepass")
        )
    return data.decode("utf-8", "replace")
