"""The `http` block, from the old and the stable conventions alike (xray spec 7)."""

from __future__ import annotations

from opentelemetry.trace import SpanKind

from .attributes import whole
from .status import http_status
from .url import DEFAULT_PORTS, bracketed, split_host, without_user

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.sdk.trace import Event, ReadableSpan

    from .attributes import Attributes
    from .role import Role

METHOD = ("http.request.method", "http.method")
STATUS = ("http.response.status_code", "http.status_code")
AGENT = ("user_agent.original", "http.user_agent")
URL = ("url.full", "http.url")
SCHEME = ("url.scheme", "http.scheme")
PEER = ("network.peer.address", "net.peer.ip")
SIZE = ("http.response.body.size", "http.response_content_length")
RECEIVED_SIZE = ("messaging.message.body.size", "messaging.message_payload_size_bytes")
TRACED = ("aws.http.traced", "http.request.traced")

TELLING = (
    *METHOD, *STATUS, *AGENT, *URL, *SCHEME, "http.client_ip", "http.host", "http.target",
    "http.server_name", "net.host.port", "url.path", "url.query",
)  # fmt: skip
"""One of these makes a block; an address alone does not, for SQL spans have it (xray spec 7.1)."""

CONSUMED = frozenset((
    *TELLING, *PEER, "net.host.name", "host.name", "net.peer.name", "net.peer.port",
    "client.address", "server.address", "server.port",
))  # fmt: skip
"""Not repeated in metadata once there is a block (xray spec 7.1)."""

SERVER_PLACE = (
    ("http.server_name", "net.host.name", "host.name", "server.address"),
    ("server.port", "net.host.port"),
)
CLIENT_PLACE = (
    ("net.peer.name", "net.peer.ip", "server.address", "network.peer.address"),
    ("server.port", "net.peer.port", "network.peer.port"),
)
"""Hosts and ports in the order of xray spec 7.2, after `http.host`."""


def http_of(span: ReadableSpan, attributes: Attributes, role: Role) -> dict[str, object]:
    """Return the block, or `{}` if the span is not about HTTP; takes what it says.

    Args:
        span: The span; its kind decides which address is the host.
        attributes: Its attributes.
        role: `x_forwarded_for` is for segments, `traced` for subsegments.
    """
    if attributes.values.keys().isdisjoint(TELLING):
        return {}
    request, response = _request(span, attributes, role), _response(span, attributes)
    block: dict[str, object] = {}
    if request:
        block["request"] = request
    if response:
        block["response"] = response
    if block:
        _take(attributes, response)
    return block


def _request(span: ReadableSpan, attributes: Attributes, role: Role) -> dict[str, object]:
    values = attributes.values
    request: dict[str, object] = {}
    if method := attributes.text(*METHOD):
        request["method"] = method
    if url := _url(span, attributes):
        request["url"] = url
    if agent := attributes.text(*AGENT):
        request["user_agent"] = agent
    client = _address(attributes, "client.address") or attributes.text("http.client_ip")
    peers = any(key in values for key in PEER)
    if address := client or _address(attributes, *PEER):
        request["client_ip"] = address
    if client and not peers and role.segment:
        request["x_forwarded_for"] = True
    if not role.segment and any(values.get(key) is True for key in TRACED):
        request["traced"] = True
    return request


def _response(span: ReadableSpan, attributes: Attributes) -> dict[str, object]:
    response: dict[str, object] = {}
    if (status := http_status(attributes)) is not None:
        response["status"] = status
    size = attributes.integer(*SIZE)
    if size is None:
        size = _received(attributes.values, span.events)
    if size is not None and 0 <= size < 2**63:
        response["content_length"] = size
    return response


def _take(attributes: Attributes, response: dict[str, object]) -> None:
    values = attributes.values
    for key in values.keys() & CONSUMED:
        value = values[key]
        if isinstance(value, (str, int)) and (key not in STATUS or "status" in response):
            attributes.taken.add(key)
    if "content_length" in response:
        attributes.taken.update(key for key in SIZE if attributes.integer(key) is not None)
    attributes.taken.update(key for key in TRACED if values.get(key) is True)


def _address(attributes: Attributes, *keys: str) -> str:
    """Return the first of the keys that holds an IP address and not a socket's name."""
    for key in keys:
        text = attributes.text(key)
        if text and _is_address(text):
            return text
    return ""


def _is_address(text: str) -> bool:
    from ipaddress import ip_address  # 2 ms that most spans do not need

    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _received(values: dict[str, object], events: Sequence[Event]) -> int | None:
    """Return the size that the span, else the first RECEIVED message, tells (xray spec 7.1)."""
    for source in (values, *(event.attributes or {} for event in events)):
        if source.get("message.type") == "RECEIVED":
            sizes = (whole(source.get(key)) for key in RECEIVED_SIZE)
            return next((size for size in sizes if size is not None), None)
    return None


def _url(span: ReadableSpan, attributes: Attributes) -> str:
    """Return the URL as it is, else one built from its parts where a host is known (7.2)."""
    if full := attributes.text(*URL):
        return without_user(full)
    server = span.kind is SpanKind.SERVER
    host, port = _host(attributes, server=server)
    if not host:
        return ""
    scheme = attributes.text(*SCHEME) or ("https" if port == "443" else "http")
    if port == str(DEFAULT_PORTS.get(scheme)):
        port = ""
    place = f"{host}:{port}" if port else host
    return f"{scheme}://{place}{_target(attributes)}"


def _host(attributes: Attributes, *, server: bool) -> tuple[str, str]:
    """Return host and port by xray spec 7.2's two orders; `http.host` brings its own port."""
    if header := attributes.text("http.host"):
        host, port = split_host(header.rpartition("@")[2])
        return bracketed(host), port
    hosts, ports = SERVER_PLACE if server else CLIENT_PLACE
    host, port = split_host(attributes.text(*hosts))  # botocore's DynamoDB writes `host:port`
    if not port and (number := attributes.integer(*ports)) is not None:
        port = str(number)
    return bracketed(host), port


def _target(attributes: Attributes) -> str:
    path = attributes.text("url.path")
    if not path and (target := attributes.text("http.target")):
        return target if target.startswith("/") else f"/{target}"
    query = attributes.text("url.query")
    path = path or "/"
    path = path if path.startswith("/") else f"/{path}"
    return f"{path}?{query}" if query else path
