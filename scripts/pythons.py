"""Find the Pythons of this machine: one for each version that Heliograph supports."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

SUPPORTED = ("3.10", "3.11", "3.12", "3.13", "3.14")
"""The versions of Lambda's managed runtimes that Heliograph serves, as in `pyproject.toml`."""

PROBE = """
import json, os, sys, sysconfig
print(json.dumps({
    "version": "%d.%d" % sys.version_info[:2],
    "full": "%d.%d.%d" % sys.version_info[:3],
    "path": os.path.realpath(sys.executable),
    "platform": sysconfig.get_platform(),
    "usable": sys.implementation.name == "cpython" and sys.version_info[3] == "final"
    and not sysconfig.get_config_var("Py_GIL_DISABLED"),
}))
"""


@dataclass(frozen=True)
class Python:
    """An interpreter: its version (3.12), its full version (3.12.1), its path and platform."""

    version: str
    full: str
    path: str
    platform: str

    @property
    def title(self) -> str:
        """Return what it is called in a list of several."""
        return self.full

    def command(self, *arguments: str | Path, folders: Iterable[Path] = ()) -> list[str]:  # noqa: ARG002
        """Return what runs it with these arguments.

        Args:
            arguments: Of its command line.
            folders: All that it has to see, for an interpreter that is shut in (`webassembly.py`).
        """
        return [self.path, *map(str, arguments)]


def find() -> dict[str, Python]:
    """Return the newest interpreter of each supported version, by version.

    Looks in PATH, in pyenv's versions and at the Python that runs this. Only final releases of
    CPython with the GIL count: that is what Lambda has.
    """
    best: dict[str, Python] = {}
    for path in candidates():
        python = probe(path)
        if python is None or python.version not in SUPPORTED:
            continue
        if python.version not in best or patch(python) > patch(best[python.version]):
            best[python.version] = python
    return {version: best[version] for version in SUPPORTED if version in best}


def missing(found: dict[str, Python]) -> list[str]:
    """Return the supported versions that are not in `found`."""
    return [version for version in SUPPORTED if version not in found]


def candidates() -> list[str]:
    """Return paths that may be interpreters, each file once, in an order that does not vary."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    shims = pyenv / "shims"  # scripts that may answer "not installed": versions/ has the real ones
    folders = [Path(p) for p in os.environ.get("PATH", "").split(os.pathsep) if p]
    folders = [f for f in folders if f.resolve() != shims.resolve()]
    folders += sorted(pyenv.glob("versions/*/bin"))
    paths = [sys.executable]
    for version in SUPPORTED:
        paths += [str(f / f"python{version}") for f in folders]
    usable = [os.path.realpath(p) for p in paths if shutil.which(p)]
    return list(dict.fromkeys(usable))


def probe(path: str) -> Python | None:
    """Ask an interpreter what it is; None for one that does not start or is not Lambda's kind."""
    try:
        told = subprocess.run(
            [path, "-I", "-c", PROBE], capture_output=True, text=True, timeout=60, check=True
        ).stdout
        facts = json.loads(told)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return Python(**facts) if facts.pop("usable") else None


def patch(python: Python) -> int:
    """Return the 1 of 3.12.1."""
    return int(python.full.rpartition(".")[2])
