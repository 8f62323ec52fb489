"""API Gateway WebSocket APIs (triggers spec 5.1).

Only CONNECT is an HTTP request; a message and a disconnect have neither a method nor headers.
"""

from __future__ import annotations

from . import http

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import Request


def read(event: dict[str, Any], found: Request, function_arn: str, _capture_query: bool) -> None:
    """Fill in what the event says of its connection."""
    context = http.table(event, "requestContext")
    identity = http.table(context, "identity")
    kind = http.text(context, "eventType")
    if kind == "CONNECT":
        http.headers(event, found)
        http.put_method(found, "GET")
    found.put("heliograph.websocket.event_type", kind)
    found.put("heliograph.websocket.route", http.text(context, "routeKey"))
    found.put("heliograph.websocket.connection_id", http.text(context, "connectionId"))
    found.put("url.scheme", "wss")
    http.put_server(found, http.text(context, "domainName"))
    http.put_client(found, None, http.text(identity, "sourceIp"))
    found.put("user_agent.original", http.text(identity, "userAgent"))
    http.put_arn(found, function_arn, "apis", context)
