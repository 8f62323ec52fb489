"""A server whose answers are scripted by the path of the request: failures, redirects, streams."""

# ruff: noqa: N815 - names that http.server asks for

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

AWS = {"content-type": "application/x-amz-json-1.0"}


class Answers(BaseHTTPRequestHandler):
    """`/KIND/ARGUMENT...`, as the table at the end says; every request's headers are kept."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        self.rfile.read(length)
        self.server.seen.append((self.command, self.path, dict(self.headers.items())))
        kind, _, rest = self.path.partition("?")[0].lstrip("/").partition("/")
        getattr(self, f"answer_{kind}")(rest.rstrip("/"))

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = do_PURGE = do_OPTIONS = do_PATCH = answer

    def send(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def answer_status(self, rest: str) -> None:
        self.send(int(rest.partition("/")[0]), b"{}", X_Served_By="stub")

    def answer_redirect(self, rest: str) -> None:
        left = int(rest)
        to = f"/redirect/{left - 1}" if left else "/status/200"
        self.send(302, location=to)

    def answer_slow(self, rest: str) -> None:
        time.sleep(float(rest))
        self.send(200)

    def answer_chunks(self, rest: str) -> None:
        self.send_response(200)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for _ in range(int(rest)):
            self.wfile.write(b"4\r\nabcd\r\n")
        self.wfile.write(b"0\r\n\r\n")

    def answer_cut(self, rest: str) -> None:
        """Close the connection without an answer."""
        self.close_connection = True

    def answer_basic(self, rest: str) -> None:
        self.send(200 if self.headers.get("authorization") else 401)

    def answer_fail(self, rest: str) -> None:
        """`TIMES/STATUS/CODE`: so many AWS errors, then an empty success."""
        times, status, code = rest.split("/")
        count = self.server.counts.get(self.path, 0)
        self.server.counts[self.path] = count + 1
        number = len(self.server.seen)
        if count >= int(times):
            self.send(200, b"{}", x_amzn_requestid=f"request-{number}", **AWS)
            return
        body = json.dumps({"__type": f"com.amazonaws#{code}", "message": f"{code}, try {count}"})
        self.send(int(status), body.encode(), x_amzn_requestid=f"request-{number}", **AWS)

    def answer_messages(self, rest: str) -> None:
        """One message of a queue, with a trace context."""
        context = {"DataType": "String", "StringValue": f"00-{'a' * 32}-{'b' * 16}-01"}
        message = {"MessageId": "m", "Body": "b", "MessageAttributes": {"traceparent": context}}
        self.send(200, json.dumps({"Messages": [message]}).encode(), **AWS)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Stub(ThreadingHTTPServer):
    """The server, running in a thread of its own."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.seen: list[tuple[str, str, dict[str, str]]] = []
        self.counts: dict[str, int] = {}
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def handle_error(self, *_: object) -> None:
        """A client that went away is part of the program."""

    def close(self) -> None:
        self.shutdown()
        self.thread.join()
        self.server_close()
