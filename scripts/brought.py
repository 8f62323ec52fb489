"""What functions bring of OpenTelemetry, in versions old and new, for a Python: kept in the cache.

The locks are `requirements/otel-*.txt`. Nothing of it is in the layer: the tests lay it out as a
function's own packages, beside which the layer has to work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts import uv
from scripts.locks import read
from scripts.places import REQUIREMENTS, kept, named

if TYPE_CHECKING:
    from pathlib import Path

    from scripts.locks import Pin
    from scripts.pythons import Python

API = ("opentelemetry-api",)
SDK = (*API, "opentelemetry-sdk", "opentelemetry-semantic-conventions")
KINDS = {"api": API, "sdk": SDK, "instrumentors": ()}
"""What a function brings, and the packages of OpenTelemetry that this is; none named: all."""


def folder(version: str, kind: str, python: Python) -> Path:
    """Return a folder with what a function brings, made if it is not there yet.

    Args:
        version: Of OpenTelemetry, as in the name of the lock.
        kind: One of `KINDS`.
        python: Whose.
    """
    pins = [pin for pin in read(REQUIREMENTS / f"otel-{version}.txt") if is_of(pin, KINDS[kind])]
    listed = "".join(map(line, pins))
    name = f"otel-{version}-{kind}-{python.full}-{python.platform}"
    return kept(named(name, listed.encode()), lambda work: install(listed, python, work))


def libraries(python: Python, lock: str = "libraries") -> Path:
    """Return a folder with the libraries that a lock names.

    Args:
        python: Whose.
        lock: `libraries`, with their instrumentors; `instrumented` without them, for what the layer
            brings; `aiobotocore`; or `shop` for what the example of that name needs.
    """
    listed = "".join(map(line, read(REQUIREMENTS / f"{lock}.txt")))
    name = f"{lock}-{python.full}-{python.platform}"
    make = ("--no-binary=opentracing",)  # it has no wheel
    return kept(named(name, listed.encode()), lambda work: install(listed, python, work, *make))


def is_of(pin: Pin, wanted: tuple[str, ...]) -> bool:
    """Tell whether a pin is wanted: what is no part of OpenTelemetry always is."""
    return not wanted or pin.name in wanted or not pin.name.startswith("opentelemetry-")


def line(pin: Pin) -> str:
    """Return a pin as a line of a requirements file."""
    marker = f" ; {pin.marker}" if pin.marker else ""
    hashes = " ".join(f"--hash=sha256:{one}" for one in sorted(pin.hashes))
    return f"{pin.name}=={pin.version}{marker} {hashes}\n"


def install(listed: str, python: Python, target: Path, *more: str) -> None:
    """Install the lines of a requirements file into a folder, and nothing that they need.

    Args:
        listed: The lines.
        python: Whose packages.
        target: The folder.
        more: Options of the installer.
    """
    written = target / "requirements.txt"
    written.write_text(listed, encoding="utf-8")
    options = ["--no-deps", "--require-hashes", "--only-binary=:all:", "--compile-bytecode"]
    options += ["--quiet", "--python", python.path, "--target", str(target), *more]
    uv.run("pip", "install", *options, "-r", str(written))
    written.unlink()
