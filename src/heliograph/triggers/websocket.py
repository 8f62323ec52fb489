"""API Gateway WebSocket APIs (triggers spec 5.1).

Only CONNECT is an HTTP request; a message and a disconnect have neither a method nor headers.
"""

from __future__ import annotations

from . import http
from .sources import table, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import Request


def read(event: dict[str, Any], found: Request, function_arn: str, _capture_query: bool) -> None:
    """Fill in what the event says of its connection."""
    context = table(event, "requestContext")
    identity = table(context, "identity")
    kind = text(context, "eventType")
    if kind == "CONNECT":
        http.headers(event, found)
        http.put_method(found, "GET")
    found.put("heliograph.websocket.event_type", kind)
    found.put("heliograph.websocket.route", text(context, "routeKey"))
    found.put("heliograph.websocket.connection_id", text(context, "connectionId"))
    found.put("url.scheme", "wss")
    http.put_server(found, text(context, "domainName"))
    http.put_client(found, None, text(identity, "sourceIp"))
    found.put("user_agent.original", text(identity, "userAgent"))
    http.put_time(found, "ms", context.get("requestTimeEpoch"))
    http.put_arn(found, function_arn, "apis", context)
