"""Schedules: a rule of EventBridge, or EventBridge Scheduler (triggers spec 5.5)."""

from __future__ import annotations

from . import records
from .eventbridge import put_resource
from .sources import text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import Request


def read(event: dict[str, Any], found: Request, _arn: str, _query: bool) -> None:
    """Keep the time that it was planned for, and whose plan it is."""
    found.put("faas.time", text(event, "time"))
    put_resource(event, found)
    records.put_times(found, "iso", event.get("time"))
