"""The built layer: what is in it, for which Pythons, and that the same inputs give its bytes."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, Any

from heliograph.libraries import BROUGHT
from layer import archive as packing
from layer import budget, build, licenses, pack, wheels
from scripts import locks, pythons, webassembly
from scripts.places import REQUIREMENTS, ROOT, packages
from tests.layer.trying import places_of, told

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

READ_BYTECODE = """
import importlib.util, json, marshal, pathlib, sys, types
from _heliograph_packed import packed as spec_of
site, told = pathlib.Path(sys.argv[1]), []
place = "/opt/python/lib/python%d.%d/site-packages/" % sys.version_info[:2]
def has_columns(code):
    inner = [c for c in code.co_consts if isinstance(c, types.CodeType)]
    columns = sys.version_info >= (3, 11) and any(p[2] is not None for p in code.co_positions())
    return columns or any(map(has_columns, inner))
for path in sorted(site.rglob("*.pyc")):
    data = path.read_bytes()
    source = path.relative_to(site).with_suffix(".py").as_posix()
    code = marshal.loads(data[16:])
    told.append([
        data[:4] == importlib.util.MAGIC_NUMBER,
        int.from_bytes(data[4:8], "little"),
        code.co_filename in (place + source, "<packed>"),
        has_columns(code),
    ])
    if code.co_filename == "<packed>":
        name = source.replace("/", ".").removesuffix(".py").removesuffix(".__init__")
        of_ours = name.startswith("heliograph.")  # text, which the next test imports
        assert of_ours or name in spec_of.index or name.partition(".")[2] in spec_of.index
for name, (_, at, size) in spec_of.index.items():
    if size:
        code = spec_of.get_code("opentelemetry." + name)
        told.append([True, 1, code.co_filename.startswith(place), has_columns(code)])
print(json.dumps([len(told), sorted(map(list, set(map(tuple, told))))]))
"""

IMPORT_ALL = """
import importlib, json, pathlib, sys
failed = {}
for place in sys.argv[1:]:
    site = pathlib.Path(place)
    for path in sorted([*site.rglob("*.py"), *site.rglob("*.pyc")]):
        parts = path.relative_to(site).with_suffix("").parts
        if parts[0] == "lib" or "__pycache__" in parts:
            continue
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        try:
            importlib.import_module(name)
        except Exception as error:
            failed[name] = type(error).__name__ + ": " + str(error)
print(json.dumps([len(sys.modules), failed]))
"""

IMPORT_SDK = """
import json, sys
import opentelemetry.instrumentation.utils
import opentelemetry.propagators.aws, opentelemetry.sdk.extension.aws.trace
import opentelemetry.sdk.metrics.export, opentelemetry.sdk.resources
import opentelemetry.sdk.trace.export, opentelemetry.sdk.trace.sampling
files = [getattr(module, "__file__", None) or "" for module in sys.modules.values()]
ours = [file for file in files if file.startswith(sys.argv[1])]
print(json.dumps([len(ours), [file for file in ours if not file.endswith(".pyc")]]))
"""


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

    A Python that ran from the tree may have added .pyc of the sources; under /opt none can.
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
    places = [tree / "python", *(tree / "python" / "lib").glob("*/site-packages")]
    assert len(places) == 1 + len(pythons.SUPPORTED)
    assert {path.name for place in places for path in place.iterdir()} & wheels.NEVER == set()


def test_nothing_but_python(archive: Path) -> None:
    """One layer serves every processor: no machine code, no stubs, no C, no tests, no lab."""
    with zipfile.ZipFile(archive) as opened:
        names = opened.namelist()
    suffixes = {name.rpartition(".")[2] for name in names if ".dist-info/" not in name}
    assert suffixes == {"heliograph", "py", "pyc", "bin"}
    assert [n for n in names if "/tests/" in n or "/heliograph/lab/" in n] == []


def test_sources(archive: Path) -> None:
    """Only what is there once for all Pythons is there as source, and what nobody could compile."""
    with zipfile.ZipFile(archive) as opened:
        sources = [name for name in opened.namelist() if name.endswith(".py")]
    places = {re.sub("/site-packages/.*", "", name) for name in sources}
    missing = pythons.missing(webassembly.compilers())
    absent = {f"python/lib/python{version}" for version in missing}
    assert {name for name in places if name.startswith("python/lib")} == absent
    others = {name.split("/")[1] for name in sources if not name.startswith("python/lib")}
    assert others == build.SOURCES_ONLY


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
    assert told == [version, ["aiobotocore", "botocore", "requests", "urllib3"]]


def test_bytecode(tree: Path, python: pythons.Python) -> None:
    """The .pyc are this Python's, unchecked-hash (flag 1 of PEP 552), with the paths under /opt.

    They hold the lines of tracebacks and not the columns.
    """
    count, kinds = run(python, READ_BYTECODE, tree, packages(tree, python.version))
    assert kinds == [[True, 0b01, True, False]]
    assert count > 300


def test_no_cold_start_compiles(tree: Path, python: pythons.Python) -> None:
    """The SDK, the instrumentors' helpers, the propagator, the id generator: all are .pyc."""
    loaded, compiled_anew = run(python, IMPORT_SDK, tree, tree)
    assert loaded > 50
    assert compiled_anew == []


