"""The `heliograph` command: what it takes, and what it says about what it cannot take."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from ..version import VERSION
from . import given
from .function import Function
from .invocation import Invocation
from .pipeline.command import pipeline
from .profile import Profile, table
from .session import run
from .show import show
from .terminal import console

if TYPE_CHECKING:
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
    body, env = given.event(event), given.variables(pairs)

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
            tmp=tmp.name,
        )

    found, screen, tmp = [], console(), TemporaryDirectory(prefix="heliograph-lab-")
    with tmp, given.usage_errors(), Profile() if profiled else nullcontext() as profile:
        if profile:
            env |= profile.environment
        for outcome in run(environment, lambda: Invocation(body, timeout=timeout), times, profile):
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


command.add_command(pipeline)
