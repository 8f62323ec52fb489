"""Lambda@Edge: requests and responses at a CloudFront distribution (triggers spec 5.1)."""

from __future__ import annotations

from . import http
from .sources import NOTHING, table, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import Request


def read(event: dict[str, Any], found: Request, _function_arn: str, _capture_query: bool) -> None:
    """Fill in what the event says of its HTTP request."""
    records = event.get("Records")
    record = records[0] if type(records) is list and records else None
    front = table(record, "cf") if type(record) is dict else NOTHING
    call = table(front, "request")
    http.put_method(found, text(call, "method"))
    http.put_path(found, text(call, "uri"))
    http.put_client(found, None, text(call, "clientIp"))
    _put_carried(table(call, "headers"), found)
    kind = text(table(front, "config"), "eventType")
    found.put("heliograph.edge.event_type", kind)


def _put_carried(headers: dict[str, Any], found: Request) -> None:
    """Keep the trace headers; each is a list of `{"key": ..., "value": ...}` by lower-case name."""
    values: dict[str, object] = {}
    for name in http.CARRIERS:
        entries = headers.get(name)
        entry = entries[0] if type(entries) is list and entries else None
        if type(entry) is dict:
            values[name] = entry.get("value")
    if values:
        http.headers({"headers": values}, found)
