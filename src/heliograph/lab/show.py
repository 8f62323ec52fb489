"""Outcomes on a terminal or in a pipe: what was answered, the trace as a tree, metrics, the log."""

from __future__ import annotations

import io
import json
import os
import sys
import textwrap
from typing import TYPE_CHECKING

from rich.console import Console
from rich.rule import Rule
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from .trace import traces

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from .emf import Metrics, Row
    from .invocation import Answer
    from .session import Outcome
    from .trace import Node, Trace

PIPE_WIDTH = 100
"""Columns where there is no terminal to ask."""
MAX_BODY = 2000
"""Characters shown of an answer."""
MAX_VALUE = 120
"""Characters shown of an annotation or an error's message."""
MAX_DEPTH = 16
"""Levels shown of a tree; what is below is counted."""
MAX_NAME = 56
"""Columns kept for the names of a tree before the times; longer names push their own times out."""


def console() -> Console:
    """Return a console for stdout, of 100 columns in a pipe."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a tree's lines are in no Latin encoding
    piped = not sys.stdout.isatty() and "COLUMNS" not in os.environ
    return Console(width=PIPE_WIDTH if piped else None, highlight=False)


def show(outcome: Outcome, screen: Console) -> None:
    """Print everything about an invocation."""
    style = "red" if outcome.failed else "green"
    screen.print(Rule(_title(outcome), align="left", style=style))
    if times := _times(outcome):
        screen.print(Text(times, "dim"))
    screen.print(_answer(outcome.answer), soft_wrap=True)
    if outcome.exit_code is not None and not outcome.answer.timed_out:
        screen.print(Text(f"the process ended with exit code {outcome.exit_code}", "red"))
    for part in (*_traces(outcome), *_metrics(outcome.metrics, screen.width)):
        screen.print("", part, sep="\n")
    for part in _log(outcome, screen.width):
        screen.print("", part, sep="\n", soft_wrap=True)  # a long word stays whole: it is copied
    screen.print()


def _title(outcome: Outcome) -> str:
    said = "failed" if outcome.failed else "ok"
    return f"{outcome.number} · {'cold' if outcome.cold else 'warm'} · {said}"


def _times(outcome: Outcome) -> str:
    figures = [
        ("init", outcome.init_ms),
        ("response", outcome.answer.response_ms),
        ("after the response", outcome.answer.after_ms),
    ]
    return " · ".join(f"{name} {value:.1f} ms" for name, value in figures if value is not None)


def _answer(answer: Answer) -> Text:
    kind = answer.kind.replace("_", " ")
    text = Text.assemble((f"{kind}  ", "bold"), _shorten(_body(answer)))
    if answer.status not in (0, 202):
        text.append(f"\nrefused by the Runtime API with {answer.status}", "red")
    if answer.timed_out and answer.kind != "timeout":
        text.append("\nanswered, but killed at the deadline before it was over", "red")
    return text


def _body(answer: Answer) -> str:
    body = answer.body.decode("utf-8", "replace")
    if answer.kind == "response":
        return body
    try:
        error = json.loads(body)
        said = f"{error['errorType']}: {error['errorMessage']}"
        return "\n".join([said, *map(str.rstrip, error.get("stackTrace") or ())])
    except (ValueError, TypeError, KeyError, AttributeError):  # not an error as runtimes post it
        return body


def _shorten(text: str) -> str:
    cut = f" … ({len(text)} characters)" if len(text) > MAX_BODY else ""
    return _plain(text[:MAX_BODY]) + cut


def _plain(text: str) -> str:
    """Leave out what would move the cursor or colour the terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else " " for c in text)


# -- the trace -------------------------------------------------------------------------------------


def _traces(outcome: Outcome) -> Iterator[RenderableType]:
    for trace in traces(outcome.documents):
        yield _trace(trace)
    if outcome.refused:
        yield Text(f"datagrams that X-Ray would not take: {outcome.refused}", "red")


def _trace(trace: Trace) -> RenderableType:
    tree = Tree(Text(f"trace {trace.trace_id}", "bold"), guide_style="dim")
    depths = [depth for root in trace.roots for depth in _name_ends(root)]
    column = min(max(depths), MAX_NAME)
    for root in trace.roots:
        _grow(tree, root, trace.start, column, 1)
    return tree


