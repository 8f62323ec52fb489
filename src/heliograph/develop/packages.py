"""Packages of the function's own that stand in the way of those that Heliograph came with."""

from __future__ import annotations

from importlib.metadata import distributions

from .. import _notice
from ..settings.lending import OURS
from . import is_apart

PLAIN = ("typing-extensions", "wrapt", "packaging")
"""What OpenTelemetry's packages import beside their own."""


def tell_older() -> None:
    """Tell which packages are found before ours in other versions, after a load that failed."""
    told = set()
    apart = is_apart()  # then OpenTelemetry is ours, whatever is found before it
    for dist in distributions():
        name = dist.name.lower().replace("_", "-")
        folder = str(dist.locate_file("")).rstrip("/")
        concerned = name in PLAIN or (name.startswith("opentelemetry-") and not apart)
        if name in told or not concerned:
            continue
        told.add(name)  # the first on `sys.path` is the one that is imported
        if folder != OURS:
            _notice.warn(
                f"package {name}",
                f"{name} {dist.version} in {folder} is imported in place of the version that "
                "Heliograph came with: OpenTelemetry may not load because of it. Update it, or "
                "leave it out of the function's package.",
            )
