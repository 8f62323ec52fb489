"""Spans that nobody has ended: told as unfinished, once, rather than never.

Loaded by the first of them.
"""

from __future__ import annotations

from time import time_ns

from .. import _notice
from ..journal import journal


def close(before: int | None = None) -> None:
    """End the open spans of the journal, with `heliograph.unfinished` on each.

    Args:
        before: Only those that began before, epoch nanoseconds; all by default.
    """
    now = time_ns() or 1
    left = [entry for entry in journal.entries[:] if not entry.end]
    if before is not None:
        left = [entry for entry in left if entry.start < before]
    for entry in left:
        entry.describe()
        entry.op(("set_attribute", "heliograph.unfinished", True))
        entry.end = now
    if left and before is not None:
        _notice.warn(
            "unfinished",
            lambda: (
                f"{len(left)} spans that an earlier invocation began have not been ended, such as "
                f"{_notice.shown(left[0].name)}: they are sent as unfinished. End each where it "
                "was begun, or begin it with `with`."
            ),
        )