def test_every_module_can_be_imported(tree: Path, python: pythons.Python) -> None:
    """What is left in the layer comes without what was left out.

    What cannot be imported without the libraries that it instruments says so.
    """
    site = packages(tree, python.version)
    loaded, failed = run(python, IMPORT_ALL, tree, site, tree / "python")
    assert loaded > 300
    libraries = {*libraries_of_instrumentors(), "awslambdaric", "botocore", "requests", "urllib3"}
    absent = rf"ModuleNotFoundError: No module named '({'|'.join(sorted(libraries))})\b"
    if isinstance(python, webassembly.WebAssembly):  # the SDK's logs start one
        absent += r"|RuntimeError: can't start new thread"
    assert {name: said for name, said in failed.items() if not re.match(absent, said)} == {}


def libraries_of_instrumentors() -> set[str]:
    """What the instrumentors of the layer instrument, and need for it."""
    return {*(name.partition(".")[0] for name in BROUGHT), "asgiref", "boto3", "click", "yarl"}


def test_a_python_without_bytecode_is_served(tmp_path: Path, tree: Path) -> None:
    """A Python that the building machine lacked has the same modules, as sources."""
    version, python = list(pythons.find().items())[-1]
    sources, work = tmp_path / "sources", tmp_path / "layer"
    build.gather(sources)
    build.lay_out(sources, work, {}, [version])
    compiled, plain = packages(tree, version), packages(work, version)
    files = {path.with_suffix("").as_posix() for path in pack.whole(sources)}
    assert modules(plain, ".py") >= (modules(compiled, ".pyc") | files) - {pack.FINDER, pack.PROBE}
    assert run(python, IMPORT_ALL, work, plain)[0] > 300


def modules(site: Path, suffix: str) -> set[str]:
    """Name all modules under a folder by their files."""
    return {path.relative_to(site).with_suffix("").as_posix() for path in site.rglob(f"*{suffix}")}


def run(python: pythons.Python, script: str, tree: Path, *arguments: Path) -> list[Any]:
    """Run a script with the layer's packages on the path and nothing else but the library."""
    answer: list[Any] = told(python, script, places_of(tree, python), *arguments)
    return answer


