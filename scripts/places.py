"""Where things are: the checkout, what is built in it, and what is kept between checkouts."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements"
BUILD = ROOT / "build"


def packages(layer: Path, version: str) -> Path:
    """Return where a Python looks first for packages in a layer's tree; then in its `python/`."""
    return layer / "python" / "lib" / f"python{version}" / "site-packages"


def cache() -> Path:
    """Return the folder for what is slow to make and safe to keep, named by its inputs' hash."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(home) / "heliograph"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def named(name: str, *inputs: bytes) -> Path:
    """Return the folder of the cache for what is made of these inputs, there or not."""
    digest = hashlib.sha256(b"".join(inputs)).hexdigest()[:16]
    return cache() / f"{name}-{digest}"


def kept(target: Path, make: Callable[[Path], None]) -> Path:
    """Return a folder of the cache; `make` fills it if it is not there, whole or not at all.

    Runs beside each other wait for the one that makes it.
    """
    if target.is_dir():
        return target
    with (cache() / f".{target.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if target.is_dir():
            return target
        work = Path(tempfile.mkdtemp(prefix=f"{target.name}.", dir=cache()))
        try:
            make(work)
            work.chmod(0o755)
            work.rename(target)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return target
