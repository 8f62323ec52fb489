"""The built layer: what is in it, for which Pythons, and that the same inputs give its bytes."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from layer import archive as packing
from layer import budget, build, licenses, reach, stripped, wheels
from scripts import locks, pythons
from scripts.places import REQUIREMENTS, ROOT

if TYPE_CHECKING:
    from pathlib import Path

READ_BYTECODE = """
import importlib.util, json, marshal, pathlib, sys, types
tree, told = pathlib.Path(sys.argv[1]), []
def has_columns(code):
    inner = [c for c in code.co_consts if isinstance(c, types.CodeType)]
    columns = sys.version_info >= (3, 11) and any(p[2] is not None for p in code.co_positions())
    return columns or any(map(has_columns, inner))
for path in sorted(tree.rglob(f"*.{sys.implementation.cache_tag}.pyc")):
    data = path.read_bytes()
    source = importlib.util.source_from_cache(str(path.relative_to(tree)))
    told.append([
        data[:4] == importlib.util.MAGIC_NUMBER,
        int.from_bytes(data[4:8], "little"),
        marshal.loads(data[16:]).co_filename == "/opt/" + source,
        has_columns(marshal.loads(data[16:])),
    ])
print(json.dumps([len(told), sorted(map(list, set(map(tuple, told))))]))
"""

IMPORT_ALL = """
import importlib, json, os, pathlib, sys
site, failed = pathlib.Path(sys.argv[1]) / "python", {}
for path in sorted(site.rglob("*.pyc")):
    parts = path.relative_to(site).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    try:
        importlib.import_module(name)
    except Exception as error:
        failed[name] = type(error).__name__ + ": " + str(error)
print(json.dumps(failed))
"""

IMPORT_SDK = """
import json, os, sys
import opentelemetry.instrumentation.instrumentor
import opentelemetry.propagators.aws, opentelemetry.sdk.extension.aws.trace
import opentelemetry.sdk.metrics.export, opentelemetry.sdk.resources
import opentelemetry.sdk.trace.export, opentelemetry.sdk.trace.sampling
def is_ours(module):
    return (getattr(module, "__file__", None) or "").startswith(sys.argv[1])
