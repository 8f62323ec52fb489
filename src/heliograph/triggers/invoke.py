"""A call of the function itself, or by a state machine: its event is the caller's own.

It may have the headers of a request (triggers spec 3.2).
"""

from __future__ import annotations

from . import http

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import Request


def read(event: dict[str, Any], found: Request, _arn: str, _query: bool) -> None:
    """Read the trace context that the caller has put in."""
    http.headers(event, found)
