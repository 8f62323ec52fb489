"""What interrupts our code from outside, told apart from what fails in it.

A function may limit its own time by a signal handler that raises, or have another thread raise into
it (`PyThreadState_SetAsyncExc`). Where that hits a line of ours it is no failure of ours, and
passes on. Loaded and asked only once something was raised.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found] # built in: no file is opened for it
import sys
from _thread import allocate_lock, start_new_thread
from itertools import pairwise
from types import FunctionType, MethodType

OWN = (lambda: None).__code__.co_filename.rpartition("/")[0] + "/"
"""Where frames say that our own code lives, as in `_guard.py`, which loads this."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _thread import LockType
    from collections.abc import Callable, Iterator
    from types import CodeType, FrameType, TracebackType
    from typing import Any

_TRACEBACK = BaseException.__dict__["__traceback__"]
_ARGS = BaseException.__dict__["args"]
LIBRARY = str(getattr(sys.modules["os"], "__file__", "?")).rpartition("/")[0] + "/"
"""Where frames say that Python's own library is."""

BARE = (MemoryError, StopIteration, StopAsyncIteration)
"""What C functions raise without an argument; all else of theirs says something."""


def passes(error: BaseException) -> bool:
    """Tell whether an exception that was raised below our code is to go on to the function.

    Args:
        error: What was raised, with the traceback from our frame on.
    """
    tb: TracebackType | None = _TRACEBACK.__get__(error)
    frames = []
    while tb is not None:
        frames.append((tb.tb_frame, tb.tb_lasti))
        tb = tb.tb_next
    if not frames:
        return not issubclass(type(error), Exception)
    if _interrupting([frame for frame, _ in frames]):
        return True
    frame, at = frames[-1]
    within = _is_within(frame.f_code.co_filename)
    raises = _operation(frame.f_code, at) in ("RAISE_VARARGS", "RERAISE")
    if issubclass(type(error), Exception):
        return within and not raises and _from_a_thread(error)
    if within or len(frames) == 1 or issubclass(type(error), (KeyboardInterrupt, GeneratorExit)):
        return True
    # `sys.exit()` in a `__str__` that only we call is the value's fault, and no end of the process
    return not (raises or issubclass(type(error), SystemExit))


def _is_within(file: str) -> bool:
    """Tell whether code is ours or Python's own: none that was called for a value of the user's."""
    if file.startswith(LIBRARY):
        return "site-packages" not in file[len(LIBRARY) :]
    return file.startswith((OWN, "<frozen "))


def interrupting() -> bool:
    """Tell whether this runs below a signal handler, which may have stopped us anywhere."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - what `inspect` would return
    frames = []
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back
    return _interrupting(frames[::-1])


class signals_later:  # noqa: N801 - used as a statement
    """Let the function's signal handlers run after the block, not in it.

    What they raise would be lost in code that is not ours: Python's `traceback` and `logging` and
    the SDK swallow exceptions in places. Another thread of the function's may take a signal all the
    same.
    """

    __slots__ = ("_before",)

    def __enter__(self) -> None:
        handled = [one for one in _signal.valid_signals() if callable(_signal.getsignal(one))]
        mask = getattr(_signal, "pthread_sigmask", None)  # not on Windows
        self._before = mask(_signal.SIG_BLOCK, handled) if mask is not None else None

    def __exit__(self, *_: object) -> None:
        if self._before is not None:  # what is pending is handled here
            _signal.pthread_sigmask(_signal.SIG_SETMASK, self._before)


def start_thread(run: Callable[..., object], *args: object) -> None:
    """Run a function of ours in a thread; what strays into it is raised here.

    Up to Python 3.11 a thread begins with the id of the one that starts it, and what another thread
    raises into that one (`PyThreadState_SetAsyncExc`) lands in the new one, where it is lost.
    """
    if sys.version_info >= (3, 12):
        start_new_thread(run, args)
        return
    begun, strayed = allocate_lock(), list[BaseException]()
    begun.acquire()
    body = _body(run, args, begun, strayed)
    next(body)
    start_new_thread(next, (body, None))
    with begun:
        pass
    if strayed:
        raise strayed.pop()


def _body(
    run: Callable[..., object], args: tuple[object, ...], begun: LockType, strayed: list[Any]
) -> Iterator[None]:
    """Make what a thread goes on with: a generator is entered within its `try`, a function not."""
    try:
        yield
    except GeneratorExit:  # no thread came of it
        return
    except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits
        strayed.append(error)
    finally:
        begun.release()
    run(*args)


def _interrupting(frames: list[FrameType]) -> bool:
    """Tell whether one of these frames, outermost first, is a signal handler's or a tracer's.

    Both are handed the frame that they interrupt, whatever they are called and wrapped in.
    """
    codes = set(_handlers())
    return any(inner.f_code in codes or _handed(inner, outer) for outer, inner in pairwise(frames))


def _handed(frame: FrameType, interrupted: FrameType) -> bool:
    code = frame.f_code
    count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 4)  # CO_VARARGS
    given = frame.f_locals
    for name in code.co_varnames[:count]:
        value = given.get(name)
        if value is interrupted:
            return True
        if type(value) is tuple and any(member is interrupted for member in value):
            return True
    return False


def _handlers() -> Iterator[CodeType]:
    """Yield the code of the signal handlers in force."""
    for number in _signal.valid_signals():
        handler = _signal.getsignal(number)
        if callable(handler):
            code = _code(handler)
            if code is not None:
                yield code


def _code(handler: object) -> CodeType | None:
    for _ in range(8):
        kind = type(handler)
        if kind is FunctionType:
            return handler.__code__  # type: ignore[attr-defined,no-any-return] # a function has one
        if kind is MethodType:
            handler = handler.__func__  # type: ignore[attr-defined] # a method has one
        elif kind.__module__ == "functools" and kind.__name__ == "partial":
            handler = handler.func  # type: ignore[attr-defined] # a partial has one
        else:
            handler = next((vars(k)["__call__"] for k in kind.__mro__ if "__call__" in vars(k)), 0)
    return None


OURS = ("heliograph", "opentelemetry", "_heliograph_apart")
"""Roots of the modules that we run."""


def _from_a_thread(error: BaseException) -> bool:
    """Tell whether another thread raised this, where no `raise` and no user's code did.

    It names a class, which is made without arguments; or a class of the function's own.
    """
    kind = type(error)
    if not _ARGS.__get__(error):
        return not issubclass(kind, BARE)
    module = type.__getattribute__(kind, "__module__")
    root = module.partition(".")[0] if type(module) is str else ""
    if root in sys.stdlib_module_names or root in (
        "heliograph",
        "opentelemetry",
        "_heliograph_apart",
    ):
        return False
    place = getattr(sys.modules.get(module), "__file__", None)
    return type(place) is not str or place.endswith((".py", ".pyc"))  # else machine code raised it


def _operation(code: CodeType, at: int) -> str:
    """Return the name of the instruction at an offset."""
    from opcode import opname

    return opname[code.co_code[at]] if 0 <= at < len(code.co_code) else ""