ours = [module for module in sys.modules.values() if is_ours(module)]
print(json.dumps([len(ours), [m.__name__ for m in ours if not os.path.exists(m.__cached__)]]))
"""

RUN_STRIPPED = """
import pathlib, runpy, sys
main = runpy.run_path(sys.argv[1])["main"]
main(pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]))
"""


def test_bytes_of_a_module_are_its_own(python: pythons.Python, tree: Path, tmp_path: Path) -> None:
    """What else the compiling process has loaded, and so which names it holds, leaves no mark."""
    copied = tmp_path / "opt"
    shutil.copytree(tree / "python" / "packaging", copied, ignore=lambda *_: ["__pycache__"])
    modules = sorted(copied.glob("*.py"))
    listed = tmp_path / "listed"
    listed.write_text("".join(f"{path}\n" for path in modules))
    made = []
    for company in ("", "import argparse, asyncio, logging, subprocess"):
        command = [python.path, "-S", "-c", company + RUN_STRIPPED, stripped.__file__]
        subprocess.run([*command, copied, listed], check=True, env={"PYTHONHASHSEED": "0"})
        made.append({path.name: path.read_bytes() for path in copied.rglob("*.pyc")})
    assert made[0] == made[1]
    assert len(made[0]) == len(modules)


def test_same_inputs_same_bytes(archive: Path, tmp_path: Path) -> None:
    """Built elsewhere, with another umask, time zone and hash seed, the zip is the same file."""
    elsewhere = {"PYTHONHASHSEED": "random", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    subprocess.run(
        [sys.executable, "-m", "layer.build", "--out", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, **elsewhere},
        umask=0o077,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    again = tmp_path / "dist" / archive.name
    assert contents(again) == contents(archive)  # names the file that differs
    assert again.read_bytes() == archive.read_bytes()


def contents(archive: Path) -> dict[str, tuple[int, int]]:
    """Checksum and mode of each entry."""
    with zipfile.ZipFile(archive) as opened:
        return {e.filename: (e.CRC, e.external_attr >> 16) for e in opened.infolist()}


def test_zip_is_the_tree(tree: Path, archive: Path) -> None:
    """What is tried here from the tree is what is uploaded: the same bytes and modes.

    A Python that ran from the tree may have added .pyc to it; under a read-only /opt none can.
    """
    with zipfile.ZipFile(archive) as opened:
        zipped = {e.filename: (opened.read(e), e.external_attr >> 16) for e in opened.infolist()}
    on_disk = {n: (path.read_bytes(), path.stat().st_mode) for n, path in packing.files(tree)}
    assert {name: on_disk.get(name) for name in zipped} == zipped
    assert [n for n in on_disk.keys() - zipped.keys() if not n.endswith(".pyc")] == []


def test_modes(archive: Path) -> None:
    """Whoever Lambda runs the function as can read every file, and run the wrapper alone."""
    with zipfile.ZipFile(archive) as opened:
        modes = {e.filename: stat.S_IMODE(e.external_attr >> 16) for e in opened.infolist()}
    assert modes.pop("heliograph") == 0o755
    assert set(modes.values()) == {0o644}


def test_packages_are_the_lock(tree: Path) -> None:
    """The layer holds the locked packages and ours, each with its metadata, and no other."""
    infos = {path.name for path in (tree / "python").glob("*.dist-info")}
    locked = {
        f"{pin.name.replace('-', '_')}-{pin.version}.dist-info"
        for pin in locks.read(REQUIREMENTS / "layer.txt")
    }
    assert {name for name in infos if not name.startswith("heliograph-")} == locked
    assert len(infos) == len(locked) + 1


def test_nothing_that_the_runtime_has(tree: Path) -> None:
    """No boto3, botocore, requests, urllib3 or s3transfer shadows the one of the function."""
    assert {path.name for path in (tree / "python").iterdir()} & wheels.NEVER == set()


def test_nothing_but_python(tree: Path) -> None:
    """One layer serves every processor: no machine code, no stubs, no C, no tests, no lab."""
    names = [name for name, _ in packing.files(tree)]
    suffixes = {name.rpartition(".")[2] for name in names if ".dist-info/" not in name}
    assert suffixes == {"heliograph", "py", "pyc"}
    assert [n for n in names if "/tests/" in n or n.startswith("python/heliograph/lab/")] == []


def test_metadata_is_found(tree: Path, python: pythons.Python) -> None:
    """importlib.metadata gives our version and the instrumentors from the layer alone."""
    script = (
        "import importlib.metadata as m, json\n"
        "found = m.entry_points(group='opentelemetry_instrumentor')\n"
        "print(json.dumps([m.version('heliograph'), sorted(e.name for e in found)]))"
    )
    told = run(python, script, tree)
    info = next((tree / "python").glob("heliograph-*.dist-info")).name
    version = info.removeprefix("heliograph-").removesuffix(".dist-info")
    assert told == [version, ["aiobotocore", "botocore", "requests"]]


def test_bytecode(tree: Path, python: pythons.Python) -> None:
    """The .pyc are this Python's, unchecked-hash (flag 1 of PEP 552), with the paths under /opt.

    They hold the lines of tracebacks and not the columns.
    """
    count, kinds = run(python, READ_BYTECODE, tree)
    assert kinds == [[True, 0b01, True, False]]
    assert count >= len(reach.reachable(tree / "python"))


def test_no_cold_start_compiles(tree: Path, python: pythons.Python) -> None:
    """The SDK, the instrumentors' base, the propagator, the id generator: all load from .pyc."""
    loaded, compiled_anew = run(python, IMPORT_SDK, tree)
    assert loaded > 50
    assert compiled_anew == []


def test_docstrings_are_left_out(tmp_path: Path) -> None:
    """Docstrings go, lines, asserts and a dataclass's own docstring stay."""
    source = (
        b'"""Module."""\nimport dataclasses\n\ndef f():\n    """F."""\n\n'
        b'@dataclasses.dataclass\nclass D:\n    """D."""\n    a: int\n\n'
        b'class C:\n    """C."""\n    async def m(self):\n        """M."""\n        assert False\n'
    )
    made: dict[str, Any] = {"__name__": "made"}
    exec(compile(stripped.without_docstrings(source), "made", "exec", dont_inherit=True), made)
    docs = [made.get("__doc__"), made["f"].__doc__, made["C"].__doc__, made["C"].m.__doc__]
    assert docs == [None] * 4
    assert made["D"].__doc__ == "D."
    assert made["f"]() is None
    with pytest.raises(AssertionError) as caught:
        made["C"]().m().send(None)
    assert caught.tb.tb_next.tb_lineno == 16


