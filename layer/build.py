"""Build the layer: `build/layer/`, the tree as under /opt, and `dist/heliograph-layer.zip`.

`python -m layer.build [--only 3.13] [--out DIR]` does nothing if what is there was made from the
same inputs, and may run beside another one. The same inputs give the same bytes. Each Python has a
folder of its own with the bytecode of the modules that something comes to import; `python/` holds
what serves them all.
"""

from __future__ import annotations

import argparse
import ast
import fcntl
import hashlib
import shutil
import sys
import tempfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from layer import archive, budget, bytecode, licenses, pack, reach, stripped, wheels
from scripts import pythons, webassembly
from scripts.places import REQUIREMENTS, ROOT, packages

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scripts.pythons import Python

LOCK = REQUIREMENTS / "layer.txt"
OTLP_LOCK = REQUIREMENTS / "layer-otlp.txt"
INSTRUMENTORS_LOCK = REQUIREMENTS / "instrumentors.txt"
WRAPPER = ROOT / "layer" / "heliograph"

SOURCES_ONLY = frozenset({"packaging"})
"""Packages that are in the layer once, uncompiled: Heliograph imports them nowhere.

What does is code of the function that imports an official instrumentor by itself: `packaging` takes
35 ms to come from its source there, in place of 10, and would be a tenth of the layer.
"""


