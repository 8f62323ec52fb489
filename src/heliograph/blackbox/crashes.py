"""Python's own report of a crash, beside the box: only with `HELIOGRAPH_BLACK_BOX=full`.

`faulthandler` writes it in C, where no Python runs any more (lifecycle spec 2.2, 3.5).
"""

from __future__ import annotations

import faulthandler
import os

MAX_REPORT = 16_000
"""Characters read of a report."""

_file: int | None = None
_path = ""


def name_of(box: str) -> str:
    """Return the name of the report of the process that a box is of: `crash-12` for `box-12`."""
    return f"crash-{box.partition('-')[2]}"


def enable(folder: str, found: list[str]) -> None:
    """Have a crash of this process reported, unless the function has set that up itself.

    Args:
        folder: Where the box is.
        found: Names of what was there before.
    """
    global _file, _path
    if faulthandler.is_enabled():
        return
    name = f"crash-{os.getpid()}"
    path = f"{folder}/{name}"
    if name in found:  # of an earlier process with this number, whose box was just renamed
        os.rename(path, f"{folder}/{name_of(found[-1])}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    _file, _path = os.open(path, flags, 0o600), path
    faulthandler.enable(_file)


def disable(*, keep: bool) -> None:
    """Report no more.

    Args:
        keep: Leave the file where it is: a forked child's is its parent's.
    """
    global _file
    if _file is not None:
        faulthandler.disable()
        os.close(_file)
        _file = None
        if not keep:
            os.unlink(_path)


def read(path: str) -> str:
    """Return what was reported; "" if nothing was."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        return os.read(file, MAX_REPORT).decode("utf-8", "replace")
    finally:
        os.close(file)
