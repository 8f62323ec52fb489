"""An official instrumentor that is switched on without code, on the API that records."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import _notice
from .._guard import guard
from ..settings.config import is_set
from .live_imports import Live, put_off

if TYPE_CHECKING:
    from types import ModuleType

MESSAGES = ["receive", "send"]
GIVEN = {"fastapi": {"exclude_spans": MESSAGES}}
"""What an instrumentor is given where the function's code does not switch it on: no spans of single
messages between a server and its framework. Starlette's takes no such thing: see `_quiet`."""

BASE = "opentelemetry.instrumentation"


class Instrumentor(NamedTuple):
    """An official instrumentor.

    Attributes:
        name: Its entry point, by which `OTEL_PYTHON_DISABLED_INSTRUMENTATIONS` names it.
        module, kind: Its module, and its class there.
    """

    name: str
    module: str
    kind: str


class Switch:
    """Switches an instrumentor on, once its library is there, unless the function's code does.

    Args:
        found: The instrumentor.
    """

    place = "installed"

    def __init__(self, found: Instrumentor) -> None:
        self._found = found
        self._original: Any = None
        self._is_ours = self._is_users = False
        self._loud: type | None = None
        self._early: ModuleType | None = None

    def adopt(self, module: ModuleType) -> None:
        """Let the function's own `instrument(...)` count: it replaces what we did."""
        if self._original is not None:
            return
        kind = getattr(module, self._found.kind)
        self._original = kind.instrument

        def instrument(instrumentor: Any, **kwargs: Any) -> Any:
            self._is_users = True  # from here on: it imports the library, which asks for us
            if self._is_ours and not kwargs:
                return None  # it is done: what some `uninstrument()` leaves would make spans twice
            if self._is_ours:
                self._is_ours = False
                instrumentor.uninstrument()
            if self._loud is not None:
                module.OpenTelemetryMiddleware = self._loud  # type: ignore[attr-defined] # its own
            return self._original(instrumentor, **kwargs)

        kind.instrument = instrument
        if self._early is not None:
            self.switch_on(self._early)

    def switch_on(self, library: ModuleType) -> None:
        """Instrument the library that was just imported."""
        name = self._found.name
        if self._is_users:
            return
        if _is_being_imported(self._found.module):
            self._early = library  # the instrumentor itself imports it, and is not ready
            return
        if name == "django" and not is_set("DJANGO_SETTINGS_MODULE"):
            _notice.warn(
                "instrumentor django",
                "django is not instrumented: DJANGO_SETTINGS_MODULE is not set where it is "
                "imported. Set it as an environment variable of the function.",
            )
            return
        with guard(f"switching the {self.place} instrumentor of {name} on"):
            self._switch_on(library)

    def _switch_on(self, library: ModuleType) -> None:
        name, module, kind = self._found
        with Live():
            loaded = import_module(module)
        put_off(loaded)
        self.adopt(loaded)
        instrumentor: Any = getattr(loaded, kind)()
        if instrumentor.is_instrumented_by_opentelemetry or not self.fits(instrumentor, library):
            return
        if name == "starlette":
            self._loud = loaded.OpenTelemetryMiddleware
            loaded.OpenTelemetryMiddleware = _quiet(loaded.OpenTelemetryMiddleware)  # type: ignore[attr-defined] # its own
        self._original(instrumentor, skip_dep_check=True, **GIVEN.get(name, {}))
        self._is_ours = True

    def fits(self, instrumentor: Any, library: ModuleType) -> bool:
        """Tell whether it fits what is installed; a line says so if it does not.

        Args:
            instrumentor: The instrumentor.
            library: What it instruments; or a module of the function's own, by the same name.
        """
        conflict = instrumentor._check_dependency_conflicts()
        if conflict and conflict.found is not None:
            self.misfit(library, str(conflict))
        return not conflict

    def misfit(self, library: ModuleType, conflict: str) -> None:
        """Say that it does not fit what is installed."""
        name = self._found.name
        _notice.warn(
            f"instrumentor {name}",
            f"{library.__name__} is not instrumented: the {self.place} instrumentor of {name} "
            f"does not fit it ({conflict}).",
        )


def _quiet(middleware: Any) -> Any:
    """Return the middleware without spans of single messages."""

    class OpenTelemetryMiddleware(middleware):  # type: ignore[misc] # not known before
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **{"exclude_spans": MESSAGES, **kwargs})

    return OpenTelemetryMiddleware


def _is_being_imported(module: str) -> bool:
    spec = getattr(sys.modules.get(module), "__spec__", None)
    return getattr(spec, "_initializing", False)
