"""Folders of modules that the function's code has taken off `sys.path`."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


class Folders:
    """Puts folders that code has taken off `sys.path` back, for the time of a block.

    Args:
        path: What `sys.path` was in init.
    """

    __slots__ = ("_missing", "_path")

    def __init__(self, path: Sequence[str]) -> None:
        self._path = path

    def __enter__(self) -> None:
        self._missing = [place for place in self._path if place not in sys.path]
        sys.path.extend(self._missing)

    def __exit__(self, *_: object) -> None:
        for place in self._missing:
            if place in sys.path:
                sys.path.remove(place)
