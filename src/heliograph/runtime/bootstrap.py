"""What the layer's wrapper names in `_HANDLER`: what is done in init and around the handler.

The name of this file matters: the runtime client leaves frames of a file called `bootstrap.py` out
of the stack trace that it reports, its own as well as ours.
"""

from __future__ import annotations

import os
import sys
from _frozen_importlib_external import FileFinder  # `importlib.machinery` is one module more

from .. import _notice, runtime
from .._guard import guard, guarded, unframe
from ..journal import state
from ..settings import config as settings
from . import lifecycle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any


def invoking(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that calls a handler and records the invocation.

    Args:
        handler: The user's. Its arguments, result, exception and traceback pass through untouched.
    """

    def invoke(*args: Any, **kwargs: Any) -> Any:
        invocation = None
        if state.running is None:  # else wrapped twice: by the layer and by the user's code
            given = args if len(args) == 2 and not kwargs else _arguments(args, kwargs)
            invocation = guarded("beginning the invocation", lifecycle.begin, *given)
        try:
            result = handler(*args, **kwargs)
        except BaseException as error:
            if invocation is not None:
                with guard("ending the invocation"):
                    invocation.raised(error)
                _over(error)
            unframe(error)
            raise
        if invocation is not None:
            instead = guarded("ending the invocation", invocation.returned, result)
            _over()
            if instead is not None:
                return instead
        return result

    return invoke


def _arguments(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
    named = list(kwargs.values())
    event = args[0] if args else kwargs.get("event", named[0] if named else None)
    given = args[1] if len(args) > 1 else kwargs.get("context", named[-1] if named else None)
    return event, given


def _over(error: BaseException | None = None) -> None:
    """End the invocation; develop now what nothing later would.

    Args:
        error: What the handler raised. `sys.exit` and other exceptions that are no `Exception` end
            the process without a response and without another event (lifecycle spec 1.4).
    """
    lifecycle.over()
    if not runtime.hooked or (error is not None and not isinstance(error, Exception)):
        lifecycle.develop()


def start() -> None:
    """Switch telemetry on as the environment says, and hook the runtime client."""
    config = settings.Config.read()
    lifecycle.switch_on(config)
    if config.disabled:
        _notice.inform("off, by OTEL_SDK_DISABLED.")
        return
    if not runtime.hook():
        _notice.warn(
            "runtime client",
            "the runtime client has no known shape: telemetry is sent before the response.",
        )
    if config.init_type == "snap-start":
        from . import snapshots

        snapshots.hook()
    guarded("listing the function's folders", list_once)
    lifecycle.measure_init(runtime.started_ns)


def _ready() -> None:
    config = state.config
    if config is None or config.disabled:
        return
    if config.eager:
        lifecycle.load_now()
    lifecycle.ready()
    off = ", ".join(config.disabled_instrumentations)
    _notice.inform(
        f"traces to {', '.join(config.traces_exporters)}, metrics to "
        f"{', '.join(config.metrics_exporters)}, {'after' if runtime.hooked else 'before'} each "
        "response; "
        f"headers {', '.join(config.propagators)}; sampler {config.sampler}"
        + (f"; left alone: {off}." if off else ".")
    )


def _users_handler(name: str) -> Callable[..., Any]:
    """Find the user's handler as the bare runtime does, with its errors."""
    from awslambdaric.bootstrap import _get_handler

    try:
        handler: Callable[..., Any] = _get_handler(name)
    except AttributeError as error:
        # The runtime takes an AttributeError here for a handler that is missing on *our* module.
        # What the user's module raised is reported with the same name, message and stack.
        stands_for = type(type(error).__name__, (Exception,), {})
        raise stands_for(str(error)).with_traceback(error.__traceback__) from error.__cause__
    return handler


def __getattr__(name: str) -> Callable[..., Any]:
    """Make the handler when the runtime asks this module for it.

    Not at import: the runtime words the errors of an import by the module that it imports, which
    would be this one.
    """
    if name != "handler":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    users = settings.users_handler()
    with guard("starting"):
        start()
    handler = _users_handler(users)
    with guard("starting"):
        _ready()
    if state.config is not None and state.config.disabled:
        decorating = sys.modules.get("heliograph.decorating")  # loaded by the first decorator
        return decorating.unrecorded(handler) if decorating is not None else handler
    return invoking(handler)


# Python's finder asks the file system at each import, for each folder of `sys.path`, whether it has
# changed. Those of the function, its layers and the runtime cannot: Lambda mounts them read-only. A
# layer's folders come before the standard library, so all 400 imports of boto3 and requests ask two
# more; listed once, the folders of all give back more instructions than Heliograph takes in init.

PLACES = ("/opt/", "/var/lang/", "/var/runtime", "/var/task")
"""Where a function's folders are. Others can be changed by somebody else, such as those of EFS."""


class Listed(FileFinder):
    """Python's finder of a folder, asked only for what the folder has."""

    names: frozenset[str] | None = None

    def find_spec(self, fullname: str, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return the spec of a module in the folder, or None."""
        if self.names is None:
            self.names = _listed(self.path)
        if fullname.rpartition(".")[2] not in self.names:
            return None
        return super().find_spec(fullname, target)

    def invalidate_caches(self) -> None:
        """List the folder anew at the next import."""
        self.names = None
        super().invalidate_caches()


def _listed(path: str) -> frozenset[str]:
    try:
        found = os.listdir(path)
    except OSError:  # Python's own finder finds nothing there either
        found = []
    return frozenset(name.partition(".")[0] for name in found)


def list_once() -> None:
    """Let the finders of folders in `PLACES` that this process cannot write to list them once."""
    for place in sys.path:
        finder = sys.path_importer_cache.get(place)
        if (
            type(finder) is FileFinder
            and place.startswith(PLACES)
            and not os.access(place, os.W_OK)
        ):
            finder.__class__ = Listed
