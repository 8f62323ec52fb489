"""A public name that could not be loaded: told, unless something interrupted its import."""

from __future__ import annotations

from . import _notice
from ._interrupts import passes


def tell(name: str, error: BaseException) -> None:
    """Say that a public name could not be loaded.

    Raises:
        BaseException: The error itself, where a signal handler raised it during the import.
    """
    if passes(error):
        raise error
    _notice.warn(
        f"public name {name}",
        lambda: (
            f"heliograph.{name} cannot be loaded now ({error}): it does nothing this time. Are "
            "file descriptors or memory used up?"
        ),
    )
