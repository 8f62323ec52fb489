"""Functions under the real runtime client: on the newest Python, or on each there is."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from heliograph.lab.function import Function

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]


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
def start(one_runtime: dict[str, str], task) -> Iterator[Callable[..., Function]]:
    """Start a function from its code, on the newest Python; it is closed after the test."""
    yield from starting(one_runtime, task)


@pytest.fixture
def start_on_each(runtime: dict[str, str], task) -> Iterator[Callable[..., Function]]:
    """Start a function from its code, on each Python in turn; it is closed after the test."""
    yield from starting(runtime, task)


def starting(
    runtime: dict[str, str], task: Callable[[str], Path]
) -> Iterator[Callable[..., Function]]:
    """Yield what starts functions on a runtime; close them afterwards."""
    running = []

    def start(code: str, **options: object) -> Function:
        directory = ROOT / runtime["runtime_dir"]
        function = Function(task(code), python=runtime["python"], runtime_dir=directory, **options)
        running.append(function)
        function.start()
        return function

    yield start
    for function in running:
        function.close()
