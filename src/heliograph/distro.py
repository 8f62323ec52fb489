"""Entry points of `opentelemetry-instrument` for processes that are not Lambda functions.

`OTEL_PYTHON_DISTRO=heliograph opentelemetry-instrument python app.py`: OpenTelemetry's own loader
finds the distribution and the configurator here, and loads every installed instrumentor itself.
"""

from __future__ import annotations

from typing import Any

from opentelemetry.instrumentation.distro import BaseDistro  # type: ignore[attr-defined] # that file ends type checking on its first line

from .develop.development import SdkObjects
from .runtime import process
from .settings.config import Config
from .settings.lending import choose_configurator


class HeliographDistro(BaseDistro):  # type: ignore[misc] # a base without types
    """The distribution, as `OTEL_PYTHON_DISTRO=heliograph` names it."""

    def _configure(self, **_: Any) -> None:
        choose_configurator("heliograph")


class HeliographConfigurator:
    """Sets the SDK up from the environment: the settings are those of docs/settings.md."""

    def configure(self, **_: Any) -> None:
        """Set up providers, exporters and propagators."""
        process.start(Config.read(), SdkObjects(), instrument=False)