def test_annotations_are_left_out(tmp_path: Path) -> None:
    """Annotations of functions go; those that dataclasses and singledispatch read stay."""
    source = (
        b"import dataclasses, functools\n"
        b"@dataclasses.dataclass\nclass D:\n    a: int = 1\n"
        b"    def m(self, b: str) -> str: return b\n"
        b"@functools.singledispatch\ndef f(a: object, *b: int, c: int = 0, **d: int) -> str:\n"
        b"    return 'any'\n@f.register\ndef _(a: int): return 'int'\n"
    )
    made: dict[str, Any] = {"__name__": "made"}
    module = stripped.without_annotations(stripped.without_docstrings(source))
    exec(compile(module, "made", "exec", dont_inherit=True), made)
    assert made["f"].__annotations__ == made["D"].m.__annotations__ == {}
    assert [field.type for field in made["D"].__dataclass_fields__.values()] == [int]
    assert [made["f"](1), made["f"]("")] == ["int", "any"]


def run(python: pythons.Python, script: str, tree: Path) -> list[Any]:
    """Run a script with the layer's packages on the path and nothing else but the library."""
    told = subprocess.run(
        [python.path, "-B", "-S", "-c", script, str(tree)],
        env={"PYTHONPATH": str(tree / "python")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    answer: list[Any] = json.loads(told.stdout)
    return answer


def test_missing_python_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A supported Python that the machine lacks is named in a line; the others are compiled for."""
    newest = list(pythons.find().items())[-1:]
    build.build(tmp_path, dict(newest))
    build.summary(tmp_path, dict(newest), fresh=True)
    told = capsys.readouterr().out
    absent = [version for version in pythons.SUPPORTED if version != newest[0][0]]
    assert [v for v in pythons.SUPPORTED if f"python {v} not found: its .pyc" in told] == absent
    tag = f"cpython-{newest[0][0].replace('.', '')}"
    assert budget.pythons_of(tmp_path / "dist" / "heliograph-layer.zip") == [tag]


def test_smallest(tmp_path: Path) -> None:
    """The layer for one Python keeps within its bytes, and all that is left in it is imported.

    What cannot be imported without the libraries that it instruments says so.
    """
    version, python = list(pythons.find().items())[-1]
    build.build(tmp_path, {version: python}, smallest=True)
    tree, archive, _ = build.paths(tmp_path)
    assert budget.complaint(archive, budget.SMALLEST) == ""
    modules = list((tree / "python").rglob("*.pyc"))
    assert len(modules) > 200
    assert list((tree / "python").rglob("*.py")) == []  # each is where its source was
    failed: dict[str, str] = run(python, IMPORT_ALL, tree)  # type: ignore[assignment]
    absent = r"ModuleNotFoundError: No module named '(awslambdaric|botocore|grpc|requests|urllib3)'"
    assert {name: said for name, said in failed.items() if not re.match(absent, said)} == {}
    assert list((tree / "python").rglob("pylock.*")) == []


def test_up_to_date_is_left_alone(tree: Path, archive: Path) -> None:
    """A second build with the same inputs touches nothing."""
    before = archive.stat()
    assert build.build(ROOT, pythons.find()) is False
    assert archive.stat() == before


def test_licences(tree: Path) -> None:
    """The layer ships the committed list, and the list names every locked package and version."""
    shipped = next(tree.glob("python/heliograph-*.dist-info/licenses/THIRD_PARTY_LICENSES.txt"))
    assert shipped.read_text() == licenses.LIST.read_text()
    rows = [line.split()[:2] for line in shipped.read_text().split("\n\n")[1].splitlines()]
    pins = locks.read(REQUIREMENTS / "layer.txt")
    assert [[n.replace("_", "-"), v] for n, v in rows] == [[p.name, p.version] for p in pins]
    assert (shipped.parent / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()
    copies = [p for p in tree.rglob("LICENSE*") if p.read_bytes() == wheels.LICENSE.read_bytes()]
    assert copies == [shipped.parent / "LICENSE"]  # not once for each of a dozen packages


def test_budget(archive: Path) -> None:
    """The layer keeps within its bytes; a failure names the largest parts."""
    pythons_in_it = len(budget.pythons_of(archive))
    assert budget.complaint(archive, budget.allowed(pythons_in_it)) == ""


def test_budget_names_what_is_large(archive: Path) -> None:
    """A layer over its budget is told by its parts, the SDK first."""
    told = budget.complaint(archive, budget.Size(zipped=1000, unpacked=1000))
    assert "(1,000 allowed)" in told
    assert "the largest parts of the zip: opentelemetry/sdk " in told
