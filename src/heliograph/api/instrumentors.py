"""What a user does with an official instrumentor of a library that we record.

`BotocoreInstrumentor().instrument(request_hook=...)` in user code must not instrument twice: our
recorder takes the user's hooks, and `uninstrument()` stops it. With a tracer provider of the
user's own in the call, theirs wins and ours stops.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import _notice
from ..journal import recording

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

CLASSES = {
    "opentelemetry.instrumentation.botocore": ("botocore", "BotocoreInstrumentor"),
    "opentelemetry.instrumentation.requests": ("requests", "RequestsInstrumentor"),
    "opentelemetry.instrumentation.threading": ("threading", "ThreadingInstrumentor"),
}
"""Official instrumentors by module: the library, the class."""

_originals: dict[str, Callable[..., Any]] = {}

_theirs: set[str] = set()
"""Libraries that an official instrumentor serves, with a provider of the function's own."""


def original_of(library: str, instrumentor: Any) -> Callable[..., Any]:
    """Return the `_instrument` that the official class came with."""
    original: Callable[..., Any] = _originals.get(library, instrumentor._instrument)
    return original


def adopt(module: ModuleType) -> None:
    """Let our recorder serve the official instrumentor's users.

    Args:
        module: One of `CLASSES`, just imported.
    """
    library, name = CLASSES[module.__name__]
    instrumentor: Any = getattr(module, name)
    original = _originals.setdefault(library, instrumentor._instrument)
    remove = instrumentor._uninstrument

    def _instrument(self: Any, **kwargs: Any) -> None:
        recorder = recording.recorders.get(library)
        if recorder is None:
            original(self, **kwargs)
        elif _own_provider(kwargs.get("tracer_provider")):
            _notice.inform(
                f"{library} is instrumented by the function's own code with its own tracer "
                "provider: its calls are left to that."
            )
            recorder.recording = False
            _theirs.add(library)
            original(self, **kwargs)
        else:
            _theirs.discard(library)
            recorder.recording = True
            recorder.request_hook = _hook(library, kwargs, "request_hook")
            recorder.response_hook = _hook(library, kwargs, "response_hook")
            _exclude(library, kwargs.get("excluded_urls"))

    def _uninstrument(self: Any, **kwargs: Any) -> None:
        recorder = recording.recorders.get(library)
        if recorder is None or library in _theirs:
            _theirs.discard(library)
            remove(self, **kwargs)
        else:
            recorder.recording = False

    def uninstrument(self: Any, **kwargs: Any) -> None:
        """Work without an `instrument` before it: we start with recording."""
        recorder = recording.recorders.get(library)
        if recorder is not None and recorder.recording:
            self._is_instrumented_by_opentelemetry = True
        module_uninstrument(self, **kwargs)

    module_uninstrument = instrumentor.uninstrument
    instrumentor._instrument = _instrument
    instrumentor._uninstrument = _uninstrument
    instrumentor.uninstrument = uninstrument


def _own_provider(given: object) -> bool:
    """Tell whether calls go to a tracer provider of the function's own, given or set before."""
    from .trace import RecordingTracerProvider, users_provider

    if given is None:
        return users_provider() is not None
    return not isinstance(given, RecordingTracerProvider)


def _hook(library: str, given: dict[str, Any], name: str) -> Any:
    hook = given.get(name)
    if hook is None or callable(hook):
        return hook
    _notice.warn(
        f"hook {library} {name}",
        lambda: f"{name}={_notice.shown(hook)} of {library} is no function: left out.",
    )
    return None


def _exclude(library: str, patterns: object) -> None:
    if library != "requests":
        return
    from ..journal import requests

    if isinstance(patterns, str):
        requests.exclude(tuple(part.strip() for part in patterns.split(",") if part.strip()))
    else:
        requests.exclude(requests.excluded_by_settings)
