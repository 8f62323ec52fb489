"""Make what stands for Lambda's /var/runtime: the real runtime client and boto3, for each Python.

`python -m scripts.runtimes` writes `build/runtime/X.Y/` and `build/runtimes.json`, a list of
`{"version", "python", "runtime_dir"}`. The trees are kept outside the checkout and linked into it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from scripts import pythons, uv
from scripts.places import BUILD, REQUIREMENTS, cache

if TYPE_CHECKING:
    from scripts.pythons import Python

LOCK = REQUIREMENTS / "runtime.txt"


def main() -> None:
    """Make or find the tree of every Python, link it, and say which Python there is none for."""
    found = pythons.find()
    rows = []
    for version, python in found.items():
        link = BUILD / "runtime" / version
        point(link, tree(python))
        rows.append({"version": version, "python": python.path, "runtime_dir": str(link)})
    BUILD.mkdir(exist_ok=True)
    replace(BUILD / "runtimes.json", json.dumps(rows, indent=2) + "\n")
    print("runtimes:", ", ".join(python.full for python in found.values()))
    for version in pythons.missing(found):
        print(f"python {version} not found: no runtime for it, nothing runs on it here")


def tree(python: Python) -> Path:
    """Return the tree of a Python, made if it is not there yet; safe beside another run of this."""
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16]
    target = cache() / f"runtime-{python.full}-{python.platform}-{digest}"
    if target.is_dir():
        return target
    print(f"runtime for python {python.full}: installing", flush=True)
    work = Path(tempfile.mkdtemp(prefix="runtime-", dir=cache()))
    try:
        install(python, work)
        work.chmod(0o755)
        work.rename(target)  # whole or not at all
    except OSError:
        if not target.is_dir():  # else another run was faster, and its tree is the same
            raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return target


def install(python: Python, target: Path) -> None:
    """Install the locked packages, compiled as Lambda's are, and import them once."""
    options = ["--no-deps", "--require-hashes", "--only-binary=:all:", "--link-mode=copy"]
    options += ["--compile-bytecode", "--quiet", "--python", python.path, "--target", str(target)]
    uv.run("pip", "install", *options, "-r", str(LOCK))
    check = "import sys; sys.path.insert(0, sys.argv[1]); import awslambdaric.bootstrap, boto3"
    subprocess.run([python.path, "-I", "-c", check, str(target)], check=True)


def point(link: Path, target: Path) -> None:
    """Make `link` a symbolic link to `target`, in one step."""
    link.parent.mkdir(parents=True, exist_ok=True)
    if link.is_symlink() and link.readlink() == target:
        return
    new = link.with_name(f"{link.name}.{os.getpid()}")
    new.symlink_to(target)
    new.replace(link)


def replace(path: Path, text: str) -> None:
    """Write a file in one step, so that a reader sees the old one or the new one."""
    new = path.with_name(f"{path.name}.{os.getpid()}")
    new.write_text(text, encoding="utf-8")
    new.replace(path)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as failed:
        sys.exit(f"failed: {' '.join(map(str, failed.cmd))}")
