"""Import hooks: every way in which a module can be imported."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.util
import json
import subprocess
import sys
import threading
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from heliograph import libraries as hooks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import ModuleType


@pytest.fixture(autouse=True)
def own_imports(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Modules and hooks of a test are gone after it."""
    before, finders = set(sys.modules), list(sys.meta_path)
    waiting = dict(hooks._waiting)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    hooks.forget()
    yield
    for name in set(sys.modules) - before:
        if name.startswith("hooked"):
            del sys.modules[name]
    hooks.forget()
    hooks._waiting.update(waiting)
    sys.meta_path[:] = finders
    importlib.invalidate_caches()


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., None]:
    """Write modules of the test."""

    def write(**sources: str) -> None:
        for name, source in sources.items():
            path = tmp_path / f"{name}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source)
        importlib.invalidate_caches()

    return write


def test_called_once_after_the_import(write: Any) -> None:
    """The module is complete when the hook sees it; later imports do not call it again."""
    write(hooked="value = 1")
    seen: list[Any] = []
    hooks.after_import("hooked", lambda module: seen.append((module, module.value)))
    hooks.after_import("hooked", lambda module: seen.append("second"))
    assert seen == []
    module = importlib.import_module("hooked")
    importlib.import_module("hooked")
    importlib.reload(module)
    assert seen == [(module, 1), "second"]
    assert hooks._Finder not in sys.meta_path


def test_already_imported(write: Any) -> None:
    """A module that is there is handed over at once."""
    write(hooked="")
    module = importlib.import_module("hooked")
    seen: list[Any] = []
    hooks.after_import("hooked", seen.append)
    assert seen == [module]


def test_nothing_is_imported_for_the_hook() -> None:
    """Waiting for a module that nobody imports, or that does not exist, costs and does nothing."""
    seen: list[Any] = []
    hooks.after_import("hooked_missing", seen.append)
    with pytest.raises(ModuleNotFoundError, match="No module named 'hooked_missing'"):
        importlib.import_module("hooked_missing")
    assert seen == []


def test_the_modules_own_facts_are_untouched(write: Any) -> None:
    """Spec, loader, file and source of a hooked module are those of any other."""
    write(hooked="value = 1", hooked_other="value = 1")
    hooks.after_import("hooked", lambda module: None)
    module, other = importlib.import_module("hooked"), importlib.import_module("hooked_other")
    assert type(module.__loader__) is type(other.__loader__)
    assert module.__spec__ is not None
    assert module.__spec__.loader is module.__loader__
    assert module.__loader__.get_source("hooked") == "value = 1"  # type: ignore[union-attr,attr-defined]


def test_submodule_and_package(write: Any) -> None:
    """A package, a module in it, and a module in a namespace package."""
    write(**{"hooked/package/__init__": "", "hooked/package/inner": "value = 1"})
    seen: list[str] = []
    for name in ("hooked.package", "hooked.package.inner"):
        hooks.after_import(name, lambda module: seen.append(module.__name__))
    importlib.import_module("hooked.package.inner")
    assert seen == ["hooked.package", "hooked.package.inner"]


def test_namespace_package_itself(write: Any) -> None:
    """Waiting for a package without a file breaks no import."""
    write(**{"hooked/inner": "value = 1"})
    hooks.after_import("hooked", lambda module: None)
    assert importlib.import_module("hooked.inner").value == 1


