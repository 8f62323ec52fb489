"""Destinations of asynchronous calls: how another function's invocation ended.

Triggers spec 5.8. Neither its payload nor its answer is kept.
"""

from __future__ import annotations

from . import records
from .sources import table, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import Request


def read(event: dict[str, Any], found: Request, _arn: str, _query: bool) -> None:
    """Keep which invocation it was; through a bus the record is the event's detail."""
    record = table(event, "detail") if "detail-type" in event else event
    context = table(record, "requestContext")
    found.put("heliograph.destination.condition", text(context, "condition"))
    found.put("heliograph.destination.source_request_id", text(context, "requestId"))
    count = context.get("approximateInvokeCount")
    found.put("heliograph.destination.invoke_count", count if type(count) is int else None)
    found.put("heliograph.trigger.arn", text(context, "functionArn"))
    records.put_times(found, "iso", record.get("timestamp"))
