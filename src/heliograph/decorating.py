"""`@heliograph.span()` on functions, coroutines, generators and async generators.

What is decorated stays what it was: `inspect.iscoroutinefunction`, `isgeneratorfunction` and
`isasyncgenfunction` say the same of it, because frameworks ask them what to do with a function.
"""

from __future__ import annotations

import functools
import sys

from . import _notice
from ._guard import OWN, unframe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
    from types import TracebackType
    from typing import Any

    from .manual import span

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
    if _is_contextlibs(getattr(function, "__code__", None)):
        return _dressed(_context_manager(new_span, function), function)
    if flags & ASYNC_GENERATOR:
        around = _async_generator
    elif flags & (COROUTINE | ITERABLE_COROUTINE):
        around = _coroutine
    elif flags & GENERATOR:
        around = _generator
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


def _is_contextlibs(code: Any, *names: str) -> bool:
    """Tell whether code is of `contextlib`; of these functions, if any are named."""
    module = sys.modules.get("contextlib")
    known = code is not None and code.co_filename == getattr(module, "__file__", "")
    return known and (not names or code.co_name in names)


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


def _caller() -> Any:
    """Return the code of what runs the step of the generator that asks."""
    frame = sys._getframe(2)  # noqa: SLF001 - what `inspect` would return
    return frame.f_code


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


class _Within:
    """Makes a span current for one step of a generator's body."""

    __slots__ = ("_span",)

    def __init__(self, of: span) -> None:
        self._span = of

    def __enter__(self) -> None:
        self._span.resume()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._span.pause()


class _Steps:
    """The steps of a generator, for `yield from`: each runs within the span."""

    __slots__ = ("_generator", "_within")

    def __init__(self, of: span, generator: Generator[Any, Any, Any]) -> None:
        self._within = _Within(of)
        self._generator = generator

    def __iter__(self) -> _Steps:
        return self

    def __next__(self) -> Any:
        with self._within:
            return next(self._generator)

    def send(self, value: Any) -> Any:
        with self._within:
            return self._generator.send(value)

    def throw(self, *error: Any) -> Any:
        with self._within:
            return self._generator.throw(*error)

    def close(self) -> None:
        with self._within:
            self._generator.close()


def _generator(new_span: Callable[[], span], function: Any) -> Any:
    def call(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        if _is_contextlibs(_caller(), "__enter__"):
            with new_span():  # the block of a `with` is in the span
                return (yield from function(*args, **kwargs))
        opened = new_span()
        steps: Any = _Steps(opened, function(*args, **kwargs))
        try:
            return (yield from steps)
        except BaseException as error:
            opened.end(error)
            unframe(error)
            raise
        finally:
            opened.end()

    return call


def _async_generator(new_span: Callable[[], span], function: Any) -> Any:
    async def call(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        opened, generator = new_span(), function(*args, **kwargs)
        held = _is_contextlibs(_caller(), "__aenter__")  # the block of an `async with` is in it
        within, step = _Within(opened), _first_step(generator)
        try:
            while True:
                with within:
                    value = await step
                try:
                    if held:
                        opened.resume()
                    sent = yield value
                except GeneratorExit:
                    with within:
                        await generator.aclose()
                    raise
                except BaseException as error:  # noqa: BLE001 - it goes on to the body
                    step = generator.athrow(error)
                else:
                    step = generator.asend(sent)
        except StopAsyncIteration:
            return
        except BaseException as error:
            opened.end(error)
            unframe(error)
            raise
        finally:
            opened.end()

    return call


def _first_step(generator: AsyncGenerator[Any, Any]) -> Awaitable[Any]:
    """Begin an async generator that only its wrapper closes.

    The event loop closes what it has seen the first step of; of two that wrap each other it would
    close both at once, and the inner one's `finally` block would run without the span.
    """
    hooks = sys.get_asyncgen_hooks()
    sys.set_asyncgen_hooks(None, None)
    try:
        return generator.asend(None)
    finally:
        sys.set_asyncgen_hooks(*hooks)
