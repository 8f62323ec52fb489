"""What the HTTP triggers share: fields of an event, headers, and the attributes made of them.

Names are those of the stable HTTP conventions (triggers spec 5.1).
"""

from __future__ import annotations

from ..journal import MAX_STRING
from .sources import table, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import Request

METHODS = frozenset(
    ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "CONNECT", "TRACE", "QUERY")
)
"""Known methods (HTTP conventions: RFC 9110, PATCH, QUERY), in this case only."""

CARRIERS = {"traceparent": 512, "tracestate": 513, "x-amzn-trace-id": 1024, "baggage": 8193}
"""Headers that carry a trace context, and how many of their characters are looked at: one more than
what is taken of those that are dropped when too long (triggers spec 3.1, 9)."""

WANTED = {
    **dict.fromkeys(("host", "user-agent", "user_agent"), MAX_STRING),
    **dict.fromkeys(("x-forwarded-for", "x-forwarded-port", "x-forwarded-proto"), MAX_STRING),
    **CARRIERS,
}
"""Headers that are read. Early events of VPC Lattice write `user_agent`."""

LONGEST_NAME = 17  # len("x-forwarded-proto")
MAX_HEADERS = 256
"""Headers looked at; of more only those in lower case. A usual request has 10 to 40."""

VERSIONS = {"1.0": "1.0", "1.1": "1.1", "2.0": "2", "2": "2", "3.0": "3", "3": "3"}
"""`HTTP/...` as AWS writes it, and as `network.protocol.version` does."""


def headers(event: dict[str, Any], request: Request) -> dict[str, str]:
    """Return the wanted headers by lower-case name, from `headers` or else `multiValueHeaders`.

    One pass. Of a list its first value; what is not a string is left out. If one of them carries a
    trace context, they are kept as `request.carried` too.
    """
    source = table(event, "headers") or table(event, "multiValueHeaders")
    names = source if len(source) <= MAX_HEADERS else [name for name in WANTED if name in source]
    found = {}
    for name in names:
        if type(name) is str and len(name) <= LONGEST_NAME:
            lower = name.lower()
            if lower in WANTED:
                value = source[name]
                if type(value) is list and value:
                    value = value[0]
                if type(value) is str and value:
                    found[lower] = value[: WANTED[lower]]
    if "x-amzn-trace-id" in found or "traceparent" in found or "baggage" in found:
        request.carried = found
    return found


def first(value: str | None) -> str | None:
    """Return the first item of a comma-separated header: the one nearest to the client."""
    return (value.partition(",")[0].strip() or None) if value else None


def put_method(found: Request, method: str | None) -> None:
    """Set the method; one that is not known is `_OTHER`, and `HTTP` in a span's name."""
    if method is None:
        return
    if method in METHODS:
        found.attributes["http.request.method"] = found.method = method
    else:
        found.attributes["http.request.method"] = "_OTHER"
        found.attributes["http.request.method_original"] = method
        found.method = "HTTP"


def put_route(found: Request, route: str | None) -> None:
    """Set the route template."""
    if route is not None:
        found.attributes["http.route"] = found.route = route


def put_path(found: Request, path: str | None) -> None:
    """Set `url.path`, without a query that came with it."""
    if path is not None:
        found.put("url.path", path.partition("?")[0] or None)


def put_server(found: Request, host: str | None, port: str | None = None) -> None:
    """Set `server.address` and `server.port` from a host; `port` goes before the host's own."""
    if host is not None:
        address, own = split_port(host)
        found.put("server.address", address)
        found.put("server.port", number(port) or number(own))


def put_client(found: Request, forwarded: str | None, source_ip: str | None = None) -> None:
    """Set `client.address` from `x-forwarded-for`, else from the address that AWS saw."""
    nearest = first(forwarded) or source_ip
    if nearest is not None:
        found.put("client.address", split_port(nearest)[0])  # a load balancer may add the port


def put_protocol(found: Request, protocol: str | None) -> None:
    """Set `network.protocol.version` from `HTTP/1.1` and its like."""
    if protocol is not None and protocol.startswith("HTTP/"):
        found.put("network.protocol.version", VERSIONS.get(protocol[5:]))


def put_arn(found: Request, function_arn: str, resource: str, context: dict[str, Any]) -> None:
    """Set the ARN of an API's stage. Its partition and region are those of the function.

    Args:
        found: Where it is set.
        function_arn: The invoked ARN; empty or malformed: nothing is set.
        resource: `restapis` or `apis`.
        context: The event's `requestContext`, which names the API and the stage.
    """
    parts = function_arn.split(":", 6)
    api, stage = text(context, "apiId"), text(context, "stage")
    if len(parts) == 7 and api and stage:
        arn = f"arn:{parts[1]}:apigateway:{parts[3]}::/{resource}/{api}/stages/{stage}"
        found.attributes["heliograph.trigger.arn"] = arn[:MAX_STRING]


def split_port(host: str) -> tuple[str | None, str | None]:
    """Split `host:port`, `[v6]:port`, or a bare address with any number of colons."""
    if host.startswith("["):
        address, _, rest = host[1:].partition("]")
        return address or None, rest[1:] or None
    if host.count(":") == 1:
        address, _, port = host.partition(":")
        return address or None, port or None
    return host, None


def number(port: str | None) -> int | None:
    """Return a port's number, or None if it is not one."""
    if port is None or len(port) > 5 or not (port.isascii() and port.isdigit()):
        return None
    value = int(port)
    return value if 0 < value < 65536 else None


def put_authorizer(found: Request, answer: dict[str, Any], request_id: str | None) -> None:
    """Note the context that an authorizer of ours handed on (triggers spec 5.2).

    Args:
        found: Where it is noted.
        answer: The authorizer's own values.
        request_id: Of this request: with another one, the answer came from the gateway's cache.
    """
    context, asked = answer.get("traceparent"), answer.get("traceparent_request_id")
    if type(context) is str:
        known = type(asked) is str and request_id is not None
        found.authorizer = (
            context[: CARRIERS["traceparent"]],
            asked != request_id if known else None,
        )


def put_time(found: Request, form: str, value: object) -> None:
    """Note when the request came to the gateway (triggers spec 6)."""
    if type(value) is int or (type(value) is str and len(value) < 32):
        found.times = form, value, None
