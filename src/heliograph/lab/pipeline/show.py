"""The steps of a pipeline on the screen, a line each, and its tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from ..show import answer_text, log_parts
from .picture import trees

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from .running import Step


def show_step(step: Step, screen: Console) -> None:
    """Print what was invoked, for what, and what it answered; if it failed, its log too."""
    outcome = step.outcome
    title = Text.assemble(
        f"{outcome.number} · ",
        (step.function, "bold"),
        f" · {'cold' if outcome.cold else 'warm'} · ",
        ("failed", "bold red") if outcome.failed else ("ok", "green"),
        (f"  ← {step.source}", "dim"),
    )
    screen.print(title, soft_wrap=True)
    screen.print(Text("    ").append_text(answer_text(outcome.answer)), soft_wrap=True)
    for part in log_parts(outcome, screen.width) if outcome.failed else ():
        screen.print(part, soft_wrap=True)


def show_whole(steps: Sequence[Step], screen: Console) -> None:
    """Print one tree of all that the steps sent."""
    for tree in trees(document for step in steps for document in step.documents):
        screen.print("", tree, sep="\n")
    screen.print()
