"""The Go compiler of this machine: what the collector and Jaeger are built with."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

USUAL = "/usr/local/go/bin/go"
"""Where Go's own installer puts it, often without adding that to PATH."""


def find() -> str | None:
    """Return the path of the Go compiler, or None."""
    return shutil.which("go") or (USUAL if os.access(USUAL, os.X_OK) else None)


def release(compiler: str) -> str:
    """Return what a compiler says it is, such as `go1.26.8`."""
    asked = subprocess.run(
        [compiler, "env", "GOVERSION"], capture_output=True, text=True, check=True
    )
    return asked.stdout.strip()


def run(compiler: str, *arguments: str, cwd: Path, **more: str) -> None:
    """Run a command of Go's; `more` are variables.

    Raises:
        subprocess.CalledProcessError: It failed; its own words are on standard error.
    """
    path = f"{Path(compiler).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    env = {**os.environ, "PATH": path, "GOWORK": "off", "GOFLAGS": "-trimpath", **more}
    subprocess.run([compiler, *arguments], cwd=cwd, env=env, check=True)
