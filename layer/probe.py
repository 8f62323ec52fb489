"""Knows a library that only asks whether there is an SDK; `_heliograph_probe` in the layer.

A library may import the SDK where it finds one (redis 8 does, in `import redis`). Without the
layer it would find none; with it the import would take sixty milliseconds of init for nothing. So
what the library does not require is not there for it; the function's own code gets the SDK.
"""

from __future__ import annotations

import os
import re
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

REQUIRED = re.compile(
    r"^requires-dist:[ ]*opentelemetry[-_.](?!api\b|sem)(?!.*extra *==)",
    re.IGNORECASE | re.MULTILINE,
)
"""An unconditional requirement of the SDK, or of something that brings it."""


def is_probed(frame: FrameType) -> bool:
    """Tell whether code that imports the SDK belongs to a library that does not require it.

    Args:
        frame: That of the import.
    """
    top = str(frame.f_globals.get("__name__")).partition(".")[0]
    place = getattr(sys.modules.get(top), "__file__", None) or ""
    folder = os.path.dirname(place)
    if os.path.basename(place).startswith("__init__."):
        folder = os.path.dirname(folder)
    try:
        owner = _owner(top, folder)
        return owner != "" and not REQUIRED.search(_text(owner, "METADATA"))
    except (OSError, ValueError):  # no descriptor is left, or no text
        return False


def _owner(top: str, folder: str) -> str:
    """Return the metadata of what a top-level module belongs to; "" for the function's own code."""
    infos = [name for name in os.listdir(folder or ".") if name.endswith(".dist-info")]
    for name in infos:  # most are called as their module
        if name.partition("-")[0].lower().replace(".", "_") == top.lower():
            return f"{folder}/{name}"
    for name in infos:
        owned = f"\n{_text(f'{folder}/{name}', 'RECORD')}"
        if f"\n{top}/" in owned or f"\n{top}.py," in owned:
            return f"{folder}/{name}"
    return ""


def _text(info: str, file: str) -> str:
    path = f"{info}/{file}"
    if not os.path.isfile(path):
        return ""
    with open(path, encoding="utf-8") as opened:
        return opened.read()
