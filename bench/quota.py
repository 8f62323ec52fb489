"""Less than a core: a control group that gives a function its share, as Lambda does by memory."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path("/sys/fs/cgroup")
PERIOD_US = 20_000
"""Lambda's own scheduling period: a function runs for its share of every 20 ms."""


class QuotaError(Exception):
    """This machine gives no quota to anybody who asks here. Says why."""


@contextmanager
def quota(cores: float | None) -> Iterator[Callable[[int], None]]:
    """Yield a function that puts a process under a quota; one that does nothing without `cores`.

    Raises:
        QuotaError: Neither control groups v2 nor v1 can be had.
    """
    if cores is None:
        yield lambda _: None
        return
    group = _make(int(cores * PERIOD_US))
    try:
        yield lambda pid: _write(group / "cgroup.procs", str(pid))
    finally:
        group.rmdir()


def _make(share_us: int) -> Path:
    name = f"heliograph-bench-{os.getpid()}"
    second, first = ROOT / name, ROOT / "cpu" / name
    if "cpu" in _read(ROOT / "cgroup.controllers").split():
        _write(ROOT / "cgroup.subtree_control", "+cpu")
        second.mkdir()
        _write(second / "cpu.max", f"{share_us} {PERIOD_US}")
        return second
    if first.parent.is_dir():
        try:
            first.mkdir()
        except OSError as error:
            raise QuotaError(f"no CPU quota: {first} cannot be made ({error.strerror})") from error
        _write(first / "cpu.cfs_period_us", str(PERIOD_US))
        _write(first / "cpu.cfs_quota_us", str(share_us))
        return first
    raise QuotaError(f"no CPU quota: {ROOT} has no cpu controller that a child may have")


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text)
    except OSError as error:
        raise QuotaError(f"no CPU quota: {path} takes no {text!r} ({error.strerror})") from error
