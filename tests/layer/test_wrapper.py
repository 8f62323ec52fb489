"""The exec wrapper: it names our bootstrap, keeps the rest as it was, and gets out of the way."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from scripts.places import ROOT

if TYPE_CHECKING:
    from pathlib import Path

WRAPPER = ROOT / "layer" / "heliograph"
BOOTSTRAP = "heliograph.runtime.bootstrap.handler"
SHELLS = [shell for shell in ("sh", "dash", "bash", "busybox") if shutil.which(shell)]
TELL = "import json, os, sys; print(json.dumps([os.getpid(), sys.argv[1:], dict(os.environ)]))"
LAMBDA = {"_HANDLER": "app.handler", "LAMBDA_TASK_ROOT": "/var/task"}


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest) -> list[str]:
    """Every POSIX shell of this machine in turn: /bin/sh is another one on every system."""
    return ["busybox", "sh"] if request.param == "busybox" else [request.param]


def wrapped(shell: list[str], env: dict[str, str], *arguments: str) -> tuple[dict[str, str], str]:
    """Run a program through the wrapper; return the environment it got and the lines of stderr."""
    program = [sys.executable, "-S", "-c", TELL, *arguments]
    paths = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    process = subprocess.Popen(
        [shutil.which(shell[0]) or "", *shell[1:], str(WRAPPER), *program],
        env={**paths, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    out, err = process.communicate()
    assert process.returncode == 0, err
    pid, argv, got = json.loads(out)
    assert pid == process.pid  # exec: the runtime is the process that Lambda started
    assert argv == list(arguments)
    return {k: v for k, v in got.items() if k not in {*paths, "PWD", "SHLVL", "OLDPWD", "_"}}, err


def test_handler_is_moved(shell: list[str]) -> None:
    """The handler goes to HELIOGRAPH_HANDLER, ours to _HANDLER; nothing else is set or changed."""
    got, err = wrapped(shell, LAMBDA, "one argument", "", "$HOME", "-x")
    assert got == {**LAMBDA, "_HANDLER": BOOTSTRAP, "HELIOGRAPH_HANDLER": "app.handler"}
    assert err == ""


def test_python_path_is_untouched(shell: list[str]) -> None:
    """A PYTHONPATH of the function's stays; without one, there is none."""
    got, _ = wrapped(shell, {**LAMBDA, "PYTHONPATH": "/var/task/lib"})
    assert got["PYTHONPATH"] == "/var/task/lib"


def test_second_pass_changes_nothing(shell: list[str]) -> None:
    """Wrapped twice, the function's handler is still the one that runs."""
    once, _ = wrapped(shell, LAMBDA)
    assert wrapped(shell, once) == (once, "")


def test_next_wrapper_runs(shell: list[str], tmp_path: Path) -> None:
    """The next wrapper gets our environment and the command line as they are."""
    following = script(tmp_path / "their wrapper", 'export THEIRS="$_HANDLER"\nexec "$@"\n')
    got, err = wrapped(shell, {**LAMBDA, "HELIOGRAPH_NEXT_WRAPPER": str(following)}, "a b")
    ours = {"_HANDLER": BOOTSTRAP, "HELIOGRAPH_HANDLER": "app.handler"}
    assert (got, err) == ({**LAMBDA, **ours, "THEIRS": BOOTSTRAP}, "")


def test_wrappers_that_name_each_other_end(shell: list[str], tmp_path: Path) -> None:
    """A next wrapper that runs this one again does not go round for ever."""
    following = script(tmp_path / "loop", f'exec {WRAPPER} "$@"\n')
    got, _ = wrapped(shell, {**LAMBDA, "HELIOGRAPH_NEXT_WRAPPER": str(following)})
    assert got["HELIOGRAPH_HANDLER"] == "app.handler"


@pytest.mark.parametrize("kind", ["missing", "folder", "not-executable"])
def test_unusable_next_wrapper(shell: list[str], tmp_path: Path, kind: str) -> None:
    """A next wrapper that cannot run is named, and the function runs without it."""
    path = tmp_path / "next"
    if kind == "folder":
        path.mkdir()
    elif kind == "not-executable":
        script(path, 'exec "$@"\n').chmod(0o644)
    got, err = wrapped(shell, {**LAMBDA, "HELIOGRAPH_NEXT_WRAPPER": str(path)})
    assert got["HELIOGRAPH_HANDLER"] == "app.handler"
    expected = f"HELIOGRAPH_NEXT_WRAPPER={path} is not an executable file; going on without it"
    assert err == f"heliograph: {expected}\n"


def test_short_and_executable() -> None:
    """At most 15 lines of POSIX sh, ready to run."""
    lines = WRAPPER.read_text().splitlines()
    assert lines[0] == "#!/bin/sh"
    assert len(lines) <= 15
    assert WRAPPER.stat().st_mode & 0o111 == 0o111


def script(path: Path, body: str) -> Path:
    """Write an executable shell script."""
    path.write_text(f"#!/bin/sh\n{body}")
    path.chmod(0o755)
    return path
