"""An X-Ray daemon's ear: takes segment documents over UDP as the real one does (xray spec 1.1)."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import Self

BUFFER = 8 << 20
"""Bytes asked of the kernel for datagrams not read yet; it may grant less."""
RECEIVE = 65_536
"""Bytes of a datagram that the daemon reads (xray spec 1.1)."""


class XRayDaemon:
    """A UDP socket on a loopback port of its own; `address` is what the daemon variables say.

    Attributes:
        documents: Parsed documents, in the order they came.
        datagrams: Every datagram as it came.
        rejected: Datagrams without the header line `{"format": "json", "version": 1}`, or with
            nothing after it: the real daemon drops them.
        unreadable: Datagrams with the header whose document is no JSON object: the real daemon
            passes them on, and the service refuses them.
    """

    def __init__(self) -> None:
        self.documents: list[dict[str, Any]] = []
        self.datagrams: list[bytes] = []
        self.rejected = 0
        self.unreadable = 0
        self._changed = threading.Condition()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        self._socket.bind(("127.0.0.1", 0))
        self.address = "{}:{}".format(*self._socket.getsockname())
        self._marks: dict[bytes, bool] = {}
        self._closed = False
        self._thread = threading.Thread(target=self._receive, name="x-ray-daemon", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def trace(self, trace_id: str) -> list[dict[str, Any]]:
        """Return the documents of a trace, such as `1-5759e988-bd862e3fe1be46a994272793`."""
        return [document for document in self.documents if document.get("trace_id") == trace_id]

    def wait_documents(self, n: int, timeout: float = 30.0) -> list[dict[str, Any]]:
        """Wait until `n` documents came in all; return what there is then."""
        with self._changed:
            self._changed.wait_for(lambda: len(self.documents) >= n, timeout)
            return list(self.documents)

    def settle(self, timeout: float = 30.0) -> None:
        """Wait until everything that was sent before is there, at most `timeout` seconds.

        The loopback device delivers in order: what was sent before a mark is read before it.
        """
        mark = os.urandom(16)
        end = time.monotonic() + timeout
        with self._changed:
            self._marks[mark] = False
            while not self._marks[mark] and time.monotonic() < end:
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                    sender.sendto(mark, self._socket.getsockname())
                self._changed.wait(0.5)  # then once more: a full buffer drops it

    def close(self) -> None:
        """Close the socket; a sender then meets a refused port, or silence."""
        if self._closed:
            return
        self._closed = True
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    def _receive(self) -> None:
        while True:
            datagram = self._socket.recv(RECEIVE)
            if self._closed:
                return
            with self._changed:
                if datagram in self._marks:
                    self._marks[datagram] = True
                else:
                    self._take(datagram)
                self._changed.notify_all()

    def _take(self, datagram: bytes) -> None:
        self.datagrams.append(datagram)
        header, newline, payload = datagram.partition(b"\n")
        if not newline or not payload or not _accepted(header):
            self.rejected += 1
            return
        try:
            document = json.loads(payload)
        except ValueError:
            document = None
        if isinstance(document, dict):
            self.documents.append(document)
        else:
            self.unreadable += 1


def _accepted(header: bytes) -> bool:
    try:
        said = json.loads(header)
    except ValueError:
        return False
    if not isinstance(said, dict):
        return False
    return str(said.get("format")).lower() == "json" and said.get("version") == 1
