"""`RESULTS.md`: what the runs told, in tables. Written here alone, never by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from bench.figures import Figure
from bench.peers import BARE, OURS, PEERS

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
DATA, PAGE = HERE / "results.json", HERE / "RESULTS.md"
COLD_START = HERE.parent / "docs" / "cold-start.md"
BEGIN, END = "<!-- bench: deferred or eager -->\n", "<!-- bench: end -->\n"
"""Around the table of `COLD_START`."""
MEMORY = {"512 MB": "0.29 of a core after init", "128 MB": "0.07 of a core after init"}
"""Functions whose init has more of a core than what follows, and what their runs are called."""

PARTS = ("figures", "sizes", "instructions")
"""What a run has by workload or by layer."""

Run = dict[str, Any]
"""A run as JSON: see `record`."""


class Column(NamedTuple):
    """A column of a table: the figure, its heading, and how many digits it has."""

    figure: str
    heading: str
    digits: int


class Goal(NamedTuple):
    """A figure whose ratio to the best peer is told at the top of a section."""

    workload: str
    column: Column
    heading: str


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
GOALS = (
    Goal("hello", BEFORE[0], "init of hello, ms"),
    Goal("orders", BEFORE[0], "init of orders, ms"),
    Goal("orders", BEFORE[3], "warm response of orders, ms"),
    Goal("orders", AFTER[4], "CPU of init and first of orders, ms"),
    Goal("clients", BEFORE[0], "init of clients, ms"),
    Goal("clients", BEFORE[1], "CPU of init of clients, ms"),
)

HEAD = """\
# Results

Written by `make bench`; `bench/README.md` says how it measures. Every figure of a peer is what it
adds to the bare function **in the same rounds**: the difference of the least of all starts, and in
brackets the median of the differences round by round, with half the distance between their
quartiles. Whatever else the machine does only ever adds, and meets both functions of a round. The
bare function's figures are absolute. Ratios are below 1 where Heliograph adds less than the best
peer, and *within noise* where that peer adds less than half the distance between the quartiles.
"""

ABOUT = {
    "hello": "A function that does nothing.",
    "orders": "An item of a DynamoDB table by boto3, and an HTTP request by requests.",
    "otel_api": (
        "The orders function with two spans of its own by `opentelemetry.trace`. The X-Ray SDK "
        "and Powertools have no OpenTelemetry: their functions bring the API, and its spans go "
        "nowhere. Datadog takes them with `DD_TRACE_OTEL_ENABLED`, which is set here alone."
    ),
    "busy": (
        "50 AWS calls and 10 metrics an invocation, as each peer's users record them. "
        "Powertools' dimensions hold for a whole line, so this one is metadata there. "
        "The X-Ray SDK has no metrics. With lambda-otel-lite and ADOT the function calls "
        "OpenTelemetry's API, which sends nothing as their layers are set up."
    ),
    "clients": (
        "httpx, redis and SQLAlchemy are imported, a statement runs on SQLite and a request goes "
        "out. Heliograph's layer switches on the instrumentors of all three. OpenTelemetry's "
        "layer has none of httpx, and ADOT's wrapper leaves all of them off, as both are set up."
    ),
}
"""What each workload does, and what the peers make of it."""


def record(key: str, run: Run) -> Run:
    """Keep a run under a key, and write the pages anew; returns what is kept there now.

    Its workloads take the place of those that were there; others stay.
    """
    runs = json.loads(DATA.read_text()) if DATA.exists() else {}
    before = runs.get(key, {})
    merged = {name: {**before.get(name, {}), **run[name]} for name in PARTS}
    runs[key] = {**run, **merged}
    DATA.write_text(json.dumps(dict(sorted(runs.items())), indent=1) + "\n")
    PAGE.write_text(page(runs))
    COLD_START.write_text(with_starts(COLD_START.read_text(), runs))
    kept: Run = runs[key]
    return kept


def with_starts(text: str, runs: dict[str, Run]) -> str:
    """Return the page on cold starts with the table of these runs."""
    before, _, rest = text.partition(BEGIN)
    lines = "".join(f"{line}\n" for line in deferred_or_eager(runs))
    return before + BEGIN + lines + END + rest.partition(END)[2]


def page(runs: dict[str, Run]) -> str:
    """Return the whole page."""
    return "\n".join([HEAD, *(section(runs[key]) for key in sorted(runs))])


def deferred_or_eager(runs: dict[str, Run]) -> Iterator[str]:
    """Yield the lines of a table: both kinds of start, where init has more of a core than the rest.

    They are absolute, the least of all starts: what a caller waits for.
    """
    figures = ("init", "first", "first_after")
    headings = ["init ms", "first response ms", "after it ms", "free for a second event after ms"]
    yield from rule(["function", "start", *headings])
    for memory, conditions in MEMORY.items():
        for run in (runs[key] for key in sorted(runs) if runs[key]["title"].endswith(conditions)):
            for workload, measured in run["figures"].items():
                for start, peer in (("deferred", OURS.name), ("eager", "eager")):
                    took = [measured[peer][figure][0] for figure in figures]
                    cells = [f"{number:.0f}" for number in (*took, sum(took))]
                    yield row([f"`{workload}`, {memory}", start, *cells])


def section(run: Run) -> str:
    """Return the part of the page about one run."""
    lines = [f"## {run['title']}", "", f"{run['machine']}.", ""]
    if best := list(against_the_best(run["figures"])):
        lines += ["### Against the best peer", "", *best, ""]
    for workload, measured in run["figures"].items():
        instructions = run["instructions"].get(workload, {})
        lines += [f"### {workload}", "", ABOUT[workload], ""]
        lines += [*table(measured, BEFORE, loaded(measured, instructions)), ""]
        lines += [*table(measured, AFTER, sent(measured)), ""]
    if run["sizes"]:
        lines += ["### Layers", "", *sizes(run), ""]
    return "\n".join(lines)


def against_the_best(figures: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of a table: ours beside the peer that adds the least, for each goal."""
    rows = []
    for goal in GOALS:
        measured = figures.get(goal.workload, {})
        others = {
            peer.title: Figure(*measured[peer.name]["added"][goal.column.figure])
            for peer in PEERS
            if peer is not BARE and peer.layer != OURS.layer and peer.name in measured
        }
        if others and OURS.name in measured:
            ours = Figure(*measured[OURS.name]["added"][goal.column.figure])
            rows.append([goal.heading, *beside(ours, others, goal.column.digits)])
    if rows:
        yield from rule(
            [
                "",
                *("Heliograph, least", "best peer", "ratio"),
                *("Heliograph, median", "best peer", "ratio", "adds less than"),
            ]
        )
        yield from map(row, rows)


