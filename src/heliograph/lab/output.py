"""What a process writes: its pipes, its framed log, the sockets of its workers."""

from __future__ import annotations

import array
import contextlib
import fcntl
import os
import selectors
import socket
import struct
import termios
import threading
from dataclasses import dataclass, field
from typing import NamedTuple

PIECE = 1 << 16
"""Bytes taken from a descriptor at a time: the size of a pipe."""


class Frame(NamedTuple):
    """A message of the framed telemetry log, behind its type, length and time."""

    kind: int
    """Such as `0xA55A0003`, text without a level."""
    time_us: int
    text: str


@dataclass
class Stream:
    """Everything that was written to one descriptor.

    `chunks` are the pieces as they were read; a single `write` is never spread over two of them as
    long as it is smaller than the pipe and the reader is not behind.
    """

    name: str
    pid: int | None = None
    """The worker that writes here, in Managed Instances."""
    chunks: list[bytes] = field(default_factory=list)

    @property
    def raw(self) -> bytes:
        """Return all bytes so far."""
        return b"".join(self.chunks)

    def lines(self, start: int = 0) -> list[str]:
        """Return the lines from byte `start` on; a last one without a newline counts."""
        text = self.raw[start:].decode("utf-8", "replace")
        lines = text.split("\n")  # the runtime joins the lines of an error by CR: one line
        return lines if lines[-1] else lines[:-1]

    def frames(self) -> list[Frame]:
        """Return the messages of a framed log."""
        raw, frames, place = self.raw, [], 0
        while place + 16 <= len(raw):
            kind, size, time_us = struct.unpack_from(">IIQ", raw, place)
            text = raw[place + 16 : place + 16 + size].decode("utf-8", "replace")
            frames.append(Frame(kind, time_us, text))
            place += 16 + size
        return frames


class Collector:
    """Read any number of descriptors in one thread, as Lambda's log egress does."""

    def __init__(self) -> None:
        self.streams: list[Stream] = []
        self._open: dict[int, Stream] = {}
        self._changed = threading.Condition()
        self._selector = selectors.DefaultSelector()
        self._listener: socket.socket | None = None
        self._wake, self._woken = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._read, name="output", daemon=True)
        self._thread.start()

    def add(self, descriptor: int, name: str, pid: int | None = None) -> Stream:
        """Collect what comes from `descriptor`, which is the collector's own from now on."""
        stream = Stream(name, pid)
        with self._changed:
            self.streams.append(stream)
            self._open[descriptor] = stream
            self._selector.register(descriptor, selectors.EVENT_READ)
        return stream

    def listen(self, path: str) -> None:
        """Take connections of workers: the first of a process is its stdout, the second stderr."""
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(path)
        self._listener.listen(64)
        with self._changed:
            self._selector.register(self._listener, selectors.EVENT_READ)

    def drain(self, timeout: float = 5.0) -> bool:
        """Wait until everything that was written has been read; `False` if it took too long."""
        with self._changed:
            return self._changed.wait_for(lambda: not any(map(_unread, self._open)), timeout)

    def wait_closed(self, timeout: float = 5.0) -> bool:
        """Wait until every writer has closed its end."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._open, timeout)

    def close(self) -> None:
        """Stop reading and close every descriptor."""
        self._wake.close()
        self._thread.join()
        for descriptor in self._open:
            os.close(descriptor)
        self._open.clear()
        if self._listener:
            self._listener.close()
        self._selector.close()
        self._woken.close()

    def _read(self) -> None:
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._woken:
                    return
                with self._changed:
                    if key.fileobj is self._listener:
                        self._accept(self._listener)
                    else:
                        self._take(key.fd)
                    self._changed.notify_all()

    def _accept(self, listener: socket.socket) -> None:
        connection, _ = listener.accept()
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        (pid,) = struct.unpack_from("=i", credentials)
        second = any(stream.pid == pid for stream in self.streams)
        self.add(connection.detach(), "stderr" if second else "stdout", pid)

    def _take(self, descriptor: int) -> None:
        piece = b""
        with contextlib.suppress(ConnectionResetError):  # a worker that was killed
            piece = os.read(descriptor, PIECE)
        if piece:
            self._open[descriptor].chunks.append(piece)
            return
        self._selector.unregister(descriptor)
        del self._open[descriptor]
        os.close(descriptor)


def _unread(descriptor: int) -> int:
    size = array.array("i", [0])
    fcntl.ioctl(descriptor, termios.FIONREAD, size)
    return size[0]
