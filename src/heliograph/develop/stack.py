"""The text of a recorded exception, as Python prints it, made after the response."""

from __future__ import annotations

import traceback
from itertools import islice
from typing import TYPE_CHECKING, Any

from .._shown import class_name, module_name
from .stand_in import stand_in

if TYPE_CHECKING:
    from types import CodeType

    from ..journal.fault import Fault


def type_name(fault: Fault) -> str:
    """Return `exception.type` as the SDK makes it: qualified, without `builtins`."""
    module, name = module_name(fault.kind), class_name(fault.kind, "__qualname__")
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


class _Frame(traceback.FrameSummary):
    """A frame that is printed once: a function that fails, fails again, at the same places."""

    printed: str | None = None


class _Stack(traceback.StackSummary):
    """A stack whose middle may have been left out."""

    left_out = 0

    def format_frame_summary(self, frame_summary: traceback.FrameSummary, **how: Any) -> str:
        """Return the lines of one frame; Python 3.11 and later ask for them here."""
        if not isinstance(frame_summary, _Frame) or how.get("colorize"):
            return super().format_frame_summary(frame_summary, **how)
        if frame_summary.printed is None:
            frame_summary.printed = super().format_frame_summary(frame_summary, **how)
        return frame_summary.printed

    def format(self, **how: Any) -> list[str]:
        """Return the lines of all frames, and one for those that were left out."""
        if not self.left_out:
            return super().format(**how)
        half = len(self) // 2
        outer, inner = _Stack(self[:half]), _Stack(self[half:])
        left_out = f"  [{self.left_out} frames left out]\n"
        return [*outer.format(**how), left_out, *inner.format(**how)]


_known: dict[tuple[int, int, int], tuple[_Frame, CodeType]] = {}
"""By identity of the code, kept with it: equal code may be in different files."""

MAX_KNOWN = 1024
"""Frames remembered; then all are forgotten."""


def _summary(code: CodeType, last: int, line: int) -> _Frame:
    key = id(code), last, line
    known = _known.get(key)
    if known is None:
        if len(_known) == MAX_KNOWN:
            _known.clear()
        known = _known[key] = _new_summary(code, last, line), code
    return known[0]


def _new_summary(code: CodeType, last: int, line: int) -> _Frame:
    place: dict[str, int | None] = {}
    if hasattr(code, "co_positions"):  # Python 3.11: the columns that ^^^^ marks
        found = next(islice(code.co_positions(), last // 2, None), None)
        if found is not None:
            place = dict(zip(("end_lineno", "colno", "end_colno"), found[1:], strict=True))
    return _Frame(code.co_filename, line, code.co_name, **place)  # type: ignore[arg-type]
