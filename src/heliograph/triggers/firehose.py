"""Firehose's transformation of records: an answer is waited for (triggers spec 5.7)."""

from __future__ import annotations

from . import records
from .sources import text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import Request

ARRIVAL = "approximateArrivalTimestamp"


def read(event: dict[str, Any], found: Request, _arn: str, _query: bool) -> None:
    """Keep the delivery stream, and how many records there are."""
    arn = text(event, "deliveryStreamArn")
    found.attributes["messaging.system"] = "aws.firehose"
    name = (records.part(arn, 5) or "").partition("/")[2]
    found.put("messaging.destination.name", name or None)
    found.put("heliograph.trigger.arn", arn)
    batch = records.first(event, found, "records")
    if batch:
        if (found.batch_size or 0) > 1:
            found.put("messaging.batch.message_count", found.batch_size)
        newest = records.last(event, "records").get(ARRIVAL)
        records.put_times(found, "ms", batch[0].get(ARRIVAL), newest)
