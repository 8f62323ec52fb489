"""A backend that fails in every way a network has, and recovers when it is told to."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

HEAD_END = b"\r\n\r\n"
TLS_HELLO = b"\x16\x03"
"""Begins a TLS connection; a server without TLS hangs up."""
FINE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
DRIP_SECONDS = 0.1
REFUSED, UNREACHABLE = "refused", "unreachable"
"""Ways in which no connection is made: a closed port, and one whose packets are dropped."""


def _status(line: str, *headers: str) -> Callable[[socket.socket], None]:
    reply = "\r\n".join([f"HTTP/1.1 {line}", "Content-Length: 0", *headers, "", ""]).encode()
    return lambda connection: connection.sendall(reply)


def _silent(connection: socket.socket) -> None:
    with contextlib.suppress(TimeoutError):
        connection.recv(1)


def _drip(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1")
    while True:  # before the status: one that says 200 has taken the batch
        time.sleep(DRIP_SECONDS)
        connection.sendall(b" ")


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


WAYS: dict[str, Callable[[socket.socket], None]] = {
    "black hole": _silent,
    "slow": _drip,
    "429": _status("429 Too Many Requests", "Retry-After: 1"),
    "500": _status("500 Internal Server Error"),
    "503": _status("503 Service Unavailable"),
    "half a reply": lambda connection: connection.sendall(b"HTTP/1.1 2"),
    "reset": _reset,
}
"""What a connection gets instead of an answer, when its request is read."""


class Backend:
    """An OTLP/HTTP backend on loopback that is dead in some way until `revive`.

    Args:
        way: One of `WAYS`, `REFUSED` or `UNREACHABLE`; "" for one that is well.
        tls: Makes connections TLS ones; `revive` may give another.
        late: Seconds until it answers when it is well.

    Attributes:
        address: "127.0.0.1:4711".
        bodies: What has arrived and was answered with success.
        asked: When each request was read, by `perf_counter`.
    """

    def __init__(self, way: str, tls: ssl.SSLContext | None = None, late: float = 0.0) -> None:
        self._way, self._tls, self._late = way, tls, late
        self.bodies: list[bytes] = []
        self.asked: list[float] = []
        self._connections: list[socket.socket] = []
        self._fillers: list[socket.socket] = []
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))  # bound but not listening, a port refuses
        self.address = "{}:{}".format(*self._socket.getsockname())
        if way == UNREACHABLE:
            self._fill()
        elif way != REFUSED:
            self._serve()

    def _fill(self) -> None:
        """Fill the queue of connections that wait to be accepted: the next ones get no answer."""
        self._socket.listen(0)
        for _ in range(2):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(self._socket.getsockname())
            self._fillers.append(filler)

    def _serve(self) -> None:
        self._socket.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                connection, _ = self._socket.accept()
                self._connections.append(connection)
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), contextlib.ExitStack() as closed_after:
            closed_after.enter_context(connection)
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
                closed_after.enter_context(connection)
            while body := _read(connection):
                self.asked.append(time.perf_counter())
                if self._way:
                    WAYS[self._way](connection)
                    return
                self.bodies.append(body)
                time.sleep(self._late)
                connection.sendall(FINE)

    def revive(self, tls: ssl.SSLContext | None = None) -> None:
        """Be well from now on; who still waits for an answer loses the connection."""
        way, self._way, self._tls = self._way, "", tls or self._tls
        self._hang_up()
        if way in (REFUSED, UNREACHABLE):
            self._serve()

    def close(self) -> None:
        """Close everything."""
        self._hang_up()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _hang_up(self) -> None:
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for filler in self._fillers:
            filler.close()
        self._connections.clear()

    def spans(self) -> list[str]:
        """Return the names of the spans that have arrived, each as often as it came."""
        return [
            span["name"]
            for body in self.bodies
            for resource in _parsed(body).get("resourceSpans", ())
            for scope in resource["scopeSpans"]
            for span in scope["spans"]
        ]


def _parsed(body: bytes) -> dict[str, Any]:
    parsed: dict[str, Any]
    if body.startswith(b"{"):
        parsed = json.loads(body)
        return parsed
    from google.protobuf.json_format import MessageToDict
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    message: Any = ExportTraceServiceRequest.FromString(body)
    parsed = MessageToDict(message)
    return parsed


def _read(connection: socket.socket) -> bytes:
    """Return the body of the next request; empty at the end of the connection."""
    data = b""
    while HEAD_END not in data:
        more = connection.recv(65_536)
        if not more or more.startswith(TLS_HELLO):
            return b""
        data += more
    head, _, body = data.partition(HEAD_END)
    (length,) = (
        int(line.partition(b":")[2])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    )
    while len(body) < length:
        body += connection.recv(65_536)
    return body
