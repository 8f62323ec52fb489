"""An exception by value: names of its classes, message and a light stack, taken at once.

Keeping the exception would keep every frame's locals alive until development, and raising it again
for a describer would write our frames into the user's traceback. What is kept is built-in types.
"""

from __future__ import annotations

import builtins
from itertools import islice
from time import time_ns

from .._guard import OWN, guard
from . import MAX_CHAIN, MAX_FRAMES, MAX_STRING, bounded, current
from .entry import Entry
from .recording import recorders

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, TracebackType
    from typing import Any

    from .recording import Recorder

    Frame = tuple[str, str, int, int | None, int | None, int | None]
    """File, function, line; where it is known: last line, first and last column."""


OWN_STATE = vars(BaseException)
"""What Python itself keeps of an exception is read by these descriptors: the class of an exception
may have attributes of the same names, and code that runs when they are read."""
_CAUSE, _CONTEXT = OWN_STATE["__cause__"], OWN_STATE["__context__"]
_TRACEBACK, _MEMBERS = OWN_STATE["__traceback__"], OWN_STATE["__dict__"]
_SUPPRESSED = OWN_STATE["__suppress_context__"]

_NAME, _QUALNAME = vars(type)["__name__"], vars(type)["__qualname__"]
_MODULE, _ORDER = vars(type)["__module__"], vars(type)["__mro__"]
"""Python's own record of a class; a metaclass may have another. Read here, not by `_shown.py`: an
exception is recorded where no file descriptor is left to load a module with, too."""

MAX_CLASSES = 32
"""Classes kept of an exception, its own first."""
MAX_MEMBERS = 16
"""Exceptions kept of a group, its own causes included; Python prints 15 of each level."""


class RecordedException:
    """What is kept of an exception.

    Attributes:
        name: Name of its class.
        classes: (module, qualified name) of its class and of the bases, in the order of lookup.
        text: `str()` of it, bounded; a note if that raised.
        frames: From the outermost to the innermost (`Frame`).
        left_out: Frames left out of the middle of a deep stack.
        link: "cause", "context" or "" - how `previous` led to this exception.
        previous: The exception it was raised from or during, if any.
        notes: Notes added with `add_note`.
        response: Bounded facts of `.response`, which describers of library calls read.
        details: For a `SyntaxError`, where it is; lines of its text come from that.
        members: Of an exception group, the exceptions in it.
    """

    __slots__ = (
        "classes", "details", "frames", "left_out", "link", "members", "name", "notes", "previous",
        "response", "text",
    )  # fmt: skip

    @property
    def summary(self) -> str:
        """What a span's status says of it."""
        return f"{self.name}: {self.text}"

    def __init__(
        self, error: BaseException, depth: int = MAX_CHAIN, seen: set[int] | None = None
    ) -> None:
        seen = set() if seen is None else seen
        seen.add(id(error))  # bounds the whole, and ends a chain that leads back to itself
        kind = type(error)
        self.name = str(_NAME.__get__(kind))
        self.classes = tuple([_called(one) for one in _ORDER.__get__(kind)[:MAX_CLASSES]])
        self.text = _text(error)
        self.frames, self.left_out = _frames(_TRACEBACK.__get__(error))
        self.link, self.previous = _previous(error, depth - 1, seen)
        self.members = _members(error, seen)
        own = _MEMBERS.__get__(error)
        notes = own.get("__notes__")
        self.notes = tuple([_text(note) for note in notes[:4]]) if type(notes) is list else ()
        self.response: object = None
        with guard("recording the response of an exception"):
            response = own.get("response")
            for recorder in recorders.values() if response is not None else ():
                self.response = self.response or recorder.keep(response)
        self.details: object = None
        if issubclass(kind, SyntaxError):
            place = {name: vars(SyntaxError)[name].__get__(error) for name in _PLACE}
            self.details = bounded.facts(place)


def response_of(error: BaseException) -> Any:
    """Return the response that an exception has of its own."""
    return _MEMBERS.__get__(error).get("response")


