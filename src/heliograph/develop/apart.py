"""Copies of the OpenTelemetry that Heliograph came with, beside the function's own.

Where the function brings other versions, which are found first, what develops runs on ours all
the same: `opentelemetry.trace` is imported once more, as `_heliograph_apart.opentelemetry.trace`,
from our folder. In a module that is loaded so, `import opentelemetry` means the copy, at its top
and within functions: its globals have a `__builtins__` of their own, with an `__import__` that
knows. The rooms of ours that use the SDK are loaded in the same way. So nothing is exchanged in
`sys.modules`, where other threads import meanwhile, and no name is ever another module.
"""

from __future__ import annotations

import builtins
import logging
import os
import sys
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import resolve_name
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..settings import lending
from ..settings.lending import OURS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

PREFIX = "_heliograph_apart."
METADATA = f"{PREFIX}opentelemetry.util._importlib_metadata"

ROOMS = ("develop", "exporters", "encode", "delivery")
"""Rooms of ours that use the SDK."""
PARTS = ("describe", "official")
"""Files of `libraries/` that do."""
NEUTRAL = tuple(f"heliograph.develop.{name}" for name in ("development", "packages", "time_budget"))
"""Modules of those rooms that use none of it."""
PASSED = "heliograph.develop"
"""A room whose own file is what decides all this: it is there once."""


def imported(name: str) -> ModuleType:
    """Import a module on our copies.

    Args:
        name: Its public name.
    """
    if _Finder not in sys.meta_path:
        container = ModuleType(PREFIX[:-1])
        container.__path__ = [OURS]
        sys.modules.setdefault(PREFIX[:-1], container)
        sys.meta_path.insert(0, _Finder)
    return import_module(PREFIX + name)


def _is_apart(name: str) -> bool:
    """Tell whether a module is loaded once more, by its public name."""
    root, _, rest = name.partition(".")
    if root != "heliograph":
        return root == "opentelemetry"
    if name in NEUTRAL:
        return False
    room = rest.partition(".")[0]
    return room in ROOMS or (room == "libraries" and name.rpartition(".")[2] in PARTS)


def _is_run(name: str) -> bool:
    return _is_apart(name) and name != PASSED


class _Finder:
    """Finds the copies: those that the layer packs in its file, all others in our folder."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, _: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not name.startswith(PREFIX):
            return None
        own = name[len(PREFIX) :]
        packed: Any = _packed()
        if packed is not None and packed.serves(own):
            place = packed.place(own)
            spec = _spec(name, place, lambda: packed.get_code(own))
            if packed.is_package(own):
                spec.submodule_search_locations = [place.rpartition("/")[0]]
            return spec
        folders = [f"{folder}{os.sep}{own.rpartition('.')[2]}" for folder in path or ()]
        folders = [folder for folder in folders if os.path.isdir(folder)]
        if folders and not (_is_run(own) and any(map(_has_init, folders))):
            # a namespace, or only on the way to a copy: nothing to run. Python's own list of a
            # namespace follows `sys.path`, where the function's are found too
            spec = _spec(name, None, lambda: compile("", own, "exec"))
            spec.submodule_search_locations = folders
            return spec
        found = PathFinder.find_spec(own, path)
        if found is None or found.loader is None or not _is_run(own):
            return None
        loader: Any = found.loader
        spec = _spec(name, found.origin, lambda: loader.get_code(own))
        spec.submodule_search_locations = found.submodule_search_locations
        return spec


def _has_init(folder: str) -> bool:
    return any(os.path.isfile(f"{folder}{os.sep}__init__.{kind}") for kind in ("py", "pyc"))


def _packed() -> Any:
    """Return what serves the modules that the layer packs; None where there is no such file."""
    name = "_heliograph_packed"
    if name not in sys.modules and PathFinder.find_spec(name, [OURS]) is None:
        return None
    return import_module(name).packed


def _spec(name: str, place: str | None, code: Callable[[], Any]) -> ModuleSpec:
    loader: Any = _Loader(code)
    spec = ModuleSpec(name, loader, origin=place)
    spec.has_location = place is not None
    return spec


class _Loader:
    def __init__(self, code: Callable[[], Any]) -> None:
        self._code = code

    def create_module(self, spec: ModuleSpec) -> None:
        """Let Python make the module."""

    def exec_module(self, module: ModuleType) -> None:
        """Run a module's code, with imports as this file has them."""
        module.__dict__["__builtins__"] = _BUILTINS
        exec(self._code(), module.__dict__)  # noqa: S102 - as every loader does
        if module.__name__ == METADATA:
            vars(module)["entry_points"] = _entry_points(vars(module)["entry_points"])


def _import(
    name: str,
    globals: Mapping[str, Any] | None = None,  # noqa: A002 - a name of Python's own
    locals: Mapping[str, Any] | None = None,  # noqa: A002 - a name of Python's own
    fromlist: Sequence[str] | None = (),
    level: int = 0,
) -> Any:
    """Import as `import` does; OpenTelemetry, and what uses it, from the copies."""
    if level and globals is not None:
        name, level = resolve_name("." * level + name, globals["__package__"]), 0
        name = name.removeprefix(PREFIX)
    if name in _stand_ins:
        return _stand_ins[name]()
    if not _is_apart(name):
        return __import__(name, globals, locals, fromlist or (), level)
    found = __import__(PREFIX + name, None, None, fromlist or (), 0)
    return found if fromlist else sys.modules[PREFIX + name.partition(".")[0]]


class _Logging(ModuleType):
    """`logging`, in which a copy's logger is that of the public name, as the function knows it."""

    def getLogger(self, name: str | None = None) -> logging.Logger:  # noqa: N802 - Python's own
        return logging.getLogger(name and name.removeprefix(PREFIX))

    def __getattr__(self, name: str) -> Any:
        return getattr(logging, name)


_logging = _Logging("logging")


def _extensions() -> ModuleType:
    """Return a `typing_extensions` that our packages can use: ours, where the function has one."""
    return lending.our_extensions() or import_module(lending.EXTENSIONS)


_stand_ins: dict[str, Callable[[], ModuleType]] = {
    "logging": lambda: _logging,
    lending.EXTENSIONS: _extensions,
}
_BUILTINS = {**vars(builtins), "__import__": _import}


def _entry_points(theirs: Callable[..., Any]) -> Callable[..., Any]:
    """Return `entry_points` whose points load copies, where they name what is one."""

    def entry_points(**wanted: str) -> list[Any]:
        return [_Point(point) for point in theirs(**wanted)]

    return entry_points


class _Point:
    def __init__(self, point: Any) -> None:
        self._point = point

    def __getattr__(self, name: str) -> Any:
        return getattr(self._point, name)

    def load(self) -> Any:
        found: Any
        module, _, attributes = self._point.value.partition(":")
        try:
            found = imported(module)
        except ModuleNotFoundError:  # a package of the function's own
            return self._point.load()
        for attribute in attributes.split("."):
            found = getattr(found, attribute)
        return found
