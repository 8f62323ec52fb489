"""What a function talks to: AWS, an HTTP service, an OTLP receiver, X-Ray's daemon."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ITEM = json.dumps({"Item": {"orderId": {"S": "ORD-001"}, "amount": {"N": "999"}}}).encode()
OTLP_PORT = 4318
"""Where the OpenTelemetry layers send by default."""
DATAGRAM = "datagram"
"""Of what kind a datagram to X-Ray's daemon is; an OTLP request is of its path."""
QUIET_SECONDS = 0.1
MOST_KEPT = 1000


class _Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Quiet

    def _answer(self) -> None:
        sent = self.rfile.read(int(self.headers.get("content-length") or 0))
        body = ITEM
        if self.path.startswith("/v1/"):
            self.server.arrived.append((self.path, sent))
            body = b"{}"
        self.send_response(200)
        self.send_header("content-type", "application/x-amz-json-1.0")
        self.send_header("x-amzn-RequestId", "REQ123")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = _answer  # noqa: N815 - names that http.server looks up

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
        """Keep quiet."""


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, arrived: deque[tuple[str, bytes]]) -> None:
        super().__init__(("127.0.0.1", port), _Answering)
        self.arrived = arrived

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep quiet about a function that was killed while it talked."""


class Services:
    """The services, each in threads of this process.

    Attributes:
        environment: Variables that send a function to them.
    """

    def __init__(self) -> None:
        self._arrived: deque[tuple[str, bytes]] = deque(maxlen=MOST_KEPT)
        address = f"http://127.0.0.1:{self._serve(0)}"
        try:
            self._serve(OTLP_PORT)
        except OSError:
            print(f"bench: port {OTLP_PORT} is taken: OTLP goes to who listens there")
        self._daemon = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._daemon.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self._daemon.bind(("127.0.0.1", 0))
        threading.Thread(target=self._receive, daemon=True).start()
        self.environment = {
            "AWS_ENDPOINT_URL": address,
            "HTTP_TARGET": f"{address}/partner",
            "AWS_XRAY_DAEMON_ADDRESS": f"127.0.0.1:{self._daemon.getsockname()[1]}",
        }

    def taken(self) -> list[tuple[str, bytes]]:
        """Return the telemetry that came since the last time, the newest 1000: kind and bytes.

        Waits until no more comes: datagrams are on their way when the function is through.
        """
        count = -1
        while count != len(self._arrived):
            count = len(self._arrived)
            time.sleep(QUIET_SECONDS)
        found = list(self._arrived)
        self._arrived.clear()
        return found

    def _receive(self) -> None:
        while True:
            self._arrived.append((DATAGRAM, self._daemon.recv(65535)))

    def _serve(self, port: int) -> int:
        server = _Quiet(port, self._arrived)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        taken: int = server.server_address[1]
        return taken
