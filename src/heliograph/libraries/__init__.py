"""Libraries: a row and a folder for each; what is done to one right after its import.

`import boto3` in user code must cost what it costs without us; nothing is imported to be patched.
A folder has: `__init__.py`, which records calls (standard library only); `describe.py`, which has
the official instrumentor describe them after the response; `fallback.py`, what a span says where it
cannot. To add one, add a row and a folder.
"""

from __future__ import annotations

import os
import sys
from _thread import get_ident

from .._guard import guard

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

    from ..settings.config import Config

TABLE = {
    "botocore": ("botocore.client", "BotocoreInstrumentor"),
    "requests": ("requests.sessions", "RequestsInstrumentor"),
}
"""By the name that `OTEL_PYTHON_DISABLED_INSTRUMENTATIONS` has: the module after whose import
`install(module, settings)` is called, and the class of the official instrumentor, which is in
`opentelemetry.instrumentation.<name>`."""

OURS = tuple(
    f"opentelemetry_instrumentation{name}-" for name in ("", *(f"_{name}" for name in TABLE))
)
"""How the folders of metadata begin of those that are done here, and of what all stand on."""


def install(settings: Config, *, live: bool) -> None:
    """Record the libraries that the settings do not leave alone, once each is imported.

    Args:
        settings: The settings.
        live: Their official instrumentors serve them (`runtime/process.py`).
    """
    for library, (module, _) in TABLE.items():
        if not live and not settings.leaves_alone(library):
            after_import(module, _calling(library, settings))
        after_import(f"opentelemetry.instrumentation.{library}", _adopt)
    if not live:
        install_installed(settings)


def install_installed(settings: Config) -> None:
    """Have other instrumentors that are installed switched on, each when its library is imported.

    Args:
        settings: The settings: which are left alone.
    """
    found = [
        f"{place}/{name}"
        for place in sys.path
        for name in _names_in(place)
        if "instrumentation" in name and name.endswith(".dist-info") and not name.startswith(OURS)
    ]
    if found:
        part("installed").install(settings, found)


def _names_in(folder: str) -> list[str]:
    if folder.startswith(sys.base_prefix) and not folder.endswith("-packages"):
        return []  # the standard library
    try:
        return os.listdir(folder or ".")
    except OSError:  # an archive, or nothing
        return []


def _calling(library: str, settings: Config) -> Callable[[ModuleType], None]:
    return lambda module: part(library).install(module, settings)


def _adopt(module: ModuleType) -> None:
    part("official").adopt(module)


def part(name: str) -> Any:
    """Import a part of this room, such as "botocore.describe"."""
    if name.endswith(".describe"):
        from ..develop import imported  # on the packages that we came with

        return imported(f"libraries.{name}")
    from importlib import import_module

    return import_module(f"{__name__}.{name}")


_waiting: dict[str, list[Callable[[ModuleType], None]]] = {}


def after_import(name: str, then: Callable[[ModuleType], None]) -> None:
    """Call `then(module)` after the module's import, or now if it is imported already.

    Args:
        name: Full name of the module.
        then: Called once with the module. What it raises is guarded: the import succeeds.
    """
    module = sys.modules.get(name)
    if module is not None:
        with guard(f"preparing {name}"):
            then(module)
        return
    _waiting.setdefault(name, []).append(then)
    if _Finder not in sys.meta_path:
        sys.meta_path.insert(0, _Finder)


_finding: set[tuple[int, str]] = set()
"""(thread, name) of the searches under way: another finder may ask all of them too, us included."""


class _Finder:
    """Finds a module by asking the other finders, and adds a step to its execution."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in _waiting:
            return None
        search = (get_ident(), name)
        if search in _finding:
            return None
        _finding.add(search)
        try:
            spec = _ask_others(name, path, target)
        finally:
            _finding.discard(search)
        if spec is not None:
            with guard(f"hooking the import of {name}"):
                _add_step(spec)
        return spec


def _ask_others(
    name: str, path: Sequence[str] | None, target: ModuleType | None
) -> ModuleSpec | None:
    for finder in list(sys.meta_path):
        find = getattr(finder, "find_spec", None)
        if finder is not _Finder and find is not None:
            spec: ModuleSpec | None = find(name, path, target)
            if spec is not None:
                return spec
    return None


def _add_step(spec: ModuleSpec) -> None:
    """Let the loader tell when it has executed a module that somebody waits for.

    A loader may serve many modules (those of one zip file do): it gets the step once and for good.
    """
    loader = spec.loader
    execute = getattr(loader, "exec_module", None)
    if execute is None or isinstance(loader, type) or hasattr(execute, "heliograph"):
        return  # a class is the loader of all built-in or frozen modules: left alone

    def exec_module(module: ModuleType) -> None:
        execute(module)
        name = module.__name__
        if name in _waiting:
            _ready(name, module)

    exec_module.heliograph = True  # type: ignore[attr-defined] # a mark on our own function
    # of an instance, not of the class
    loader.exec_module = exec_module  # type: ignore[method-assign,union-attr]


def _ready(name: str, module: ModuleType) -> None:
    for then in _waiting.pop(name, ()):
        with guard(f"preparing {name}"):
            then(module)
    if not _waiting and _Finder in sys.meta_path:
        sys.meta_path.remove(_Finder)


def forget() -> None:
    """Take all hooks back; what was already done to modules stays."""
    _waiting.clear()
    if _Finder in sys.meta_path:
        sys.meta_path.remove(_Finder)
