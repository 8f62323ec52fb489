"""Compile modules for several Pythons, so that no cold start does it."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from layer import stripped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scripts.pythons import Python


def compile_all(
    sources: Path, modules: list[Path], tree: Path, targets: Mapping[Python, Path]
) -> None:
    """Write the .pyc of modules where each Python looks for the modules themselves.

    Without a source Python imports a .pyc from there (PEP 3147, "legacy" location), and asks the
    file system for less. They are unchecked-hash .pyc (PEP 552): valid whatever the time stamps,
    which /opt does not keep. The paths in them are those under /opt, so a traceback names the
    place of the .pyc and the line in the source. See `stripped.py` for what is left out.

    Args:
        sources: The folder of all packages.
        modules: Files in it.
        tree: What stands for /opt.
        targets: The folder in the tree for each Python.

    Raises:
        RuntimeError: A module does not compile.
    """
    # one process a version and one fixed hash seed: the order of a constant set is in the bytes
    env = {"PATH": os.environ.get("PATH", ""), "PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8"}
    program = Path(stripped.__file__)
    options = ["-S", "-X", "no_debug_ranges", str(program)]
    tree.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "modules"
        listed.write_text("".join(f"{path}\n" for path in modules), encoding="utf-8")
        folders = [sources, listed.parent, tree, program.parent]
        running = {
            python: subprocess.Popen(
                python.command(
                    *options, sources, listed, target, place(tree, target), folders=folders
                ),
                env=env,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            for python, target in targets.items()
        }
        told = {python: process.communicate()[0] for python, process in running.items()}
    failed = [python for python, process in running.items() if process.returncode]
    if failed:
        raise RuntimeError("\n".join(f"python {p.title}: {told[p].strip()}" for p in failed))


def place(tree: Path, target: Path) -> str:
    """Return where Lambda mounts a folder of the tree."""
    return f"/opt/{target.relative_to(tree).as_posix()}"
