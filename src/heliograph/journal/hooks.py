"""Import hooks: something is done to a module right after its import, and only then.

`import boto3` in user code must cost what it costs without us; nothing is imported to be patched.
"""

from __future__ import annotations

import sys
from _thread import get_ident

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

    exec_module.heliograph = True  # type: ignore[attr-defined]
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
