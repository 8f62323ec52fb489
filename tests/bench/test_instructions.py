"""Budgets of instructions: what a step of ours executes, counted, not timed."""

from __future__ import annotations

import shutil

import pytest

from bench.counting import STEPS, Place, contributors, instructions

pytestmark = pytest.mark.skipif(not shutil.which("valgrind"), reason="no valgrind to count with")

BUDGETS = {
    "bootstrap": 12_100_000,
    "invocation": 39_000,
    "recorded call": 68_000,
    "developed span": 400_000,
}
"""Instructions on x86-64 with the newest Python; at most a fiftieth above what it took."""


@pytest.mark.parametrize("name", BUDGETS)
def test_instructions(place: Place, name: str) -> None:
    """A step keeps within its instructions; a failure tells the figure and the costliest calls."""
    counted = instructions(place, STEPS[name])
    assert counted > 0
    if counted > BUDGETS[name]:
        pytest.fail(
            f"{name}: {counted:,} instructions ({BUDGETS[name]:,} allowed); most time goes to:\n"
            f"{contributors(place, STEPS[name])}"
        )


def test_every_step_has_a_budget() -> None:
    """No step is counted without a budget."""
    assert STEPS.keys() == BUDGETS.keys()


def test_contributors_are_named(place: Place) -> None:
    """What a failed budget shows names functions of the steps, with their calls."""
    told = contributors(place, STEPS["recorded call"])
    assert " 100 calls " in told
    assert "heliograph/journal/" in told
