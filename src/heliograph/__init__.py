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

    from .manual import annotate, event, metadata, span
    from .measuring import metric
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
    try:
        from .runtime.wrapping import wrap as wrapped
    except _UNLOADED as error:
        _told("wrap", error)
        return handler
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
    try:
        from .runtime.wrapping import flush as flushed
    except _UNLOADED as error:
        _told("flush", error)
        return False
    return flushed()


_UNLOADED = (ImportError, AttributeError, KeyError, OSError, MemoryError, RecursionError)
"""What an import raises where no file descriptor, memory or stack is left for it, or where it is
under way: a signal handler may ask for what its own thread is importing (a KeyError of Python's own
until 3.12, python/cpython#91351)."""


def _nothing() -> Any:
    """Return what stands for a public name that cannot be loaded now: it does nothing.

    Made here, not in a module of its own: it is needed where no module can be loaded.
    """

    class Nothing:
        def __call__(self, *args: Any, **_: Any) -> Any:
            return args[0] if args and callable(args[0]) else self  # a decorated function, a span

        def __enter__(self) -> Any:
            return self

        def __exit__(self, *_: object) -> None:
            return None

        annotate = metadata = attribute = event = error = __call__

    return Nothing()


def _told(name: str, error: BaseException) -> None:
    """Say that a public name could not be loaded, if that can be said."""
    try:
        from ._unloaded import tell
    except _UNLOADED:
        return
    tell(name, error)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from .version import VERSION

        return VERSION
    if name in __all__:
        try:
            if name == "metric":
                from . import measuring as place
            else:
                from . import manual as place  # type: ignore[no-redef] # one of the two

            value = getattr(place, name)
        except _UNLOADED as error:
            _told(name, error)
            return _nothing()
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
