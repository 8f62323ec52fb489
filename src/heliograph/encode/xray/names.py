"""The name of a document: a node of the service map (xray spec 5)."""

from __future__ import annotations

import re

from opentelemetry.trace import SpanKind

from ..._limits import XRAY_NAME
from .attributes import text_of
from .role import OUTGOING
from .url import DEFAULT_PORTS, authority, split_host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.sdk.trace import ReadableSpan

    from .attributes import Attributes
    from .role import Role

PUNCTUATION = frozenset(" _.:/%&#=+-@")
_ALL_GOOD = re.compile(r"[ 0-9A-Za-z_.:/%&#=+\-@]*[0-9A-Za-z_.:/%&#=+\-@][ 0-9A-Za-z_.:/%&#=+\-@]*")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def name_of(
    span: ReadableSpan, attributes: Attributes, resource: Mapping[str, object], role: Role
) -> str:
    """Return the document's name, sanitised whatever it comes from (xray spec 5.1, 5.2).

    Args:
        span: The span; its own name is the last choice.
        attributes: The span's attributes; none is taken.
        resource: The resource's attributes.
        role: Segments are named after the service, the handler's subsegment after the span.
    """
    if role.handler and span.kind in (SpanKind.SERVER, SpanKind.CONSUMER):
        return sanitised(_handler(span, attributes, resource))
    if role.segment and span.kind is not SpanKind.SERVER:
        found = attributes.text("aws.local.service") or _known_service(resource)
    else:
        found = ""
    found = (
        found
        or _application_signals(span, attributes, role)
        or attributes.text("peer.service", "service.peer.name", "aws.service")
        or _database(attributes)
        or (_service(resource) if role.segment and span.kind is SpanKind.SERVER else "")
        or attributes.text("rpc.service")
        or _host(span, attributes)
        or _database_system(span, attributes)
        or span.name
    )
    return sanitised(found)


def is_aws_service(span: ReadableSpan, attributes: Attributes, role: Role) -> bool:
    """True if the name comes from the legacy `aws.service` (xray spec 5.1 step 3, 6)."""
    return bool(
        attributes.text("aws.service")
        and not attributes.text("peer.service", "service.peer.name")
        and not _application_signals(span, attributes, role)
    )


def sanitised(name: str) -> str:
    """Keep the characters X-Ray takes, at most 200 of them; `span` if none is left.

    A name with any other character makes the whole document vanish (xray spec 5.2, 14).
    """
    if len(name) <= XRAY_NAME and _ALL_GOOD.fullmatch(name):
        return name
    spaced = _CONTROL.sub(" ", name[: 4 * XRAY_NAME])
    kept = "".join(c for c in spaced if c in PUNCTUATION or c.isalpha() or "0" <= c <= "9")
    return kept[:XRAY_NAME] if kept[:XRAY_NAME].strip() else "span"


def _handler(span: ReadableSpan, attributes: Attributes, resource: Mapping[str, object]) -> str:
    """Lambda's own node has the function's name already: do not repeat it (xray spec 5.3)."""
    if span.name == text_of(resource, "faas.name"):
        return attributes.text("code.function.name") or span.name
    return span.name


def _application_signals(span: ReadableSpan, attributes: Attributes, role: Role) -> str:
    if span.kind is SpanKind.SERVER:
        return attributes.text("aws.local.service") if role.segment else ""
    if span.kind is SpanKind.INTERNAL:
        marked = attributes.text("aws.span.kind") == "LOCAL_ROOT"
        return attributes.text("aws.local.service") if marked else ""
    remote = attributes.text("aws.remote.service")
    if remote and attributes.text("rpc.system.name", "rpc.system") == "aws-api":
        return remote.removeprefix("AWS.SDK.").removeprefix("AWS::")
    return remote


def _known_service(resource: Mapping[str, object]) -> str:
    """Return the service's name, unless it is the placeholder: then the span's name says more."""
    service = _service(resource)
    return "" if service.startswith("unknown_service") else service


def _service(resource: Mapping[str, object]) -> str:
    """Return the service's name; the function's where the SDK only has its placeholder."""
    service = text_of(resource, "service.name")
    if not service or service.startswith("unknown_service"):
        return text_of(resource, "faas.name") or service
    return service


def _database(attributes: Attributes) -> str:
    database = attributes.text("db.namespace", "db.name")
    if not database:
        return ""
    connection = attributes.text("db.connection_string")
    host = authority(connection).host or attributes.text("server.address")
    return f"{database}@{host}" if host else database


def _database_system(span: ReadableSpan, attributes: Attributes) -> str:
    """Return what kind of database is called; it says more than `GET` (xray spec 5.3)."""
    return attributes.text("db.system.name", "db.system") if span.kind in OUTGOING else ""


def _host(span: ReadableSpan, attributes: Attributes) -> str:
    """Return the callee's host; user info and default ports are no part of it (xray spec 5.3)."""
    if span.kind in OUTGOING:
        address, url = attributes.text("server.address"), _host_of_url(attributes.text("url.full"))
        # an unusual port is in the URL alone: one callee has one node under both conventions
        found = (
            (url if url.startswith(f"{address}:") else address)
            or url
            or _host_of_header(attributes.text("http.host"))
            or _host_of_url(attributes.text("http.url"))
        )
        if found:
            return found
    return _host_of_header(attributes.text("http.host")) or attributes.text("net.peer.name")


def _host_of_url(url: str) -> str:
    scheme, host, port = authority(url)
    return f"{host}:{port}" if host and port and port != str(DEFAULT_PORTS.get(scheme)) else host


def _host_of_header(value: str) -> str:
    host, port = split_host(value.rpartition("@")[2])
    return f"{host}:{port}" if port and port not in ("80", "443") else host
