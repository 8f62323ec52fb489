"""HTTP of the Runtime API: paths, headers and bodies, nothing of what they mean."""

from __future__ import annotations

import contextlib
import http.server
import json
import select
import socket
import sys
import threading
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

RUNTIME = "/2018-06-01/runtime/"


class Request(NamedTuple):
    """A request, its body read."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    alive: Callable[[], bool]
    """Whether the other end is still there."""


class Reply(NamedTuple):
    """What to say to a request."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = {}


def error_reply(status: int, kind: str, message: str) -> Reply:
    """Return a refusal with the service's error JSON."""
    body = json.dumps({"errorMessage": message, "errorType": kind}).encode()
    return Reply(status, body, {"Content-Type": "application/json"})


class HttpServer:
    """An HTTP/1.1 server on a loopback port of its own: a thread a connection, kept alive.

    Args:
        answer: Called with every request, in the connection's thread; may block.
    """

    def __init__(self, answer: Callable[[Request], Reply]) -> None:
        handler = type("Handler", (_Handler,), {"answer": staticmethod(answer)})
        self._server = _Server(("127.0.0.1", 0), handler)
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._accept, name="runtime-api", daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        # not `serve_forever`: that one polls, and takes half a second to stop
        while True:
            try:
                connection, client = self._server.get_request()
            except OSError:
                return
            self._server.process_request(connection, client)

    def close(self) -> None:
        """Stop listening and close every connection."""
        self._server.socket.shutdown(socket.SHUT_RDWR)  # wakes `accept`
        self._thread.join()
        self._server.server_close()
        self._server.hang_up()


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type[_Handler]) -> None:
        self._connections: set[socket.socket] = set()
        super().__init__(address, handler)

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        connection, client = super().get_request()
        self._connections.add(connection)
        return connection, client

    def shutdown_request(self, request: object) -> None:
        if isinstance(request, socket.socket):
            self._connections.discard(request)
            super().shutdown_request(request)

    def hang_up(self) -> None:
        for connection in list(self._connections):
            with contextlib.suppress(OSError):  # closed by the other end just now
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exc_info()[1], OSError):  # a killed function hangs up mid-way
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # typeshed wants its own alias


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave in one segment
    answer: Callable[[Request], Reply]

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
        """Keep the terminal for the function."""

    def _serve(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, self._body(headers), self._alive)
        reply = self.answer(request)
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    do_GET = do_POST = do_PUT = _serve  # noqa: N815 - names that http.server looks up

    def _body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(headers.get("content-length") or 0))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():  # trailers, up to the empty line
            pass
        return b"".join(chunks)

    def _alive(self) -> bool:
        readable, _, _ = select.select([self.connection], [], [], 0)
        try:
            return not readable or bool(self.connection.recv(1, socket.MSG_PEEK))
        except OSError:
            return False
