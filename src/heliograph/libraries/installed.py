"""Instrumentors that the function or a layer brings: on after their library's import.

They are found by the entry points `opentelemetry_instrumentor` of the packages whose names say that
they instrument something, and serve on the API that records: no SDK is loaded for it. Loaded where
there is any.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import _notice
from .._guard import guard
from ..settings.config import is_set
from . import TABLE, after_import

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType

    from ..settings.config import Config

GROUP = "opentelemetry_instrumentor"

LIBRARIES = {
    "aio-pika": "aio_pika",
    "aiohttp-client": "aiohttp",
    "aiohttp-server": "aiohttp",
    "boto": "boto",
    "boto3": "boto3",
    "boto3sqs": "boto3",
    "cassandra": "cassandra",
    "django": "django",
    "google-genai": "google.genai",
    "grpc_aio_client": "grpc",
    "grpc_aio_server": "grpc",
    "grpc_client": "grpc",
    "grpc_server": "grpc",
    "mysql": "mysql.connector",
    "mysqlclient": "MySQLdb",
    "openai-v2": "openai",
    "system_metrics": "psutil",
    "tortoiseorm": "tortoise",
    "urllib": "urllib.request",
    "vertexai": "vertexai",
}
"""By entry point, the module whose import it waits for, where that is not named alike."""

OURS = frozenset({"aws-lambda", "aws_lambda", "threading", *TABLE})
"""What is done already: the handler's span, the current span in threads, recorded libraries."""


class Instrumentor(NamedTuple):
    """An instrumentor that is installed.

    Attributes:
        name: Its entry point, by which `OTEL_PYTHON_DISABLED_INSTRUMENTATIONS` names it.
        module, kind: Its module, and its class there.
    """

    name: str
    module: str
    kind: str

    @property
    def library(self) -> str:
        """The module that it instruments."""
        return LIBRARIES.get(self.name, self.name.replace("-", "_"))


def install(settings: Config, folders: Iterable[str]) -> None:
    """Switch on what is installed, each when its library is imported.

    Args:
        settings: The settings.
        folders: Of the packages' metadata.
    """
    seen = set(OURS)
    for folder in folders:
        with guard(f"reading the entry points of {os.path.basename(folder)}"):
            for found in _entry_points(folder):
                if found.name not in seen and not settings.leaves_alone(found.name):
                    switch = Switch(found)
                    after_import(found.module, switch.adopt)
                    after_import(found.library, switch.switch_on)
                seen.add(found.name)


def _entry_points(folder: str) -> list[Instrumentor]:
    """Return the instrumentors of a package; none if it has no such file."""
    place = os.path.join(folder, "entry_points.txt")
    if not os.path.exists(place):
        return []
    with open(place, encoding="utf-8") as file:
        lines = [line.strip() for line in file]
    found, group = [], ""
    for line in lines:
        if line.startswith("["):
            group = line.strip("[] ")
        elif group == GROUP and "=" in line and not line.startswith("#"):
            name, _, target = line.partition("=")
            module, _, kind = target.partition("[")[0].strip().partition(":")
            found.append(Instrumentor(name.strip(), module, kind))
    return found


class Switch:
    """Switches an instrumentor on, once its library is there, unless the function's code does.

    Args:
        found: The instrumentor.
    """

    _original: Any = None
    _early: ModuleType | None = None
    _is_ours = _is_users = False

    def __init__(self, found: Instrumentor) -> None:
        self._found = found

    def adopt(self, module: ModuleType) -> None:
        """Let the function's own `instrument(...)` count: it replaces what we did."""
        kind = getattr(module, self._found.kind)
        self._original = kind.instrument

        def instrument(instrumentor: Any, **kwargs: Any) -> Any:
            self._is_users = True  # from here on: it imports the library, which asks for us
            if self._is_ours and not kwargs:
                return None  # it is done: what some `uninstrument()` leaves would make spans twice
            if self._is_ours:
                self._is_ours = False
                instrumentor.uninstrument()
            return self._original(instrumentor, **kwargs)

        kind.instrument = instrument
        if self._early is not None:
            self.switch_on(self._early)

    def switch_on(self, library: ModuleType) -> None:
        """Instrument the library that was just imported."""
        name = self._found.name
        if self._is_users:
            return
        if self._original is None and self._found.module in sys.modules:
            self._early = library  # the instrumentor itself imports it, and is not ready
            return
        if name == "django" and not is_set("DJANGO_SETTINGS_MODULE"):
            _notice.warn(
                "instrumentor django",
                "django is not instrumented: DJANGO_SETTINGS_MODULE is not set where it is "
                "imported. Set it as an environment variable of the function.",
            )
            return
        with guard(f"switching the installed instrumentor of {name} on"):
            self._switch_on(library)

    def _switch_on(self, library: ModuleType) -> None:
        name, module, kind = self._found
        instrumentor: Any = getattr(import_module(module), kind)()
        conflict = instrumentor._check_dependency_conflicts()
        if conflict and conflict.found is not None:
            _notice.warn(
                f"instrumentor {name}",
                f"{library.__name__} is not instrumented: the installed instrumentor of {name} "
                f"does not fit it ({conflict}).",
            )
        if conflict:  # or a module of the function's own, by the same name
            return
        self._original(instrumentor, skip_dep_check=True)
        self._is_ours = True
