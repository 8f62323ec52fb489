"""Pin what the peers are made of: `python -m bench.locks` writes `bench/locks/NAME.txt`.

A lock each, for the peers ask for different versions of the same packages. What Lambda's runtime
has is left out of all of them: a layer brings no second copy.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from bench.peers import LAYERS, LEFT_OUT, SINCE
from scripts import locks, pythons, uv
from scripts.places import REQUIREMENTS, ROOT

FOLDER = Path(__file__).parent / "locks"
OPTIONS = (
    "--universal",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-annotate",
    "--custom-compile-command=python -m bench.locks",
    "--quiet",
    "--no-config",
)


def path(layer: str) -> Path:
    """Return the lock of a layer."""
    return FOLDER / f"{layer}.txt"


def write(layer: str) -> None:
    """Write the lock of a layer, at the newest versions."""
    of_the_runtime = [pin.name for pin in locks.read(REQUIREMENTS / "runtime.txt")]
    absent = [*of_the_runtime, *LEFT_OUT.get(layer, ())]
    options = [f"--no-emit-package={name}" for name in absent]
    options.append(f"--python-version={SINCE.get(layer, pythons.SUPPORTED[0])}")
    if layer == "otelapi":  # the version that Heliograph's layer has
        options.append("--constraints=requirements/layer.txt")
    if layer == "clients":  # both are installed into one folder
        options.append("--constraints=bench/locks/task.txt")
    with tempfile.TemporaryDirectory() as folder:
        asked = Path(folder) / f"{layer}.in"
        asked.write_text("".join(f"{line}\n" for line in LAYERS[layer]))
        target = path(layer).relative_to(ROOT)
        uv.run("pip", "compile", *OPTIONS, *options, str(asked), "-o", str(target), "-U", cwd=ROOT)
    print(f"{target}: {len(locks.read(path(layer)))} pins")


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    try:
        for name in LAYERS:
            write(name)
    except subprocess.CalledProcessError as failed:
        sys.exit(failed.returncode)
