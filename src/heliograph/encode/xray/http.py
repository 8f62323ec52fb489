"""The `http` block, from the old and the stable conventions alike (xray spec 7)."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from opentelemetry.trace import SpanKind

from .attributes import whole
from .status import STATUS
from .url import DEFAULT_PORTS, bracketed, split_host, without_user

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.sdk.trace import Event, ReadableSpan

    from .attributes import Attributes
    from .role import Role

METHOD = ("http.request.method", "http.method")
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
PLACES = frozenset(("http.host", *SERVER_PLACE[0], *CLIENT_PLACE[0]))
TARGETS = frozenset(("url.path", "url.query", "http.target"))


class Asked(NamedTuple):
    """Which parts of the block attributes of these names can fill.

    Attributes:
        method: There is a method.
        scheme: There is a scheme.
        full: There is a whole URL.
        header: There is a `Host` header.
        place: There are parts of a URL with a host.
        target: There are other parts of a URL.
        agent: There is a user agent.
        client: There are addresses of the client or the peer.
        traced: The span says that the callee sends a segment of its own.
        size: There is the response's size.
        message: There is a message's size.
        consumed: The names that are not repeated in metadata.
    """

    method: bool
    scheme: bool
    full: bool
    header: bool
    place: bool
    target: bool
    agent: bool
    client: bool
    traced: bool
    size: bool
    message: bool
    consumed: tuple[str, ...]


def asked_of(keys: frozenset[str]) -> Asked | None:
    """Return what attributes of these names can tell, None if they make no block."""
    if keys.isdisjoint(TELLING):
        return None
    return Asked(
        method=not keys.isdisjoint(METHOD),
        scheme=not keys.isdisjoint(SCHEME),
        full=not keys.isdisjoint(URL),
        header="http.host" in keys,
        place=not keys.isdisjoint(PLACES),
        target=not keys.isdisjoint(TARGETS),
        agent=not keys.isdisjoint(AGENT),
        client=not keys.isdisjoint((*PEER, "client.address", "http.client_ip")),
        traced=not keys.isdisjoint(TRACED),
        size=not keys.isdisjoint(SIZE),
        message="message.type" in keys,
        consumed=tuple(keys & CONSUMED),
    )


def http_of(
    span: ReadableSpan,
    events: Sequence[Event],
    attributes: Attributes,
    role: Role,
    asked: Asked,
    status: int | None,
) -> dict[str, object]:
    """Return the block, or `{}` if nothing is known; takes what it says.

    Args:
        span: The span; its kind decides which address is the host.
        events: Its events.
        attributes: Its attributes.
        role: `x_forwarded_for` is for segments, `traced` for subsegments.
        asked: What `asked_of` returned for these attributes.
        status: What `http_status` returned for them.
    """
    block: dict[str, object] = {}
    if request := _request(span.kind, attributes, role, asked):
        block["request"] = request
    response: dict[str, object] = {}
    if status is not None:
        response["status"] = status
    size = attributes.integer(*SIZE) if asked.size else None
    if size is None and (asked.message or events):
        size = _received(attributes.values, events)
    if size is not None and 0 <= size < 2**63:
        response["content_length"] = size
    if response:
        block["response"] = response
    if block:
        _take(attributes, response, asked)
    return block


def _request(kind: SpanKind, attributes: Attributes, role: Role, asked: Asked) -> dict[str, object]:
    request: dict[str, object] = {}
    if asked.method and (method := attributes.text(*METHOD)):
        request["method"] = method
    if (asked.full or asked.place) and (url := _url(kind, attributes, asked)):
        request["url"] = url
    if asked.agent and (agent := attributes.text(*AGENT)):
        request["user_agent"] = agent
    if asked.client:
        _add_client(request, attributes, role)
    traced = asked.traced and any(attributes.values.get(key) is True for key in TRACED)
    if traced and not role.segment:
        request["traced"] = True
    return request


def _add_client(request: dict[str, object], attributes: Attributes, role: Role) -> None:
    peers = any(key in attributes.values for key in PEER)
    client = _address(attributes, "client.address") or attributes.text("http.client_ip")
    if address := client or _address(attributes, *PEER):
        request["client_ip"] = address
    if client and not peers and role.segment:
        request["x_forwarded_for"] = True


def _take(attributes: Attributes, response: dict[str, object], asked: Asked) -> None:
    values, taken = attributes.values, attributes.taken
    for key in asked.consumed:
        if isinstance(values[key], (str, int)) and (key not in STATUS or "status" in response):
            taken.add(key)
    if "content_length" in response:
        taken.update(key for key in SIZE if attributes.integer(key) is not None)
    if asked.traced:
        taken.update(key for key in TRACED if values.get(key) is True)


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


def _url(kind: SpanKind, attributes: Attributes, asked: Asked) -> str:
    """Return the URL, else one built of its parts where a host is known (xray spec 7.2)."""
    if asked.full and (full := attributes.text(*URL)):
        return without_user(full)
    if not asked.place:
        return ""
    # `http.host` brings its own port
    host, number = attributes.text("http.host") if asked.header else "", None
    if not host:
        hosts, ports = SERVER_PLACE if kind is SpanKind.SERVER else CLIENT_PLACE
        host, number = attributes.text(*hosts), attributes.integer(*ports)
    else:
        host = host.rpartition("@")[2]
    place = _place(attributes.text(*SCHEME) if asked.scheme else "", host, number)
    return f"{place}{_target(attributes)}" if place and asked.target else place and f"{place}/"


@lru_cache(maxsize=64)  # a function calls few places
def _place(scheme: str, text: str, number: int | None) -> str:
    """Return scheme, host and port, `""` without a host; a port in the text comes first."""
    host, port = split_host(text)  # botocore's DynamoDB writes `host:port`
    if not host:
        return ""
    if not port and number is not None:
        port = str(number)
    scheme = scheme or ("https" if port == "443" else "http")
    if port == str(DEFAULT_PORTS.get(scheme)):
        port = ""
    return f"{scheme}://{bracketed(host)}:{port}" if port else f"{scheme}://{bracketed(host)}"


def _target(attributes: Attributes) -> str:
    path = attributes.text("url.path")
    if not path and (target := attributes.text("http.target")):
        return target if target.startswith("/") else f"/{target}"
    query = attributes.text("url.query")
    path = path or "/"
    path = path if path.startswith("/") else f"/{path}"
    return f"{path}?{query}" if query else path
