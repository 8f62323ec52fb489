"""API Gateway HTTP APIs with payload format 2.0, and function URLs (triggers spec 5.1)."""

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
    call = table(context, "http")
    headers = http.headers(event, found)
    domain = text(context, "domainName")
    http.put_method(found, text(call, "method"))
    http.put_path(found, text(event, "rawPath"))
    if capture_query:  # its secrets are taken out after the response (`develop/redacting.py`)
        found.put("url.query", text(event, "rawQueryString"))
    found.put("url.scheme", http.first(headers.get("x-forwarded-proto")) or "https")
    http.put_server(found, domain)
    http.put_client(found, headers.get("x-forwarded-for"), text(call, "sourceIp"))
    http.put_protocol(found, text(call, "protocol"))
    found.put("user_agent.original", headers.get("user-agent") or text(call, "userAgent"))
    answer = table(table(context, "authorizer"), "lambda")
    if answer:
        http.put_authorizer(found, answer, text(context, "requestId"))
    http.put_time(found, "ms", context.get("timeEpoch"))
    if domain is not None and ".lambda-url." in domain:
        _put_url_arn(found, function_arn)
    else:
        route = text(event, "routeKey")
        # "GET /user/{id}"; "$default" has no space, hence no route.
        http.put_route(found, (route.partition(" ")[2] or None) if route else None)
        http.put_arn(found, function_arn, "apis", context)


def _put_url_arn(found: Request, function_arn: str) -> None:
    """A URL's ARN is the function's, with another kind and without a version."""
    parts = function_arn.split(":", 7)
    if len(parts) >= 7 and parts[6]:
        found.attributes["heliograph.trigger.arn"] = ":".join([*parts[:5], "url", parts[6]])
