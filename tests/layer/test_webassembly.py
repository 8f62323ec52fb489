"""Python 3.14, which is here as WebAssembly if as nothing else: its bytecode, and that it works."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scripts import webassembly
from scripts.places import ROOT, packages
from tests.layer.trying import places_of, told

if TYPE_CHECKING:
    from scripts.pythons import Python

MAGIC = (3627).to_bytes(2, "little") + b"\r\n"
"""3.14's (Include/internal/pycore_magic_number.h)."""

DEVELOP = """
import json, sys
import heliograph
from heliograph import testing
import wrapt
from opentelemetry import trace

@heliograph.wrap
def handler(event, context):
    with heliograph.span("price") as span:
        span.annotate("currency", "EUR")
        heliograph.metric("orders", 2)
    with trace.get_tracer("own").start_as_current_span("api", attributes={"n": 1}):
        pass
    try:
        with heliograph.span("broken"):
            raise ValueError("no price")
    except ValueError:
        pass
    return len(event)

@wrapt.decorator
def doubled(wrapped, instance, args, kwargs):
    return 2 * wrapped(*args, **kwargs)

with testing.capture() as captured:
    answer = doubled(handler)([1, 2], testing.FakeContext())
    spans = {span.name: span for span in captured.spans}
price, broken, api = spans["price"], spans["broken"], spans["api"]
print(json.dumps({
    "version": list(sys.version_info[:2]),
    "answer": answer,
    "names": sorted(spans),
    "attributes": [price.attributes["currency"], api.attributes["n"]],
    "parents": len({one.parent.span_id for one in (price, broken, api)}),
    "error": broken.events[0].attributes["exception.type"],
    "compiled": sys.modules["opentelemetry.sdk.trace"].__spec__.origin.endswith(".pyc"),
    "from": sorted({n for n, m in sys.modules.items() if m.__name__.startswith(("heliograph",
        "opentelemetry")) and not (getattr(m, "__file__", None) or sys.argv[1]).startswith(
        sys.argv[1])}),
}))
"""


@pytest.fixture
def newest() -> Python:
    """Python 3.14; without Node there is none, which in CI is an error."""
    if "CI" not in os.environ:
        try:
            webassembly.node()
        except webassembly.UnavailableError as missing:
            pytest.skip(str(missing))
    return webassembly.compilers()[webassembly.VERSION]


def test_bytecode_is_3_14s(tree: Path, newest: Python) -> None:
    """The folder for 3.14 holds bytecode, with that Python's magic number, and no source."""
    site = packages(tree, newest.version)
    starts = {path.read_bytes()[:8] for path in site.rglob("*.pyc")}
    assert starts == {MAGIC + (1).to_bytes(4, "little")}
    assert list(site.rglob("*.py")) == []


def test_a_span_is_developed(tree: Path, newest: Python) -> None:
    """A function under 3.14 has its spans, errors and the API's from the layer's own folder."""
    found = told(newest, DEVELOP, places_of(tree, newest), tree)
    name = next(iter({*found["names"]} - {"api", "broken", "price"}))
    assert found == {
        "version": [3, 14],
        "answer": 4,
        "names": sorted(["api", "broken", "price", name]),
        "attributes": ["EUR", 1],
        "parents": 1,
        "error": "ValueError",
        "compiled": True,
        "from": [],
    }


def test_what_it_is(newest: Python) -> None:
    """The version that the layer's build goes by is the one that runs."""
    script = "import sys; print('%d.%d.%d' % sys.version_info[:3]); sys.exit(3)"
    done = subprocess.run(newest.command("-c", script), capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == (f"{newest.full}\n", 3)


def commands(folder: Path, **scripts: str) -> None:
    """Make commands that stand for Node and npm."""
    for name, body in scripts.items():
        (folder / name).write_text(f"#!{sys.executable}\n{body}\n")
        (folder / name).chmod(0o755)


@pytest.mark.parametrize(
    ("scripts", "said"),
    [
        ({}, "node is not installed"),
        ({"node": ""}, "npm is not installed"),
        ({"node": "", "npm": "raise SystemExit(1)"}, "npm could not download pyodide@"),
    ],
    ids=["no-node", "no-npm", "no-package"],
)
def test_what_is_missing_is_named(
    scripts: dict[str, str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A machine that cannot have it is told so, and goes on with its other Pythons."""
    commands(tmp_path, **scripts)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(webassembly.pythons, "find", dict)
    assert webassembly.compilers() == {}
    assert capsys.readouterr().err.startswith(f"webassembly: {said}")


def test_another_package_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of another hash than the repository's is not used, and not kept."""
    packed = tmp_path / "other.tgz"
    with tarfile.open(packed, "w:gz") as archive:
        archive.add(Path(__file__), "package/pyodide.mjs")
    copy = f"import shutil; shutil.copy({str(packed)!r}, 'pyodide.tgz')"
    commands(tmp_path, node="", npm=copy)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(SystemExit, match=r"pyodide\.tgz has sha512-"):
        webassembly.find()
    assert [path for path in (tmp_path / "cache" / "heliograph").iterdir() if path.is_dir()] == []


def test_the_build_says_what_is_missing(tmp_path: Path) -> None:
    """Without Node the layer has sources for a Python that is nowhere, and says both."""
    found = webassembly.pythons.find()
    if webassembly.VERSION in found:
        pytest.skip("this machine has a Python 3.14")
    (tmp_path / "python3").symlink_to(sys.executable)
    done = subprocess.run(
        [sys.executable, "-m", "layer.build", "--only", webassembly.VERSION],
        cwd=ROOT,
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "webassembly: node is not installed; there is no other python 3.14",
        "layer: this machine has no python 3.14",
    ]
