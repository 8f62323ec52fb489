"""Spans as the bytes of an OTLP `ExportTraceServiceRequest`, in requests of a given size.

Written by hand, with the field numbers of opentelemetry-proto 1: the official encoder needs
protobuf, 63 modules that take 59 ms to import with its C extension and 87 ms in pure Python, which
is all that a layer for every Python and architecture can hold; this module and `protobuf.py` take
4 ms, as text. The tests compare the bytes with the official encoder's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from struct import pack
from typing import NamedTuple

from .protobuf import field, fixed32, fixed64, integer, text, utf8, varint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import Event, ReadableSpan
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope
    from opentelemetry.trace import Link, SpanContext

REMOTE_KNOWN, REMOTE = 0x100, 0x200
"""Flags of a parent: whether it is remote is known, and it is."""
MAX_DEPTH = 16
"""Levels of nested values written: recursion is bounded."""
CUT = "xray.truncated"
"""Attribute of a span that was cut to fit."""


class Cut(NamedTuple):
    """What is left of a span that is too large.

    Attributes:
        text: Characters kept of a text.
        items: Members kept of a list or mapping.
        attributes: How many attributes are kept, the first ones.
        events: Whether events and links are kept.
    """

    text: int
    items: int
    attributes: int
    events: bool


WHOLE = Cut(2**31, 2**31, 2**31, events=True)
CUTS = (
    WHOLE,
    Cut(1024, 10, 128, events=True),
    Cut(1024, 10, 128, events=False),
    Cut(250, 5, 50, events=False),
    Cut(100, 0, 10, events=False),
    Cut(100, 0, 0, events=False),
)
"""Tried one after the other; ids, times, kind and status survive to the end (xray spec 12)."""


class Part(NamedTuple):
    """One request: its bytes, and the spans in it."""

    payload: bytes
    spans: list[ReadableSpan]


def requests(spans: Sequence[ReadableSpan], limit: int) -> list[Part]:
    """Return spans as requests, each at most `limit` bytes, in the order of the spans.

    Args:
        spans: Ended spans, of any resources and scopes.
        limit: The most bytes of a request; one span without attributes takes about 1,000 beside
            its resource. A span that alone is larger is cut, and has the attribute
            `xray.truncated`.
    """
    parts: list[Part] = []
    batch: list[tuple[ReadableSpan, bytes]] = []
    room, frames = limit, dict[object, int]()
    for span in spans:
        place = (id(span.resource), span.instrumentation_scope)
        frame = _frame(span) if place not in frames else frames[place]
        encoded = fitting(span, limit - frame)
        needed = len(encoded) + (0 if place in frames else frame)
        if batch and needed > room:
            parts.append(_part(batch))
            batch, room, frames, needed = [], limit, {}, len(encoded) + frame
        batch.append((span, encoded))
        frames[place] = frame
        room -= needed
    return [*parts, _part(batch)] if batch else parts


def fitting(span: ReadableSpan, limit: int) -> bytes:
    """Return a span as a field of its scope, cut step by step until it fits."""
    encoded = b""
    for cut in CUTS:
        encoded = field(2, _span(span, cut))
        if len(encoded) <= limit:
            break
    return encoded


def _part(batch: list[tuple[ReadableSpan, bytes]]) -> Part:
    """Return the spans grouped by resource and scope, each in the order of its first span."""
    groups: dict[int, tuple[Resource, dict[InstrumentationScope | None, list[bytes]]]] = {}
    for span, encoded in batch:  # by identity: a resource's own hash writes it as JSON
        _, scopes = groups.setdefault(id(span.resource), (span.resource, {}))
        scopes.setdefault(span.instrumentation_scope, []).append(encoded)
    payload = b"".join(field(1, _resource(*group)) for group in groups.values())
    return Part(payload, [span for span, _ in batch])


def _resource(
    resource: Resource, scopes: Mapping[InstrumentationScope | None, Iterable[bytes]]
) -> bytes:
    return (
        field(1, _attributes(1, resource.attributes))
        + b"".join(field(2, _scope(*scope)) for scope in scopes.items())
        + text(3, resource.schema_url)
    )


def _scope(scope: InstrumentationScope | None, spans: Iterable[bytes]) -> bytes:
    told, schema = b"", ""
    if scope is not None:
        told = text(1, scope.name) + text(2, scope.version) + _attributes(3, scope.attributes)
        schema = scope.schema_url or ""
    return field(1, told) + b"".join(spans) + text(3, schema)


def _frame(span: ReadableSpan) -> int:
    """Return the bytes around a span that is alone in its request, and the lengths' growth."""
    around = _resource(span.resource, {span.instrumentation_scope: ()})
    return len(around) + 24


