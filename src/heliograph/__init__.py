"""OpenTelemetry for Python on AWS Lambda: recorded before the response, developed after it.

```python
import heliograph


@heliograph.span()
def price(order):
    heliograph.annotate("order.id", order["id"])
    heliograph.metric("orders", 1, unit="Count", tier=order["tier"])
```

None of these names imports OpenTelemetry, and importing this module does nothing at all.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Literal, TypeVar

    from opentelemetry.sdk.metrics.export import MetricExporter, MetricReader
    from opentelemetry.sdk.metrics.view import View
    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.sdk.trace.export import SpanExporter

    from .manual import annotate, event, metadata, metric, span

    Names = str | Sequence[str]
    __version__: str
    Handler = TypeVar("Handler", bound=Callable[..., Any])

__all__ = [
    "__version__",
    "annotate",
    "configure",
    "event",
    "flush",
    "metadata",
    "metric",
    "span",
    "wrap",
]


def wrap(handler: Handler) -> Handler:
    """Record the invocations of a Lambda handler: the layer's result without the layer.

    ```python
    @heliograph.wrap
    def handler(event, context): ...
    ```

    Outside Lambda, and without `configure`, the handler simply runs. Under the layer, which has
    wrapped it already, the second wrapping does nothing.

    Args:
        handler: The handler. Its arguments, result, exception and traceback pass through untouched.
    """
    from .runtime.wrapping import wrap as wrapped

    return wrapped(handler)  # type: ignore[return-value]


def configure(
    *,
    disabled: bool | str | None = None,
    service_name: str | None = None,
    traces_exporters: Names | None = None,
    metrics_exporters: Names | None = None,
    propagators: Names | None = None,
    sampler: str | None = None,
    sampler_argument: str | float | None = None,
    disabled_instrumentations: Names | None = None,
    excluded_urls: Names | None = None,
    start: Literal["deferred", "eager"] | None = None,
    span_name: Literal["auto", "function"] | None = None,
    capture_query: bool | str | None = None,
    annotations: Names | None = None,
    handler_as_segment: bool | str | None = None,
    aws_header: bool | str | None = None,
    daemon_address: str | None = None,
    emf_namespace: str | None = None,
    emf_dimensions: str | Sequence[Sequence[str]] | None = None,
    emf_extraction_disabled: bool | str | None = None,
    handler: str | None = None,
    span_processors: Sequence[SpanProcessor] | None = None,
    span_exporters: Sequence[SpanExporter] | None = None,
    metric_readers: Sequence[MetricReader] | None = None,
    metric_exporters: Sequence[MetricExporter] | None = None,
    views: Sequence[View] | None = None,
) -> None:
    """Set telemetry up in code: for processes outside Lambda, and for what variables cannot say.

    The settings are those of docs/settings.md, such as `traces_exporters="console"`; they beat the
    environment. What is None is not given. The last five are objects of the SDK, used beside what
    the settings name.

    Raises:
        ConfigurationError: For a value that is not usable.
    """
    given = {name: value for name, value in locals().items() if value is not None}
    from .runtime.wrapping import configure as configured

    configured(**given)


def flush() -> bool:
    """Develop and send now what has ended. Lambda functions need not: it is done after a response.

    Returns:
        Whether all of it was developed; False where the invocation's time does not allow it.
    """
    from .runtime.wrapping import flush as flushed

    return flushed()


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from .version import VERSION

        return VERSION
    if name in __all__:
        from . import manual

        value = globals()[name] = getattr(manual, name)
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
