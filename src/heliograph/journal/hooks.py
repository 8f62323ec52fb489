"""Import hooks: something is done to a module right after its import, and only then.

`import boto3` in user code must cost what it costs without us; nothing is imported to be patched.
"""

from __future__ import annotations

import sys

from .._guard import guard

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

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
    if not _waiting:
        sys.meta_path.insert(0, _Finder)
    _waiting.setdefault(name, []).append(then)


class _Finder:
    """Finds a module by asking the other finders, and adds a step to its execution."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in _waiting:
            return None
        for finder in list(sys.meta_path):
            if finder is _Finder:
                continue
            find = getattr(finder, "find_spec", None)
            spec: ModuleSpec | None = find(name, path, target) if find else None
            if spec is not None:
                with guard(f"hooking the import of {name}"):
                    _add_step(spec, name)
                return spec
        return None


def _add_step(spec: ModuleSpec, name: str) -> None:
    loader = spec.loader
    if loader is None or not hasattr(loader, "exec_module"):
        return
    execute = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        if getattr(loader, "exec_module", None) is exec_module:
            del loader.exec_module
        execute(module)
        if module.__name__ == name:
            _ready(name, module)

    loader.exec_module = exec_module  # type: ignore[method-assign]


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
