"""Answers of Bedrock's models, noted as the function reads them.

The object that botocore made stays the one that the function gets. It is given a subclass of its
class, whose methods do what they did, and note what went through.
"""

from __future__ import annotations

import sys
from time import time_ns

from ...._guard import guarded, unframe
from ....journal.recording import dress
from . import facts
from .facts import MAX_BODY, MAX_EVENTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from ....journal.entry import Entry
    from ....journal.recorded_exception import RecordedException
    from .facts import Kept

STREAMS = {
    "ConverseStream": ("stream", "botocore.eventstream", "EventStream"),
    "InvokeModel": ("body", "botocore.response", "StreamingBody"),
    "InvokeModelWithResponseStream": ("body", "botocore.eventstream", "EventStream"),
}
"""By operation: the member that is read, and the class of it that is known here."""

NOTE = "_heliograph_note"
"""The attribute of an answer that has its note."""

ERROR = 2
"""A failed status, by the number of `opentelemetry.trace.StatusCode`."""


def noted(operation: str, result: dict[str, Any], entry: Entry, kept: Kept) -> bool:
    """Have a result's stream noted as it is read; tells whether there is one."""
    if operation not in STREAMS:
        return False
    member, module, name = STREAMS[operation]
    stream, known = result.get(member), getattr(sys.modules.get(module), name, None)
    if known is None or type(stream) is not known:  # of a test's, or of a handler's
        return False
    is_body = name == "StreamingBody"
    note: _Note = _Body(entry, member, kept) if is_body else _Events(entry, member, kept)
    if known not in _classes:
        _classes[known] = (_body_class if is_body else _stream_class)(known)
    setattr(stream, NOTE, note)
    stream.__class__ = _classes[known]
    return True


_classes: dict[type, type] = {}
"""The subclass in use, by class."""


class _Note:
    """What is noted of an answer.

    Args:
        entry: The span of the call; its facts are complete before it ends.
        member: Of the result that is read.
        kept: What is kept of its texts.
    """

    __slots__ = ("entry", "kept", "read")

    def __init__(self, entry: Entry, member: str, kept: Kept) -> None:
        self.entry = entry
        self.kept = kept
        self.read: dict[str, Any] = {"member": member}
        """The facts: "json" of a body, or "events", and the time of the "first"; the "error"."""
        call: Any = entry.call
        call.answer["read"] = self.read

    def end(self) -> None:
        """End the span, if it is open."""
        self.entry.end = self.entry.end or time_ns() or 1

    def fail(self, error: BaseException) -> None:
        """End the span with what was raised to the reader."""
        if not self.entry.end:
            from ....journal.recorded_exception import RecordedException  # by the first failure

            self.failed(RecordedException(error))
            self.end()

    def failed(self, error: RecordedException) -> None:
        """Note what was raised."""
        self.read["error"] = error


class _Body(_Note):
    """Of a body, whose bytes are put together for a look into them at the end."""

    __slots__ = ("_pieces", "_size")

    def __init__(self, entry: Entry, member: str, kept: Kept) -> None:
        super().__init__(entry, member, kept)
        self._pieces: list[bytes] = []
        self._size = 0

    def took(self, piece: Any, *, last: bool) -> None:
        """Note a piece that was read."""
        if self.entry.end:
            return
        self._size += len(piece)
        if self._size <= MAX_BODY:
            self._pieces.append(bytes(piece))
        else:
            self._pieces.clear()
        if last:
            whole = b"".join(self._pieces)
            self._pieces.clear()
            if self._size <= MAX_BODY:
                self.read["json"] = facts.of_json(whole, self.kept)
            self.end()

    def failed(self, error: RecordedException) -> None:
        """Note it as instrumentors note it of a stream: of a body they know nothing of it."""
        self.entry.op(("set_status", ERROR, error.text))
        self.entry.op(("set_attribute", "error.type", error.classes[0][1]))


