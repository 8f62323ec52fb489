"""Reading the box of a dead process (lifecycle spec 3.2, 3.4). Loaded where there is one."""

from __future__ import annotations

import marshal
import os
import stat
import sys
from typing import Any

from . import ALIVE, DEADLINE, END, EXPORTED, HEAD, MAGIC, NOTE, OPEN, PAGE

MAX_FILE = 1024 * 1024
SHAPES = {OPEN: (7, 9), END: (6, 6), NOTE: (4, 4), ALIVE: (4, 4), EXPORTED: (2, 2)}
"""Least and most members of each kind of record."""


class UnreadableError(ValueError):
    """A box that is of no use; its text says why."""


class Dead:
    """What a dead process has left.

    Attributes:
        pid, created, state, marks, memory_mb, epoch, start, deadline, rss_kb, flags: As the header
            has them; times in epoch nanoseconds, 0 where there is none.
        alive: When it was last alive, by its own word.
        trace_id, span_id, parent_id, request_id: Of its invocation.
        opened: The spans that began, by id: parent, start, name, kind, library, trace, scalars.
        ended: What ended, by id: end, status, type of the error, scalars.
        notes: What else is known of a span, by id.
        exported: Ids of spans that have left before.
        dropped: Records that it had no room for.
        lost_pages: Pages that were written over.
    """

    def __init__(self, data: bytes) -> None:
        pages = _checked(data)
        self.pid, self.created = _number(data, 12, 4), _number(data, 24, 8)
        self.state, self.marks = data[32], data[33]
        self.memory_mb, self.epoch = _number(data, 36, 4), _number(data, 40, 8)
        self.start, self.deadline = _number(data, 48, 8), _number(data, 56, 8)
        self.alive, self.rss_kb = _number(data, 64, 8), _number(data, 72, 4)
        self.trace_id, self.span_id = _number(data, 80, 16), _number(data, 96, 8)
        self.parent_id, self.flags = _number(data, 104, 8), data[112]
        self.request_id = data[114 : 114 + min(data[113], 63)].decode("ascii", "replace")
        self.opened: dict[int, tuple[Any, ...]] = {}
        self.ended: dict[int, tuple[Any, ...]] = {}
        self.notes: dict[int, dict[str, Any]] = {}
        self.exported: set[int] = set()
        self.dropped = self.lost_pages = 0
        self._last = 0
        for record in self._records(data, pages):
            self._take(record)

    def _records(self, data: bytes, pages: int) -> list[tuple[Any, ...]]:
        """Return the whole records of this invocation, in the order of their writing."""
        first = max(1, _number(data, 76, 4))
        found = {_number(data, PAGE * n, 4): PAGE * n for n in range(1, pages)}
        turn = sorted(n for n in found if n >= first and found[n] == PAGE * (1 + n % (pages - 1)))
        self.lost_pages = turn[0] - first if turn else 0
        return [record for n in turn for record in _page(data, found[n], n)]

    def _take(self, record: tuple[Any, ...]) -> None:
        kind, what = record[0], record[1]
        if kind == OPEN:
            self.opened[what] = (*record[2:], *(0, {})[len(record) - 7 :])
            self._last = max(self._last, record[3])
        elif kind == END:
            self.ended[what] = (*record[2:5], record[5] or {})
            self._last = max(self._last, record[2])
        elif kind == NOTE and what == 0:
            self.dropped = record[3]
        elif kind == NOTE:
            self.notes.setdefault(what, {})[record[2]] = record[3]
        elif kind == ALIVE:
            self._last = max(self._last, what)
        else:
            self.exported.update(what)

    @property
    def evidence(self) -> int:
        """When it last showed any sign of life: what was open is taken to have ended then."""
        last = max(self._last, self.alive, self.start)
        return min(last, self.deadline) if self.marks & DEADLINE and self.deadline else last


def _checked(data: bytes) -> int:
    """Return the number of pages of what is a box of this Python."""
    if len(data) < HEAD or data[:4] != MAGIC:
        raise UnreadableError("it is none")
    if _number(data, 4, 4) != sys.hexversion:
        raise UnreadableError("another version of Python wrote it")
    page, pages = _number(data, 8, 2), _number(data, 10, 2)
    if page != PAGE or pages < 2 or len(data) != page * pages:
        raise UnreadableError("its size is not what it says")
    return pages


def _number(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "little")


def _page(data: bytes, base: int, sequence: int) -> list[tuple[Any, ...]]:
    """Return the records of a page, up to what is not of its sequence."""
    found, at, end = [], base + 16, base + PAGE
    while at + 6 <= end:
        size = _number(data, at, 2)
        if _number(data, at + 2, 4) != sequence or not 0 < size <= end - at - 6:
            break
        try:
            record = marshal.loads(data[at + 6 : at + 6 + size])  # noqa: S302 - of our own file
        except (ValueError, EOFError, TypeError):
            break
        if _is_record(record):
            found.append(record)
        at += 6 + size
    return found


def _is_record(record: object) -> bool:
    """Tell whether what was read is a record, by its kind and the types of its members."""
    if type(record) is not tuple or not record or record[0] not in SHAPES:
        return False
    kind, (least, most) = record[0], SHAPES[record[0]]
    if not least <= len(record) <= most:
        return False
    if kind == EXPORTED:
        return type(record[1]) is list and all(type(one) is int for one in record[1])
    numbers = {OPEN: (1, 2, 3, 5), END: (1, 2, 3), NOTE: (1,), ALIVE: (1, 2, 3)}[kind]
    return all(type(record[n]) is int for n in numbers)


def read(file: int) -> Dead:
    """Read a box.

    Args:
        file: Its descriptor.

    Raises:
        UnreadableError: It is of no use.
    """
    seen = os.fstat(file)
    if not stat.S_ISREG(seen.st_mode) or seen.st_uid != os.geteuid() or seen.st_size > MAX_FILE:
        raise UnreadableError("it is none of ours")
    return Dead(os.pread(file, seen.st_size, 0))
