"""Folders that never change are listed once; imports find what they found before."""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import subprocess
import sys
from importlib.machinery import FileFinder
from pathlib import Path

import pytest

from heliograph.runtime import bootstrap as folders

LAID_OUT = """\
mount --bind -o ro "$LAYER" /opt && mount --bind -o ro "$TASK" /var/task || exit 9
exec "$PYTHON" -c "$PROGRAM"
"""
PROGRAM = """\
import json, os, sys
sys.path[:0] = ["/var/task", f"/opt/python/lib/python{sys.argv[1]}/site-packages", "/opt/python",
                "/tmp"]
import awslambdaric.bootstrap
from heliograph.runtime import bootstrap
bootstrap.start()
import their_module, opentelemetry.trace, packaging.version
kinds = {place: type(sys.path_importer_cache.get(place)).__name__ for place in sys.path}
print(json.dumps([kinds, their_module.NAME, opentelemetry.trace.__file__, packaging.__file__]))
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder of `sys.path` with modules of each form, taken for one that never changes."""
    (tmp_path / "one_module.py").write_text("NAME = 'module'\n")
    (tmp_path / "a_package").mkdir()
    (tmp_path / "a_package" / "__init__.py").write_text("")
    (tmp_path / "a_package" / "inner.py").write_text("NAME = 'inner'\n")
    (tmp_path / "a_namespace").mkdir()
    (tmp_path / "a_namespace" / "portion.py").write_text("NAME = 'portion'\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert importlib.util.find_spec("no_such_module") is None  # the folder's finder is made
    monkeypatch.setattr(folders, "PLACES", (str(tmp_path),))
    monkeypatch.setattr(folders.os, "access", lambda *_: False)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_what_is_there_is_found(place):
    """Modules, packages, their submodules and namespace packages are imported as before."""
    folders.list_once()
    finder = sys.path_importer_cache[str(place)]
    assert type(finder) is folders.Listed
    assert isinstance(finder, FileFinder)  # pkgutil and pkg_resources choose by the class
    names = ("one_module", "a_package.inner", "a_namespace.portion")
    assert [importlib.import_module(name).NAME for name in names] == ["module", "inner", "portion"]
    assert {found.name for found in pkgutil.iter_modules([str(place)])} == {
        "one_module", "a_package",
    }  # fmt: skip


def test_the_folder_is_not_looked_at_again(place, monkeypatch):
    """What it has not is not looked for in the file system."""
    folders.list_once()
    finder = sys.path_importer_cache[str(place)]
    assert finder.find_spec("absent") is None
    monkeypatch.setattr(FileFinder, "find_spec", lambda *_: pytest.fail("the folder was asked"))
    assert finder.find_spec("absent") is None
    assert finder.find_spec("a_package_of_others.absent") is None


def test_caches_can_be_invalidated(place):
    """As Python documents it, a module that is made later is found after `invalidate_caches`."""
    folders.list_once()
    assert importlib.util.find_spec("later") is None
    (place / "later.py").write_text("")
    importlib.invalidate_caches()
    assert importlib.util.find_spec("later") is not None


def test_a_folder_that_is_gone_has_nothing(place):
    """A folder that cannot be listed is like an empty one, as for Python's own finder."""
    finder = sys.path_importer_cache[str(place)]
    finder.__class__ = folders.Listed
    for path in sorted(place.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    place.rmdir()
    assert finder.find_spec("one_module") is None


@pytest.mark.parametrize("reason", ["writable", "elsewhere", "another finder"])
def test_other_folders_are_left_alone(place, monkeypatch, reason):
    """Only folders that nobody can change, with Python's own finder."""
    if reason == "writable":
        monkeypatch.setattr(folders.os, "access", lambda *_: True)
    elif reason == "elsewhere":
        monkeypatch.setattr(folders, "PLACES", ("/opt/",))
    else:
        theirs = type("Theirs", (FileFinder,), {})
        sys.path_importer_cache[str(place)].__class__ = theirs
    folders.list_once()
    assert type(sys.path_importer_cache[str(place)]) is not folders.Listed


@pytest.mark.runtime
@pytest.mark.skipif(os.geteuid() != 0, reason="mount namespaces need root")
def test_as_lambda_lays_it_out(runtime, layer, tmp_path):
    """Function and layer, mounted read-only, are listed once; /tmp is asked at every import."""
    (tmp_path / "their_module.py").write_text("NAME = 'theirs'\n")
    Path("/var/task").mkdir(parents=True, exist_ok=True)  # what is mounted over
    version = runtime["version"]
    done = subprocess.run(
        [
            "unshare",
            "--mount",
            "bash",
            "-c",
            LAID_OUT.replace('"$PROGRAM"', f'"$PROGRAM" {version}'),
        ],
        env={
            "PATH": os.environ["PATH"],
            "LD_LIBRARY_PATH": os.environ.get("LD_LIBRARY_PATH", ""),
            "LAYER": str(layer),
            "TASK": str(tmp_path),
            "PYTHON": runtime["python"],
            "PROGRAM": PROGRAM,
            "PYTHONPATH": runtime["runtime_dir"],
            "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9",
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    kinds, name, api, packaging = json.loads(done.stdout)
    site = f"/opt/python/lib/python{version}/site-packages"
    listed = [place for place, kind in kinds.items() if kind == "Listed"]
    assert listed == ["/var/task", site, "/opt/python"]
    assert kinds["/tmp"] == "FileFinder"
    assert name == "theirs"
    assert api.startswith(site)
    assert packaging.startswith("/opt/python/packaging/")
