"""Write and read the locks: what every Python package of this project is pinned to, by hash.

`python -m scripts.locks [--upgrade]` writes them. They are requirements files, which any installer
takes, and hold neither the address of an index nor a path.
"""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scripts import uv
from scripts.places import REQUIREMENTS, ROOT

if TYPE_CHECKING:
    from pathlib import Path

NOT_OURS = ("urllib3", "requests", "certifi", "charset-normalizer", "idna")
"""What the OTLP exporters name for transports that are not used: ours needs the standard library
only (`exporters/transport.py`), and the function or its runtime has its own."""

WITHOUT = [f"--no-emit-package={name}" for name in NOT_OURS]

ONLY_INSTRUMENTORS = [
    f"--no-emit-package={name}"
    for name in (
        "asgiref",
        "opentelemetry-api",
        "opentelemetry-instrumentation",
        "opentelemetry-semantic-conventions",
        "opentelemetry-util-http",
        "packaging",
        "typing-extensions",
        "wrapt",
    )
]
"""What the lock of the layer has already, and asgiref, of which one function is asked
(`heliograph/libraries/light_imports.py`)."""

BROUGHT = ("1.15", "1.20", "1.25", "1.33", "newest")
"""Versions of OpenTelemetry that functions bring, beside which the layer is tested."""

LOCKS = {
    "aiobotocore": ["requirements/aiobotocore.in"],
    "dev": ["pyproject.toml", "--all-extras", "--group", "dev"],
    "layer": ["pyproject.toml", "-c", "requirements/dev.txt", *WITHOUT],
    "layer-otlp": ["pyproject.toml", "--extra=otlp", "-c", "requirements/dev.txt", *WITHOUT],
    "instrumented": ["requirements/instrumented.in"],
    "instrumentors": [
        "requirements/instrumentors.in",
        "-c",
        "requirements/layer.txt",
        *ONLY_INSTRUMENTORS,
    ],
    "libraries": ["requirements/libraries.in", "-c", "requirements/dev.txt"],
    "rigs": ["requirements/rigs.in", "-c", "requirements/dev.txt"],
    "runtime": ["requirements/runtime.in", "-c", "requirements/dev.txt"],
    "shop": ["examples/shop/requirements.txt", "-c", "requirements/libraries.txt"],
    "uv": ["requirements/uv.in"],
    "webassembly": ["requirements/webassembly.in"],
    "zipkin": ["requirements/zipkin.in", "-c", "requirements/dev.txt"],
    **{
        f"otel-{version}": [f"requirements/otel-{version}.in", "--no-config"] for version in BROUGHT
    },
}
"""Each lock and what it is made from. `layer` is what the package needs and nothing else."""

OPTIONS = [
    "--universal",
    "--python-version=3.10",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-annotate",
    "--custom-compile-command=make lock",
    "--quiet",
]

LINE = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[^\s;\\]+)(?:\s*;\s*(?P<marker>[^\\]+))?")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass
class Pin:
    """A line of a lock: a package, its version, when it applies, and the hashes of its files."""

    name: str
    version: str
    marker: str
    hashes: set[str] = field(default_factory=set)


def read(path: Path) -> list[Pin]:
    """Return the pins of a lock in its order.

    Raises:
        ValueError: A line is neither a pin, a hash nor a comment.
    """
    pins: list[Pin] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if found := HASH.search(line):
            pins[-1].hashes.add(found[1])
        elif found := LINE.match(line):
            pins.append(Pin(found["name"], found["version"], (found["marker"] or "").strip()))
        else:
            raise ValueError(f"{path.name}: not a line of a lock: {line!r}")
    return pins


def write(*extra: str) -> None:
    """Write every lock; pins that still fit stay, unless `extra` holds `--upgrade`."""
    for name, sources in LOCKS.items():
        target = REQUIREMENTS / f"{name}.txt"
        before = target.read_text(encoding="utf-8") if target.exists() else ""
        relative = f"requirements/{name}.txt"
        uv.run("pip", "compile", *OPTIONS, *extra, *sources, "-o", relative, cwd=ROOT)
        changed = "changed" if target.read_text(encoding="utf-8") != before else "as it was"
        print(f"{relative}: {len(read(target))} pins, {changed}")


if __name__ == "__main__":
    try:
        write(*sys.argv[1:])
    except subprocess.CalledProcessError as failed:
        sys.exit(failed.returncode)
