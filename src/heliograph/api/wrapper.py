"""The wrapper that an official instrumentor would put around a library's function."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any

from opentelemetry.metrics import NoOpMeterProvider

from ..lending import lent
from .imports import light
from .instrumentors import original_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from opentelemetry.trace import TracerProvider

    from ..config import Config


def botocore(
    provider: TracerProvider, response_hook: Callable[..., object] | None = None
) -> Callable[[Any, Any, Any, Any], Any]:
    """Return `BotocoreInstrumentor`'s wrapper of `BaseClient._make_api_call`.

    The class itself is left alone: background threads may be calling it right now.

    Args:
        provider: Whose tracers the wrapper starts its spans with.
        response_hook: As for `instrument`.

    Returns:
        A function of the wrapped function, the client, its arguments and keyword arguments.
    """
    with light():
        import opentelemetry.instrumentation.botocore

    module: Any = opentelemetry.instrumentation.botocore
    instrumentor = object.__new__(module.BotocoreInstrumentor)  # not the user's singleton
    module.BotocoreInstrumentor.__init__(instrumentor)
    with _replaced(module, "wrap_function_wrapper", lambda *_: None):
        _instrument("botocore", instrumentor, provider, response_hook=response_hook)
    wrapper: Callable[[Any, Any, Any, Any], Any] = instrumentor._patched_api_call
    return wrapper


def requests(
    provider: TracerProvider, session: Any, response_hook: Callable[..., object] | None = None
) -> Any:
    """Put `RequestsInstrumentor`'s wrapper around the `send` of a class that stands for `Session`.

    Args:
        provider: Whose tracers the wrapper starts its spans with.
        session: The class.
        response_hook: As for `instrument`.

    Returns:
        The instrumentor's module, with the names that it imports from requests.
    """
    with light():
        import opentelemetry.instrumentation.requests

    module: Any = opentelemetry.instrumentation.requests
    instrumentor = object.__new__(module.RequestsInstrumentor)
    with _replaced(module, "Session", session):
        _instrument(
            "requests",
            instrumentor,
            provider,
            response_hook=response_hook,
            excluded_urls="",  # decided when the request was recorded
        )
    return module


def _instrument(library: str, instrumentor: Any, provider: TracerProvider, **more: Any) -> None:
    """Call `instrument`, which reads OTEL_SEMCONV_STABILITY_OPT_IN, on an instance of our own."""
    instrumentor._instrument = partial(original_of(library, type(instrumentor)), instrumentor)
    instrumentor.instrument(
        skip_dep_check=True,
        tracer_provider=provider,
        meter_provider=NoOpMeterProvider(),
        **more,
    )


@contextmanager
def _replaced(module: Any, name: str, value: object) -> Iterator[None]:
    kept = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, kept)


def in_line(settings: Config | None) -> Callable[[Any, Any, Any, Any], Any]:
    """Return the wrapper of AWS calls on the recording tracer, for calls made with it live.

    Args:
        settings: Those in force; their environment is lent.
    """
    with lent(settings) if settings is not None else nullcontext():
        import opentelemetry.trace  # noqa: F401 - first: its hook is what loads our side of it

        from .trace import RecordingTracerProvider

        return botocore(RecordingTracerProvider())
