"""Threads: work belongs to the span that started it.

`asyncio` needs nothing: a task copies the context variables of its creator.
"""

from __future__ import annotations

from . import current
from .fault import unframe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any


def install(module: ModuleType) -> None:
    """Start every thread where its starter is.

    Args:
        module: `threading`.
    """
    thread = module.Thread
    original = thread.start

    def start(self: Any) -> None:
        where = current.here.get()
        if where is not None and "run" not in self.__dict__:
            self.run = _Run(self, where)
        original(self)

    start.__doc__ = original.__doc__
    start.__wrapped__ = original  # type: ignore[attr-defined]
    thread.start = start


class _Run:
    """The `run` of one thread: sets where it is, gives way to the real one."""

    __slots__ = ("thread", "where")

    def __init__(self, thread: Any, where: object) -> None:
        self.thread = thread
        self.where = where

    def __call__(self) -> None:
        thread, where = self.thread, self.where
        del thread.run, self.thread, self.where
        current.here.set(where)
        try:
            thread.run()
        except BaseException as error:
            unframe(error)
            raise


def install_pool(module: ModuleType) -> None:
    """Run every task of a `ThreadPoolExecutor` where its submitter is.

    Args:
        module: `concurrent.futures.thread`, just imported.
    """
    pool = module.ThreadPoolExecutor
    original = pool.submit

    def submit(self: Any, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        where = current.here.get()
        if where is None:
            return original(self, fn, *args, **kwargs)
        token = current.here.set(None)  # a worker started for this task outlives it
        try:
            return original(self, _Task(fn, where), *args, **kwargs)
        finally:
            current.here.reset(token)

    submit.__doc__ = original.__doc__
    submit.__wrapped__ = original  # type: ignore[attr-defined]
    pool.submit = submit


class _Task:
    """One task of a pool: the worker's context is its own again afterwards."""

    __slots__ = ("fn", "where")

    def __init__(self, fn: Any, where: object) -> None:
        self.fn = fn
        self.where = where

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        token = current.here.set(self.where)
        try:
            return self.fn(*args, **kwargs)
        except BaseException as error:
            unframe(error)
            raise
        finally:
            current.here.reset(token)
            del self.fn, self.where
