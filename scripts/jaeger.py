"""Make and run Jaeger, all in one, as the tests and `make demo-jaeger` use it.

`python -m scripts.jaeger` builds the tool of the Go module in `collector/jaeger/`, once: the binary
is kept outside the checkout, named by the module's lock and the Go version.
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

from scripts import golang
from scripts.places import ROOT, kept, named
from scripts.servers import Server, free_ports

if TYPE_CHECKING:
    from pathlib import Path

MODULE = ROOT / "collector" / "jaeger"
PACKAGE = "github.com/jaegertracing/jaeger/cmd/all-in-one"
PORTS = (
    "admin.http.host-port", "collector.grpc-server.host-port", "collector.http-server.host-port",
    "collector.otlp.grpc.host-port", "http-server.host-port",
    "processor.jaeger-binary.server-host-port", "processor.jaeger-compact.server-host-port",
    "processor.zipkin-compact.server-host-port", "query.grpc-server.host-port",
)  # fmt: skip
"""What it listens on beside the two ports that we use; their standard ports may be taken."""


class Jaeger(Server):
    """A running Jaeger, which keeps traces in memory.

    Args:
        binary: What `build` made.
        log: Where its log goes.

    Attributes:
        endpoint: Where it takes OTLP over HTTP; `OTEL_EXPORTER_OTLP_ENDPOINT`.
        url: Its user interface and query API.
    """

    def __init__(self, binary: Path, log: Path) -> None:
        otlp, query, *others = free_ports(2 + len(PORTS))
        self.endpoint, self.url = f"http://127.0.0.1:{otlp}", f"http://127.0.0.1:{query}"
        flags = dict(zip(PORTS, others, strict=True))
        flags |= {"collector.otlp.http.host-port": otlp, "query.http-server.host-port": query}
        listening = [f"--{name}=127.0.0.1:{port}" for name, port in flags.items()]
        # its own spans would go to a port that is not ours, and its end wait ten seconds for that
        env = {"SPAN_STORAGE_TYPE": "memory", "OTEL_TRACES_SAMPLER": "always_off"}
        super().__init__([str(binary), "--collector.otlp.enabled=true", *listening], env, log)

    def ready(self) -> bool:
        """Tell whether it answers queries and takes OTLP."""
        request = urllib.request.Request(
            f"{self.endpoint}/v1/traces", b"{}", {"content-type": "application/json"}
        )
        for asked in (f"{self.url}/api/services", request):
            with urllib.request.urlopen(asked, timeout=5) as answer:
                answer.read()
        return True

    def spans(self, trace_id: str, count: int = 1) -> list[dict[str, Any]]:
        """Return the spans of a trace as the query API has them, once there are `count`.

        Each has its process, which the API keeps apart, under `process`.

        Raises:
            TimeoutError: There are fewer.
        """
        return self.until(lambda: self._spans(trace_id), count)

    def _spans(self, trace_id: str) -> list[dict[str, Any]]:
        try:
            with urllib.request.urlopen(f"{self.url}/api/traces/{trace_id}", timeout=5) as answer:
                traces = json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
            return []
        return [
            {**span, "process": trace["processes"][span["processID"]]}
            for trace in traces
            for span in trace["spans"]
        ]


def main() -> None:
    """Make or find the binary and print its path; without Go, say what that leaves out."""
    compiler = golang.find()
    if compiler is None:
        print("jaeger: go is not installed; tests that need Jaeger are left out")
        return
    print(f"jaeger: {build(compiler)}")


def binary(compiler: str) -> Path:
    """Return where the binary of this lock and this compiler is, built or not."""
    locks = ((MODULE / name).read_bytes() for name in ("go.mod", "go.sum"))
    return named("jaeger", *locks, golang.release(compiler).encode()) / "jaeger"


def build(compiler: str) -> Path:
    """Return the binary, built if it is not there yet; safe beside another run of this."""
    target = binary(compiler)

    def make(folder: Path) -> None:
        print("jaeger: building it, which takes some minutes once", flush=True)
        options = ["-mod=readonly", "-ldflags=-s -w", f"-o={folder / target.name}"]
        golang.run(compiler, "build", *options, PACKAGE, cwd=MODULE)

    return kept(target.parent, make) / target.name


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as failed:
        sys.exit(f"failed: {' '.join(map(str, failed.cmd))}")
