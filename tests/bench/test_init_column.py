"""The column of docs/libraries.md that says what the layer's instrumentors take of init."""

from __future__ import annotations

from bench.instrumentors import NONE, PAGE, ROW, measured, with_figures
from heliograph.libraries.brought import TABLE

LINES = """\
| [httpx](../tests/libraries/programs/program_httpx.py) | 0.28 | `httpx` | HTTP server | 3 |
| [wsgi](../tests/libraries/programs/program_wsgi.py) | any | its middleware | none | 9 |
| another | table |
"""


def test_every_library_of_the_layer_has_its_figure() -> None:
    """Where the layer switches one on there is a figure, and nowhere else."""
    rows = [found for found in map(ROW.match, PAGE.read_text().splitlines()) if found]
    told = {row["program"]: row["figure"].strip() for row in rows}
    assert {name for name, figure in told.items() if figure != NONE} == {
        name for name in told if measured(name)
    }
    assert all(0 <= int(figure) < 1000 for figure in told.values() if figure != NONE)
    unmeasured = TABLE.keys() - {measured(name) for name in told}
    assert unmeasured == {"MySQLdb", "httpx2"}  # Debian's; what no program uses


def test_figures_are_written_by_their_row() -> None:
    """A row without a figure says so; other lines stay."""
    assert with_figures(LINES, {"httpx": "12"}) == LINES.replace("| 3 |", "| 12 |").replace(
        "| 9 |", f"| {NONE} |"
    )
