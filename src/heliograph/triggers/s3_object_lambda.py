"""S3 Object Lambda: a read that the function answers (triggers spec 5.6).

Never kept: the presigned address of the object, and the token that answers.
"""

from __future__ import annotations

from .sources import table, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import Request


def read(event: dict[str, Any], found: Request, _arn: str, _query: bool) -> None:
    """Keep the access point."""
    arn = text(table(event, "configuration"), "accessPointArn")
    found.put("heliograph.trigger.arn", arn)
    found.put("faas.document.collection", arn.rpartition("/")[2] if arn else None)
