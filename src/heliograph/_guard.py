"""The one guard: a failure of ours is counted, told once, and never reaches the function.

This and `_notice.py`, which hands lines to the function's own logging, are the only places in the
package that swallow whatever comes; other broad `except`s let it go on. Everything between the
user's code and the runtime runs inside `with guard("doing this"):`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import TypeVar

    Result = TypeVar("Result")

OWN = (lambda: None).__code__.co_filename.rpartition("/")[0] + "/"
"""Where frames say that our own code lives: they are not part of the user's stack. The .pyc of the
layer say what they were compiled to say, wherever the layer is."""

observers: list[Callable[[str, BaseException], None]] = []
"""Called with every swallowed failure. The testing kit uses it to raise them again."""

failures = 0
"""How many failures were swallowed in this process."""


_TRACEBACK = BaseException.__dict__["__traceback__"]
"""Python's own: a class may have an attribute of this name, or refuse to have it set."""


class guard:  # noqa: N801 - used as a statement: `with guard("...")`
    """Swallow and report what the block raises.

    What passes: the end of the process or of a generator, and what a signal handler or another
    thread raised into the block (`_interrupts.py`).

    Args:
        doing: What the block does, as the line in the log will say it: "recording a call".
    """

    __slots__ = ("doing",)

    def __init__(self, doing: str) -> None:
        self.doing = doing

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> bool:
        if error is None or passes(error):
            return False
        failed(self.doing, error)
        return True


def guarded(doing: str, function: Callable[..., Result], *args: object) -> Result | None:
    """Call a function as in a guard's block; returns None where it failed.

    For what every invocation does: a guard's object costs three times as much.
    """
    try:
        return function(*args)
    except BaseException as error:
        if passes(error):
            raise
        failed(doing, error)
        return None


def passes(error: BaseException) -> bool:
    """Tell whether what was raised is no failure of ours, but goes on to the function."""
    try:
        from . import _interrupts

        return _interrupts.passes(error)
    except Exception:  # noqa: BLE001 - no descriptor or memory is left to tell by
        return not issubclass(type(error), Exception)


def failed(doing: str, error: BaseException) -> None:
    """Count a failure of ours and tell it once, with the place it came from."""
    global failures
    failures += 1
    try:
        from ._failure import tell

        tell(doing, error, observers)
    except Exception as another:
        if passes(another):
            raise
        failures += 1


def unframe(error: BaseException) -> None:
    """Take our frames out of an exception's traceback: it is the user's, untouched.

    The first frame is the caller's own; after this a bare `raise` continues without it (Python 3.11
    and later; 3.10 keeps the traceback apart from the exception and shows that one frame).
    """
    tb = _TRACEBACK.__get__(error)
    while tb is not None and tb.tb_frame.f_code.co_filename.startswith(OWN):
        tb = tb.tb_next
    _TRACEBACK.__set__(error, tb)
    while tb is not None:
        following = tb.tb_next
        while following is not None and following.tb_frame.f_code.co_filename.startswith(OWN):
            following = following.tb_next
        if following is not tb.tb_next:
            tb.tb_next = following
        tb = following
