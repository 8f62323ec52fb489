"""`RESULTS.md`: what the runs told, in tables. Written here alone, never by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from bench.figures import Figure, over
from bench.peers import BARE, PEERS

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
DATA, PAGE = HERE / "results.json", HERE / "RESULTS.md"

Run = dict[str, Any]
"""A run as JSON: see `record`."""


class Column(NamedTuple):
    """A column of a table: the figure, its heading, and how many digits it has."""

    figure: str
    heading: str
    digits: int


BEFORE = (
    Column("init", "init ms", 1),
    Column("init_cpu", "CPU of init ms", 1),
    Column("first", "first response ms", 2),
    Column("warm", "warm response ms", 3),
)
AFTER = (
    Column("first_after", "after the first response ms", 1),
    Column("warm_after", "after a warm response ms", 2),
    Column("warm_billed", "warm, whole ms", 2),
    Column("warm_cpu", "CPU of a warm one ms", 2),
    Column("cold_cpu", "CPU of init and first ms", 1),
    Column("memory", "peak MB", 1),
)

HEAD = """\
# Results

Written by `make bench`; `bench/README.md` says how it measures. Every figure of a peer is what it
adds to the bare function **in the same run**: the difference of the least of all starts, and in
brackets that of the medians, with half the distance between the quartiles. The least is the one to
compare: whatever else the machine does only ever adds. The bare function's figures are absolute.
"""


def record(key: str, run: Run) -> None:
    """Keep a run under a key, in place of the one that was there, and write the page anew."""
    runs = json.loads(DATA.read_text()) if DATA.exists() else {}
    runs[key] = run
    DATA.write_text(json.dumps(dict(sorted(runs.items())), indent=1) + "\n")
    PAGE.write_text(page(runs))


def page(runs: dict[str, Run]) -> str:
    """Return the whole page."""
    return "\n".join([HEAD, *(section(runs[key]) for key in sorted(runs))])


def section(run: Run) -> str:
    """Return the part of the page about one run."""
    lines = [f"## {run['title']}", "", f"{run['machine']}.", ""]
    for workload, measured in run["figures"].items():
        lines += [f"### {workload}", ""]
        lines += [*table(run, workload, measured, BEFORE, modules=True), ""]
        lines += [*table(run, workload, measured, AFTER), ""]
    if run["sizes"]:
        lines += ["### Layers", "", *sizes(run), ""]
    return "\n".join(lines)


def table(
    run: Run,
    workload: str,
    measured: dict[str, Any],
    columns: tuple[Column, ...],
    *,
    modules: bool = False,
) -> Iterator[str]:
    """Yield the lines of a table: a peer each, over the bare function, which comes first."""
    instructions = run["instructions"].get(workload, {})
    headings = ["", *(column.heading for column in columns)]
    headings += ["modules before the response"] if modules else []
    headings += ["instructions of init, M"] if modules and instructions else []
    yield from rule([*headings, "starts"])
    bare = measured[BARE.name]
    for peer in (p for p in PEERS if p.name in measured):
        mine = measured[peer.name]
        cells = [peer.title]
        for column in columns:
            own = Figure(*mine[column.figure])
            told = own if peer is BARE else over(own, Figure(*bare[column.figure]))
            cells.append(cell(told, column.digits, sign=peer is not BARE))
        if modules:
            cells.append(change(mine["modules"], bare["modules"], peer is BARE, ""))
        if modules and instructions:
            least = instructions[BARE.name] / 1e6
            cells.append(change(instructions[peer.name] / 1e6, least, peer is BARE, ".1f"))
        yield row([*cells, str(mine["starts"])])


def change(own: float, bare: float, absolute: bool, form: str) -> str:
    """Return a figure that does not vary: as it is, or over the bare function's."""
    return format(own, form) if absolute else format(own - bare, f"+{form}")


def cell(figure: Figure, digits: int, *, sign: bool) -> str:
    """Return a figure as text: the least, then the median and the spread."""
    plus = "+" if sign else ""
    least = f"{figure.least:{plus}.{digits}f}"
    return f"**{least}** ({figure.median:{plus}.{digits}f} ± {figure.spread:.{digits}f})"


def sizes(run: Run) -> Iterator[str]:
    """Yield the table of the layers' bytes."""
    yield from rule(["layer, with the .pyc of this Python", "MB zipped", "MB unpacked"])
    for title, (zipped, unpacked) in run["sizes"].items():
        yield row([title, f"{zipped / 1e6:.2f}", f"{unpacked / 1e6:.1f}"])


def rule(headings: list[str]) -> Iterator[str]:
    """Yield the two lines that begin a table."""
    yield row(headings)
    yield row([" --- ", *(" ---: " for _ in headings[1:])]).replace("  ", " ")


def row(cells: list[str]) -> str:
    """Return a line of a table."""
    return f"| {' | '.join(cells)} |"
