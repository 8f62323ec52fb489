"""The layer as `make layer` builds it, and the Pythons it can be tried with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from layer import build
from scripts import webassembly
from scripts.places import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from scripts import pythons


@pytest.fixture(scope="session")
def layer_paths() -> tuple[Path, Path]:
    """The tree and the zip; built only if their inputs changed, by one worker of many."""
    build.build(ROOT, webassembly.compilers())
    tree, archive, _ = build.paths(ROOT)
    return tree, archive


@pytest.fixture
def tree(layer_paths: tuple[Path, Path]) -> Path:
    """What Lambda puts under /opt."""
    return layer_paths[0]


@pytest.fixture
def archive(layer_paths: tuple[Path, Path]) -> Path:
    """What is uploaded."""
    return layer_paths[1]


@pytest.fixture(params=list(webassembly.compilers().values()), ids=lambda python: python.version)
def python(request: pytest.FixtureRequest) -> pythons.Python:
    """Every supported Python of this machine in turn, one as WebAssembly among them."""
    return request.param
