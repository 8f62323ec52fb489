"""What is hooked in the libraries that the function imports, each right after its import."""

from __future__ import annotations

from ..journal.hooks import after_import

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

    from ..config import Config

INSTRUMENTORS = ("botocore", "requests")
"""Libraries whose official instrumentor is served by our recorder (`api/instrumentors.py`)."""


def install(settings: Config, now: Callable[[], Config | None]) -> None:
    """Hook the imports of the libraries that are recorded, and of OpenTelemetry's API.

    Args:
        settings: The settings; which libraries are left alone is theirs.
        now: Returns the settings in force when a library is imported.
    """

    def requests(module: ModuleType) -> None:
        in_force = now()
        _requests(module, in_force.excluded_urls if in_force is not None else ())

    def propagate(module: ModuleType) -> None:
        in_force = now()
        _otel_propagate(module, in_force.propagators if in_force is not None else ())

    off = settings.disabled_instrumentations
    if "botocore" not in off:
        after_import("botocore.client", _botocore)
        if settings.aws_header:
            after_import("botocore.endpoint", _botocore_header)
    if "requests" not in off:
        after_import("requests.sessions", requests)
    if "threading" not in off:
        after_import("threading", _threads)
        after_import("concurrent.futures.thread", _pool)
    after_import("opentelemetry.context", _otel_context)
    after_import("opentelemetry.trace", _otel_trace)
    after_import("opentelemetry.metrics", _otel_metrics)
    after_import("opentelemetry.propagate", propagate)
    for library in INSTRUMENTORS:
        after_import(f"opentelemetry.instrumentation.{library}", _instrumentor)


def _botocore(module: ModuleType) -> None:
    from ..journal import botocore

    botocore.official_wrapper = _official_wrapper
    botocore.install(module)


def _official_wrapper() -> Any:
    from ..api import wrapper

    return wrapper.in_line()


def _botocore_header(module: ModuleType) -> None:
    from ..journal import botocore

    botocore.install_header(module)


def _requests(module: ModuleType, excluded_urls: tuple[str, ...]) -> None:
    from ..journal import requests

    requests.install(module)
    requests.excluded_by_settings = excluded_urls
    requests.exclude(excluded_urls)


def _threads(module: ModuleType) -> None:
    from ..journal import threads

    threads.install(module)


def _pool(module: ModuleType) -> None:
    from ..journal import threads

    threads.install_pool(module)


def _otel_context(module: ModuleType) -> None:
    from ..api import context

    context.install(module)


def _otel_trace(module: ModuleType) -> None:
    from ..api import trace

    trace.install(module)


def _otel_metrics(module: ModuleType) -> None:
    from ..api import metrics

    metrics.install(module)


def _otel_propagate(module: ModuleType, propagators: tuple[str, ...]) -> None:
    from ..api import propagate

    propagate.install(module, propagators)


def _instrumentor(module: ModuleType) -> None:
    from ..api import instrumentors

    instrumentors.adopt(module)
