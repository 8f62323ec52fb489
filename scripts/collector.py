"""Make the OpenTelemetry collector that the tests compare X-Ray documents with.

`python -m scripts.collector` builds what `collector/builder.yaml` lists with the collector's own
builder, once: the binary is kept outside the checkout, named by the manifest and the Go version.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts.places import ROOT, cache

MANIFEST = ROOT / "collector" / "builder.yaml"
BUILDER = "go.opentelemetry.io/collector/cmd/builder"
USUAL = "/usr/local/go/bin/go"
"""Where Go's own installer puts it, often without adding that to PATH."""


def main() -> None:
    """Make or find the binary and print its path; without Go, say what that leaves out."""
    compiler = go()
    if compiler is None:
        print("collector: go is not installed, so documents are not compared with the collector's")
        return
    print(f"collector: {build(compiler)}")


def go() -> str | None:
    """Return the path of the Go compiler, or None."""
    return shutil.which("go") or (USUAL if os.access(USUAL, os.X_OK) else None)


def binary(compiler: str) -> Path:
    """Return where the binary of this manifest and this compiler is, built or not."""
    version = subprocess.run(
        [compiler, "env", "GOVERSION"], capture_output=True, text=True, check=True
    ).stdout.strip()
    digest = hashlib.sha256(MANIFEST.read_bytes() + version.encode()).hexdigest()[:16]
    return cache() / f"collector-{digest}" / "collector"


def build(compiler: str) -> Path:
    """Return the binary, built if it is not there yet; safe beside another run of this."""
    target = binary(compiler)
    if target.exists():
        return target
    print("collector: building it, which takes some minutes once", flush=True)
    work = Path(tempfile.mkdtemp(prefix="collector-", dir=cache()))
    try:
        compile_into(work, compiler)
        work.chmod(0o755)
        work.rename(target.parent)  # whole or not at all
    except OSError:
        if not target.exists():  # else another run was faster, and its binary is the same
            raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return target


def compile_into(folder: Path, compiler: str) -> None:
    """Run the collector's builder in a folder of its own, and leave only the binary there.

    Raises:
        subprocess.CalledProcessError: It failed; its own words are on standard error.
    """
    made = folder / "source"
    manifest = folder / "builder.yaml"
    manifest.write_text(MANIFEST.read_text(encoding="utf-8"), encoding="utf-8")
    path = f"{Path(compiler).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    env = {**os.environ, "PATH": path, "GOWORK": "off", "GOFLAGS": "-trimpath"}
    command = [compiler, "run", f"{BUILDER}@v{version()}"]
    options = [f"--config={manifest}", "--ldflags=-s -w"]
    subprocess.run(
        [*command, *options], cwd=folder, env={**env, "DIST_OUTPUT_PATH": str(made)}, check=True
    )
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
