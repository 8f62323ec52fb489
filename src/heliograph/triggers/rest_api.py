"""API Gateway REST APIs, and HTTP APIs with payload format 1.0 (triggers spec 5.1)."""

from __future__ import annotations

from . import http
from .sources import table, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import Request


def read(event: dict[str, Any], found: Request, function_arn: str, capture_query: bool) -> None:
    """Fill in what the event says of its HTTP request."""
    context = table(event, "requestContext")
    identity = table(context, "identity")
    headers = http.headers(event, found)
    http.put_method(found, text(event, "httpMethod"))
    route = text(event, "resource") or text(context, "resourcePath")
    http.put_route(found, None if route == "$default" else route)
    http.put_path(found, text(context, "path") or text(event, "path"))
    if capture_query:
        _put_query(event, found)
    found.put("url.scheme", http.first(headers.get("x-forwarded-proto")) or "https")
    host = headers.get("host") or text(context, "domainName")
    http.put_server(found, host, http.first(headers.get("x-forwarded-port")))
    http.put_client(found, headers.get("x-forwarded-for"), text(identity, "sourceIp"))
    http.put_protocol(found, text(context, "protocol"))
    agent = headers.get("user-agent") or text(identity, "userAgent")
    found.put("user_agent.original", agent)
    answer = table(context, "authorizer")
    if answer:
        http.put_authorizer(found, answer, text(context, "requestId"))
    http.put_time(found, "ms", context.get("requestTimeEpoch"))
    # Only an HTTP API writes a version; its ARN is of another collection.
    http.put_arn(found, function_arn, "apis" if "version" in event else "restapis", context)


def _put_query(event: dict[str, Any], found: Request) -> None:
    parameters = table(event, "multiValueQueryStringParameters")
    parameters = parameters or table(event, "queryStringParameters")
    if parameters:
        from .query import rebuild

        found.put("url.query", rebuild(parameters, encoded=False))
