"""VPC Lattice services, event structures 1 and 2 (triggers spec 5.1)."""

from __future__ import annotations

from . import http
from .sources import table, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import Request


def read(event: dict[str, Any], found: Request, _function_arn: str, capture_query: bool) -> None:
    """Fill in what the event says of its HTTP request."""
    context = table(event, "requestContext")
    headers = http.headers(event, found)
    http.put_method(found, text(event, "method"))
    http.put_path(found, text(event, "path") or text(event, "raw_path"))
    if capture_query:
        _put_query(event, found)
    if text(table(context, "identity"), "type"):
        found.put("url.scheme", "https")  # a signed call; of others the event does not say
    http.put_server(found, headers.get("host"))
    http.put_client(found, headers.get("x-forwarded-for"))
    agent = headers.get("user-agent") or headers.get("user_agent")
    found.put("user_agent.original", agent)
    http.put_time(found, "us", context.get("timeEpoch"))
    found.put("heliograph.trigger.arn", text(context, "targetGroupArn"))


def _put_query(event: dict[str, Any], found: Request) -> None:
    parameters = table(event, "queryStringParameters")
    parameters = parameters or table(event, "query_string_parameters")
    if parameters:
        from .query import rebuild

        # Taken to be encoded like a load balancer's: encoding twice would falsify the value.
        found.put("url.query", rebuild(parameters, encoded=True))
