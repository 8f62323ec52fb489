"""An exception by value: type, message and a light stack, taken at once.

Keeping the exception would keep every frame's locals alive until development, and raising it again
for a describer would write our frames into the user's traceback.
"""

from __future__ import annotations

from .._guard import guard
from .._limits import MAX_CHAIN, MAX_FRAMES, MAX_STRING
from . import keep

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, TracebackType

OWN = __file__.rsplit("/", 2)[0]
"""Where our own code lives: its frames are not part of the user's stack."""


class Fault:
    """What is kept of an exception.

    Attributes:
        kind: Its class.
        text: `str()` of it, bounded; a note if that raised.
        frames: (code, last instruction, line) from the outermost to the innermost frame.
        left_out: Frames left out of the middle of a deep stack.
        link: "cause", "context" or "" - how `previous` led to this exception.
        previous: The exception it was raised from or during, if any.
        notes: Notes added with `add_note`.
        response: Bounded facts of `.response`, which describers of library calls read.
        details: For a `SyntaxError`, its arguments; the last lines of its text come from them.
    """

    __slots__ = (
        "details", "frames", "kind", "left_out", "link", "notes", "previous", "response", "text",
    )  # fmt: skip

    def __init__(self, error: BaseException, depth: int = MAX_CHAIN) -> None:
        self.kind = type(error)
        self.text = _text(error)
        self.frames, self.left_out = _frames(error.__traceback__)
        self.link, self.previous = _previous(error, depth)
        notes = getattr(error, "__notes__", ())
        self.notes = tuple(_text(note) for note in notes[:4]) if type(notes) is list else ()
        response = getattr(error, "response", None)
        self.response = keep.facts(response) if type(response) is dict else response_facts(response)
        self.details = keep.facts(error.args) if isinstance(error, SyntaxError) else None


def response_facts(response: object) -> object:
    """Keep nothing of a response object unless a recorder knows its library (see `requests.py`)."""
    return None if response is None else _known_responses(response)


def _no_response(response: object) -> object:  # noqa: ARG001 - the same call as a recorder's
    return None


_known_responses = _no_response


def know_responses(keeper: object) -> None:
    """Let a recorder of a library keep that library's response objects.

    Args:
        keeper: Called with a response; returns its facts, or None for one it does not know.
    """
    global _known_responses
    _known_responses = keeper  # type: ignore[assignment]


def _text(value: object) -> str:
    with guard("taking the text of an exception"):
        return str(value)[:MAX_STRING]
    return "<its text could not be made>"


def _frames(tb: TracebackType | None) -> tuple[list[tuple[CodeType, int, int]], int]:
    frames: list[tuple[CodeType, int, int]] = []
    while tb is not None:
        code = tb.tb_frame.f_code
        if not code.co_filename.startswith(OWN):
            frames.append((code, tb.tb_lasti, tb.tb_lineno))
        tb = tb.tb_next
    left_out = len(frames) - MAX_FRAMES
    if left_out <= 0:
        return frames, 0
    del frames[MAX_FRAMES // 2 : MAX_FRAMES // 2 + left_out]
    return frames, left_out


def _previous(error: BaseException, depth: int) -> tuple[str, Fault | None]:
    if depth:
        if error.__cause__ is not None:
            return "cause", Fault(error.__cause__, depth - 1)
        if error.__context__ is not None and not error.__suppress_context__:
            return "context", Fault(error.__context__, depth - 1)
    return "", None


def unframe(error: BaseException) -> None:
    """Take our frames out of an exception's traceback: it is the user's, untouched.

    The first frame is the caller's own; after this a bare `raise` continues without it (Python 3.11
    and later; 3.10 keeps the traceback apart from the exception and shows that one frame).
    """
    tb = error.__traceback__
    while tb is not None and tb.tb_frame.f_code.co_filename.startswith(OWN):
        tb = tb.tb_next
    error.__traceback__ = tb
    while tb is not None:
        following = tb.tb_next
        while following is not None and following.tb_frame.f_code.co_filename.startswith(OWN):
            following = following.tb_next
        if following is not tb.tb_next:
            tb.tb_next = following
        tb = following
