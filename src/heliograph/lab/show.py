"""Outcomes on a terminal or in a pipe: what was answered, the trace as a tree, metrics, the log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rich.rule import Rule
from rich.text import Text

from .metric_table import metric_table
from .terminal import plain, wrapped
from .trace import traces
from .trace_tree import trace_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console, RenderableType

    from .invocation import Answer
    from .session import Outcome

MAX_BODY = 2000
"""Characters shown of an answer."""


def show(outcome: Outcome, screen: Console) -> None:
    """Print everything about an invocation."""
    style = "red" if outcome.failed else "green"
    screen.print(Rule(_title(outcome), align="left", style=style))
    if times := _times(outcome):
        screen.print(Text(times, "dim"))
    screen.print(answer_text(outcome.answer), soft_wrap=True)
    if outcome.exit_code is not None and not outcome.answer.timed_out:
        screen.print(Text(f"the process ended with exit code {outcome.exit_code}", "red"))
    for part in (*_traces(outcome), *metric_table(outcome.metrics, screen.width)):
        screen.print("", part, sep="\n")
    for part in log_parts(outcome, screen.width):
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


def answer_text(answer: Answer) -> Text:
    """Return what was answered, and by whom."""
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
    return plain(text[:MAX_BODY]) + cut


def _traces(outcome: Outcome) -> Iterator[RenderableType]:
    for trace in traces(outcome.documents):
        yield trace_tree(trace)
    if outcome.refused:
        yield Text(f"datagrams that X-Ray would not take: {outcome.refused}", "red")


def log_parts(outcome: Outcome, width: int) -> Iterator[Text]:
    """Yield the lines of stdout that are no metrics, and of stderr."""
    for name, lines, style in (("log", outcome.log, ""), ("stderr", outcome.stderr, "red")):
        if lines:
            # the runtime ends the lines of its own errors with CR, to keep them one record
            said = plain("\n".join(lines).replace("\r", "\n")).rstrip("\n")
            broken = "\n".join(wrapped(line, width) for line in said.split("\n"))
            yield Text.assemble((f"{name}\n", "bold"), (broken, style))
