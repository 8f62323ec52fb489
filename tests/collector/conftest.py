"""The real collector with the official X-Ray exporter, and the service it reports to."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans

from scripts import collector as build
from tests.backends.building import built
from tests.collector.spans import INDEXED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from opentelemetry.sdk.trace import ReadableSpan

START_SECONDS = 30


class Service(BaseHTTPRequestHandler):
    """Takes `PutTraceSegments` as X-Ray does."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet an answer: two would wait 40 ms for an acknowledgement

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        assert self.path == "/TraceSegments", self.path
        self.server.documents += map(json.loads, body["TraceSegmentDocuments"])
        answer = b'{"UnprocessedTraceSegments":[]}'
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


class Collector:
    """The collector as a process; `documents` says what it makes of spans."""

    def __init__(self, binary: Path, folder: Path) -> None:
        self._service = ThreadingHTTPServer(("127.0.0.1", 0), Service)
        self._service.documents = []
        threading.Thread(target=self._service.serve_forever, daemon=True).start()
        self._port = free_port()
        self._log = folder / "collector.log"
        config = folder / "config.json"
        config.write_text(json.dumps(self._config()))
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [binary, f"--config={config}"],
                env={"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def _config(self) -> dict[str, Any]:
        """The collector's configuration; it reads YAML, of which JSON is a part."""
        place = f"http://127.0.0.1:{self._service.server_address[1]}"
        receiver = {"protocols": {"http": {"endpoint": f"127.0.0.1:{self._port}"}}}
        exporter = {
            "endpoint": place,
            "region": "us-east-1",
            "local_mode": True,
            "indexed_attributes": list(INDEXED),
        }
        return {
            "receivers": {"otlp": receiver},
            "exporters": {"awsxray": exporter},
            "service": {
                "telemetry": {"metrics": {"level": "none"}},
                "pipelines": {"traces": {"receivers": ["otlp"], "exporters": ["awsxray"]}},
            },
        }

    def wait(self) -> None:
        """Wait until it answers; what it wrote is the reason if it does not."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            try:
                self.documents([])
            except urllib.error.URLError:
                time.sleep(0.05)
            else:
                return
        pytest.fail(f"the collector did not start:\n{self._log.read_text()}")

    def documents(self, spans: Sequence[ReadableSpan]) -> list[dict[str, Any]]:
        """Return the documents that spans become; they are here when the request is answered."""
        self._service.documents.clear()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._port}/v1/traces",
            data=encode_spans(spans).SerializeToString(),
            headers={"content-type": "application/x-protobuf"},
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            response.read()
        return list(self._service.documents)

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(30)
        self._service.shutdown()
        self._service.server_close()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="session")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    """The collector of `make collector`, running. Where there is Go, CI never goes without it."""
    running = Collector(built(build.build), tmp_path_factory.mktemp("collector"))
    try:
        running.wait()
        yield running
    finally:
        running.close()
