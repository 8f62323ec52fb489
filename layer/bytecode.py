"""Compile a tree for several Pythons, so that no cold start does it."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from layer import stripped

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scripts.pythons import Python


def compile_all(tree: Path, modules: list[Path], pythons: Iterable[Python]) -> None:
    """Write the .pyc of these modules of `tree` for every given Python.

    Each goes to `__pycache__` under its version's own name (PEP 3147), so one tree serves all. They
    are unchecked-hash .pyc (PEP 552): valid whatever the time stamps, which /opt does not keep, and
    no source is read. The paths in them are those under /opt. See `stripped.py` for what is left
    out of them.

    Raises:
        RuntimeError: A module does not compile.
    """
    # one process a version and one fixed hash seed: the order of a constant set is in the bytes
    env = {"PATH": os.environ.get("PATH", ""), "PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8"}
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as listed:
        listed.write("".join(f"{path}\n" for path in modules))
        listed.flush()
        program = ["-S", "-X", "no_debug_ranges", str(Path(stripped.__file__))]
        running = {
            python: subprocess.Popen(
                [python.path, *program, str(tree), listed.name],
                env=env,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            for python in pythons
        }
        told = {python: process.communicate()[0] for python, process in running.items()}
    failed = [python for python, process in running.items() if process.returncode]
    if failed:
        raise RuntimeError("\n".join(f"python {p.full}: {told[p].strip()}" for p in failed))


def leave_sources_out(modules: list[Path]) -> None:
    """Put the .pyc of each module, compiled for one Python, in the place of its source.

    Python imports it from there (PEP 3147, "legacy" location). Tracebacks name files and lines as
    before, without the text of the line.
    """
    for path in modules:
        (compiled,) = (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc")
        compiled.rename(path.with_suffix(".pyc"))
        path.unlink()
    for folder in {path.parent / "__pycache__" for path in modules}:
        folder.rmdir()
