"""Imports of the official packages, without the parts that nobody asked for.

An instrumentor that only describes never checks which versions are installed and wraps no function;
the modules for that cost a third of the whole load: `packaging` and the metadata of every
distribution, `wrapt` and with it `asyncio` (15 of 45 ms). Nor does it compare versions of schemas,
for which `packaging.version` is imported (2 of 36 ms).
"""

from __future__ import annotations

import sys
from _thread import get_ident
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

WRAPT = "wrapt"
VERSIONS = "packaging.version"


def light(checks: str) -> Light:
    """Return a context in which instrumentors are imported without checks and without `wrapt`.

    What this thread imports meanwhile gets stand-ins that ask the real module when they are used.
    Another thread that imports one of them then finds the real module behind all of its names, and
    has it put in place; everybody has the real one later.

    Args:
        checks: The module that checks which versions are installed.
    """
    return Light({checks: lend_checks, WRAPT: _wrapt, VERSIONS: Lent})


class Light:
    """A context in which this thread is lent stand-ins of modules that are not imported yet.

    Args:
        lenders: By a module's name, what makes its stand-in.
    """

    def __init__(self, lenders: Mapping[str, Callable[[str], Lent]]) -> None:
        self._lenders = lenders

    def __enter__(self) -> None:
        self.lent = [lend(name) for name, lend in self._lenders.items() if name not in sys.modules]
        for module in self.lent:
            sys.modules[module.__name__] = module

    def __exit__(self, *raised: object) -> None:
        for module in self.lent:
            name = module.__name__
            if sys.modules.get(name) is module:
                del sys.modules[name]
            package, _, attribute = name.rpartition(".")
            if package and getattr(sys.modules.get(package), attribute, None) is module:
                delattr(sys.modules[package], attribute)


class Lent(ModuleType):
    """Stands for a module: for the thread that lends it by what it was given, else by the real one.

    Args:
        name: Of the module.
        given: What the lending thread finds under these names.
    """

    def __init__(self, name: str, given: dict[str, Any] | None = None) -> None:
        super().__init__(name)
        vars(self).update(_thread=get_ident(), _given=given or {})

    def real(self) -> Any:
        """Return the real module, imported now if it was not."""
        from importlib import import_module

        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return import_module(self.__name__)

    def __getattr__(self, name: str) -> Any:
        if get_ident() == self._thread:
            if name in self._given:
                return self._given[name]
            if name.startswith("__"):  # the import system's own questions
                raise AttributeError(name)
        return getattr(self.real(), name)

    def ask(self, function: str) -> None:
        """Give it a function that asks the real one."""

        def asked(*args: Any, **kwargs: Any) -> Any:
            return getattr(self.real(), function)(*args, **kwargs)

        self._given[function] = asked


def lend_checks(name: str) -> Lent:
    """Return a stand-in for the module that checks which versions are installed."""
    lent = Lent(
        name,
        {
            "DependencyConflict": type("DependencyConflict", (), {}),
            "DependencyConflictError": type("DependencyConflictError", (Exception,), {}),
        },
    )
    lent.ask("get_dependency_conflicts")
    lent.ask("get_dist_dependency_conflicts")
    return lent


def _wrapt(name: str) -> Lent:
    lent = Lent(name)
    lent.ask("wrap_function_wrapper")

    class Proxies(type):
        def __instancecheck__(cls, instance: object) -> bool:
            real: Any = sys.modules.get(name)  # nothing is a proxy before `wrapt` is imported
            if real is None or real is lent:
                return False
            proxy = getattr(real, "BaseObjectProxy", None) or real.ObjectProxy
            return isinstance(instance, proxy)

    proxy = Proxies("ObjectProxy", (), {})
    lent._given.update(BaseObjectProxy=proxy, ObjectProxy=proxy)
    return lent
