"""After the response: the journal becomes telemetry, on the SDK that Heliograph came with."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from ..journal import state

if TYPE_CHECKING:
    from typing import Any

_apart: list[bool] = []
"""Whether that is decided, and how."""


def imported(name: str) -> Any:
    """Import a module of ours that uses OpenTelemetry: the packages that Heliograph came with.

    Where the function has others under their names, the module and they are imported apart from
    `sys.modules`' public names (`apart.py`).

    Args:
        name: Of the module, below this package, such as "develop.lambda_pipeline".
    """
    if is_apart():
        from . import apart

        return apart.imported(f"heliograph.{name}")
    from importlib import import_module

    return import_module(f"heliograph.{name}")


def is_apart() -> bool:
    """Tell whether what develops is kept apart from the function's own OpenTelemetry.

    A process that is no function uses the SDK in the ordinary way: there is one.
    """
    if state.in_background is not None:
        return False
    if not _apart:
        _apart.append(_differs())
    return _apart[0]


def _differs() -> bool:
    """Tell whether other versions than ours are found where OpenTelemetry is imported from."""
    import opentelemetry

    from ..settings.lending import OURS

    ours = f"{OURS}{os.sep}opentelemetry"
    places = list(getattr(opentelemetry, "__path__", ()))
    loaded = getattr(sys.modules.get("opentelemetry.context"), "__file__", None) or ours
    if not os.path.isdir(ours):
        return False  # there is one for all, wherever it is
    if ours not in places or not loaded.startswith(tuple(places)):
        return True  # no namespace that all share, or from a folder that is found no more
    came = _versions(OURS)
    for place in places[: places.index(ours)]:
        theirs = _versions(os.path.dirname(place))
        if not theirs or any(came.get(name, known) != known for name, known in theirs.items()):
            return True
    return False


def _versions(folder: str) -> dict[str, set[str]]:
    """Return the versions of OpenTelemetry's distributions in a folder; none if nothing says them.

    The folders of a layer, one for each Python, have theirs in the folder above.
    """
    found: dict[str, set[str]] = {}
    above = folder.partition(f"{os.sep}lib{os.sep}python")[0]
    for place in {folder, above}:
        try:
            names = os.listdir(place)
        except OSError:  # an archive, for one
            continue
        for name in names:
            if name.lower().startswith("opentelemetry") and name.endswith(".dist-info"):
                called, _, version = name[:-10].partition("-")
                found.setdefault(called.lower().replace(".", "_"), set()).add(version)
    return found
