"""What the sources with records share: the first of them, and the attributes of a consumer.

Only the first `LOOKED_AT` records are looked at, before the handler; the rest is counted
(triggers spec 9).
"""

from __future__ import annotations

from .sources import table, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import Request

LOOKED_AT = 128
"""Records looked at: as many as a span has links."""
CARRIERS = {"traceparent": 512, "tracestate": 513, "baggage": 8193}
"""What a message's attributes may carry, and how many characters of it are looked at."""
MAX_TEXT = 8193
LENGTHS = frozenset(map(len, CARRIERS))
MAX_ATTRIBUTES = 32
"""Attributes of a message whose names are looked at, in any letter case."""
MAX_XRAY = 1024
MAX_TIME = 64
"""Characters of a time: the longest has thirty."""


def first(event: dict[str, Any], found: Request, key: str = "Records") -> list[dict[str, Any]]:
    """Return the first records of a list in an event, and note how many there are."""
    records = event.get(key)
    if type(records) is not list:
        return []
    found.batch_size = len(records)
    found.unread = max(0, len(records) - LOOKED_AT)
    return [record for record in records[:LOOKED_AT] if type(record) is dict]


def last(event: dict[str, Any], key: str = "Records") -> dict[str, Any]:
    """Return the last record of a list that has one, or an empty one."""
    record = event[key][-1]
    return record if type(record) is dict else {}


def consume(found: Request, system: str, destination: str | None, message_id: object) -> None:
    """Begin the attributes of the CONSUMER span (triggers spec 1.3).

    Args:
        found: What is kept of the event; its batch is counted.
        system: `messaging.system`.
        destination: `messaging.destination.name`, if all records agree on one.
        message_id: The id of the first record, kept if it is the only one.
    """
    found.consumer = {
        "messaging.system": system,
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
    }
    if destination:
        found.consumer["messaging.destination.name"] = destination
    count = found.batch_size or 0
    if count > 1:
        found.consumer["messaging.batch.message_count"] = count
    elif count == 1 and type(message_id) is str and message_id:
        found.consumer["messaging.message.id"] = message_id[:MAX_XRAY]


def agreed(values: list[str | None]) -> str | None:
    """Return the value that all have, or None."""
    return values[0] if values and values.count(values[0]) == len(values) else None


def attributes(given: dict[str, Any], *fields: str) -> tuple[str, str | None, str | None] | None:
    """Return what a message's attributes carry, if that is a context; names in any letter case.

    Args:
        given: The message's attributes, each a table.
        fields: Where in a table the text may be. Binary attributes have it elsewhere.
    """
    if len(given) == 1 and "traceparent" in given:
        context = _text_in(given["traceparent"], fields)
        return (context, None, None) if context is not None else None
    named = {}
    for key in list(given)[:MAX_ATTRIBUTES]:
        if type(key) is str and len(key) in LENGTHS:
            lower = key.lower()
            if lower in CARRIERS and (key == lower or lower not in named):
                named[lower] = given[key]
    context = _text_in(named.get("traceparent"), fields)
    if context is None:
        return None
    return (
        context,
        _text_in(named.get("tracestate"), fields),
        _text_in(named.get("baggage"), fields),
    )


def _text_in(value: object, fields: tuple[str, ...]) -> str | None:
    if type(value) is dict:
        for field in fields:
            inner = value.get(field)
            if type(inner) is str:
                return inner[:MAX_TEXT]
    return None


def plain(source: dict[str, Any]) -> tuple[str | None, str | None, str | None]:
    """Return what a table with the carriers' names carries, as plain texts."""
    context = source.get("traceparent")
    if type(context) is not str:
        return None, None, None
    state, baggage = source.get("tracestate"), source.get("baggage")
    return (
        context[: CARRIERS["traceparent"]],
        state[: CARRIERS["tracestate"]] if type(state) is str else None,
        baggage[: CARRIERS["baggage"]] if type(baggage) is str else None,
    )


def copied(value: object) -> object:
    """Return a time as it is written, if it is a scalar."""
    if type(value) is str:
        return value[:MAX_TIME]
    return value if type(value) in (int, float) else None


def put_times(found: Request, form: str, oldest: object, newest: object = None) -> None:
    """Note when the cause happened.

    Args:
        found: Where it is noted.
        form: "ms", "us" or "s" since 1970, or "iso".
        oldest: The first record's.
        newest: Of a batch, the last one's.
    """
    several = (found.batch_size or 0) > 1
    found.times = form, copied(oldest), copied(newest) if several else None


def part(arn: str | None, index: int) -> str | None:
    """Return a part of an ARN, 5 being the resource with all its colons; None if there is none."""
    parts = arn.split(":", 5) if arn else []
    return (parts[index] or None) if len(parts) == 6 else None


def put_window(event: dict[str, Any], found: Request) -> None:
    """Set what a tumbling window's event says of the window; its state is the user's."""
    window = table(event, "window")
    found.put("heliograph.window.start", text(window, "start"))
    found.put("heliograph.window.end", text(window, "end"))
    for name, key in (("final", "isFinalInvokeForWindow"), ("early", "isWindowTerminatedEarly")):
        if type(event.get(key)) is bool:
            found.attributes[f"heliograph.window.{name}"] = event[key]
