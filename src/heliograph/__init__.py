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
    from .per_record import record, records
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
    "record",
    "records",
    "span",
    "wrap",
]


PLACES = {"metric": "measuring", "record": "per_record", "records": "per_record"}
"""Modules of the public names that are not in `manual.py`."""


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
    wrapped = _loaded("wrap", "runtime.wrapping")
    return wrapped(handler) if wrapped is not None else handler


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
    flushed = _loaded("flush", "runtime.wrapping")
    return flushed is not None and flushed()


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


def _loaded(name: str, place: str) -> Any:
    """Return a public name of one of our modules; None, and a line, where that cannot be loaded.

    An import fails where no file descriptor, memory or stack is left for it, or where it is under
    way: a signal handler may ask for what its own thread is importing (a KeyError of Python's own
    until 3.12, python/cpython#91351). Handlers wait for it: what they raise in an import may be
    lost, because importlib's own callbacks cannot pass it on. (`_interrupts.signals_later` does the
    same; to load it would be such an import.)
    """
    import _signal  # type: ignore[import-not-found] # built in: no file is opened for it

    mask = getattr(_signal, "pthread_sigmask", None)  # not on Windows
    before = mask(_signal.SIG_BLOCK, _signal.valid_signals()) if mask else ()
    try:
        module = __import__(f"heliograph.{place}", fromlist=(name,))
        return getattr(module, name)
    except (ImportError, AttributeError, KeyError, OSError, MemoryError, RecursionError) as error:
        try:
            from ._unloaded import tell
        except (ImportError, OSError, MemoryError, RecursionError):
            return None
        tell(name, error)
        return None
    finally:
        if mask:  # what is pending is handled here
            mask(_signal.SIG_SETMASK, before)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from .version import VERSION

        return VERSION
    if name in __all__:
        value = _loaded(name, PLACES.get(name, "manual"))
        if value is None:
            return _nothing()
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
