"""Make the OpenTelemetry collector of `collector/builder.yaml`: what its configurations run on.

`python -m scripts.collector` builds it with the collector's own builder, once: the binary is kept
outside the checkout, named by the manifest and the Go version.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from scripts import golang
from scripts.places import ROOT, kept, named

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST = ROOT / "collector" / "builder.yaml"
BUILDER = "go.opentelemetry.io/collector/cmd/builder"


def main() -> None:
    """Make or find the binary and print its path; without Go, say what that leaves out."""
    compiler = golang.find()
    if compiler is None:
        print("collector: go is not installed; tests that need the real collector are left out")
        return
    print(f"collector: {build(compiler)}")


def binary(compiler: str) -> Path:
    """Return where the binary of this manifest and this compiler is, built or not."""
    inputs = MANIFEST.read_bytes(), golang.release(compiler).encode()
    return named("collector", *inputs) / "collector"


def build(compiler: str) -> Path:
    """Return the binary, built if it is not there yet; safe beside another run of this."""
    target = binary(compiler)

    def make(folder: Path) -> None:
        print("collector: building it, which takes some minutes once", flush=True)
        compile_into(folder, compiler)

    return kept(target.parent, make) / target.name


def compile_into(folder: Path, compiler: str) -> None:
    """Run the collector's builder in a folder of its own, and leave only the binary there.

    Raises:
        subprocess.CalledProcessError: It failed; its own words are on standard error.
    """
    made = folder / "source"
    manifest = folder / "builder.yaml"
    manifest.write_text(MANIFEST.read_text(encoding="utf-8"), encoding="utf-8")
    command = ["run", f"{BUILDER}@v{version()}", f"--config={manifest}", "--ldflags=-s -w"]
    golang.run(compiler, *command, cwd=folder, DIST_OUTPUT_PATH=str(made))
    (made / "collector").rename(folder / "collector")
    manifest.unlink()
    shutil.rmtree(made)


def version() -> str:
    """Return the version of the manifest's collector, which its builder has too.

    Raises:
        ValueError: The manifest does not say.
    """
    found = re.search(r"^  version: (\S+)$", MANIFEST.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise ValueError(f"{MANIFEST.name} has no dist.version")
    return found[1]


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as failed:
        sys.exit(f"failed: {' '.join(map(str, failed.cmd))}")
