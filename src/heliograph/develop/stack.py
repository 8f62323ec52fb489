"""The text of a recorded exception, as Python prints it, made after the response."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any

from .stand_in import stand_in

if TYPE_CHECKING:
    from ..journal.recorded_exception import Frame, RecordedException


def text(recorded: RecordedException) -> str:
    """Return the traceback text, causes first, as `traceback.format_exception` would.

    Python's own formatter is given an exception that stands for the recorded one, and the recorded
    frames: groups, notes and marks look as this version of Python prints them.
    """
    error = stand_in(recorded)
    printed = traceback.TracebackException(type(error), error, None)
    _put_frames(printed, recorded)
    return "".join(printed.format())


def _put_frames(printed: Any, recorded: RecordedException) -> None:
    if recorded.frames:
        printed.stack = _Stack([_summary(frame) for frame in recorded.frames])
        printed.stack.left_out = recorded.left_out
    else:
        printed.stack = None  # prints no heading
    if recorded.previous is not None:
        _put_frames(printed.__cause__ or printed.__context__, recorded.previous)
    members = getattr(printed, "exceptions", None) or ()
    for member, its in zip(members, recorded.members, strict=True):
        _put_frames(member, its)


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


CYTHON = (".pyx", ".pxd", ".pxi")
"""Files of compiled modules, which Python asks for lines and gets none. Without the module it would
look for the file in `sys.path`, where some packages have it."""

_known: dict[Frame, _Frame] = {}

MAX_KNOWN = 1024
"""Frames remembered; then all are forgotten."""


def _summary(frame: Frame) -> _Frame:
    known = _known.get(frame)
    if known is None:
        if len(_known) >= MAX_KNOWN:
            _known.clear()
        file, function, line, end, column, last = frame
        marks: dict[str, Any] = {}
        if end is not None:
            marks = {"end_lineno": end, "colno": column, "end_colno": last}
        if file.endswith(CYTHON):
            marks["line"] = ""
        # what `_Frame` takes, by the version
        known = _known[frame] = _Frame(file, line, function, **marks)
    return known
