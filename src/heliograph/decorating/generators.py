"""Spans around the bodies of generators: open from the first step to the end, current within steps.

Between two steps the code that iterates runs, which is not in the span; the block of a `with` is,
where `contextlib` made a context manager of the generator.
"""

from __future__ import annotations

import sys

from .._guard import unframe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
    from types import TracebackType
    from typing import Any

    from ..manual import span


def around(new_span: Callable[[], span], function: Any) -> Any:
    """Return a generator function with a span around the body of each generator."""

    def call(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        if _is_begun_by("__enter__"):
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


def around_async(new_span: Callable[[], span], function: Any) -> Any:
    """Return an async generator function with a span around the body of each generator."""

    async def call(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        opened, generator = new_span(), function(*args, **kwargs)
        held = _is_begun_by("__aenter__")  # the block of an `async with` is in it
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


def _is_begun_by(name: str) -> bool:
    """Tell whether a function of `contextlib` runs the step of the generator that asks."""
    code = sys._getframe(2).f_code  # noqa: SLF001 - what `inspect` would return
    module = sys.modules.get("contextlib")
    return code.co_name == name and code.co_filename == getattr(module, "__file__", "")


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
