"""Servers that no package of Debian's has, as small doubles that speak the protocol.

python doubles.py FOLDER: runs until it is ended; `FOLDER/ports.json` says where each is.
Kafka is the broker that librdkafka has for its own tests, in the process of a producer.
"""

# ruff: noqa: N815 - names that http.server asks for

from __future__ import annotations

import json
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer

import bson
import confluent_kafka
import doubles_amqp


class Http(BaseHTTPRequestHandler):
    """`/echo` answers with the headers it got, `/status/N` with N, `/es/...` as Elasticsearch."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        path = self.path.partition("?")[0]
        if path.startswith("/status/"):
            self.send(int(path.rpartition("/")[2]), {})
        elif path.startswith("/redirect"):
            self.send(302, {}, Location="/echo")
        elif path.startswith("/echo"):
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.send(200, headers)
        else:
            self.elasticsearch(path)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = answer

    def elasticsearch(self, path: str) -> None:
        if path.endswith("/missing"):
            self.send(404, {"found": False}, X_Elastic_Product="Elasticsearch")
            return
        told = {
            "took": 5,
            "timed_out": False,
            "hits": {"total": {"value": 0, "relation": "eq"}, "hits": []},
            "_index": "orders",
            "_id": "1",
            "_version": 1,
            "result": "created",
            "found": True,
            "_source": {"article": "lens"},
        }
        self.send(200, told, X_Elastic_Product="Elasticsearch")

    def send(self, status: int, told: object, **headers: str) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


COMMANDS = ("delete", "endSessions", "find", "hello", "insert", "isMaster", "ismaster", "update")


class Mongo(StreamRequestHandler):
    """MongoDB's OP_MSG: what is inserted is found, and an unknown command is an error."""

    kept: dict[str, list[dict]] = {}  # noqa: RUF012 - shared by all connections on purpose

    def handle(self) -> None:
        while head := self.rfile.read(16):
            length, request = (int.from_bytes(head[at : at + 4], "little") for at in (0, 4))
            code = int.from_bytes(head[12:16], "little")
            body = self.rfile.read(length - 16)
            if code == 2004:  # OP_QUERY: the first `isMaster` of a connection
                told = bson.encode(self.hello())
                self.reply(1, request, bytes(8) + bytes(4) + (1).to_bytes(4, "little") + told)
                continue
            asked = self.message(body)
            self.reply(2013, request, bytes(5) + bson.encode(self.run(asked)))

    def reply(self, code: int, request: int, body: bytes) -> None:
        head = (len(body) + 16, 0, request, code)
        self.wfile.write(b"".join(one.to_bytes(4, "little") for one in head) + body)

    def message(self, body: bytes) -> dict:
        """Return a command with the documents that came in sections of their own."""
        at, asked = 4, {}
        while at < len(body):
            kind, at = body[at], at + 1
            size = int.from_bytes(body[at : at + 4], "little")
            section = body[at : at + size]
            if kind == 0:
                asked = {**bson.decode(section), **asked}
            else:
                name, _, documents = section[4:].partition(b"\0")
                asked[name.decode()] = bson.decode_all(documents)
            at += size
        return asked

    def hello(self) -> dict:
        return {
            "ok": 1.0,
            "ismaster": True,
            "isWritablePrimary": True,
            "maxWireVersion": 21,
            "minWireVersion": 0,
            "maxBsonObjectSize": 16777216,
            "maxMessageSizeBytes": 48000000,
            "maxWriteBatchSize": 100000,
            "readOnly": False,
        }

    def run(self, asked: dict) -> dict:
        name = next((one for one in COMMANDS if one in asked), "")
        kept = self.kept.setdefault(str(asked.get(name)), [])
        if name == "insert":
            kept += asked["documents"]
            return {"ok": 1.0, "n": len(asked["documents"])}
        if name == "find":
            batch = [one for one in kept if asked.get("filter", {}).items() <= one.items()]
            cursor = {"id": 0, "ns": f"shop.{asked['find']}", "firstBatch": batch}
            return {"ok": 1.0, "cursor": cursor}
        if name in ("update", "delete"):
            return {"ok": 1.0, "n": len(kept), "nModified": len(kept)}
        if name in ("hello", "ismaster", "isMaster"):
            return self.hello()
        if name == "endSessions":
            return {"ok": 1.0}
        return {"ok": 0.0, "code": 59, "codeName": "CommandNotFound", "errmsg": "no such command"}


def listening(server: type, handler: type) -> int:
    """Start a server in a thread of its own and return its port."""
    server.daemon_threads = True
    running = server(("127.0.0.1", 0), handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    return running.server_address[1]


def main() -> None:
    producer = confluent_kafka.Producer({"test.mock.num.brokers": 1})
    (broker,) = producer.list_topics(timeout=10).brokers.values()
    ports = {
        "http": listening(ThreadingHTTPServer, Http),
        "mongo": listening(ThreadingTCPServer, Mongo),
        "amqp": listening(ThreadingTCPServer, doubles_amqp.Amqp),
        "kafka": broker.port,
    }
    folder = Path(sys.argv[1])
    (folder / "ports").write_text(json.dumps(ports))
    (folder / "ports").rename(folder / "ports.json")  # whole, or not there
    signal.pause()


if __name__ == "__main__":
    main()
