"""The text of a recorded exception, as Python prints it, made after the response."""

from __future__ import annotations

import traceback
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import CodeType

    from ..journal.fault import Fault

_BETWEEN = {
    "cause": "\nThe above exception was the direct cause of the following exception:\n\n",
    "context": "\nDuring handling of the above exception, another exception occurred:\n\n",
}


def type_name(fault: Fault) -> str:
    """Return `exception.type` as the SDK makes it: qualified, without `builtins`."""
    module, name = fault.kind.__module__, fault.kind.__qualname__
    return f"{module}.{name}" if module and module != "builtins" else name


def text(fault: Fault) -> str:
    """Return the traceback text, causes first, as `traceback.format_exception` would."""
    before = text(fault.previous) + _BETWEEN[fault.link] if fault.previous is not None else ""
    lines = []
    if fault.frames:
        lines.append("Traceback (most recent call last):\n")
        lines.extend(traceback.StackSummary.from_list(_summaries(fault)).format())
        if fault.left_out:
            middle = 1 + len(lines) // 2
            lines.insert(middle, f"  [{fault.left_out} frames left out]\n")
    lines.extend(_last_lines(fault))
    lines.extend(f"{note}\n" for note in fault.notes)
    return before + "".join(lines)


def _summaries(fault: Fault) -> list[traceback.FrameSummary]:
    return [_summary(*frame) for frame in fault.frames]


def _summary(code: CodeType, last: int, line: int) -> traceback.FrameSummary:
    place: dict[str, int | None] = {}
    if hasattr(code, "co_positions"):  # Python 3.11: the columns that ^^^^ marks
        found = next(islice(code.co_positions(), last // 2, None), None)
        if found is not None:
            place = dict(zip(("end_lineno", "colno", "end_colno"), found[1:], strict=True))
    return traceback.FrameSummary(code.co_filename, line, code.co_name, **place)  # type: ignore[arg-type]


def _last_lines(fault: Fault) -> list[str]:
    if fault.details is not None:  # a SyntaxError shows its line of source
        return traceback.format_exception_only(SyntaxError, SyntaxError(*_arguments(fault)))
    name = type_name(fault)
    if fault.kind.__module__ == "__main__":
        name = fault.kind.__qualname__
    return [f"{name}: {fault.text}\n" if fault.text else f"{name}\n"]


def _arguments(fault: Fault) -> tuple[object, ...]:
    return tuple(
        tuple(member) if isinstance(member, list) else member
        for member in (fault.details if isinstance(fault.details, list) else ())
    )
