"""The process's standard output as a place for whole lines, whatever else writes to it.

A metric record counts only if it is a line of its own (emf spec 8), so it has to begin where a line
begins and nothing may come between its bytes:

- What `print` left in Python's buffer goes first. The runtime wraps `sys.stdout` so that every
  piece of a print is flushed by itself: a print of another thread may be half done, its newline
  yet to come. While other threads live, a line therefore begins with a newline of its own; the log
  then shows an empty line, which costs nothing.
- One write of the operating system carries the line. A pipe takes that whole only while it has
  room: a line that has to wait may be overtaken. While other threads live, it is written under the
  lock of Python's own buffer, for which a print has to wait; a fork waits for it too, since its
  child would find that lock taken for ever.
- Where Lambda gives the runtime no descriptor for logs (container images), log lines share standard
  output, and the runtime leaves those that end with a traceback open. A line begins with a newline
  there as well.
"""

from __future__ import annotations

import io
import logging
import os
import select
import sys
import threading

from .. import _notice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    Binary = io.RawIOBase | io.BufferedIOBase

_writing = threading.RLock()
"""Held while a line is written; a signal handler that interrupts it may fork, and goes on."""

os.register_at_fork(
    before=_writing.acquire, after_in_parent=_writing.release, after_in_child=_writing.release
)

WAIT_SECONDS = 1.0
"""How long a full pipe that does not block is waited for, each time it takes nothing."""


class StandardOutput:
    """Write lines to the real standard output, each of them whole.

    Args:
        text: The stream; by default `sys.__stdout__` at the time of writing, which stays what it is
            when a function replaces `sys.stdout`.
        leading_newline: Whether a line begins with a newline. By default it does where the end of
            what was written before is not known: while other threads live, and after a line of
            ours that failed half way. Needed if the function itself leaves lines open.
    """

    def __init__(self, text: TextIO | None = None, *, leading_newline: bool | None = None) -> None:
        self._text = text
        self._leading_newline = leading_newline
        self._cut = False

    def __call__(self, line: bytes) -> None:
        """Write a line, newline included. A stream that is broken or closed is told once."""
        text = sys.__stdout__ if self._text is None else self._text
        if text is None:
            _tell("there is none")
            return
        alone = threading.active_count() == 1
        leading = self._leading_newline
        if leading is None:
            leading = not alone or _is_left_open()
        if self._cut or leading:
            line = b"\n" + line
        if self._text is None and _is_the_functions_own():
            _tell("the function has closed it, and opened another file as descriptor 1")
            return
        try:
            with _writing:
                out = _binary(text, alone=alone)
                self._cut = True
                _pour(out, line)
                self._cut = False
        except (OSError, ValueError, RuntimeError) as error:
            # broken or full; closed or detached; written to by a signal handler in mid-write
            _tell(f"{type(error).__name__}: {error}")


def _is_the_functions_own() -> bool:
    """Tell whether descriptor 1 was opened by this process, under the number of one it closed.

    The real one was inherited; what Python opens no other process inherits (PEP 446). What `dup2`
    puts there is inherited too: it is where the function wants its output to go.
    """
    try:
        return not os.get_inheritable(1)
    except OSError:  # closed: writing tells
        return False


def _is_left_open() -> bool:
    """Tell whether log lines of the runtime go to standard output, some without their newline.

    Its text format ends a message with a newline, and a traceback below it without one; a formatter
    of the function's own may end none. Its JSON format ends every line.
    """
    for handler in logging.getLogger().handlers:
        if type(getattr(handler, "log_sink", None)).__name__ == "StandardLogSink":
            return type(handler.formatter).__name__ != "JsonFormatter"
    return False


def _binary(text: TextIO, *, alone: bool) -> Binary:
    """Return what takes bytes below a text stream, with nothing of the text left above it."""
    try:
        closed = text.closed
    except ValueError:  # detached by the function, to wrap it anew: the descriptor is still ours
        return io.FileIO(1, "w", closefd=False)
    if closed:
        if text is not sys.__stdout__:
            raise ValueError("it is closed")
        return io.FileIO(1, "w", closefd=False)  # Python leaves its own stream's descriptor open
    text.flush()
    buffer: Binary = text.buffer  # type: ignore[assignment] # typeshed has BinaryIO for both kinds
    # with `python -u` the stream has no buffer and this is the raw file already
    return getattr(buffer, "raw", buffer) if alone else buffer


def _pour(out: Binary, line: bytes) -> None:
    """Write all of a line, however little a full pipe takes at a time."""
    rest = memoryview(line)
    while rest:
        try:
            done = out.write(rest)
        except BlockingIOError as full:
            done = full.characters_written
        if done:
            rest = rest[done:]
        else:
            _wait(out)
    while True:
        try:
            return out.flush()
        except BlockingIOError:
            _wait(out)


def _wait(out: Binary) -> None:
    """Wait until a full pipe that does not block takes bytes again."""
    if not select.select([], [out.fileno()], [], WAIT_SECONDS)[1]:
        raise TimeoutError("its reader takes nothing")


def _tell(what: str) -> None:
    _notice.warn("stdout", f"metrics cannot be written to standard output: {what}.")
