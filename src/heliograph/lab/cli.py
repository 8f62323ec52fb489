"""The `heliograph` command: what it takes, and what it says about what it cannot take."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import ConfigurationError
from ..version import VERSION
from .function import Function
from .invocation import Invocation
from .profile import Profile, table
from .session import run
from .show import show
from .terminal import console

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .daemon import XRayDaemon

MAX_SECONDS = 900
"""Longest timeout of a function."""
MAX_MEMORY = 10_240
"""Most megabytes of a function."""


@click.group()
@click.version_option(VERSION, prog_name="heliograph")
def command() -> None:
    """Run a function as AWS Lambda does, and see its traces and metrics."""


@command.command(context_settings={"show_default": True})
@click.argument("handler")
@click.option("--event", default="{}", help="A JSON file, JSON itself, or - for stdin.")
@click.option("--times", default=1, type=click.IntRange(1), help="Invocations; the first is cold.")
@click.option("--layer", "layers", multiple=True, metavar="DIR", help="A tree as under /opt.")
@click.option("--python", default=sys.executable, metavar="EXE", help="The Python.")
@click.option("--runtime", metavar="DIR", help="Directory with awslambdaric for that Python.")
@click.option("--task", default=".", metavar="DIR", help="Directory of the function's code.")
@click.option("--env", "pairs", multiple=True, metavar="K=V", help="A variable of the function.")
@click.option("--timeout", default=30.0, type=click.FloatRange(0.001, MAX_SECONDS), help="Seconds.")
@click.option("--memory", default=512, type=click.IntRange(128, MAX_MEMORY), help="Megabytes.")
@click.option("--freeze/--no-freeze", default=True, help="Stop the process between invocations.")
@click.option("--profile", "profiled", is_flag=True, help="Show what Heliograph itself takes.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def invoke(
    *,
    handler: str,
    event: str,
    times: int,
    layers: tuple[str, ...],
    python: str,
    runtime: str | None,
    task: str,
    pairs: tuple[str, ...],
    timeout: float,
    memory: int,
    freeze: bool,
    profiled: bool,
    as_json: bool,
) -> None:
    """Invoke HANDLER, such as app.handler, under the real runtime client.

    Exit status: 1 if an invocation failed, 2 if something given here is wrong.
    """
    body, env = _event(event), _variables(pairs)

    def environment(daemon: XRayDaemon) -> Function:
        return Function(
            task,
            handler,
            layers=layers,
            python=python,
            runtime_dir=runtime,
            env=env,
            daemon=daemon,
            memory=memory,
            freezing=freeze,
            kill_at_deadline=True,
        )

    def invocation() -> Invocation:
        return Invocation(body, timeout=timeout)

    found, screen = [], console()
    with _usage_errors(), Profile() if profiled else nullcontext() as profile:
        if profile:
            env |= profile.environment
        for outcome in run(environment, invocation, times, profile):
            found.append(outcome)
            if not as_json:
                show(outcome, screen)
            if outcome.profile and not as_json:
                screen.print(table(outcome.profile), "")
    failed = any(outcome.failed for outcome in found)
    if as_json:
        invocations = [outcome.as_dict() for outcome in found]
        print(json.dumps({"failed": failed, "invocations": invocations}, indent=2))
    sys.exit(int(failed))


@contextmanager
def _usage_errors() -> Iterator[None]:
    try:
        yield
    except ConfigurationError as error:
        raise click.UsageError(str(error)) from error


def _event(given: str) -> Any:
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


def _variables(pairs: tuple[str, ...]) -> dict[str, str]:
    variables = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not name or not equals:
            raise click.UsageError(f"--env {pair!r} is no NAME=VALUE")
        variables[name] = value
    return variables
