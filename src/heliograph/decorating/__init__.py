"""`@heliograph.span()` on functions, coroutines, generators and async generators.

What is decorated stays what it was: `inspect.iscoroutinefunction`, `isgeneratorfunction` and
`isasyncgenfunction` say the same of it, because frameworks ask them what to do with a function.
"""

from __future__ import annotations

import functools
import sys

from .. import _notice
from .._guard import OWN, unframe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..manual import span

GENERATOR, COROUTINE, ITERABLE_COROUTINE, ASYNC_GENERATOR = 0x20, 0x80, 0x100, 0x200
"""Flags of a code object (`inspect.CO_*`; importing `inspect` takes longer than all of ours)."""


def decorate(new_span: Callable[[], span], function: Any) -> Any:
    """Return `function` with a span around each call.

    Args:
        new_span: Makes the span of a call.
        function: Of any of the four kinds, or a static or class method of one.
    """
    if type(function) in (staticmethod, classmethod):
        return type(function)(decorate(new_span, function.__func__))
    if issubclass(type(function), type) or not callable(function):
        _notice.warn(
            ("decorated", getattr(function, "__name__", function)),
            lambda: (
                f"heliograph.span() decorates functions; {_notice.shown(function)} is left as it "
                "is."
            ),
        )
        return function
    flags = _flags(function)
    if _is_context_manager(function):
        return _dressed(_context_manager(new_span, function), function)
    if flags & (COROUTINE | ITERABLE_COROUTINE):
        around = _coroutine
    elif flags & (GENERATOR | ASYNC_GENERATOR):
        from . import generators  # loaded before a response, where there are any

        around = generators.around_async if flags & ASYNC_GENERATOR else generators.around
    else:
        around = _function
    return _dressed(around(new_span, function), function)


def _dressed(made: Any, function: Any) -> Any:
    """Make a function look like the one that it calls, the methods of its cache included."""
    functools.update_wrapper(made, function)
    for name in ("cache_info", "cache_clear", "cache_parameters"):  # of `functools.lru_cache`
        if hasattr(function, name):
            setattr(made, name, getattr(function, name))
    return made


def _is_context_manager(function: Any) -> bool:
    """Tell whether a function is one that `contextlib` made of a generator function."""
    code = getattr(function, "__code__", None)
    module = sys.modules.get("contextlib")
    return code is not None and code.co_filename == getattr(module, "__file__", "")


def _context_manager(new_span: Callable[[], span], function: Any) -> Any:
    """Return a function whose context manager has its `with` block, too, in the span."""
    import contextlib  # loaded: the function is of it

    @contextlib.contextmanager
    def entered(*args: Any, **kwargs: Any) -> Any:
        with new_span(), function(*args, **kwargs) as value:
            yield value

    @contextlib.asynccontextmanager
    async def awaited(*args: Any, **kwargs: Any) -> Any:
        with new_span():
            async with function(*args, **kwargs) as value:
                yield value

    asynchronous = _flags(getattr(function, "__wrapped__", function)) & ASYNC_GENERATOR
    return awaited if asynchronous else entered


def _flags(function: Any) -> int:
    """Return the flags of the code that a callable runs."""
    if getattr(function, "_is_coroutine_marker", None) is not None:
        return COROUTINE  # by inspect.markcoroutinefunction
    while isinstance(function, functools.partial):
        function = function.func
    if not hasattr(function, "__code__") and not hasattr(function, "__func__"):
        function = type(function).__call__  # an object that can be called
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    return code.co_flags if code is not None else 0


def _function(new_span: Callable[[], span], function: Any) -> Any:
    def call(*args: Any, **kwargs: Any) -> Any:
        with new_span():
            try:
                return function(*args, **kwargs)
            except BaseException as error:
                unframe(error)
                raise

    return call


def unrecorded(handler: Any) -> Any:
    """Take our frames out of what a handler raises while telemetry is off.

    Python 3.10 leaves one of each decorator in the traceback, which the handler's own wrapper takes
    out where there is one.
    """

    def invoke(*args: Any, **kwargs: Any) -> Any:
        try:
            return handler(*args, **kwargs)
        except BaseException as error:
            unframe(error)
            raise

    # the runtime client leaves frames of files of this name out of what it reports
    invoke.__code__ = invoke.__code__.replace(co_filename=f"{OWN}runtime/bootstrap.py")
    return handler if sys.version_info >= (3, 11) else invoke


def _coroutine(new_span: Callable[[], span], function: Any) -> Any:
    async def call(*args: Any, **kwargs: Any) -> Any:
        with new_span():
            try:
                return await function(*args, **kwargs)
            except BaseException as error:
                unframe(error)
                raise

    return call
