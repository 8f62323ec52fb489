"""What the black box says of a span besides its ids and times: plain values, and how it ended.

No text that may hold a secret: none with `=`, `@`, `%` or `?`. Loaded by the first span that has
attributes, failed, or is annotated.
"""

from __future__ import annotations

from marshal import dumps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, TypeAlias

    from ..journal.entry import Entry
    from . import Box

    Scalars: TypeAlias = dict[str, str | int | float | bool]

NOTE = 3
"""The kind of record, as the writer has it."""
MAX_TEXT, MAX_SCALARS = 256, 16
MAX_NOTES = 128
"""Annotations written in an invocation for spans that are open."""
MAX_OPS = 64
"""Calls on a span that are looked at, the last ones."""
LARGEST = 2**63


def scalars(given: Iterable[tuple[str, Any]], found: Scalars) -> Scalars:
    """Return what may be written of attributes.

    Args:
        given: Keys and values.
        found: What there is already.
    """
    found = dict(found)
    for key, value in given:
        if len(found) >= MAX_SCALARS:
            break
        kind = type(value)
        if kind is str:
            if not ("=" in value or "@" in value or "%" in value or "?" in value):
                found[key[:MAX_TEXT]] = value[:MAX_TEXT]
        elif kind is bool or kind is float or (kind is int and -LARGEST <= value < LARGEST):
            found[key[:MAX_TEXT]] = value
    return found


def outcome(entry: Entry, *, messages: bool) -> tuple[int, str, Scalars]:
    """Return status, type of the error and scalars of a span that has ended.

    Args:
        entry: The span.
        messages: Whether messages of exceptions are among them.
    """
    status, error, said = 0, "", ""
    found: Scalars = {}
    failure = entry.call.exception if entry.call is not None else None
    if failure is not None:
        status, error, said = 2, failure.name, failure.text
    ops: Any = entry.ops or ()
    for what, *args in ops[-MAX_OPS:]:
        if what in {"set_attribute", "annotate"}:
            found = scalars((args,), found)
        elif what == "set_attributes":
            found = scalars(args[0].items(), found)
        elif what == "set_status":
            status = args[0]
        elif what == "record_exception":
            error, said = args[0].name, args[0].text
    error = str(found.pop("error.type", error))[:MAX_TEXT]
    if said and messages:
        found["exception.message"] = said[:MAX_TEXT]
    return status, error, found


def note(box: Box, span: int, call: tuple[Any, ...]) -> None:
    """Write an annotation of a span that may never end.

    Args:
        box: Where to.
        span: The span's id.
        call: What was called on it.
    """
    for key, value in scalars((call[1:],), {}).items():
        write_note(box, span, key, value)


def write_note(box: Box, span: int, key: str, value: Any) -> None:
    """Write what is known of a span."""
    box.notes += 1
    if box.notes <= MAX_NOTES:
        box.put(dumps((NOTE, span, key, value), 2))
