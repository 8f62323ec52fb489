"""Authorizers of API Gateway and of AppSync: what they are to allow (triggers spec 5.2).

Never kept: the token, where the identity comes from, headers but those of a trace context.
"""

from __future__ import annotations

from . import http
from .sources import table, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import Request


def read(event: dict[str, Any], found: Request, function_arn: str, _query: bool) -> None:
    """Read the ARN of the route, and the trace context that a request brings."""
    context = table(event, "requestContext")
    found.request_id = text(context, "requestId")
    if found.trigger == "appsync_authorizer":
        parts, api = function_arn.split(":", 6), text(context, "apiId")
        if len(parts) == 7 and api:
            arn = f"arn:{parts[1]}:appsync:{parts[3]}:{parts[4]}:apis/{api}"
            found.attributes["heliograph.trigger.arn"] = arn
        return
    found.put("heliograph.trigger.arn", text(event, "methodArn") or text(event, "routeArn"))
    socket = "connectionId" in context and "eventType" in context
    kind = "websocket" if socket else (text(event, "type") or "").lower()
    found.put("heliograph.authorizer.type", kind or None)
    if "headers" in event or "multiValueHeaders" in event:
        http.headers(event, found)
