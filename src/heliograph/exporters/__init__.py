"""Exporters: an encoding and a place to send it to; a row in the table for each.

To add an exporter, or a signal, add a row: its module has a function of the signal's name that
makes it from a `Setup`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import opentelemetry

from .. import _notice
from .._guard import guard

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..settings.config import Config

TABLE: dict[str, dict[str, str]] = {
    "traces": {"xray": "xray", "xray-otlp": "xray_otlp", "otlp": "otlp", "console": "console"},
    "metrics": {"emf": "emf", "otlp": "otlp", "console": "console"},
}
"""By signal and by the name that `OTEL_<SIGNAL>_EXPORTER` has: the module of this room."""
MAKES = {"traces": "span_exporter", "metrics": "metric_exporter"}
"""The function of that module which makes the exporter; None is none, and has been told."""


class Setup:
    """What an exporter is made from.

    Args:
        config: The settings.
        lambda_traces: Trace ids of Lambda's own segments; updated by the handler.
        properties: Makes the EMF properties of the running invocation.
    """

    def __init__(
        self,
        config: Config,
        lambda_traces: dict[int, None] | None = None,
        properties: Callable[[], dict[str, object]] = dict,
    ) -> None:
        self.config = config
        self.lambda_traces = {} if lambda_traces is None else lambda_traces
        self.properties = properties


class Made(list[Any]):
    """Exporters that were made.

    Attributes:
        failed: What failed, by signal and name: it may be made later.
    """

    def __init__(self) -> None:
        super().__init__()
        self.failed: dict[tuple[str, str], Callable[[], Any]] = {}

    def attempt(self, signal: str, name: str, make: Callable[[], Any]) -> None:
        """Make one; None is none, and has been told."""
        self.failed[signal, name] = make
        with guard(f"making the {signal} exporter {name}"):
            exporter = make()
            del self.failed[signal, name]
            if exporter is not None:
                self.append(exporter)


def configured(signal: str, setup: Setup) -> Made:
    """Return the exporters of a signal; a name that is not known is told, the others count."""
    made = Made()
    for name in dict.fromkeys(getattr(setup.config, f"{signal}_exporters")):
        if name != "none":
            made.attempt(signal, name, _maker(signal, name, setup))
    return made


def again(failed: Mapping[tuple[str, str], Callable[[], Any]]) -> Made:
    """Make what could not be made before."""
    made = Made()
    for (signal, name), make in failed.items():
        made.attempt(signal, name, make)
    return made


def _maker(signal: str, name: str, setup: Setup) -> Callable[[], Any]:
    def make() -> Any:
        if name not in TABLE[signal]:
            return _provided(signal, name)
        module = import_module(f"{__name__}.{TABLE[signal][name]}")
        return getattr(module, MAKES[signal])(setup)

    return make


def _provided(signal: str, name: str) -> Any:
    """Make an exporter that an installed package provides; None, and told, if none does."""
    from importlib.metadata import entry_points

    group = f"opentelemetry_{signal}_exporter"
    for point in entry_points(group=group, name=name):
        return fitted(MAKES[signal], point.load()())
    from .._unusable import shown

    variable = f"OTEL_{signal.upper()}_EXPORTER"
    _notice.warn(
        f"exporter {signal} {name}",
        f"{variable} names {shown(variable, name)}, which is not installed; available: "
        f"{', '.join(TABLE[signal])}, none, and what packages in the function provide as {group}.",
    )
    return None


def fitted(kind: str, thing: Any) -> Any:
    """Return what code or a package of the function's brings, as the SDK that develops takes it.

    Args:
        kind: What it is, by the function of `bridge.py`.
        thing: It; of the function's own SDK where that is of another version.
    """
    if opentelemetry.__name__ == "opentelemetry" or thing is None:
        return thing
    from . import bridge

    return getattr(bridge, kind)(thing)


def is_remote(exporter: object) -> bool:
    """Tell whether an exporter talks to a backend, which may be dead (`remote`, or unknown)."""
    kind: Any = type(getattr(exporter, "_theirs", exporter))
    local = "opentelemetry.sdk." in kind.__module__
    return bool(getattr(exporter, "remote", not local))
