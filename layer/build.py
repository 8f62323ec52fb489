"""Build the layer: `build/layer/`, the tree as under /opt, and `dist/heliograph-layer.zip`.

`python -m layer.build [--out DIR]` does nothing if what is there was made from the same inputs, and
may run beside another one. The same inputs give the same bytes. `--only 3.13` makes the smallest
layer, for that Python and without the modules that nothing in the layer comes to import.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import shutil
import sys
import tempfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from layer import archive, budget, bytecode, licenses, reach, wheels
from scripts import pythons
from scripts.places import REQUIREMENTS, ROOT

if TYPE_CHECKING:
    from scripts.pythons import Python

LOCK = REQUIREMENTS / "layer.txt"
OTLP_LOCK = REQUIREMENTS / "layer-otlp.txt"
WRAPPER = ROOT / "layer" / "heliograph"


def main() -> None:
    """Build unless up to date, and say what the layer is made of."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT, help="folder for build/ and dist/")
    parser.add_argument("--only", choices=pythons.SUPPORTED, help="for this Python alone")
    given = parser.parse_args()
    out: Path = given.out.resolve()
    found = pythons.find()
    if given.only:
        if given.only not in found:
            sys.exit(f"layer: this machine has no python {given.only}")
        found = {given.only: found[given.only]}
    try:
        fresh = build(out, found, smallest=bool(given.only))
        summary(out, found, fresh, smallest=bool(given.only))
    except (wheels.UnusableError, RuntimeError) as error:
        sys.exit(f"layer: {error}")


def build(
    out: Path,
    found: dict[str, Python],
    *,
    smallest: bool = False,
    platform: wheels.Platform | None = None,
) -> bool:
    """Make `build/layer` and `dist/heliograph-layer.zip` in `out` if their inputs changed.

    Args:
        out: Folder for both.
        found: The Pythons to compile for.
        smallest: For one Python: leave out what nothing in the layer comes to import, and the
            sources.
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
        inputs = f"{fingerprint(found)} {'smallest' if smallest else 'whole'}"
        if tree.is_dir() and target.exists() and mark.exists() and mark.read_text() == inputs:
            return False
        mark.unlink(missing_ok=True)
        with tempfile.TemporaryDirectory(dir=tree.parent, prefix="layer-") as folder:
            work = Path(folder) / "layer"
            assemble(work, platform)
            modules = reach.reachable(work / "python")
            if smallest:
                reach.prune(work / "python", modules)
            bytecode.compile_all(work, modules, found.values())
            if smallest:
                bytecode.leave_sources_out(modules)
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


def fingerprint(found: dict[str, Python]) -> str:
    """Return a hash of all that the layer is made from and by."""
    digest = hashlib.sha256()
    makers = [sys.version, zlib.ZLIB_RUNTIME_VERSION, *(p.full for p in found.values())]
    digest.update("\n".join(makers).encode())
    sources = [LOCK, OTLP_LOCK, REQUIREMENTS / "dev.txt", ROOT / "pyproject.toml", ROOT / "LICENSE"]
    for folder in ("src", "layer", "scripts"):
        found_in = (ROOT / folder).rglob("*")
        sources += (p for p in found_in if p.is_file() and "__pycache__" not in p.parts)
    for path in sorted(sources):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"\n{path.relative_to(ROOT)} {content}".encode())
    return digest.hexdigest()


def assemble(tree: Path, platform: wheels.Platform | None = None) -> None:
    """Put the wrapper, the locked packages, this package and the list of licences into a tree."""
    site = tree / "python"
    site.mkdir(parents=True)
    shutil.copyfile(WRAPPER, tree / WRAPPER.name)
    third_party = wheels.fetch(LOCK)
    licenses.check(third_party)
    lists = [licenses.LIST]
    if platform:
        more = wheels.fetch(OTLP_LOCK, platform, LOCK)
        licenses.check(more, licenses.OTLP_LIST)
        lists.append(licenses.OTLP_LIST)
        for wheel in more:
            wheels.unpack(wheel, site, machine_code=True)
    with tempfile.TemporaryDirectory() as folder:
        ours = wheels.own(Path(folder))
        for wheel in [*third_party, ours]:
            wheels.unpack(wheel, site)
    info = next(site.glob("heliograph-*.dist-info"))
    for listed in lists:
        shutil.copyfile(listed, info / "licenses" / listed.name)


def summary(out: Path, found: dict[str, Python], fresh: bool, *, smallest: bool = False) -> None:
    """Say what was built, how large it is, and which Python it was not compiled for."""
    tree, target, _ = paths(out)
    size = budget.size(target)
    allowed = budget.SMALLEST if smallest else budget.allowed(len(found))
    names = sorted(p.name.removesuffix(".dist-info") for p in tree.glob("python/*.dist-info"))
    print(f"layer: {target} {'built' if fresh else 'is up to date'}")
    print(f"  {size.zipped:,} bytes zipped ({allowed.zipped:,} allowed)")
    print(f"  {size.unpacked:,} bytes unpacked ({allowed.unpacked:,} allowed)")
    print(f"  packages: {', '.join(names)}")
    print(f"  compiled for python {', '.join(python.full for python in found.values())}")
    for version in () if smallest else pythons.missing(found):
        print(
            f"  python {version} not found: its .pyc are left out; the first import in every "
            "cold start there compiles"
        )


if __name__ == "__main__":
    main()
