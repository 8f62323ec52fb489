"""The name of a document: a node of the service map (xray spec 5)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from opentelemetry.trace import SpanKind

from ..._limits import XRAY_NAME
from .attributes import text_of
from .role import HANDLERS, OUTGOING
from .url import DEFAULT_PORTS, authority, split_host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from opentelemetry.sdk.trace import ReadableSpan

    from .attributes import Attributes
    from .resource import Service
    from .role import Role

    Step = Callable[[SpanKind, Attributes, Role], str]

PEERS = ("peer.service", "service.peer.name")
PUNCTUATION = frozenset(" _.:/%&#=+-@")
_ALL_GOOD = re.compile(r"[ 0-9A-Za-z_.:/%&#=+\-@]*[0-9A-Za-z_.:/%&#=+\-@][ 0-9A-Za-z_.:/%&#=+\-@]*")
_CONTROL = "[\x00-\x1f\x7f-\x9f\u2028\u2029]+"  # compiled when first used: hardly ever


class Naming(NamedTuple):
    """The steps to a name before and after the service's own, those that may find one."""

    first: tuple[Step, ...]
    then: tuple[Step, ...]


def name_of(
    span: ReadableSpan, attributes: Attributes, service: Service, role: Role, naming: Naming
) -> str:
    """Return the document's name, sanitised whatever it comes from (xray spec 5.1, 5.2).

    Args:
        span: The span; its own name is the last choice.
        attributes: The span's attributes; none is taken.
        service: Its resource.
        role: Segments are named after the service, the handler's subsegment after the span.
        naming: What `naming_of` returned for these attributes.
    """
    kind = span.kind
    if role.handler and kind in HANDLERS:
        return sanitised(_handler(span, attributes, service.values))
    if role.segment and kind is not SpanKind.SERVER:
        known = attributes.text("aws.local.service") or _known_service(service.values)
        if known:
            return sanitised(known)
    for step in naming.first:
        if found := step(kind, attributes, role):
            return sanitised(found)
    if role.segment and kind is SpanKind.SERVER and (found := _service(service.values)):
        return sanitised(found)
    if kind is SpanKind.SERVER and not role.segment:
        return sanitised(span.name)  # a framework's span below the handler's: its route, no host
    for step in naming.then:
        if found := step(kind, attributes, role):
            return sanitised(found)
    return sanitised(span.name)


def naming_of(keys: frozenset[str]) -> Naming:
    """Return the steps that attributes of these names can take to a name."""
    first, then = (
        tuple(step for needed, step in steps if not keys.isdisjoint(needed))
        for steps in (BEFORE_SERVICE, AFTER_SERVICE)
    )
    return Naming(first, then)


def is_aws_service(span: ReadableSpan, attributes: Attributes, role: Role) -> bool:
    """True if the name comes from the legacy `aws.service` (xray spec 5.1 step 3, 6)."""
    return (
        "aws.service" in attributes.values
        and bool(attributes.text("aws.service"))
        and not attributes.text(*PEERS)
        and not _application_signals(span.kind, attributes, role)
    )


def sanitised(name: str) -> str:
    """Keep the characters X-Ray takes, at most 200 of them; `span` if none is left.

    A name with any other character makes the whole document vanish (xray spec 5.2, 14).
    """
    return _kept(name[: 4 * XRAY_NAME])


@lru_cache(maxsize=256)  # a function's spans have few names
def _kept(name: str) -> str:
    if len(name) <= XRAY_NAME and _ALL_GOOD.fullmatch(name):
        return name
    spaced = re.sub(_CONTROL, " ", name)
    kept = "".join(c for c in spaced if c in PUNCTUATION or c.isalpha() or "0" <= c <= "9")
    return kept[:XRAY_NAME] if kept[:XRAY_NAME].strip() else "span"


def _handler(span: ReadableSpan, attributes: Attributes, resource: Mapping[str, object]) -> str:
    """Lambda's own node has the function's name already: do not repeat it (xray spec 5.3)."""
    if span.name == text_of(resource, "faas.name"):
        return attributes.text("code.function.name") or span.name
    return span.name


def _application_signals(kind: SpanKind, attributes: Attributes, role: Role) -> str:
    if kind is SpanKind.SERVER:
        return attributes.text("aws.local.service") if role.segment else ""
    if kind is SpanKind.INTERNAL:
        marked = attributes.text("aws.span.kind") == "LOCAL_ROOT"
        return attributes.text("aws.local.service") if marked else ""
    remote = attributes.text("aws.remote.service")
    if attributes.aws_api:
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


def _peer(_: SpanKind, attributes: Attributes, __: Role) -> str:
    return attributes.text(*PEERS, "aws.service")


def _database(_: SpanKind, attributes: Attributes, __: Role) -> str:
    database = attributes.text("db.namespace", "db.name")
    if not database:
        return ""
    connection = attributes.text("db.connection_string")
    host = authority(connection).host or attributes.text("server.address")
    return f"{database}@{host}" if host else database


def _called(_: SpanKind, attributes: Attributes, __: Role) -> str:
    return attributes.text("rpc.service")


def _database_system(kind: SpanKind, attributes: Attributes, _: Role) -> str:
    """Return what kind of database is called; it says more than `GET` (xray spec 5.3)."""
    return attributes.text("db.system.name", "db.system") if kind in OUTGOING else ""


def _host(kind: SpanKind, attributes: Attributes, _: Role) -> str:
    """Return the callee's host; user info and default ports are no part of it (xray spec 5.3)."""
    values = attributes.values
    if kind in OUTGOING:
        address = attributes.text("server.address")
        url = _host_of_url(attributes.text("url.full")) if "url.full" in values else ""
        # an unusual port is in the URL alone: one callee has one node under both conventions
        if found := url if url.startswith(f"{address}:") else address or url:
            return found
        if found := _host_of_header(attributes.text("http.host")) if "http.host" in values else "":
            return found
        if found := _host_of_url(attributes.text("http.url")) if "http.url" in values else "":
            return found
    return _host_of_header(attributes.text("http.host")) or attributes.text("net.peer.name")


def _host_of_url(url: str) -> str:
    scheme, host, port = authority(url)
    return f"{host}:{port}" if host and port and port != str(DEFAULT_PORTS.get(scheme)) else host


def _host_of_header(value: str) -> str:
    host, port = split_host(value.rpartition("@")[2])
    return f"{host}:{port}" if port and port not in ("80", "443") else host


BEFORE_SERVICE: tuple[tuple[tuple[str, ...], Step], ...] = (
    (("aws.local.service", "aws.remote.service"), _application_signals),
    ((*PEERS, "aws.service"), _peer),
    (("db.namespace", "db.name"), _database),
)
AFTER_SERVICE: tuple[tuple[tuple[str, ...], Step], ...] = (
    (("rpc.service",), _called),
    (("server.address", "url.full", "http.host", "http.url", "net.peer.name"), _host),
    (("db.system.name", "db.system"), _database_system),
)
"""The order of xray spec 5.1 around the service's name: the attributes a step needs, and the step.
"""
