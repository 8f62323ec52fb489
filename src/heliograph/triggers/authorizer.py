"""An authorizer of API Gateway: what it is to allow (triggers spec 5.2)."""

from __future__ import annotations

from ..journal import MAX_STRING
from . import http

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import Request


def read(event: dict[str, Any], found: Request, _arn: str, _query: bool) -> None:
    """Read the ARN of the route, and the trace context that a request brings."""
    arns = [one for key in ("methodArn", "routeArn") if type(one := event.get(key)) is str]
    found.put("heliograph.trigger.arn", arns[0][:MAX_STRING] if arns else None)
    if "headers" in event:
        http.headers(event, found)