def _span(span: ReadableSpan, cut: Cut) -> bytes:
    context = span.get_span_context()
    if context is None:
        raise ValueError(f"span {span.name!r} has no ids")
    state = ",".join(f"{key}={value}" for key, value in context.trace_state.items())
    attributes = dict(span.attributes or {})
    if cut is not WHOLE:
        attributes = {CUT: True, **dict([*attributes.items()][: cut.attributes])}
    events, links = (span.events, span.links) if cut.events else ((), ())
    lost = len(span.attributes or {}) + (cut is not WHOLE) - len(attributes)
    return b"".join(
        (
            field(1, context.trace_id.to_bytes(16, "big")),
            field(2, context.span_id.to_bytes(8, "big")),
            text(3, state[: cut.text]),
            field(4, span.parent.span_id.to_bytes(8, "big")) if span.parent else b"",
            text(5, span.name[: cut.text]),
            integer(6, span.kind.value + 1),
            fixed64(7, span.start_time or 0),
            fixed64(8, span.end_time or 0),
            _attributes(9, attributes, cut),
            integer(10, span.dropped_attributes + lost),
            *(field(11, _event(event, cut)) for event in events),
            integer(12, span.dropped_events + len(span.events) - len(events)),
            *(field(13, _link(link, cut)) for link in links),
            integer(14, span.dropped_links + len(span.links) - len(links)),
            field(15, _status(span, cut)),
            _flags(16, span.parent),
        )
    )


def _status(span: ReadableSpan, cut: Cut) -> bytes:
    description = (span.status.description or "")[: cut.text]
    return text(2, description) + integer(3, span.status.status_code.value)


def _event(event: Event, cut: Cut) -> bytes:
    return (
        fixed64(1, event.timestamp)
        + text(2, event.name[: cut.text])
        + _attributes(3, event.attributes, cut)
        + integer(4, event.dropped_attributes)
    )


def _link(link: Link, cut: Cut) -> bytes:
    return (
        field(1, link.context.trace_id.to_bytes(16, "big"))
        + field(2, link.context.span_id.to_bytes(8, "big"))
        + _attributes(4, link.attributes, cut)
        + integer(5, link.dropped_attributes)
        + _flags(6, link.context)
    )


def _flags(number: int, context: SpanContext | None) -> bytes:
    flags = REMOTE_KNOWN | (REMOTE if context is not None and context.is_remote else 0)
    return fixed32(number, flags)


def _attributes(number: int, values: Mapping[str, object] | None, cut: Cut = WHOLE) -> bytes:
    if not values:
        return b""
    return b"".join(field(number, _entry(key, value, cut)) for key, value in values.items())


def _entry(key: object, value: object, cut: Cut, depth: int = MAX_DEPTH) -> bytes:
    return text(1, str(key)[: cut.text]) + field(2, _value(value, cut, depth))


def _value(value: object, cut: Cut, depth: int) -> bytes:
    """Return an `AnyValue`; one of its fields is written even if it holds 0 or ""."""
    if value is None:
        return b""
    if isinstance(value, bool):
        return b"\x10\x01" if value else b"\x10\x00"
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return b"\x18" + varint(value & (2**64 - 1))
    if isinstance(value, float):
        return b"\x21" + pack("<d", value)
    if isinstance(value, bytes):
        return field(7, value[: cut.text])
    if isinstance(value, (str, int)) or not depth:
        return field(1, utf8(str(value)[: cut.text]))
    if isinstance(value, Mapping):
        entries = [*value.items()][: cut.items]
        return field(6, b"".join(field(1, _entry(*one, cut, depth - 1)) for one in entries))
    if isinstance(value, Sequence):
        items = value[: cut.items]
        return field(5, b"".join(field(1, _value(item, cut, depth - 1)) for item in items))
    return field(1, utf8(str(value)[: cut.text]))
