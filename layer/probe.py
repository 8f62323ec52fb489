"""Knows a library that only asks whether there is an SDK; `_heliograph_probe` in the layer.

A library may import the SDK where it finds one (redis 8 does, in `import redis`). Without the
layer it would find none; with it the import would take sixty milliseconds of init for nothing. So
what the library does not require is not there for it; the function's own code gets the SDK.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import distributions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from importlib.metadata import Distribution
    from types import FrameType

REQUIRED = re.compile(r"opentelemetry[-_.](?!api\b|semantic\b|semconv\b)", re.IGNORECASE)
"""A requirement of the SDK, or of something that brings it."""


def is_probed(frame: FrameType) -> bool:
    """Tell whether code that imports the SDK belongs to a library that does not require it.

    Args:
        frame: That of the import.
    """
    top = str(frame.f_globals.get("__name__")).partition(".")[0]
    place = getattr(sys.modules.get(top), "__file__", None) or ""
    folder = place.rpartition("/")[0]
    if place.endswith(("/__init__.py", "/__init__.pyc")):
        folder = folder.rpartition("/")[0]
    owner = _owner(top, folder)
    if owner is None:
        return False  # the function's own
    return not any(
        REQUIRED.match(required) and "extra ==" not in required.replace("extra==", "extra ==")
        for required in owner.requires or ()
    )


def _owner(top: str, folder: str) -> Distribution | None:
    """Return the distribution in a folder that a top-level module belongs to, if there is one."""
    installed = list(distributions(path=[folder])) if folder else []
    for found in installed:  # most are called as their module: no list of files is read
        if str(found.metadata["Name"]).lower().replace("-", "_") == top.lower():
            return found
    for found in installed:
        if any(file.parts[0] in (top, f"{top}.py") for file in found.files or ()):
            return found
    return None
