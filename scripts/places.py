"""Where things are: the checkout, what is built in it, and what is kept between checkouts."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements"
BUILD = ROOT / "build"


def cache() -> Path:
    """Return the folder for what is slow to make and safe to keep, named by its inputs' hash."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(home) / "heliograph"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
