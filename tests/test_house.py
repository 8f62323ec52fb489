"""The figures of the house that must hold (`python -m scripts.house` prints them all)."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

import pytest

from scripts import house

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def modules() -> list[house.Module]:
    """The files of the package."""
    return house.modules()


def test_no_circles(modules: list[house.Module]) -> None:
    """No modules import each other, by whatever way, not even within functions."""
    assert house.circles(modules) == []


def test_no_module_assigns_to_another(modules: list[house.Module]) -> None:
    """What a module holds is set by itself, or is in an object (`journal.state`)."""
    known = {module.name for module in modules}
    assert [one for module in modules for one in module.assigns(known)] == []


def test_suppressions_have_a_reason(modules: list[house.Module]) -> None:
    """What is kept from a linter or the type checker says why."""
    assert [one for module in modules for one in module.unexplained()] == []


def test_sizes(modules: list[house.Module]) -> None:
    """A function fits on a screen, a file in a head."""
    functions = [(size, f"{m.name} {name}") for m in modules for name, size in m.functions()]
    assert house.percentile([size for size, _ in functions], 90) <= 20
    assert [one for one in functions if one[0] > house.MAX_LINES] == []
    lines = [module.lines for module in modules]
    assert median(lines) <= 100
    assert house.percentile(lines, 90) <= 230


HOUSE = {
    "__init__": "def door() -> object:\n    from .room.lower import one\n    return one",
    "room/__init__": "",
    "room/upper": "from . import lower\nlower.one = lower.two[0].three = 3",
    "room/lower": "from ..other import thing\nimport os  # noqa: F401",
    "other/__init__": "def lazy() -> object:\n    from ..room import upper\n    return upper",
    "other/thing": """
if TYPE_CHECKING:
    from ..room import lower
class Thing:
    one = 1  # type: ignore[misc] # it has a reason
    # as this one has
    two = 2  # noqa: E501
    three = 3  # pragma: no cover
""",
}
"""A house in which everything is wrong that can be, once, and nothing else."""


def test_the_figures_see(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A circle, an assignment and a bare suppression are found; else the tests above pass idly.

    The circle is closed by an import within a function and by a package's `__init__`.
    """
    monkeypatch.setattr(house, "SOURCE", tmp_path / "house")
    for name, text in HOUSE.items():
        path = house.SOURCE / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    built = house.modules()
    known = {module.name for module in built}

    assert house.circles(built) == [["house.other", "house.room.lower", "house.room.upper"]]
    assert [one for module in built for one in module.assigns(known)] == [
        "house.room.upper:2 lower.one"
    ]
    assert [one for module in built for one in module.unexplained()] == [
        "house.other.thing:8 # pragma: no cover",
        "house.room.lower:2 # noqa: F401",
    ]
    assert [one for module in built for one in module.functions()] == [("door", 3), ("lazy", 3)]
