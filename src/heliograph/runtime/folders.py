"""Folders that never change: what is in them is listed once, not looked for at every import.

Python's finder asks the file system at each import, for each folder of `sys.path`, whether it has
changed. Those of the function, its layers and the runtime cannot: Lambda mounts them read-only. A
layer's folders come before the standard library, so all 400 imports of boto3 and requests ask two
more; listed once, the folders of all give back more instructions than Heliograph takes in init.
"""

from __future__ import annotations

import os
import sys
from _frozen_importlib_external import FileFinder  # `importlib.machinery` is one module more

TYPE_CHECKING = False
if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from types import ModuleType

PLACES = ("/opt/", "/var/lang/", "/var/runtime", "/var/task")
"""Where a function's folders are. Others can be changed by somebody else, such as those of EFS."""


class Listed(FileFinder):
    """Python's finder of a folder, asked only for what the folder has."""

    names: frozenset[str] | None = None

    def find_spec(self, fullname: str, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return the spec of a module in the folder, or None."""
        if self.names is None:
            self.names = _listed(self.path)
        if fullname.rpartition(".")[2] not in self.names:
            return None
        return super().find_spec(fullname, target)

    def invalidate_caches(self) -> None:
        """List the folder anew at the next import."""
        self.names = None
        super().invalidate_caches()


def _listed(path: str) -> frozenset[str]:
    try:
        found = os.listdir(path)
    except OSError:  # Python's own finder finds nothing there either
        found = []
    return frozenset(name.partition(".")[0] for name in found)


def list_once() -> None:
    """Let the finders of folders in `PLACES` that this process cannot write to list them once."""
    for place in sys.path:
        finder = sys.path_importer_cache.get(place)
        if (
            type(finder) is FileFinder
            and place.startswith(PLACES)
            and not os.access(place, os.W_OK)
        ):
            finder.__class__ = Listed
