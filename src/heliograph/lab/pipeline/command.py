"""`heliograph pipeline`: several functions, what lies between them, and one picture of it all."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .. import given
from ..terminal import console
from .description import read
from .environments import Options
from .running import Running
from .show import show_step, show_whole

if TYPE_CHECKING:
    from .running import Step

EVENT = "event.json"
"""File beside the description with the request that is sent if none is given."""
MAX_SECONDS = 900


@click.command(context_settings={"show_default": True})
@click.argument("directory", metavar="DIR")
@click.option("--event", metavar="EVENT", help="A JSON file, JSON itself, or - for stdin.")
@click.option("--times", default=1, type=click.IntRange(1), help="Requests, one after the other.")
@click.option("--layer", "layers", multiple=True, metavar="DIR", help="A tree as under /opt.")
@click.option("--python", default=sys.executable, metavar="EXE", help="The Python.")
@click.option("--runtime", metavar="DIR", help="Directory with awslambdaric for that Python.")
@click.option("--env", "pairs", multiple=True, metavar="K=V", help="A variable of each function.")
@click.option("--timeout", default=30.0, type=click.FloatRange(0.001, MAX_SECONDS), help="Seconds.")
@click.option("--freeze/--no-freeze", default=True, help="Stop processes between invocations.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def pipeline(
    *,
    directory: str,
    event: str | None,
    times: int,
    layers: tuple[str, ...],
    python: str,
    runtime: str | None,
    pairs: tuple[str, ...],
    timeout: float,
    freeze: bool,
    as_json: bool,
) -> None:
    """Send a request into the pipeline of DIR, and follow it through its functions.

    DIR has a pipeline.json and the functions' code. Without --layer, the package of this Python
    instruments the functions.

    Exit status: 1 if an invocation failed, 2 if something given here is wrong.
    """
    options = Options(layers, python, runtime, given.variables(pairs), timeout, freezing=freeze)
    screen, steps = console(), list["Step"]()
    with given.usage_errors():
        found = read(directory)
        request = given.event(event or str(Path(directory, EVENT)))
        with Running(found, options) as running:
            for _ in range(times):
                begun = len(steps)
                for step in running.request(request):
                    steps.append(step)
                    if not as_json:
                        show_step(step, screen)
                if not as_json:
                    show_whole(steps[begun:], screen)
    failed = any(step.outcome.failed for step in steps)
    if as_json:
        told = [{"function": s.function, "source": s.source, **s.outcome.as_dict()} for s in steps]
        documents = [document for step in steps for document in step.documents]
        print(json.dumps({"failed": failed, "steps": told, "documents": documents}, indent=2))
    sys.exit(int(failed))
