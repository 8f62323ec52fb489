"""Contexts that messages carry, as links of the span that processes them (triggers spec 3, 4.3).

What was copied of each record before the handler is read here: after the response, or where a
message may be the parent.
"""

from __future__ import annotations

from ..journal.entry import Remote, Trace
from . import w3c, xray

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..journal.entry import Link

    Message = tuple[Any, Any, Any, Any, Any, Any]
    """A record's id; `traceparent`, `tracestate`, `baggage`, X-Ray's header; a topic's ARN."""

MAX_LINKS = 128
"""Links of a span, where `OTEL_SPAN_LINK_COUNT_LIMIT` does not say fewer."""
MAX_ID = 1024


def links(
    messages: list[Message], formats: tuple[str, ...], limit: int = MAX_LINKS
) -> tuple[list[Link], int]:
    """Return a link for each context of the messages, and how many there was no room for.

    Args:
        messages: What was copied of the records.
        formats: Those that are read, by their names in `OTEL_PROPAGATORS`.
        limit: Links that there is room for.
    """
    reads_w3c = "tracecontext" in formats
    reads_xray = "xray" in formats or "xray-lambda" in formats
    found: list[Link] = []
    known: set[tuple[int, int]] = set()
    dropped = 0
    for message in messages:
        for remote in contexts(message, reads_w3c=reads_w3c, reads_xray=reads_xray):
            ids = remote.trace.id, remote.span_id
            if ids in known:
                continue
            known.add(ids)
            if len(found) < limit:
                found.append((remote, _told(message)))
            else:
                dropped += 1
    return found, dropped


def contexts(message: Message, *, reads_w3c: bool, reads_xray: bool) -> list[Remote]:
    """Return the contexts of one message: X-Ray's only if its trace is another than W3C's."""
    _, context, tracestate, _, header, _ = message
    found: list[Remote] = []
    ids = w3c.traceparent(text_of(context)) if reads_w3c else None
    if ids is not None:
        trace_id, span_id, flags = ids
        state = w3c.tracestate(text_of(tracestate))
        trace = Trace(trace_id, sampled=bool(flags & 1), random=bool(flags & 2), state=state)
        found.append(Remote(trace, span_id))
    if reads_xray and type(header) is str:
        parsed, span_id, _ = xray.parse(header)
        if parsed is not None and span_id and (ids is None or parsed.id != ids[0]):
            found.append(Remote(parsed, span_id))
    return found


def _told(message: Message) -> dict[str, object]:
    told: dict[str, object] = {}
    message_id, topic = message[0], message[5]
    if type(message_id) is str and message_id:
        told["messaging.message.id"] = message_id[:MAX_ID]
    if topic:
        told["heliograph.trigger.arn"] = topic
    return told


def text_of(value: object) -> str | None:
    """Return the text of a carrier: as it is, or from a broker's bytes.

    Those are numbers, which may have a sign as Java's bytes do, or texts of digits; in a list, or
    in a table by index.
    """
    if type(value) is dict:
        value = [value.get(str(index)) for index in range(len(value))]
    if type(value) is not list:
        return value if type(value) is str else None
    data = bytearray()
    for one in value:
        number = int(one) if type(one) is str and len(one) < 5 and _is_number(one) else one
        if type(number) is not int or not -128 <= number <= 255:
            return None
        data.append(number & 0xFF)
    return data.decode("ascii", "replace")


def _is_number(text: str) -> bool:
    return text.isascii() and text.removeprefix("-").isdigit()
