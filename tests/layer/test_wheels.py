"""What may not be in the layer is refused by name."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath

import pytest

from layer import reach, wheels


def wheel(folder: Path, name: str, files: dict[str, str]) -> Path:
    """Write a wheel with these files."""
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)
    return path


@pytest.mark.parametrize(
    ("line", "told"),
    [
        pytest.param("botocore==1.44.5", "botocore must not be in the layer", id="runtime-has-it"),
        pytest.param(
            "six==1.0 ; python_version < '3.11'", "six 1.0 is only for python_version", id="marker"
        ),
    ],
)
def test_lock_refused(tmp_path: Path, line: str, told: str) -> None:
    """A lock with a package that the runtime has, or not every Python wants, builds nothing."""
    lock = tmp_path / "layer.txt"
    lock.write_text(f"{line} \\\n    --hash=sha256:{'0' * 64}\n")
    with pytest.raises(wheels.UnusableError, match=told):
        wheels.fetch(lock)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("pkg/_speedups.cpython-312-x86_64-linux-gnu.so", id="machine-code"),
        pytest.param("pkg-1.0.data/scripts/tool", id="script"),
    ],
)
def test_unpack_refuses(tmp_path: Path, name: str) -> None:
    """A wheel that is not pure Python is refused, with the file that gave it away."""
    made = wheel(tmp_path, "pkg", {name: "x"})
    with pytest.raises(wheels.UnusableError, match=f"it holds {name}"):
        wheels.unpack(made, tmp_path / "site")


def test_unpack_refuses_a_clash(tmp_path: Path) -> None:
    """Two packages with the same file and other bytes cannot both be in the layer."""
    site = tmp_path / "site"
    wheels.unpack(wheel(tmp_path, "one", {"shared/__init__.py": "a = 1"}), site)
    wheels.unpack(wheel(tmp_path, "same", {"shared/__init__.py": "a = 1"}), site)
    with pytest.raises(wheels.UnusableError, match=r"other-1\.0.* differ on __init__\.py"):
        wheels.unpack(wheel(tmp_path, "other", {"shared/__init__.py": "a = 2"}), site)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        pytest.param("pkg/module.py", True, id="module"),
        pytest.param("pkg/data.json", True, id="data"),
        pytest.param("pkg/test_attributes.py", True, id="module-named-test"),
        pytest.param("pkg/tests/test_a.py", False, id="tests"),
        pytest.param("pkg/module.pyi", False, id="stub"),
        pytest.param("pkg/_wrappers.c", False, id="c"),
        pytest.param("heliograph/lab/invoke.py", False, id="lab"),
        pytest.param("heliograph/testing.py", True, id="testing-kit"),
        pytest.param("heliograph/distro.py", True, id="our-distro"),
        pytest.param("pkg-1.0.dist-info/METADATA", True, id="metadata"),
        pytest.param("pkg-1.0.dist-info/entry_points.txt", True, id="entry-points"),
        pytest.param("pkg-1.0.dist-info/licenses/LICENSE", True, id="licence"),
        pytest.param("pkg-1.0.dist-info/RECORD", False, id="record"),
    ],
)
def test_wanted(name: str, kept: bool) -> None:
    """Modules, data, metadata and licences stay; stubs, C, tests, the lab and RECORD go."""
    assert wheels.wanted(PurePosixPath(name)) is kept


def test_tampered_cache_is_refused(tmp_path: Path) -> None:
    """A wheel in the cache that is not the locked file is named, not shipped."""
    made = wheel(tmp_path, "pkg", {"pkg.py": ""})
    with pytest.raises(wheels.UnusableError, match=r"pkg-1\.0.* is not the file that"):
        wheels.verify([made], [wheels.Pin("pkg", "1.0", "", {"0" * 64})])


def test_reach(tmp_path: Path) -> None:
    """A module is in the layer if ours or an entry point's comes to it, by any kind of import."""
    files = {
        "heliograph/__init__.py": "",
        "heliograph/a.py": "def f():\n    from .b import c\n    import one.two\n",
        "heliograph/b/__init__.py": "from . import d",
        "heliograph/b/c.py": "from ..e import x",
        "heliograph/b/d.py": "",
        "heliograph/e.py": "",
        "one/__init__.py": "",
        "one/two.py": "from one import three",
        "one/three.py": "",
        "one/four.py": "import heliograph",
        "plugin.py": "import sixth",
        "script.py": "",
        "sixth.py": "",
        "p-1.dist-info/entry_points.txt": "[console_scripts]\ns = script:main\n[g]\nx = plugin:X\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    reached = {path.relative_to(tmp_path).as_posix() for path in reach.reachable(tmp_path)}
    every = {name for name in files if name.endswith(".py")}
    assert every - reached == {"one/four.py", "script.py"}