_PLACE = ("msg", "filename", "lineno", "offset", "text", "end_lineno", "end_offset")
"""Attributes of a `SyntaxError` that Python prints."""


def _text(value: object) -> str:
    with guard("taking the text of an exception"):
        return str.__getitem__(str(value), slice(MAX_STRING))
    return "<exception str() failed>"  # as Python prints it


def _called(kind: type) -> tuple[str, str]:
    module = _MODULE.__get__(kind)
    return module if type(module) is str else "", str(_QUALNAME.__get__(kind))


def _frames(tb: TracebackType | None) -> tuple[list[Frame], int]:
    found = []
    while tb is not None:
        code = tb.tb_frame.f_code
        if not code.co_filename.startswith(OWN):
            found.append((code, tb.tb_lasti, tb.tb_lineno))
        tb = tb.tb_next
    left_out = max(0, len(found) - MAX_FRAMES)
    del found[MAX_FRAMES // 2 : MAX_FRAMES // 2 + left_out]
    return [_frame(*one) for one in found], left_out


_known: dict[tuple[int, int, int], tuple[Frame, CodeType]] = {}
"""By identity of the code, kept with it: a function that fails, fails again, at the same places;
and equal code may be in different files."""

MAX_KNOWN = 1024
"""Frames remembered; then all are forgotten."""


def _frame(code: CodeType, last: int, line: int) -> Frame:
    key = id(code), last, line
    known = _known.get(key)
    if known is not None:
        return known[0]
    marks: tuple[int | None, ...] = (None, None, None)
    if hasattr(code, "co_positions"):  # Python 3.11: the columns that ^^^^ marks
        # four places, or none
        _, *marks = next(islice(code.co_positions(), last // 2, None), (None, *marks))  # type: ignore[assignment]
    if len(_known) >= MAX_KNOWN:
        _known.clear()
    frame: Any = (code.co_filename, code.co_name, line, *marks)
    _known[key] = frame, code
    return frame  # type: ignore[no-any-return] # a frame


def _previous(
    error: BaseException, depth: int, seen: set[int]
) -> tuple[str, RecordedException | None]:
    cause, context = _CAUSE.__get__(error), _CONTEXT.__get__(error)
    if depth and len(seen) < MAX_MEMBERS:
        if cause is not None:
            return (
                ("", None)
                if id(cause) in seen
                else ("cause", RecordedException(cause, depth, seen))
            )
        if context is not None and not _SUPPRESSED.__get__(error) and id(context) not in seen:
            return "context", RecordedException(context, depth, seen)
    return "", None


def _members(error: BaseException, seen: set[int]) -> list[RecordedException]:
    group = getattr(builtins, "BaseExceptionGroup", None)  # Python 3.11
    if group is None or not issubclass(type(error), group):
        return []
    members = []
    for member in group.exceptions.__get__(error):
        if len(seen) >= MAX_MEMBERS:
            break
        if id(member) not in seen:
            members.append(RecordedException(member, seen=seen))
    return members


def fail(
    recorder: Recorder, entry: Entry | None, before: object, error: BaseException, *seen: object
) -> None:
    """End the entry of a call that raised.

    Args:
        recorder: Of the library.
        entry: What `begin` returned; None if it was not asked, or was interrupted.
        before: What was current before the call.
        error: What was raised.
        seen: What the user's response hook is called with, after the span.
    """
    if entry is None:
        entry = _entered(before)
        if entry is not None:
            current.here.set(before)
    try:
        if entry is not None:
            with guard(f"recording an exception of {recorder.library}"):
                if entry.call is not None:
                    entry.call.exception = RecordedException(error)
            recorder.hooked(entry, *seen)
    finally:
        if entry is not None:
            entry.end = entry.end or time_ns() or 1


def _entered(before: object) -> Entry | None:
    """Return the call's entry that is current and was not before, if it is still open."""
    value = current.here.get()
    if type(value) is not Entry or value is before or value.call is None or value.end:
        return None
    return value
