"""Functions under the real runtime client, on every runtime tree that the environment names."""

from __future__ import annotations

import os
import sys
import textwrap
from typing import TYPE_CHECKING, NamedTuple

import pytest

from heliograph.lab.function import Function

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Runtime(NamedTuple):
    """A Python, and the directory of its runtime client; without one, its own packages."""

    python: str
    runtime_dir: str | None


def _runtimes() -> list[object]:
    """Read `3.11=/python:/runtime;3.13=...`; without it, the present Python and its packages."""
    named = os.environ.get("HELIOGRAPH_TEST_RUNTIMES", "")
    found = []
    for part in filter(None, named.split(";")):
        version, _, places = part.partition("=")
        python, _, directory = places.partition(":")
        found.append(pytest.param(Runtime(python, directory), id=version))
    return found or [pytest.param(Runtime(sys.executable, None), id="own")]


@pytest.fixture(params=_runtimes())
def runtime(request: pytest.FixtureRequest) -> Runtime:
    """A Python with the real runtime client."""
    return request.param


@pytest.fixture
def task(tmp_path: Path) -> Callable[[str], Path]:
    """Write the code of a function, `app.py`; returns its directory."""

    def write(code: str) -> Path:
        root = tmp_path / "task"
        root.mkdir()
        (root / "app.py").write_text(textwrap.dedent(code))
        return root

    return write


@pytest.fixture
def start(runtime: Runtime, task: Callable[[str], Path]) -> Iterator[Callable[..., Function]]:
    """Start functions from their code; they are closed after the test."""
    running = []

    def start(code: str, **options: object) -> Function:
        function = Function(
            task(code), python=runtime.python, runtime_dir=runtime.runtime_dir, **options
        )
        running.append(function)
        function.start()
        return function

    yield start
    for function in running:
        function.close()
