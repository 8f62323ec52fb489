"""Threads: work belongs to the span that started it.

`asyncio` needs nothing: a task copies the context variables of its creator.
"""

from __future__ import annotations

import sys

from .._guard import guarded, unframe
from . import current
from .recording import dress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any


_starting: dict[int, object] = {}
"""Where the starters of threads are that have not begun, by the identity of the thread: nothing is
kept on the thread itself, whose class may own any name."""


def install(module: ModuleType) -> None:
    """Start every thread where its starter is.

    Args:
        module: `threading`.
    """
    thread = module.Thread
    original, begin = thread.start, thread._bootstrap

    def start(self: Any) -> None:
        where = current.here.get()
        if where is None:
            original(self)
            return
        if sys.version_info >= (3, 14):  # it runs in a context of its own, or one that is given
            guarded("starting a thread", _in_its_context, self, where)
        try:
            _starting[id(self)] = where
            original(self)
        except BaseException as error:  # it has not begun: started twice, or no room
            _starting.pop(id(self), None)
            unframe(error)
            raise

    def _bootstrap(self: Any) -> None:
        where = _starting.pop(id(self), None)
        if where is not None:
            current.here.set(where)
        begin(self)

    dress(start, original)
    dress(_bootstrap, begin)
    thread.start, thread._bootstrap = start, _bootstrap


if sys.version_info >= (3, 14):

    def _in_its_context(thread: Any, where: object) -> None:
        """Give a thread the context that it runs in, as `Thread.start` would make it."""
        # of Python 3.14
        if thread._context is None and not sys.flags.thread_inherit_context:  # type: ignore[attr-defined]
            from contextvars import Context

            context = Context()
            context.run(current.here.set, where)
            object.__setattr__(thread, "_context", context)


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
        try:
            current.here.set(None)  # a worker started for this task outlives it
            return original(self, task, *args, **kwargs)
        except BaseException as error:
            unframe(error)
            raise
        finally:
            current.here.set(where)

    dress(submit, original)
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
        before = current.here.get()
        try:
            current.here.set(self.where)
            return self.fn(*args, **kwargs)
        except BaseException as error:
            unframe(error)
            raise
        finally:
            current.here.set(before)
            del self.fn, self.where