def main() -> None:
    """Build unless up to date, and say what the layer is made of."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT, help="folder for build/ and dist/")
    parser.add_argument("--only", choices=pythons.SUPPORTED, help="for this Python alone")
    given = parser.parse_args()
    out: Path = given.out.resolve()
    found = webassembly.compilers()
    served: Sequence[str] = pythons.SUPPORTED
    if given.only:
        if given.only not in found:
            sys.exit(f"layer: this machine has no python {given.only}")
        served = [given.only]
    try:
        fresh = build(out, found, served)
        summary(out, found, fresh, served)
    except (wheels.UnusableError, RuntimeError) as error:
        sys.exit(f"layer: {error}")


def build(
    out: Path,
    found: dict[str, Python],
    served: Sequence[str] = pythons.SUPPORTED,
    *,
    platform: wheels.Platform | None = None,
) -> bool:
    """Make `build/layer` and `dist/heliograph-layer.zip` in `out` if their inputs changed.

    Args:
        out: Folder for both.
        found: The Pythons that can compile.
        served: Versions that the layer is for; one that cannot compile gets sources.
        platform: Make the layer with OTLP, for this platform; see `otlp.py`.

    Returns:
        Whether something was built.

    Raises:
        wheels.UnusableError: A package cannot be in the layer.
        RuntimeError: A module does not compile for a Python.
    """
    tree, target, mark = paths(out, platform)
    tree.parent.mkdir(parents=True, exist_ok=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    with (tree.parent / "layer.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        inputs = fingerprint(found, served)
        if tree.is_dir() and target.exists() and mark.exists() and mark.read_text() == inputs:
            return False
        mark.unlink(missing_ok=True)
        with tempfile.TemporaryDirectory(dir=tree.parent, prefix="layer-") as folder:
            sources, work = Path(folder) / "sources", Path(folder) / "layer"
            gather(sources, platform)
            lay_out(sources, work, found, served)
            archive.settle(work, executables={WRAPPER.name})
            packed = Path(folder) / target.name
            archive.pack(work, packed)
            shutil.rmtree(tree, ignore_errors=True)
            work.rename(tree)
            shutil.move(packed, target)
        mark.write_text(inputs)
    return True


def paths(out: Path, platform: wheels.Platform | None = None) -> tuple[Path, Path, Path]:
    """Return where the tree, the zip and the fingerprint of their inputs go."""
    name = f"layer-otlp-{platform.python}-{platform.machine}" if platform else "layer"
    built, zipped = out / "build", out / "dist"
    return built / name, zipped / f"heliograph-{name}.zip", built / f"{name}.inputs"


def fingerprint(found: dict[str, Python], served: Sequence[str]) -> str:
    """Return a hash of all that the layer is made from and by."""
    digest = hashlib.sha256()
    compilers = (found[one].title if one in found else one for one in served)
    digest.update("\n".join([sys.version, zlib.ZLIB_RUNTIME_VERSION, *compilers]).encode())
    sources = [LOCK, OTLP_LOCK, INSTRUMENTORS_LOCK]
    sources += [REQUIREMENTS / "dev.txt", ROOT / "pyproject.toml", ROOT / "LICENSE"]
    for folder in ("src", "layer", "scripts"):
        found_in = (ROOT / folder).rglob("*")
        sources += (p for p in found_in if p.is_file() and "__pycache__" not in p.parts)
    for path in sorted(sources):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"\n{path.relative_to(ROOT)} {content}".encode())
    return digest.hexdigest()


def gather(sources: Path, platform: wheels.Platform | None = None) -> None:
    """Put the locked packages, this package and the list of licences into a folder."""
    sources.mkdir()
    plain, brought = wheels.fetch(LOCK), wheels.fetch(INSTRUMENTORS_LOCK)
    third_party = [*plain, *brought]
    licenses.check(third_party)
    more = []
    if platform:
        more = wheels.fetch(OTLP_LOCK, platform, LOCK)
        licenses.check(more, third_party)
    with tempfile.TemporaryDirectory() as folder:
        for wheel in [*third_party, *more, wheels.own(Path(folder))]:
            wheels.unpack(wheel, sources, machine_code=wheel in more)
    licenses.keep_once(sources, [*third_party, *more])
    for wheel in brought:  # whoever looks entry points up would read it in every cold start
        shutil.rmtree(sources / wheels.metadata_folder(wheel))
    info = next(sources.glob("heliograph-*.dist-info"))
    for listed in [licenses.LIST, *([licenses.OTLP_LIST] if platform else [])]:
        shutil.copyfile(listed, info / "licenses" / listed.name)


def lay_out(sources: Path, tree: Path, found: dict[str, Python], served: Sequence[str]) -> None:
    """Make the tree as under /opt, of packages and their modules that something comes to import.

    Args:
        sources: The folder of all packages.
        tree: What stands for /opt.
        found: The Pythons that can compile.
        served: Versions that the layer is for.

    Raises:
        RuntimeError: A module does not compile for a Python.
    """
    reached = reach.reachable(sources)
    data = [path for _, path in archive.files(sources) if path.suffix != ".py"]
    common = {path for path in [*reached, *data] if is_common(path.relative_to(sources))}
    modules = [path for path in reached if path not in common]
    copy(sources, sorted(common), tree / "python")
    pack.write_rest(sources, set(reached), tree / "python")
    shutil.copyfile(WRAPPER, tree / WRAPPER.name)
    for version in served:
        copy(sources, [path for path in data if path not in common], packages(tree, version))
        if version not in found:
            whole = sorted({*modules, *(sources / one for one in pack.whole(sources))})
            copy(sources, whole, packages(tree, version))
    compiling = {found[version]: packages(tree, version) for version in served if version in found}
    bytecode.compile_all(sources, modules, tree, compiling)


def is_common(relative: Path) -> bool:
    """Say whether a file serves every Python as it is: metadata, and what is kept as source."""
    return relative.parts[0].endswith(".dist-info") or relative.parts[0] in SOURCES_ONLY


def copy(sources: Path, files: Iterable[Path], target: Path) -> None:
    """Copy files of a folder to the same places in another one."""
    for path in files:
        placed = target / path.relative_to(sources)
        placed.parent.mkdir(parents=True, exist_ok=True)
        if path.relative_to(sources).parts[0] in SOURCES_ONLY:
            module = stripped.without_docstrings(ast.parse(path.read_bytes()))
            placed.write_text(stripped.unparsed(stripped.without_texts(module)), encoding="utf-8")
        else:
            shutil.copyfile(path, placed)


def summary(
    out: Path, found: dict[str, Python], fresh: bool, served: Sequence[str] = pythons.SUPPORTED
) -> None:
    """Say what was built, how large it is, and which Python it was not compiled for."""
    tree, target, _ = paths(out)
    names = sorted(p.name.removesuffix(".dist-info") for p in tree.glob("python/*.dist-info"))
    compiled = [found[version].title for version in served if version in found]
    print(f"layer: {target} {'built' if fresh else 'is up to date'}")
    print(budget.told(target, budget.PLAIN))
    print(f"  packages: {', '.join(names)}")
    print(f"  compiled for python {', '.join(compiled)}")
    for version in served:
        if version not in found:
            print(
                f"  python {version} not found: it has sources, of no budget; the first import in "
                "every cold start there compiles"
            )


if __name__ == "__main__":
    main()
