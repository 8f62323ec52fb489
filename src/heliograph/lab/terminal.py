"""Text for a terminal or a pipe: how wide it is, and nothing in it that would move the cursor."""

from __future__ import annotations

import io
import os
import sys
import textwrap

from rich.console import Console

PIPE_WIDTH = 100
"""Columns where there is no terminal to ask."""
MAX_VALUE = 120
"""Characters shown of an annotation or an error's message."""


def console() -> Console:
    """Return a console for stdout, of 100 columns in a pipe."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a tree's lines are in no Latin encoding
    piped = not sys.stdout.isatty() and "COLUMNS" not in os.environ
    return Console(width=PIPE_WIDTH if piped else None, highlight=False)


def plain(text: str) -> str:
    """Leave out what would move the cursor or colour the terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else " " for c in text)


def cut(value: object) -> str:
    """Return a value on one line, no longer than is shown of one."""
    text = plain(str(value)).replace("\n", " ")
    return text if len(text) <= MAX_VALUE else text[:MAX_VALUE] + "…"


def wrapped(line: str, width: int) -> str:
    """Return a line, broken between words where it is too long for the screen."""
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