class _Events(_Note):
    """Of a stream of events."""

    __slots__ = ()

    def __init__(self, entry: Entry, member: str, kept: Kept) -> None:
        super().__init__(entry, member, kept)
        self.read["events"] = []

    def took(self, event: Any) -> None:
        """Note an event that is about to be handed out."""
        if self.entry.end:
            return
        self.read.setdefault("first", time_ns())
        fact, last = facts.event(event, self.kept)
        events: list[dict[str, object]] = self.read["events"]
        if fact is not None and not (events and facts.joined(events[-1], fact)):
            events.append(fact)
            if len(events) > MAX_EVENTS:
                del events[MAX_EVENTS // 2]
        if last:
            self.end()


def _body_class(known: Any) -> type:
    """Return the class of a body that is noted.

    Args:
        known: The class that it was.
    """

    def read(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            piece = known.read(self, *args, **kwargs)
        except BaseException as error:
            _fail(self, error)
            raise
        wanted = args[0] if args else kwargs.get("amt")
        _note(_took, self, piece, wanted)
        return piece

    def readinto(self: Any, buffer: Any) -> Any:
        try:
            size = known.readinto(self, buffer)
        except BaseException as error:
            _fail(self, error)
            raise
        _note(_filled, self, buffer, size)
        return size

    def readlines(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            lines = known.readlines(self, *args, **kwargs)
        except BaseException as error:
            _fail(self, error)
            raise
        _note(_took, self, b"".join(lines), None)
        return lines

    def __enter__(self: Any) -> Any:  # noqa: N807 - a method
        return _Within(self, known.__enter__(self))

    def __exit__(self: Any, *raised: object) -> Any:  # noqa: N807 - a method
        try:
            return known.__exit__(self, *raised)
        finally:
            _end(self)

    members: dict[str, Any] = {"readlines": readlines, "readinto": readinto}
    members |= {"__enter__": __enter__, "__exit__": __exit__}
    # those that `io.IOBase` has in an older botocore call `read` and `close`
    own = {name: member for name, member in members.items() if name in vars(known)}
    return _subclass(known, {"read": read, **own})


def _took(body: Any, piece: Any, wanted: Any) -> None:
    """Note what a body's `read` returned.

    Args:
        body: The body.
        piece: What it returned.
        wanted: How many bytes were asked for; None for all.
    """
    whole = wanted is None or wanted < 0 or (not piece and wanted > 0)
    getattr(body, NOTE).took(piece, last=whole or _is_complete(body))


def _filled(body: Any, buffer: Any, size: int) -> None:
    view = memoryview(buffer).cast("B")
    last = (not size and len(view) > 0) or _is_complete(body)
    getattr(body, NOTE).took(view[:size], last=last)


def _is_complete(body: Any) -> bool:
    """Tell whether all was read that the server has announced."""
    length = getattr(body, "_content_length", None)
    return length is not None and getattr(body, "_amount_read", None) == int(length)


class _Within:
    """What `with body as stream` has for its stream: the raw one, whose `read` is noted.

    Args:
        body: The body.
        raw: What its class has there.
    """

    def __init__(self, body: Any, raw: Any) -> None:
        self._body, self._raw = body, raw

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._raw)

    def read(self, *args: Any, **kwargs: Any) -> Any:
        """Read as the raw stream does."""
        try:
            piece = self._raw.read(*args, **kwargs)
        except BaseException as error:
            _fail(self._body, error)
            raise
        _note(_took, self._body, piece, args[0] if args else kwargs.get("amt"))
        return piece


def _stream_class(known: Any) -> type:
    """Return the class of a stream of events that is noted.

    Args:
        known: The class that it was.
    """

    def __iter__(self: Any) -> Iterator[Any]:  # noqa: N807 - a method
        events = known.__iter__(self)
        while True:
            try:
                event = next(events)
            except StopIteration:
                _end(self)
                return
            except BaseException as error:
                _fail(self, error)
                raise
            _note(getattr(self, NOTE).took, event)
            yield event

    return _subclass(known, {"__iter__": __iter__})


def _subclass(known: Any, members: dict[str, Any]) -> type:
    """Return a subclass that looks like its base, and ends the span where it is let go."""

    def close(self: Any) -> Any:
        try:
            return known.close(self)
        finally:
            _end(self)

    for name, member in {**members, "close": close}.items():
        dress(member, getattr(known, name))
    bare = getattr(known, "__del__", None)

    def __del__(self: Any) -> None:  # noqa: N807 - a method
        _end(self)
        if bare is not None:
            bare(self)

    about = {"__module__": known.__module__, "__qualname__": known.__qualname__}
    about["__doc__"] = known.__doc__
    return type(known.__name__, (known,), {**about, **members, "close": close, "__del__": __del__})


def _note(function: Callable[..., object], *args: object) -> None:
    guarded("noting what is read of a Bedrock answer", function, *args)


def _end(answer: Any) -> None:
    _note(getattr(answer, NOTE).end)


def _fail(answer: Any, error: BaseException) -> None:
    _note(getattr(answer, NOTE).fail, error)
    unframe(error)
