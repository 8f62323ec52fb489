"""Imports of the official packages, without the parts that nobody asked for."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

_NAME = "opentelemetry.instrumentation.dependencies"


def without_dependency_checks() -> _WithoutDependencyChecks:
    """Return a context in which instrumentors are imported without their dependency checks.

    The module that checks which versions are installed imports `packaging` and reads the metadata
    of every distribution; describers never ask it. What is imported meanwhile gets functions that
    ask the real module when they are called, and the real module is what others import later.
    """
    return _WithoutDependencyChecks()


class _WithoutDependencyChecks:
    def __enter__(self) -> None:
        self.present = _NAME in sys.modules
        if not self.present:
            sys.modules[_NAME] = _light()

    def __exit__(self, *raised: object) -> None:
        if not self.present:
            sys.modules.pop(_NAME, None)
            package = sys.modules.get(_NAME.rpartition(".")[0])
            if package is not None and hasattr(package, "dependencies"):
                del package.dependencies


def _light() -> ModuleType:
    light: Any = ModuleType(_NAME)

    def ask(function: str) -> Any:
        def asked(*args: Any, **kwargs: Any) -> Any:
            from importlib import import_module

            return getattr(import_module(_NAME), function)(*args, **kwargs)

        return asked

    for function in ("get_dependency_conflicts", "get_dist_dependency_conflicts"):
        setattr(light, function, ask(function))
    light.DependencyConflict = type("DependencyConflict", (), {})
    light.DependencyConflictError = type("DependencyConflictError", (Exception,), {})
    made: ModuleType = light
    return made
