"""Run uv with the package index and the certificates that pip is set up with.

`python -m scripts.uv ARGUMENTS` is `uv ARGUMENTS`. uv reads its own settings and not pip's, but a
machine may reach its index only as pip was told to. Downloads of Pythons are off: only what the
machine has is used.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def environment() -> dict[str, str]:
    """Return the environment for uv; a variable of uv's that is set already wins."""
    env = {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1", **os.environ}
    if not {"UV_DEFAULT_INDEX", "UV_INDEX_URL"} & env.keys():
        index = pip_setting("index-url")
        if index:
            env["UV_DEFAULT_INDEX"] = index
    if "SSL_CERT_FILE" not in env:
        certificates = pip_setting("cert")
        if certificates:
            env["SSL_CERT_FILE"] = certificates
    return env


def pip_setting(name: str) -> str:
    """Return a setting of pip's, or "": its variable first, then its files, as pip itself does."""
    variable = os.environ.get(f"PIP_{name.replace('-', '_').upper()}")
    if variable:
        return variable
    command = [sys.executable, "-m", "pip", "config", "get"]
    for section in ("install", "global"):
        told = subprocess.run(
            [*command, f"{section}.{name}"], capture_output=True, text=True, check=False
        )
        if told.returncode == 0 and told.stdout.strip():
            return told.stdout.strip()
    return ""


def run(*arguments: str, cwd: Path | None = None) -> None:
    """Run uv of this environment; its own words say what failed.

    Raises:
        subprocess.CalledProcessError: It failed.
    """
    uv = Path(sys.executable).parent / "uv"
    subprocess.run([uv, *arguments], check=True, env=environment(), cwd=cwd)


if __name__ == "__main__":
    try:
        run(*sys.argv[1:])
    except subprocess.CalledProcessError as failed:
        sys.exit(failed.returncode)
