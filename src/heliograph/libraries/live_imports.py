"""Imports of official instrumentors that are to wrap functions at once, in init.

Whoever calls `instrument()` pays for `importlib.metadata` and `packaging`, to check versions that
are written down (`brought.py`), and for the whole of `wrapt`, of which wrapping functions is a
third: the rest imports `asyncio`. That is more than half of the time.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING, Any

from ..settings.lending import Extensions
from . import SITE, after_import
from .light_imports import VERSIONS, WRAPT, Lent, Light, lend_checks
from .numbers import numbers

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

SCOPE = "opentelemetry"
METADATA = f"{SCOPE}.util._importlib_metadata"

ASGI = "asgiref.compatibility"
"""What the instrumentor of ASGI applications asks one question; few functions have it."""

PARTS = {
    "BaseObjectProxy": "__wrapt__",
    "FunctionWrapper": "__wrapt__",
    "ObjectProxy": "proxies",
    "wrap_function_wrapper": "patches",
}
"""What instrumentors use of `wrapt`, and its modules."""

UNUSED = {"importer": "register_post_import_hook", "synchronization": "synchronized"}
"""Modules that those import for one function, which is called for what instrumentors do not do.
They import `importlib.metadata` and `asyncio`."""


class Live:
    """A context in which instrumentors that are to wrap functions are imported.

    As in `light_imports.py`, what this thread imports meanwhile gets stand-ins that ask the real
    modules; of `wrapt` it gets the real parts that it names.
    """

    def __init__(self) -> None:
        lenders = {
            f"{SCOPE}.instrumentation.dependencies": lend_checks,
            METADATA: _metadata,
            VERSIONS: _Versions,
        }
        if PathFinder.find_spec(ASGI.partition(".")[0]) is None:
            lenders[ASGI] = _asgi
        found = PathFinder.find_spec(WRAPT)
        if found is not None and (found.origin or "").startswith(f"{SITE}/"):
            lenders[WRAPT] = _parts
            lenders |= {f"{WRAPT}.{name}": _unused for name in UNUSED}
        self._light = Light(lenders)
        self._extensions = Extensions()

    def __enter__(self) -> None:
        self._extensions.__enter__()
        self._light.__enter__()

    def __exit__(self, *raised: object) -> None:
        self._light.__exit__(*raised)
        self._extensions.__exit__(*raised)


class _Parts(Lent):
    """Stands for `wrapt`, whose modules can be imported without the whole."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__ = [f"{SITE}/{name}"]

    def __getattr__(self, name: str) -> Any:
        if name in PARTS and sys.modules.get(self.__name__) is self:
            return getattr(import_module(f"{WRAPT}.{PARTS[name]}"), name)
        return super().__getattr__(name)


def _parts(name: str) -> Lent:
    after_import(WRAPT, _whole)
    return _Parts(name)


def _whole(package: ModuleType) -> None:
    """Give the package its modules, which it does not get where they are imported before it."""
    for name, module in list(sys.modules.items()):
        above, _, own = name.rpartition(".")
        if above == WRAPT and not hasattr(package, own):
            setattr(package, own, module)


def put_off(instrumentor: ModuleType) -> None:
    """Have an instrumentor wrap functions of modules that it names when they are imported.

    SQLAlchemy's wraps one of `sqlalchemy.ext.asyncio`, with which it would import the whole ORM.

    Args:
        instrumentor: Its module.
    """
    for name, value in list(vars(instrumentor).items()):
        if getattr(value, "__name__", "") == "wrap_function_wrapper":
            setattr(instrumentor, name, _later(value))


def _later(wrap: Callable[..., Any]) -> Callable[..., Any]:
    def wrap_function_wrapper(target: Any, name: str, wrapper: Callable[..., Any]) -> Any:
        if not isinstance(target, str) or target in sys.modules:
            return wrap(target, name, wrapper)
        after_import(target, lambda module: wrap(module, name, wrapper))
        return None

    return wrap_function_wrapper


def _unused(name: str) -> Lent:
    lent = Lent(name)
    lent.ask(UNUSED[name.rpartition(".")[2]])
    return lent


def _metadata(name: str) -> Lent:
    lent = Lent(name)
    for function in ("version", "entry_points", "distributions", "requires"):
        lent.ask(function)
    return lent


def _asgi(name: str) -> Lent:
    """Return a stand-in for a function without asgiref: frameworks are as it asks."""
    return Lent(name, {"guarantee_single_callable": lambda application: application})


class _Versions(Lent):
    """Stands for `packaging.version` where an instrumentor asks, and not where `packaging` does."""

    def __getattr__(self, name: str) -> Any:
        asking = str(sys._getframe(1).f_globals.get("__name__"))
        if name in ("Version", "parse") and asking.startswith(f"{SCOPE}.instrumentation"):
            return Release
        return super().__getattr__(name)


class Release:
    """A version, of which instrumentors ask whether it is newer than another.

    Attributes:
        release: Its numbers.
    """

    __slots__ = ("release",)

    def __init__(self, version: str) -> None:
        self.release = numbers(version)

    def __lt__(self, other: Release) -> bool:
        return self.release < other.release

    def __gt__(self, other: Release) -> bool:
        return self.release > other.release

    def __ge__(self, other: Release) -> bool:
        return self.release >= other.release
