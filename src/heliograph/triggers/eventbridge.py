"""EventBridge: an event of a bus, from any source but those with files of their own.

Triggers spec 3.2, 5.5.
"""

from __future__ import annotations

from . import records
from .sources import table, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import Request

PLACES = ("_trace", "metadata", "_datadog")
"""Tables of the detail in which producers put a context, besides the detail itself."""


def read(event: dict[str, Any], found: Request, _arn: str, _query: bool) -> None:
    """Keep source, kind and id, and the context that the detail carries."""
    found.batch_size = 1
    message_id = text(event, "id")
    records.consume(found, "aws.eventbridge", text(event, "source"), message_id)
    found.put("heliograph.eventbridge.detail_type", text(event, "detail-type"))
    put_resource(event, found)
    if "replay-name" in event:
        found.attributes["heliograph.eventbridge.replay"] = True
    records.put_times(found, "iso", event.get("time"))
    detail = table(event, "detail")
    if detail:
        for place in (detail, *[table(detail, key) for key in PLACES]):
            carried = records.plain(place)
            if carried[0] is not None:
                found.messages.append((message_id, *carried, None, None))
                break


def put_resource(event: dict[str, Any], found: Request) -> None:
    """Set `heliograph.trigger.arn` to the first of the event's resources."""
    resources = event.get("resources")
    if type(resources) is list and resources:
        found.put("heliograph.trigger.arn", text({"arn": resources[0]}, "arn"))
