"""The newest runtime, for budgets and for a start of the bench."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.counting import Place
from scripts.places import packages


@pytest.fixture
def place(one_runtime: dict[str, str], layer: Path) -> Place:
    """The newest Python with its runtime and the layer on the path, as in Lambda."""
    own = packages(layer, one_runtime["version"])
    trees = (own, layer / "python", Path(one_runtime["runtime_dir"]))
    return Place(one_runtime["python"], trees)
