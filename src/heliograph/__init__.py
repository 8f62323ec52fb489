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
    from collections.abc import Callable
    from typing import Any, TypeVar

    from typing_extensions import Unpack

    from .manual import annotate, event, metadata, metric, span
    from .types import Settings

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


def configure(**settings: Unpack[Settings]) -> None:
    """Set telemetry up in code: for processes outside Lambda, and for what variables cannot say.

    The settings are those of docs/settings.md, such as `traces_exporters="console"`; they beat the
    environment. What is None is not given. `span_processors`, `span_exporters`, `metric_readers`,
    `metric_exporters` and `views` are lists of the SDK's objects, used beside what the settings
    name.

    Raises:
        ConfigurationError: For a value that is not usable.
    """
    from .runtime.wrapping import configure as configured

    given: dict[str, Any] = {name: it for name, it in settings.items() if it is not None}
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
