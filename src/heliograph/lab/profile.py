"""What Heliograph costs in an invocation: figures of the function's process, and their table."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from typing_extensions import Self

PHASES = {
    "init": "in init",
    "before": "before the response: the caller waits",
    "after": "after the response",
}
"""What is said of each phase of `stopwatch.py`."""


@dataclass(frozen=True)
class Step:
    """What one step of ours took in an invocation; the steps within it are not in it."""

    phase: str
    """`init`, `before` or `after` the response."""
    name: str
    count: int
    """How many times it was done."""
    ms: float

    def as_dict(self) -> dict[str, str | int | float]:
        """Return it as JSON values."""
        return {"phase": self.phase, "step": self.name, "count": self.count, "ms": self.ms}


class Profile:
    """The file that the process's figures go to, as long as `with` lasts."""

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="heliograph-lab-")
        self._path = Path(self._folder.name) / "profile"
        self._path.touch()
        self._read = 0
        return self

    def __exit__(self, *error: object) -> None:
        self._folder.cleanup()

    @property
    def environment(self) -> dict[str, str]:
        """Return what asks the function's process for its figures."""
        return {"_LAB_PROFILE": str(self._path)}

    def read(self) -> list[Step]:
        """Return what came since the last time, one step each of a name and a phase."""
        lines = self._path.read_text(encoding="utf-8").splitlines()
        fresh, self._read = lines[self._read :], len(lines)
        return [
            Step(phase, name, count, ns / 1e6)
            for line in fresh
            for phase, name, count, ns in json.loads(line)
        ]


def table(steps: Sequence[Step]) -> Table:
    """Return the steps by phase, each phase with its sum."""
    made = Table("what Heliograph took", box=None, pad_edge=False, header_style="bold")
    made.add_column("times", justify="right")
    made.add_column("ms", justify="right")
    for row in _rows(steps):
        made.add_row(*row)
    return made


def _rows(steps: Sequence[Step]) -> Iterator[tuple[Text, Text, Text]]:
    for phase, said in PHASES.items():
        inside = [step for step in steps if step.phase == phase]
        if inside:
            total = sum(step.ms for step in inside)
            yield Text(said, "cyan"), Text(), Text(f"{total:.3f}", "cyan")
        for step in sorted(inside, key=lambda step: -step.ms):
            yield Text(f"  {step.name}"), Text(str(step.count)), Text(f"{step.ms:.3f}")
