"""Application Load Balancer target groups (triggers spec 5.1).

There is no route: a load balancer knows no template, and a raw path would be one name per user.
"""

from __future__ import annotations

from . import http
from .sources import table, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import Request


def read(event: dict[str, Any], found: Request, _function_arn: str, capture_query: bool) -> None:
    """Fill in what the event says of its HTTP request."""
    headers = http.headers(event, found)
    http.put_method(found, text(event, "httpMethod"))
    http.put_path(found, text(event, "path"))
    if capture_query:
        _put_query(event, found)
    found.put("url.scheme", http.first(headers.get("x-forwarded-proto")))
    http.put_server(found, headers.get("host"))
    http.put_client(found, headers.get("x-forwarded-for"))
    found.put("user_agent.original", headers.get("user-agent"))
    balancer = table(table(event, "requestContext"), "elb")
    found.put("heliograph.trigger.arn", text(balancer, "targetGroupArn"))


def _put_query(event: dict[str, Any], found: Request) -> None:
    parameters = table(event, "multiValueQueryStringParameters")
    parameters = parameters or table(event, "queryStringParameters")
    if parameters:
        from .query import rebuild

        found.put("url.query", rebuild(parameters, encoded=True))
