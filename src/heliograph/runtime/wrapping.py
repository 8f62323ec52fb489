"""The package form: a handler wrapped in code, with the result that the layer gives."""

from __future__ import annotations

import sys
from time import perf_counter_ns

from .._guard import guard
from ..journal import state
from ..settings.config import Config
from . import hook, lifecycle
from .bootstrap import invoking

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..develop.development import SdkObjects


def wrap(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Record the invocations of a Lambda handler. See `heliograph.wrap`."""
    with guard("switching telemetry on"):
        _switch_on(handler)
    wrapped = invoking(handler)
    with guard("naming the wrapped handler"):
        for name in ("__module__", "__name__", "__qualname__", "__doc__"):
            setattr(wrapped, name, getattr(handler, name, getattr(wrapped, name)))
        wrapped.__wrapped__ = handler  # type: ignore[attr-defined] # as `functools.wraps` does
    return wrapped


def _switch_on(handler: Callable[..., Any]) -> None:
    if state.config is not None:
        return
    started = perf_counter_ns()
    config = Config.read()
    if not config.in_lambda:
        return  # outside Lambda nothing is recorded unless `configure` asks for it
    name = f"{getattr(handler, '__module__', '')}.{getattr(handler, '__name__', 'handler')}"
    lifecycle.switch_on(config if config.handler else Config.read(given={"handler": name}))
    hook()
    lifecycle.measure_init(started)
    lifecycle.ready()


def configure(
    *,
    span_processors: list[Any] | None = None,
    span_exporters: list[Any] | None = None,
    metric_readers: list[Any] | None = None,
    metric_exporters: list[Any] | None = None,
    views: list[Any] | None = None,
    request_hook: Callable[..., object] | None = None,
    response_hook: Callable[..., object] | None = None,
    **settings: Any,
) -> None:
    """Set telemetry up in code. See `heliograph.configure`."""
    from ..develop.development import SdkObjects

    config = Config.read(given=settings)
    sdk_objects = SdkObjects(
        span_processors, span_exporters, metric_readers, metric_exporters, views,
        (request_hook, response_hook),
    )  # fmt: skip
    if config.in_lambda:
        record(config, sdk_objects)
        return
    from . import process

    process.start(config, sdk_objects, instrument=True)


def record(config: Config, sdk_objects: SdkObjects) -> None:
    """Record as in Lambda: into the journal, developed after the response or by `flush`."""
    lifecycle.switch_on(config, sdk_objects)
    if config.in_lambda:
        hook()


def flush() -> bool:
    """Develop and send now. See `heliograph.flush`."""
    done = lifecycle.develop()
    with guard("delivering what waits"):
        developing = lifecycle.development()
        if developing is not None:
            developing.deliver(lifecycle.deadline())
    process = sys.modules.get(f"{__package__}.process")
    return done and (process is None or process.flush())
