"""Exceptions and their frames: from what was recorded, or from Python's text (xray spec 9.3)."""

from __future__ import annotations

import re
from typing import NamedTuple

from ..._limits import XRAY_FRAMES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...journal.recorded_exception import RecordedException

SEPARATORS = frozenset({
    "During handling of the above exception, another exception occurred:",
    "The above exception was the direct cause of the following exception:",
})  # fmt: skip
HEADERS = frozenset({"Traceback (most recent call last):"})

REPEATED = 3
"""How often Python prints a frame that repeats itself."""

_FRAME = r'  File "(.*?)", line ([^,]*)(?:, in ?(.*))?'  # compiled by the first exception
_OMITTED = r"  \[[^\]]*?(\d+)[^\]]*\]"


class Raised(NamedTuple):
    """One exception of a text.

    Attributes:
        kind: Its type as the text names it.
        message: Its message, over several lines if it has them.
        stack: Frames, the innermost first, at most 50.
        truncated: Frames that are not in `stack`.
        group: It is a group: the exceptions inside are not read, only its own frames.
    """

    kind: str
    message: str
    stack: list[dict[str, object]]
    truncated: int
    group: bool


# -- recorded ------------------------------------------------------------------------------------


def of(recorded: RecordedException) -> list[Raised]:
    """Return a recorded exception, then what led to it: the same as `parse` of its text."""
    raised = []
    one: RecordedException | None = recorded
    while one is not None:
        stack, truncated = _recorded_frames(one)
        raised.append(Raised(_printed_name(one), _message(one, stack), stack, truncated, False))
        one = one.previous
    return raised


def _printed_name(recorded: RecordedException) -> str:
    module, name = recorded.classes[0]
    return name if module in {"", "__main__", "builtins"} else f"{module}.{name}"


def _message(recorded: RecordedException, stack: list[dict[str, object]]) -> str:
    """Return the message and the notes; the place of a syntax error is its innermost frame."""
    message, place = recorded.text, recorded.details
    if isinstance(place, dict):
        message = place.get("msg") or "<no detail available>"
        file, line = place.get("filename"), place.get("lineno")
        if line is not None:
            stack.insert(0, {"path": file or "<string>", "line": line, "label": ""})
            del stack[XRAY_FRAMES:]
        elif file is not None:
            message += f" ({file})"
    return "\n".join([*([message] if message else []), *recorded.notes])


def _recorded_frames(recorded: RecordedException) -> tuple[list[dict[str, object]], int]:
    """Return frames, innermost first, and how many are left out.

    As in Python's text, a frame that repeats itself is told three times.
    """
    frames: list[dict[str, object]] = []
    truncated, half = recorded.left_out, len(recorded.frames) // 2
    last, repeated = None, 0
    for index, (path, label, line, *_) in enumerate(recorded.frames):
        gap = recorded.left_out and index == half
        repeated = repeated + 1 if (path, label, line) == last and not gap else 0
        last = path, label, line
        if repeated < REPEATED:
            frames.append({"path": path, "line": line, "label": label})
        else:
            truncated += 1
    frames.reverse()
    truncated += max(0, len(frames) - XRAY_FRAMES)
    return frames[:XRAY_FRAMES], truncated


# -- text ----------------------------------------------------------------------------------------


def parse(text: str) -> list[Raised]:
    """Return the exceptions of a text, the last raised first, then what led to each.

    A part that is no traceback ends the list: what stands above it is not read.
    """
    raised = []
    for block in reversed(_blocks(text)):
        exception = _read(block)
        if exception is None:
            break
        raised.append(exception)
    return raised


def _blocks(text: str) -> list[list[str]]:
    """Split at the two sentences between chained exceptions; those inside a group are indented."""
    blocks: list[list[str]] = [[]]
    for line in text.rstrip("\n").split("\n"):
        if line.rstrip("\r") in SEPARATORS:
            blocks.append([])
        else:
            blocks[-1].append(line.rstrip("\r"))
    return [_trimmed(block) for block in blocks]


def _trimmed(lines: list[str]) -> list[str]:
    """Cut the blank lines that stand around a separator; a message may hold others."""
    start, end = 0, len(lines)
    while start < end and not lines[start]:
        start += 1
    while end > start and not lines[end - 1]:
        end -= 1
    return lines[start:end]


def _read(lines: list[str]) -> Raised | None:
    group = bool(lines) and lines[0].lstrip().startswith("+ Exception Group Traceback")
    if group:
        lines = _outermost(lines)
    elif lines and lines[0] in HEADERS:
        lines = lines[1:]
    end = next((i for i, line in enumerate(lines) if not line.startswith("  ")), len(lines))
    if end == len(lines):
        return None
    kind, _, message = "\n".join(lines[end:]).partition(":")
    if "\n" in kind:  # a type without a message; notes follow on their own lines
        kind, _, message = "\n".join(lines[end:]).partition("\n")
    stack, truncated = _frames(lines[:end])
    return Raised(kind, message.removeprefix(" "), stack, truncated, group)


def _outermost(lines: list[str]) -> list[str]:
    """Return the lines of a group's own traceback, without the `  | ` before each."""
    own = []
    for line in lines[1:]:
        if not line.startswith("  |"):
            break
        own.append(line[4:])
    return own


def _frames(lines: list[str]) -> tuple[list[dict[str, object]], int]:
    """Return frames, innermost first, and how many are left out.

    Source lines and `^^^^` markers are indented further; `[Previous line repeated N more times]`
    stands for N frames that are not written again.
    """
    frames: list[dict[str, object]] = []
    truncated = 0
    for line in lines:
        if line.startswith("  File "):
            frames.append(_frame(line))
        elif omitted := re.fullmatch(_OMITTED, line):
            truncated += int(omitted[1][:9])
    frames.reverse()
    truncated += max(0, len(frames) - XRAY_FRAMES)
    return frames[:XRAY_FRAMES], truncated


def _frame(line: str) -> dict[str, object]:
    """Return a frame; a line that is not quite one keeps its path (xray spec 13, vector 30)."""
    found = re.fullmatch(_FRAME, line)
    if found is None:
        path = line.removeprefix("  File ").removeprefix('"').partition('"')[0]
        return {"path": path, "line": 0, "label": ""}
    number = found[2]
    known = number.isascii() and number.isdigit() and len(number) < 10
    return {"path": found[1], "line": int(number) if known else 0, "label": found[3] or ""}
