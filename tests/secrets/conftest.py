"""A server that answers, redirects, refuses, and takes OTLP."""

from __future__ import annotations

import gzip
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


class Answers(BaseHTTPRequestHandler):
    """`/redirect?to=URL` redirects, `/503` fails, `/v1/...` is OTLP; all else is well."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        of_otlp = self.path.startswith("/v1/")
        (self.server.told if of_otlp else self.server.asked).append(
            body.decode() if of_otlp else self.path
        )
        to = parse_qs(urlsplit(self.path).query).get("to")
        self.send_response(302 if to else 503 if self.path.startswith("/503") else 200)
        if to:
            self.send_header("location", to[0])
        self.send_header("content-length", "0")
        self.end_headers()

    do_GET = do_POST  # noqa: N815 - the base's name

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """A server.

    Attributes:
        asked: Targets of requests, as they arrived.
        told: Bodies of OTLP.
        url: Its address.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.asked: list[str] = []
        self.told: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_port}"


@pytest.fixture
def server() -> Iterator[Server]:
    """A running server."""
    with Server() as made:
        threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True).start()
        yield made
        made.shutdown()
