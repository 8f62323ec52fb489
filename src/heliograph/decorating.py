"""`@heliograph.span()` on functions, coroutines, generators and async generators."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Generator

from .journal.fault import unframe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Any

    from .manual import span


def decorate(new_span: Callable[[], span], function: Any) -> Any:
    """Return `function` with a span around each call.

    Args:
        new_span: Makes the span of a call.
        function: Of any of the four kinds.
    """
    if inspect.isasyncgenfunction(function):
        around = _async_generator
    elif inspect.isgeneratorfunction(function):
        around = _generator
    elif inspect.iscoroutinefunction(function):
        around = _coroutine
    else:
        around = _function
    return functools.wraps(function)(around(new_span, function))


def _function(new_span: Callable[[], span], function: Any) -> Any:
    def call(*args: Any, **kwargs: Any) -> Any:
        with new_span():
            try:
                return function(*args, **kwargs)
            except BaseException as error:
                unframe(error)
                raise

    return call


def _coroutine(new_span: Callable[[], span], function: Any) -> Any:
    async def call(*args: Any, **kwargs: Any) -> Any:
        with new_span():
            try:
                return await function(*args, **kwargs)
            except BaseException as error:
                unframe(error)
                raise

    return call


def _generator(new_span: Callable[[], span], function: Any) -> Any:
    def call(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        return _SpannedGenerator(new_span(), function(*args, **kwargs))

    return call


def _async_generator(new_span: Callable[[], span], function: Any) -> Any:
    def call(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        return _SpannedAsyncGenerator(new_span(), function(*args, **kwargs))

    return call


class _Step:
    """One step of a generator: its span is current meanwhile, and ends when the body does."""

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
        if isinstance(error, (StopIteration, StopAsyncIteration)):
            self._span.end()
        elif error is not None:
            self._span.end(error)


class _SpannedGenerator(Generator["Any", "Any", "Any"]):
    """A generator whose body runs within a span; its caller, between two values, does not."""

    def __init__(self, of: span, generator: Generator[Any, Any, Any]) -> None:
        self._span = of
        self._step = _Step(of)
        self._generator = generator

    def send(self, value: Any) -> Any:
        with self._step:
            return self._generator.send(value)

    def throw(self, *error: Any) -> Any:
        with self._step:
            return self._generator.throw(*error)

    def __del__(self) -> None:
        self._generator.close()
        self._span.end()


class _SpannedAsyncGenerator(AsyncGenerator["Any", "Any"]):
    """An async generator whose body runs within a span."""

    def __init__(self, of: span, generator: AsyncGenerator[Any, Any]) -> None:
        self._span = of
        self._step = _Step(of)
        self._generator = generator

    async def asend(self, value: Any) -> Any:
        with self._step:
            return await self._generator.asend(value)

    async def athrow(self, *error: Any) -> Any:
        with self._step:
            return await self._generator.athrow(*error)

    def __del__(self) -> None:
        self._span.end()
