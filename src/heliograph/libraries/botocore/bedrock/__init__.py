"""Calls of Bedrock's models: what describing needs of them, and answers noted as they are read.

Loaded by the first such call. The span of an answer that is a stream ends when the function has
read it, closes it or lets it go; nothing is read here.
"""

from __future__ import annotations

from time import time_ns

from ...._guard import guarded
from ....journal import current
from . import facts
from .facts import Kept
from .reading import noted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ....journal.entry import Entry, Remote
    from ....journal.recording import Recorder


def begin(
    recorder: Recorder,
    parent: Entry | Remote,
    called: tuple[Any, ...],
    operation: str,
    params: Any,
) -> Callable[[Any], Any]:
    """Begin the entry of a call; returns what takes its result, and returns that.

    Args:
        recorder: Of botocore.
        parent: The span above it.
        called: What describers read of the client.
        operation: The operation's name.
        params: Its parameters.
    """
    kept = Kept.now()
    request = operation, guarded("recording a call of Bedrock", facts.request, params, kept)
    before = current.here.get()
    entry = recorder.begin(operation, parent, called, request)
    if recorder.request_hook is not None:
        recorder.ask(entry, called[0], operation, params)
    return _Call(recorder, entry, before, kept).answered


class _Call:
    """A call under way.

    Args:
        recorder: Of botocore.
        entry: Its span.
        before: What was current before it.
        kept: What is kept of its texts.
    """

    __slots__ = ("_before", "_entry", "_kept", "_recorder")

    def __init__(self, recorder: Recorder, entry: Entry, before: object, kept: Kept) -> None:
        self._recorder = recorder
        self._entry = entry
        self._before = before
        self._kept = kept

    def answered(self, result: Any) -> Any:
        """Record what the call returned; the span stays open where that is still to be read."""
        ended = time_ns() or 1
        reading: bool | None = False
        try:
            reading = guarded("recording an answer of Bedrock", self._answer, result)
        finally:
            if not reading:
                self._entry.end = self._entry.end or ended
            current.here.set(self._before)
        return result

    def _answer(self, result: Any) -> bool:
        """Note the result; tells whether the function reads on."""
        entry, recorder = self._entry, self._recorder
        call: Any = entry.call
        operation: str = call.request[0]
        call.answer = facts.answer(result, self._kept)
        reading = isinstance(result, dict) and noted(operation, result, entry, self._kept)
        if entry.ops is not None or recorder.response_hook is not None:
            recorder.hooked(entry, call.subject[0], operation, result)
        return reading
