"""Metrics on the screen: a table, or one below the other where it would not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from .terminal import cut, plain, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from .emf import Metrics, Row

FIGURES = ("count", "min", "avg", "p50", "max")
LEAST_DIMENSIONS = 20
"""Columns that dimensions need to be read in a table."""


def metric_table(found: Metrics, width: int) -> Iterator[RenderableType]:
    """Yield the metrics for a screen of a width, and what CloudWatch will not take of them."""
    rows = [_cells(row) for row in found.rows]
    if rows:
        yield _table(rows) if _fits(rows, width) else _blocks(rows, width)
    for problem in found.problems:
        yield Text(f"CloudWatch will leave this out: {cut(problem)}", "red")


def _cells(row: Row) -> list[str]:
    figures = (row.count, row.minimum, row.average, row.p50, row.maximum)
    dimensions = ", ".join(f"{cut(name)}={cut(value)}" for name, value in row.dimensions.items())
    cells = [row.metric, *map(_figure, figures), row.unit, row.namespace, dimensions]
    return [plain(cell) for cell in cells]


def _fits(rows: list[list[str]], width: int) -> bool:
    """Tell whether a table leaves every column whole but the last, which may be folded."""
    names = ("metric", *FIGURES, "unit", "namespace")
    columns = [max(len(name), *map(len, cells)) for name, *cells in zip(names, *rows, strict=False)]
    return sum(columns) + 2 * len(columns) + LEAST_DIMENSIONS <= width


def _table(rows: list[list[str]]) -> Table:
    table = Table("metric", box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in FIGURES:
        table.add_column(name, justify="right", no_wrap=True)
    for name in ("unit", "namespace", "dimensions"):
        table.add_column(name, overflow="fold")
    for cells in rows:
        table.add_row(*map(Text, cells))
    return table


def _blocks(rows: list[list[str]], width: int) -> Text:
    """Return the metrics below each other, for a narrow screen or long names."""
    blocks = []
    for metric, *figures, unit, namespace, dimensions in rows:
        said = " · ".join(f"{name} {value}" for name, value in zip(FIGURES, figures, strict=True))
        below = (wrapped(f"{said} {unit}", width), wrapped(f"{namespace}: {dimensions}", width))
        blocks.append(Text.assemble(("metric ", "bold"), "\n".join((metric, *below))))
    return Text("\n").join(blocks)


def _figure(value: float | None) -> str:
    if value is None:
        return "-"
    if value and not 0.001 <= abs(value) < 1e12:
        return f"{value:.4g}"
    return f"{value:.3f}".rstrip("0").rstrip(".")
