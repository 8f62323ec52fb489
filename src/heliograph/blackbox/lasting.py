"""What is written of spans that outlive their invocation, or have left before its end.

Loaded by the first of them.
"""

from __future__ import annotations

from marshal import dumps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import Box

OPEN, NOTE, EXPORTED, EARLY = 1, 3, 5, 16
"""Kinds of records, and the mark, as the writer has them."""
MAX_AGAIN = 128
"""Spans that go on, and are written again."""
MAX_IDS = 380
"""Ids in one record."""


def opening(box: Box) -> bytes:
    """Return the opening of the last handler's span, which is still to be developed."""
    root = box.root
    if root is None or root.put_off is not None:
        return b""
    above = root.parent.span_id if root.parent is not None else 0
    name = (root.name or "handler").partition("?")[0][:256]
    return dumps((OPEN, root.span_id, above, root.start, name, root.kind, "", root.trace.id, {}), 2)


def again(box: Box) -> None:
    """Write the opening of spans that began in an earlier invocation, and go on."""
    for entry in list(box.open.values())[:MAX_AGAIN]:
        if entry.end:
            box.open.pop(entry.span_id, None)
        else:
            box.put(box.opening(entry))


def left_out(box: Box) -> None:
    """Write how many records had no room."""
    box.put(dumps((NOTE, 0, "dropped", box.dropped), 2))


def exported(box: Box, spans: list[int]) -> None:
    """Write which spans have left already, while their invocation goes on."""
    if spans and not box.marks & EARLY:
        box.mark(EARLY)
    for at in range(0, len(spans), MAX_IDS):
        box.put(dumps((EXPORTED, spans[at : at + MAX_IDS]), 2))