def beside(ours: Figure, others: dict[str, Figure], digits: int) -> Iterator[str]:
    """Yield the cells about ours and the best of the others, by the least and by the median."""
    for estimate in ("least", "median"):
        title, best = min(others.items(), key=lambda other: getattr(other[1], estimate))
        mine, its = getattr(ours, estimate), getattr(best, estimate)
        yield f"{mine:+.{digits}f}"
        yield f"{title} {its:+.{digits}f}"
        yield ratio(mine, ours.spread, its, best.spread)
    yield f"{sum(ours.median < other.median for other in others.values())} of {len(others)}"


def ratio(ours: float, our_spread: float, best: float, spread: float) -> str:
    """Return ours to the best, or as much as noise lets be known of it."""
    if best <= spread:
        return "within noise"
    if ours <= our_spread:
        return f"below {(max(ours, 0.0) + our_spread) / best:.2f}"
    return f"{ours / best:.2f}"


def table(
    measured: dict[str, Any], columns: tuple[Column, ...], counts: dict[str, dict[str, str]]
) -> Iterator[str]:
    """Yield the lines of a table: a peer each, over the bare function, which comes first.

    Args:
        measured: The figures of a workload, by peer.
        columns: Those that vary.
        counts: Those that do not: heading, peer, text.
    """
    yield from rule(["", *(column.heading for column in columns), *counts, "starts"])
    for peer in (p for p in PEERS if p.name in measured):
        mine = measured[peer.name]
        figures = mine if peer is BARE else mine["added"]
        cells = [
            cell(Figure(*figures[column.figure]), column.digits, sign=peer is not BARE)
            for column in columns
        ]
        texts = [texts[peer.name] for texts in counts.values()]
        yield row([peer.title, *cells, *texts, str(mine["starts"])])


def loaded(measured: dict[str, Any], instructions: dict[str, int]) -> dict[str, dict[str, str]]:
    """Return the columns of modules and, where they were counted, of instructions."""
    modules = {peer: mine["modules"] for peer, mine in measured.items()}
    columns = {"modules before the response": over_bare(modules, "")}
    if instructions:
        millions = {peer: number / 1e6 for peer, number in instructions.items()}
        columns["instructions of init, M"] = over_bare(millions, ".1f")
    return columns


def over_bare(numbers: dict[str, float], form: str) -> dict[str, str]:
    """Return figures that do not vary as text: the bare function's, and what the peers add."""
    bare = numbers[BARE.name]
    return {
        peer: format(number, form) if peer == BARE.name else format(number - bare, f"+{form}")
        for peer, number in numbers.items()
    }


def sent(measured: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Return the columns of what arrived of two invocations; of metrics where there are any."""
    headings = {"spans": "spans of two invocations", "points": "their points of the metric"}
    return {
        heading: {peer: str(mine[name]) for peer, mine in measured.items()}
        for name, heading in headings.items()
        if name == "spans" or any(mine[name] for mine in measured.values())
    }


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
