"""CPython 3.14 as WebAssembly, which Node runs, for machines that have no other Python 3.14.

It is an npm package, kept outside the checkout: `python -m scripts.webassembly` fetches it, once.
It compiles for its version and runs what needs no process, socket or thread.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scripts import pythons
from scripts.places import kept, named
from scripts.pythons import Python

if TYPE_CHECKING:
    from collections.abc import Iterable

PACKAGE = "pyodide@314.0.7"
INTEGRITY = (
    "sha512-0YvXxEhfEdpLfb/XkM2BFAeMROq0iMUX2bzzH9pOttyM"
    "cWkwq+HbE5uyuGD82LN7y2q+SNvi/6V5JEsOlD2R1A=="
)
"""Of the package's file, as npm writes it."""

VERSION, FULL = "3.14", "3.14.2"
"""The Python that is in it."""

STACK = "--stack-size=6000"
"""Kilobytes for Node: with its usual ones it ends where Python would raise a RecursionError."""

RUNNER = Path(__file__).with_suffix(".mjs")


class UnavailableError(Exception):
    """This machine cannot have it. Says what is missing."""


@dataclass(frozen=True)
class WebAssembly(Python):
    """An interpreter whose path is the folder of the package."""

    @property
    def title(self) -> str:
        """Return its full version, and what it is."""
        return f"{self.full} as WebAssembly"

    def command(self, *arguments: str | Path, folders: Iterable[Path] = ()) -> list[str]:
        """Return what runs it with these arguments; it sees the folders and no others."""
        seen = json.dumps([str(folder) for folder in folders])
        return [node(), STACK, str(RUNNER), self.path, seen, *map(str, arguments)]


def main() -> None:
    """Fetch or find it and print where it is; say what is missing."""
    try:
        print(f"webassembly: {find().path}")
    except UnavailableError as missing:
        print(f"webassembly: {missing}; nothing runs on python {VERSION} here")


def compilers() -> dict[str, Python]:
    """Return an interpreter of each supported version that can compile, by version."""
    found = pythons.find()
    if VERSION not in found:
        try:
            found[VERSION] = find()
        except UnavailableError as missing:
            print(f"webassembly: {missing}; there is no other python {VERSION}", file=sys.stderr)
    return {version: found[version] for version in pythons.SUPPORTED if version in found}


def find() -> WebAssembly:
    """Return the interpreter, fetched if it is not there yet; safe beside another run of this.

    Raises:
        UnavailableError: Something is missing.
    """
    node()
    folder = kept(named("pyodide", PACKAGE.encode(), INTEGRITY.encode()), fetch)
    return WebAssembly(VERSION, FULL, str(folder), "wasm32-emscripten")


def node() -> str:
    """Return the path of Node.

    Raises:
        UnavailableError: There is none.
    """
    if found := shutil.which("node"):
        return found
    raise UnavailableError("node is not installed")


def fetch(folder: Path) -> None:
    """Let npm download the package into a folder, and unpack it there.

    Raises:
        UnavailableError: There is no npm, or it failed.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise UnavailableError("npm is not installed")
    options = ["pack", PACKAGE, "--silent", "--ignore-scripts", f"--pack-destination={folder}"]
    env = {**os.environ, "npm_config_update_notifier": "false"}
    run = subprocess.run(
        [npm, *options], cwd=folder, env=env, stdout=subprocess.DEVNULL, check=False
    )
    if run.returncode:
        raise UnavailableError(f"npm could not download {PACKAGE}")
    (fetched,) = folder.glob("*.tgz")
    digest = base64.b64encode(hashlib.sha512(fetched.read_bytes()).digest()).decode()
    if f"sha512-{digest}" != INTEGRITY:
        sys.exit(f"webassembly: {fetched.name} has sha512-{digest}, not {INTEGRITY}")
    with tarfile.open(fetched) as packed:
        for member in packed.getmembers():
            content = packed.extractfile(member)  # None for a folder
            if content is not None:
                (folder / Path(member.name).name).write_bytes(content.read())
    fetched.unlink()


if __name__ == "__main__":
    main()