def test_missing_python_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A supported Python that the machine lacks is named in a line; the others are compiled for."""
    newest = list(pythons.find().items())[-1:]
    build.build(tmp_path, dict(newest))
    build.summary(tmp_path, dict(newest), fresh=True)
    told = capsys.readouterr().out
    absent = [version for version in pythons.SUPPORTED if version != newest[0][0]]
    assert [
        v for v in pythons.SUPPORTED if f"python {v} not found: it has sources" in told
    ] == absent
    assert budget.pythons_of(tmp_path / "dist" / "heliograph-layer.zip") == [newest[0][0]]


def test_one_python(tmp_path: Path) -> None:
    """A layer for one Python has what is common and its own, and is within the budget for both."""
    version = list(pythons.find())[-1]
    build.build(tmp_path, pythons.find(), [version])
    tree, archive, _ = build.paths(tmp_path)
    assert [path.name for path in (tree / "python" / "lib").iterdir()] == [f"python{version}"]
    assert list(budget.parts(archive)) == ["common", version]
    assert budget.complaint(archive, budget.PLAIN) == ""


def test_up_to_date_is_left_alone(tree: Path, archive: Path) -> None:
    """A second build with the same inputs touches nothing."""
    before = archive.stat()
    assert build.build(ROOT, webassembly.compilers()) is False
    assert archive.stat() == before


def test_licences(tree: Path) -> None:
    """The layer ships the committed list, and the list names every locked package and version."""
    shipped = next(tree.glob("python/heliograph-*.dist-info/licenses/THIRD_PARTY_LICENSES.txt"))
    assert shipped.read_text() == licenses.LIST.read_text()
    rows = [line.split()[:2] for line in shipped.read_text().split("\n\n")[1].splitlines()[1:]]
    names = ("layer.txt", "instrumentors.txt")
    pins = [pin for name in names for pin in locks.read(REQUIREMENTS / name)]
    assert [[n.replace("_", "-"), v] for n, v in rows] == [[p.name, p.version] for p in pins]
    assert (shipped.parent / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()


def test_texts_of_licences(tree: Path) -> None:
    """Each text that a package brings is in the layer once, in the package that the list names."""
    lies_in: dict[bytes, list[str]] = {}
    for path in (tree / "python").glob("*.dist-info/licenses/*"):
        package = wheels.distribution(path.parents[1])
        lies_in.setdefault(path.read_bytes(), []).append(package)
    assert {len(packages) for packages in lies_in.values()} == {1}
    rows = {row.split()[0]: row for row in licenses.LIST.read_text().splitlines()[5:]}
    fetched = [*wheels.fetch(build.LOCK), *wheels.fetch(build.INSTRUMENTORS_LOCK)]
    by_name = {wheels.distribution(wheel): wheel for wheel in fetched}
    assert len(fetched) == len(rows)
    assert by_name.keys() == {name.replace("_", "-") for name in rows}
    for name, row in rows.items():
        texts = list(licenses.texts(by_name[name.replace("_", "-")]))
        assert all(row.endswith(lies_in[text][0]) for text in texts)
        assert texts or row.endswith("Apache-2.0                  heliograph")


def test_budget(archive: Path) -> None:
    """The layer keeps within its bytes; a failure names the largest parts."""
    assert set(budget.parts(archive)) == {"common", *webassembly.compilers()}
    assert budget.complaint(archive, budget.PLAIN) == ""


def test_five_pythons_are_within_five_megabytes() -> None:
    """A release, compiled for all Pythons, is no larger; with one it is a quarter of that."""
    common, each = budget.PLAIN.common.zipped, budget.PLAIN.each.zipped
    longer = sum(more.zipped for more in budget.PLAIN.longer.values())
    assert common + len(pythons.SUPPORTED) * each + longer <= 5_250_000
    assert common + each <= 1_150_000


def test_parts_are_the_whole(archive: Path) -> None:
    """The bytes of the parts, those of missing Pythons and the zip's last 22 are all there are."""
    counted = sum(part.zipped for part in budget.parts(archive).values())
    absent = pythons.missing(webassembly.compilers())
    sources = sum(budget.zipped(e) for e, part in budget.entries(archive) if part in absent)
    assert counted + sources + 22 == archive.stat().st_size


def test_budget_names_what_is_large(archive: Path) -> None:
    """A layer over its budget is told by what is over and by its largest parts."""
    none = budget.Size(zipped=1000, unpacked=1000)
    told = budget.complaint(archive, budget.Budget(budget.PLAIN.common, none))
    assert "common" not in told
    assert all(f"{version} has " in told for version in webassembly.compilers())
    assert "(1,000 allowed)" in told
    assert re.search(r"the largest parts of the zip: packed [\d,]+, heliograph/", told)
