"""What the black box sees of the journal: spans that begin, end and are annotated.

Whoever records a span calls `Journal.add`, sets the span's `end`, and calls its `op`. While there
is a box, what looks at the three is in their place; without one they are the plain functions and
the plain slot, and cost what they do without this package.
"""

from __future__ import annotations

from .._guard import guarded
from ..journal import Journal
from ..journal.entry import Entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import Box

_PLAIN_ADD, _PLAIN_END, _PLAIN_OP = Journal.add, vars(Entry)["end"], Entry.op
_set_end = _PLAIN_END.__set__
_box: Box | None = None
_NOTED = frozenset({"annotate", "set_attribute"})


def look(box: Box | None) -> None:
    """Tell a black box of what begins, ends and is annotated; None: nobody is told any more."""
    global _box
    _box = box
    seen: Any = Entry
    writes: Any = Journal
    if box is not None:
        writes.add, seen.op = _add, _op
        seen.end = property(_PLAIN_END.__get__, _ended)
    else:
        writes.add, seen.op = _PLAIN_ADD, _PLAIN_OP
        if type(vars(Entry)["end"]) is property:  # else a forked child's
            seen.end = _PLAIN_END


def _add(journal: Journal, entry: Entry) -> None:
    if _box is not None:  # first: what follows may develop it
        guarded("writing the black box", _box.opened, entry)
    _PLAIN_ADD(journal, entry)


def _ended(entry: Entry, end: int) -> None:
    _set_end(entry, end)
    if end and _box is not None:
        guarded("writing the black box", _box.ended, entry, end)


def _op(entry: Entry, call: Any) -> None:
    _PLAIN_OP(entry, call)
    if call[0] in _NOTED and _box is not None and not entry.end:
        guarded("writing the black box", _box.noted, entry, call)