def _name_ends(root: Node) -> Iterator[int]:
    """Yield where the names of a node and of all below it end; as deep as there is room for."""
    waiting = [(root, 1)]
    while waiting:
        node, depth = waiting.pop()
        yield 4 * depth + len(_title_of(node))
        if depth < MAX_DEPTH:
            waiting += [(child, depth + 1) for child in node.children]


def _title_of(node: Node) -> str:
    return _plain(" ".join(filter(None, (node.name, node.call))))


def _grow(tree: Tree, node: Node, start: float, column: int, depth: int) -> None:
    branch = tree.add(
        _placeholder(node) if node.placeholder else _label(node, start, column - 4 * depth)
    )
    if depth == MAX_DEPTH and node.children:
        branch.add(Text(f"… {sum(1 for _ in node.walk()) - 1} spans below", "dim"))
        return
    for child in node.children:
        _grow(branch, child, start, column, depth + 1)


def _placeholder(node: Node) -> Text:
    return Text(_plain(f"{node.name} (its own segment, {node.id})"), "dim")


def _label(node: Node, start: float, width: int) -> Text:
    duration = node.duration_ms
    took = "in progress" if duration is None else f"{duration:.1f} ms"
    text = Text.assemble(
        (_title_of(node).ljust(width), "red" if node.status else "cyan"),
        (f"  {f'+{(node.start - start) * 1000:.1f}':>8}", "dim"),
        f"  {took:>10}",
    )
    facts = [node.document.get("namespace"), node.http_status]
    text.append("".join(f"  {_cut(fact)}" for fact in facts if fact), "dim")
    if node.status:
        text.append(f"  {node.status.upper()}", "bold red")
    for kind, message in node.exceptions:
        text.append(f"\n{_cut(kind)}: {_cut(message)}", "red")
    for name, value in node.annotations.items():
        text.append(f"\nannotation {_cut(name)} = {_cut(value)}", "yellow")
    for name, value in node.metadata.items():
        text.append(f"\nmetadata {_cut(name)} = {_cut(_json(value))}", "dim")
    return text


def _json(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _cut(value: object) -> str:
    text = _plain(str(value)).replace("\n", " ")
    return text if len(text) <= MAX_VALUE else text[:MAX_VALUE] + "…"


# -- metrics and log -------------------------------------------------------------------------------


FIGURES = ("count", "min", "avg", "p50", "max")
LEAST_DIMENSIONS = 20
"""Columns that dimensions need to be read in a table."""


def _metrics(found: Metrics, width: int) -> Iterator[RenderableType]:
    rows = [_cells(row) for row in found.rows]
    if rows:
        yield _table(rows) if _fits(rows, width) else _blocks(rows, width)
    for problem in found.problems:
        yield Text(f"CloudWatch will leave this out: {_cut(problem)}", "red")


def _cells(row: Row) -> list[str]:
    figures = (row.count, row.minimum, row.average, row.p50, row.maximum)
    dimensions = ", ".join(f"{_cut(name)}={_cut(value)}" for name, value in row.dimensions.items())
    cells = [row.metric, *map(_figure, figures), row.unit, row.namespace, dimensions]
    return [_plain(cell) for cell in cells]


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
        below = (_wrapped(f"{said} {unit}", width), _wrapped(f"{namespace}: {dimensions}", width))
        blocks.append(Text.assemble(("metric ", "bold"), "\n".join((metric, *below))))
    return Text("\n").join(blocks)


def _figure(value: float | None) -> str:
    if value is None:
        return "-"
    if value and not 0.001 <= abs(value) < 1e12:
        return f"{value:.4g}"
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _log(outcome: Outcome, width: int) -> Iterator[Text]:
    for name, lines, style in (("log", outcome.log, ""), ("stderr", outcome.stderr, "red")):
        if lines:
            # the runtime ends the lines of its own errors with CR, to keep them one record
            said = _plain("\n".join(lines).replace("\r", "\n")).rstrip("\n")
            wrapped = "\n".join(_wrapped(line, width) for line in said.split("\n"))
            yield Text.assemble((f"{name}\n", "bold"), (wrapped, style))


def _wrapped(line: str, width: int) -> str:
    """Return a line of the log, broken between words where it is too long for the screen."""
    return textwrap.fill(
        line,
        width,
        initial_indent="  ",
        subsequent_indent="      ",
        tabsize=2,
        replace_whitespace=False,
        break_long_words=False,
        break_on_hyphens=False,
    )
