"""What is given on the command line: events and variables, and what is said of bad ones."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def usage_errors() -> Iterator[None]:
    """Have what is wrong with a path, a name or a file told as click does."""
    try:
        yield
    except ConfigurationError as error:
        raise click.UsageError(str(error)) from error


def event(given: str) -> Any:
    """Return the event: from stdin, a file, or the text itself."""
    if given == "-":
        return _parsed(sys.stdin.read(), "the event on stdin")
    if given.lstrip()[:1] in {"{", "[", '"'}:
        return _parsed(given, "the event")
    with suppress(ValueError):  # any JSON value is an event: null, true, 1
        if not Path(given).exists():
            return json.loads(given)
    try:
        return _parsed(Path(given).read_text(encoding="utf-8"), f"event file {given!r}")
    except OSError as error:
        raise click.UsageError(
            f"event file {given!r} cannot be read ({error.strerror}); "
            "give a file, JSON such as '{\"id\": 1}', or - for stdin"
        ) from error
    except UnicodeDecodeError as error:
        raise click.UsageError(f"event file {given!r} is no UTF-8: {error.reason}") from error


def _parsed(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise click.UsageError(f"{what} is not JSON: {place}: {error.msg}") from error


def variables(pairs: tuple[str, ...]) -> dict[str, str]:
    """Return the variables of `NAME=VALUE`."""
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not name or not equals:
            raise click.UsageError(f"--env {pair!r} is no NAME=VALUE")
        found[name] = value
    return found
