"""A resolver of AppSync: a batch resolver's event is a list of such events (triggers spec 3.2)."""

from __future__ import annotations

from . import http

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import Request


def read(event: Any, found: Request, _arn: str, _query: bool) -> None:
    """Read the trace context that the request brings."""
    item = event[0] if type(event) is list and event else event
    http.headers(http.table(item, "request") if type(item) is dict else http.NOTHING, found)
