"""The figures of the house that must hold (`python -m scripts.house` prints them all)."""

from __future__ import annotations

import pytest

from scripts import house


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
    """A function fits on a screen."""
    functions = [size for module in modules for _, size in module.functions()]
    assert house.percentile(functions, 90) <= 20
    assert max(functions) <= house.MAX_LINES


def test_the_figures_see() -> None:
    """A circle, an assignment and a bare suppression are found; else the tests above pass idly."""
    graph = {"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}
    assert house._components(graph).count(["a", "b", "c"]) == 1
    own = house.Module(house.SOURCE / "manual.py")
    assert own.name == "heliograph.manual"
    assert own.imported({"heliograph.journal.current"})["current"] == (
        "heliograph.journal.current",
        True,
    )
