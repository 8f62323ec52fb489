"""The text of a recorded exception, as Python prints it, made after the response."""

from __future__ import annotations

import traceback
from itertools import islice
from typing import TYPE_CHECKING, Any

from .stand_in import stand_in

if TYPE_CHECKING:
    from types import CodeType

    from ..journal.fault import Fault


def type_name(fault: Fault) -> str:
    """Return `exception.type` as the SDK makes it: qualified, without `builtins`."""
    module, name = fault.kind.__module__, fault.kind.__qualname__
    return f"{module}.{name}" if module and module != "builtins" else name


def text(fault: Fault) -> str:
    """Return the traceback text, causes first, as `traceback.format_exception` would.

    Python's own formatter is given an exception that stands for the recorded one, and the recorded
    frames: groups, notes and marks look as this version of Python prints them.
    """
    error = stand_in(fault)
    printed = traceback.TracebackException(type(error), error, None)
    _put_frames(printed, fault)
    return "".join(printed.format())


def _put_frames(printed: Any, fault: Fault) -> None:
    if fault.frames:
        printed.stack = _Stack([_summary(*frame) for frame in fault.frames])
        printed.stack.left_out = fault.left_out
    else:
        printed.stack = None  # prints no heading
    if fault.previous is not None:
        _put_frames(printed.__cause__ or printed.__context__, fault.previous)
    for member, kept in zip(getattr(printed, "exceptions", None) or (), fault.members, strict=True):
        _put_frames(member, kept)


class _Stack(traceback.StackSummary):
    """A stack whose middle may have been left out."""

    left_out = 0

    def format(self, **how: Any) -> list[str]:
        if not self.left_out:
            return super().format(**how)
        half = len(self) // 2
        outer, inner = (
            traceback.StackSummary.from_list(part) for part in (self[:half], self[half:])
        )
        left_out = f"  [{self.left_out} frames left out]\n"
        return [*outer.format(**how), left_out, *inner.format(**how)]


def _summary(code: CodeType, last: int, line: int) -> traceback.FrameSummary:
    place: dict[str, int | None] = {}
    if hasattr(code, "co_positions"):  # Python 3.11: the columns that ^^^^ marks
        found = next(islice(code.co_positions(), last // 2, None), None)
        if found is not None:
            place = dict(zip(("end_lineno", "colno", "end_colno"), found[1:], strict=True))
    return traceback.FrameSummary(code.co_filename, line, code.co_name, **place)  # type: ignore[arg-type]
