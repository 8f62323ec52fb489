"""Fetch and run Zipkin, and its exporter as a function would bring it, for the tests.

`python -m scripts.zipkin` asks Maven for the server's jar and installs the locked exporter, once:
both are kept outside the checkout.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

from scripts import uv
from scripts.places import REQUIREMENTS, kept, named
from scripts.servers import Server, free_ports

if TYPE_CHECKING:
    from pathlib import Path

ARTIFACT = "io.zipkin:zipkin-server:3.4.1:jar:exec"
SHA256 = "4949047dfaa090321692238dfde9d90fbac7b8a31392168bd4eebadff25b69a2"
COPY = "org.apache.maven.plugins:maven-dependency-plugin:2.8:copy"
LOCK = REQUIREMENTS / "zipkin.txt"


class Zipkin(Server):
    """A running Zipkin, which keeps traces in memory.

    Args:
        jar: What `build` fetched.
        log: Where its log goes.

    Attributes:
        url: Its user interface and API.
        endpoint: Where it takes spans; `OTEL_EXPORTER_ZIPKIN_ENDPOINT`.
    """

    def __init__(self, jar: Path, log: Path) -> None:
        (port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{port}"
        self.endpoint = f"{self.url}/api/v2/spans"
        quick = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m"]
        place = {"ip": "127.0.0.1", "port": port, "protocols[0]": "http"}
        listening = [f"--armeria.ports[0].{name}={value}" for name, value in place.items()]
        command = ["java", *quick, "-jar", str(jar), *listening]
        super().__init__(command, {"SELF_TRACING_ENABLED": "false"}, log)

    def ready(self) -> bool:
        """Tell whether it says that it is well."""
        with urllib.request.urlopen(f"{self.url}/health", timeout=5) as answer:
            return bool(json.load(answer)["status"] == "UP")

    def spans(self, trace_id: str, count: int = 1) -> list[dict[str, Any]]:
        """Return the spans of a trace as its API has them, once there are `count`.

        Raises:
            TimeoutError: There are fewer.
        """
        return self.until(lambda: self._spans(trace_id), count)

    def _spans(self, trace_id: str) -> list[dict[str, Any]]:
        try:
            with urllib.request.urlopen(f"{self.url}/api/v2/trace/{trace_id}", timeout=5) as answer:
                found: list[dict[str, Any]] = json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
            return []
        return found


def main() -> None:
    """Fetch or find the jar and the exporter and print where they are; say what is missing."""
    if missing := lacking():
        print(f"zipkin: {missing} is not installed; tests that need Zipkin are left out")
        return
    print(f"zipkin: {build()}, exporter: {exporter()}")


def lacking() -> str | None:
    """Return the command that is missing here, or None."""
    return next((name for name in ("java", "mvn") if not shutil.which(name)), None)


def jar() -> Path:
    """Return where the server's jar is, fetched or not."""
    return named("zipkin", ARTIFACT.encode(), SHA256.encode()) / "zipkin.jar"


def build() -> Path:
    """Return the server's jar, fetched if it is not there yet; safe beside another run of this."""
    target = jar()

    def make(folder: Path) -> None:
        print("zipkin: fetching it", flush=True)
        options = [f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={folder}"]
        subprocess.run(
            ["mvn", "-q", "-B", "-Dstyle.color=never", COPY, *options], cwd=folder, check=True
        )
        (fetched,) = folder.glob("*.jar")
        digest = hashlib.sha256(fetched.read_bytes()).hexdigest()
        if digest != SHA256:
            sys.exit(f"zipkin: {fetched.name} has sha256 {digest}, not {SHA256}")
        fetched.rename(folder / target.name)

    return kept(target.parent, make) / target.name


def exporter(python: str = sys.executable) -> Path:
    """Return a tree of packages with the exporter, as `pip install -t` of a Python makes it."""

    def make(folder: Path) -> None:
        options = ["--no-deps", "--require-hashes", "--only-binary=:all:", "--link-mode=copy"]
        options += ["--quiet", "--python", python, "--target", str(folder)]
        uv.run("pip", "install", *options, "-r", str(LOCK))

    return kept(named("zipkin-exporter", LOCK.read_bytes(), python.encode()), make)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as failed:
        sys.exit(f"failed: {' '.join(map(str, failed.cmd))}")
