"""The real collector with one of our configurations, and a service behind it that keeps all."""

from __future__ import annotations

import gzip
import re
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from scripts.servers import Server, free_ports

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Self

CONFIGURATIONS = Path(__file__).parents[2] / "collector"
QUIET = "--config=yaml:service::telemetry::metrics::level: none"  # else it listens on port 8888
QUICK = "--config=yaml:processors::batch::timeout: 50ms"
ABROAD = ("decouple",)
"""Processors of the Lambda extension's collector, which cannot be had here."""


class Collector(Server):
    """The collector with a configuration of ours, on ports of its own.

    Args:
        binary: What `scripts.collector` built.
        name: Of the configuration.
        folder: Where its files go.
        env: The variables that the configuration reads.
        more: Changes such as `exporters::otlphttp::encoding: json`.

    Attributes:
        endpoint: Where it takes OTLP over HTTP.
        grpc: The same for gRPC, if the configuration has it.
    """

    def __init__(
        self, binary: Path, name: str, folder: Path, env: Mapping[str, str], *more: str
    ) -> None:
        http, grpc = free_ports(2)
        self.endpoint, self.grpc = f"http://127.0.0.1:{http}", f"http://127.0.0.1:{grpc}"
        config = read(name)
        protocols = config["receivers"]["otlp"]["protocols"]
        ports = {"http": http, "grpc": grpc}
        places = [
            f"--config=yaml:receivers::otlp::protocols::{one}::endpoint: 127.0.0.1:{ports[one]}"
            for one in protocols
        ]
        quick = [QUICK] if "batch" in config.get("processors", {}) else []
        changes = [f"--config=yaml:{change}" for change in more]
        arguments = ["--config=env:COLLECTOR_CONFIG", *places, QUIET, *quick, *changes]
        text = {"COLLECTOR_CONFIG": available(name)}
        super().__init__([str(binary), *arguments], {**env, **text}, folder / f"{name}.log")

    def ready(self) -> bool:
        """Tell whether it takes OTLP."""
        request = urllib.request.Request(
            f"{self.endpoint}/v1/traces", b"{}", {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=5) as answer:
            return bool(answer.status == 200)


def read(name: str) -> dict[str, Any]:
    """Return what a configuration says."""
    config: dict[str, Any] = yaml.safe_load((CONFIGURATIONS / f"{name}.yaml").read_text())
    return config


def available(name: str) -> str:
    """Return the text of a configuration, without the processors that cannot be had here."""
    text = (CONFIGURATIONS / f"{name}.yaml").read_text()
    for processor in ABROAD:
        text = re.sub(rf"^  {processor}:\n(?:    .*\n)*", "", text, flags=re.MULTILINE)
        text = text.replace(f", {processor}]", "]")
    return text


class Service:
    """A service that answers every request with 200 and keeps it: a vendor, or X-Ray."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # one packet an answer

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.headers.get("content-encoding") == "gzip":
                    body = gzip.decompress(body)
                headers = {name.lower(): value for name, value in self.headers.items()}
                service.requests.append((self.path, headers, body))
                answer = b"{}" if self.path == "/TraceSegments" else b""
                self.send_response(200)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
