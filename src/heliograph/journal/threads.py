"""Threads: work belongs to the span that started it.

`asyncio` needs nothing: a task copies the context variables of its creator.
"""

from __future__ import annotations

import sys

from .._guard import unframe
from . import current

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
        if where is None or getattr(self, "_context", None) is not None:
            original(self)  # the second: Python 3.14, a context of the caller's own choice
            return
        before = self.__dict__.get("run")
        run = self.run = _Run(self, where, before)
        try:
            original(self)
        except BaseException as error:
            if self.__dict__.get("run") is run:  # it has not begun: started twice, or no room
                run.give_way()
            unframe(error)
            raise

    _dress(start, original)
    thread.start = start


class _Run:
    """The `run` of one thread: sets where it is, gives way to the real one."""

    __slots__ = ("before", "thread", "where")

    def __init__(self, thread: Any, where: object, before: Any) -> None:
        self.thread = thread
        self.where = where
        self.before = before

    def give_way(self) -> None:
        """Put the thread's own `run` back."""
        if self.before is None:
            del self.thread.run
        else:
            self.thread.run = self.before

    def __call__(self) -> None:
        thread, where = self.thread, self.where
        self.give_way()
        del self.thread, self.where, self.before
        current.here.set(where)
        try:
            thread.run()
        except BaseException as error:
            unframe(error)
            raise


def _dress(function: Any, original: Any) -> None:
    for name in ("__module__", "__name__", "__qualname__", "__doc__"):
        setattr(function, name, getattr(original, name))
    function.__wrapped__ = original


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
        task = fn if _elsewhere(self) else _Task(fn, where)
        token = current.here.set(None)  # a worker started for this task outlives it
        try:
            return original(self, task, *args, **kwargs)
        finally:
            current.here.reset(token)

    _dress(submit, original)
    pool.submit = submit


def _elsewhere(pool: object) -> bool:
    """Tell whether a pool's tasks run in interpreters of their own (Python 3.14), by pickling."""
    module = sys.modules.get("concurrent.futures.interpreter")
    return module is not None and isinstance(pool, module.InterpreterPoolExecutor)


class _Task:
    """One task of a pool: the worker's context is its own again afterwards."""

    __slots__ = ("fn", "where")

    def __init__(self, fn: Any, where: object) -> None:
        self.fn = fn
        self.where = where

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        token = current.here.set(self.where)
        try:
            return self.fn(*args, **kwargs)
        except BaseException as error:
            unframe(error)
            raise
        finally:
            current.here.reset(token)
            del self.fn, self.where
