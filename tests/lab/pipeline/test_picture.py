"""The tree across traces: what hangs where, and what a link is drawn as."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from heliograph.lab.pipeline.picture import trees


def drawn(documents: list[dict[str, Any]]) -> list[str]:
    """Return the lines of the trees, without the blanks at their ends."""
    screen = Console(file=io.StringIO(), width=100, highlight=False)
    for tree in trees(documents):
        screen.print(tree)
    assert isinstance(screen.file, io.StringIO)
    return [line.rstrip() for line in screen.file.getvalue().splitlines()]


def span(trace: str, name: str, start: float, **more: Any) -> dict[str, Any]:
    """Return a document; its id is its name."""
    return {"trace_id": trace, "id": name, "name": name, "start_time": start, "end_time": 9, **more}


def linked(*others: tuple[str, str]) -> list[dict[str, str]]:
    """Return links."""
    return [{"trace_id": trace, "id": span_id} for trace, span_id in others]


def test_a_trace_hangs_below_what_it_links_to() -> None:
    """Below the first of several; links to what came later, or never, are drawn alone."""
    found = drawn(
        [
            span("1", "ask", 1.0, origin="AWS::Lambda"),
            span("1", "send", 1.5, parent_id="ask", links=linked(("2", "read"))),
            span("1", "again", 1.75, parent_id="ask"),
            span("2", "do", 2.0, origin="AWS::Lambda"),
            span("2", "read", 2.5, parent_id="do", links=linked(("1", "send"), ("1", "again"))),
            span("3", "early", 0.5, links=linked(("9", "lost"))),
            span("4", "own", 5.0, parent_id="service", links=linked(("1", "again"))),
        ]
    )

    assert found == [
        "trace 1",
        "└── Lambda ask                  +0.0   8000.0 ms",
        "    ├── send                  +500.0   7500.0 ms",
        "    │   ⇠ read at +1500.0",
        "    │   └── ⇢ Lambda do      +1000.0   7000.0 ms",
        "    │       └── read         +1500.0   6500.0 ms",
        "    │           ⇠ send at +500.0",
        "    │           ⇠ again at +750.0",
        "    └── again                 +750.0   7250.0 ms",
        "        └── ⇢ Lambda service (its own segment, service)",
        "            └── own          +4000.0   4000.0 ms",
        "                ⇠ again at +750.0",
        "trace 3",
        "└── early      +0.0   8500.0 ms",
        "    ⇠ a span that did not arrive, lost",
    ]


def test_a_deep_tree_is_cut() -> None:
    """What is below the last level that is shown is told to be there."""
    deep = [span("1", "s0", 0.0)]
    deep += [span("1", f"s{n}", 0.0, parent_id=f"s{n - 1}") for n in range(1, 40)]

    lines = drawn(deep)

    assert len(lines) == 1 + 16 + 1
    assert lines[-1].strip(" └─") == "… more below"