def archive(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        for name in ("a", "b", "c"):
            file.writestr(f"hooked/{name}.py", f"value = {name!r}")
        file.writestr("hooked/__init__.py", "")


def test_in_a_zip_file(tmp_path: Path) -> None:
    """Modules of a zip file share one loader: each hook sees its own module, once."""
    archive(tmp_path / "a.zip")
    sys.path.insert(0, str(tmp_path / "a.zip"))
    seen: list[str] = []
    for name in ("hooked.c", "hooked.a"):
        hooks.after_import(name, lambda module: seen.append(module.value))
    assert importlib.util.find_spec("hooked.a") is not None  # looked for, not imported
    for name in ("hooked.b", "hooked.c", "hooked.a"):
        importlib.import_module(name)
    assert seen == ["c", "a"]


FROM_MANY_THREADS = """
import importlib, json, sys, threading
from heliograph import libraries as hooks
names = [f"hooked.m{number}" for number in range(40)]
sys.path.insert(0, sys.argv[1])
seen = []
for name in names:
    hooks.after_import(name, lambda module: seen.append(module.__name__))
barrier = threading.Barrier(8)
def work(mine):
    barrier.wait()
    for name in mine:
        importlib.import_module(name)
threads = [threading.Thread(target=work, args=(names[n::8],)) for n in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(json.dumps([sorted(seen) == sorted(names), len(hooks._waiting)]))
"""


def test_zip_file_from_many_threads(tmp_path: Path) -> None:
    """Threads that import at once lose no hook; in a process where no other thread imports."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("hooked/__init__.py", "")
        for number in range(40):
            file.writestr(f"hooked/m{number}.py", "import time; time.sleep(0.0005)")
    done = subprocess.run(
        [sys.executable, "-c", FROM_MANY_THREADS, str(tmp_path / "a.zip")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert json.loads(done.stdout) == [True, 0]


def test_one_module_from_many_threads(write: Any) -> None:
    """One import that many threads ask for calls the hook once."""
    write(hooked="import time; time.sleep(0.01); value = 1")
    seen: list[int] = []
    hooks.after_import("hooked", lambda module: seen.append(module.value))
    threads = [threading.Thread(target=importlib.import_module, args=("hooked",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [1]


def test_failed_import_is_tried_again(write: Any) -> None:
    """An import that raises calls no hook; the one that succeeds later does."""
    write(hooked="import sys\nif not hasattr(sys, 'hooked_ready'): raise ImportError('not yet')")
    seen: list[str] = []
    hooks.after_import("hooked", lambda module: seen.append(module.__name__))
    for _ in range(2):
        with pytest.raises(ImportError, match="not yet"):
            importlib.import_module("hooked")
    assert seen == []
    sys.hooked_ready = True  # type: ignore[attr-defined]
    importlib.import_module("hooked")
    del sys.hooked_ready  # type: ignore[attr-defined]
    assert seen == ["hooked"]


@pytest.mark.guarded
def test_hook_that_fails(write: Any) -> None:
    """What a hook raises is swallowed: the import succeeds and other hooks are called."""
    write(hooked="value = 1")
    seen: list[Any] = []

    def fails(module: ModuleType) -> None:
        raise RuntimeError("a hook")

    hooks.after_import("hooked", fails)
    hooks.after_import("hooked", seen.append)
    assert seen == [importlib.import_module("hooked")]


def test_hook_that_imports_and_waits(write: Any) -> None:
    """A hook may import other hooked modules, and wait for more."""
    write(hooked="", hooked_b="", hooked_c="")
    seen: list[str] = []

    def first(module: ModuleType) -> None:
        seen.append(module.__name__)
        hooks.after_import("hooked_c", lambda module: seen.append(module.__name__))
        importlib.import_module("hooked_b")

    hooks.after_import("hooked", first)
    hooks.after_import("hooked_b", lambda module: seen.append(module.__name__))
    importlib.import_module("hooked")
    importlib.import_module("hooked_c")
    assert seen == ["hooked", "hooked_b", "hooked_c"]


class Curious(importlib.abc.MetaPathFinder):
    """A finder as ours is: it asks all the others."""

    asked = 0

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if not name.startswith("hooked"):
            return None
        self.asked += 1
        assert self.asked < 50, "two finders ask each other for ever"
        for finder in sys.meta_path:
            if finder is not self:
                spec = finder.find_spec(name, path, target)
                if spec is not None:
                    return spec
        return None


@pytest.mark.parametrize("place", [0, 1, 100], ids=["before", "after", "last"])
def test_beside_another_finder(place: int, write: Any) -> None:
    """A finder of the same kind, before ours or after it, ends in one import and one hook."""
    write(hooked="value = 1")
    seen: list[int] = []
    hooks.after_import("hooked", lambda module: seen.append(module.value))
    sys.meta_path.insert(place, Curious())
    assert importlib.util.find_spec("hooked") is not None
    importlib.import_module("hooked")
    assert seen == [1]


def test_built_in_and_frozen_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their loader is a class that serves all of them: it stays as it is, and they import."""
    before = {
        loader: vars(loader)["exec_module"]
        for loader in (importlib.machinery.BuiltinImporter, importlib.machinery.FrozenImporter)
    }
    for name in ("__hello__", "_statistics", "zlib"):
        monkeypatch.delitem(sys.modules, name, raising=False)
        hooks.after_import(name, lambda module: None)
        importlib.import_module(name)
    for loader, method in before.items():
        assert vars(loader)["exec_module"] is method


def test_forgotten(write: Any) -> None:
    """After `forget` no hook is called and no finder is left."""
    write(hooked="")
    seen: list[Any] = []
    hooks.after_import("hooked", seen.append)
    hooks.forget()
    importlib.import_module("hooked")
    assert seen == []
    assert hooks._Finder not in sys.meta_path
