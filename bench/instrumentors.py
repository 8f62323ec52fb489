"""`python -m bench.instrumentors --write`: what the layer's instrumentors take of init.

Of each library of docs/libraries.md: the CPU of its import in a function with the layer, above the
same import without. Both start in turns, under the real runtime client; told is the median of the
differences. OpenTelemetry's API, which the first of them brings, is in each of the figures.
"""

from __future__ import annotations

import re
import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from heliograph.lab.daemon import XRayDaemon
from heliograph.lab.function import Function
from heliograph.lab.invocation import Invocation
from heliograph.libraries.brought import TABLE
from scripts import brought, pythons, runtimes
from scripts.places import BUILD, ROOT

if TYPE_CHECKING:
    from scripts.pythons import Python

PAGE = ROOT / "docs" / "libraries.md"
ROW = re.compile(r"^\| \[.*program_(?P<program>\w+)\.py\).*\|(?P<figure>[^|]*)\|$")
NONE = "-"
"""Where nothing is switched on by the layer."""
NAMES = {"aiohttp_client": "aiohttp", "kafka_python": "kafka", "urllib": "urllib.request"}
"""By program, what its library is imported by, where that is not named alike."""
ELSEWHERE = ("mysqlclient",)
"""Of Debian's Python only."""
WITH_API = ("fastapi",)
"""Libraries that import OpenTelemetry's API themselves: their functions bring it."""
APP = """
import time
begin = time.process_time()
import {library}
took = (time.process_time() - begin) * 1000
def handler(event, context):
    return took
"""


def measured(program: str) -> str:
    """Return what is imported for a program's row; "" if the layer switches nothing on for it."""
    library = NAMES.get(program, program)
    return library if library in TABLE and program not in ELSEWHERE else ""


def bare(python: Python, folder: Path, *, api: bool) -> Path:
    """Return a folder with the libraries, and nothing of OpenTelemetry but the API, if at all."""
    folder.mkdir()
    source = brought.libraries(python)
    for place in source.iterdir():
        if not place.name.startswith("opentelemetry") or (api and "_api-" in place.name):
            (folder / place.name).symlink_to(place)
    if api:
        (folder / "opentelemetry").mkdir()
        for place in (source / "opentelemetry").iterdir():
            if place.name not in ("instrumentation", "sdk", "semconv", "util"):
                (folder / "opentelemetry" / place.name).symlink_to(place)
        (folder / "opentelemetry" / "util").mkdir()
        for place in (source / "opentelemetry" / "util").iterdir():
            if place.name != "http":
                (folder / "opentelemetry" / "util" / place.name).symlink_to(place)
    return folder


def took(library: str, python: Python, folder: Path, *, layer: bool) -> float:
    """Return the CPU milliseconds of an import."""
    with tempfile.TemporaryDirectory() as task, XRayDaemon() as daemon:
        (Path(task) / "app.py").write_text(APP.format(library=library))
        env = {
            "PYTHONPATH": str(folder),
            "PYTHONDONTWRITEBYTECODE": "1",
            "DJANGO_SETTINGS_MODULE": "django.conf.global_settings",
        }
        with Function(
            Path(task),
            "app.handler",
            python=python.path,
            runtime_dir=runtimes.tree(python),
            env=env,
            layers=[BUILD / "layer"] if layer else [],
            daemon=daemon,
        ) as function:
            told = function.invoke(Invocation({})).json()
    if not isinstance(told, float):
        raise click.ClickException(f"{library} cannot be imported: {told}")
    return told


def with_figures(text: str, figures: dict[str, str]) -> str:
    """Return the page with these figures, by program, in the last column of its table."""
    lines = []
    for line in text.splitlines(keepends=True):
        if found := ROW.match(line.rstrip()):
            kept = line.rstrip()[: found.start("figure")]
            lines.append(f"{kept} {figures.get(found['program'], NONE)} |\n")
        else:
            lines.append(line)
    return "".join(lines)


@click.command()
@click.option("--rounds", default=5, type=click.IntRange(1), help="Starts of each.")
@click.option("--write", is_flag=True, help="Write the column of docs/libraries.md.")
def main(rounds: int, write: bool) -> None:
    """Measure what each instrumentor of the layer takes of init."""
    python = list(pythons.find().values())[-1]
    text = PAGE.read_text()
    programs = [found["program"] for found in map(ROW.match, text.splitlines()) if found]
    libraries = {name: library for name in programs if (library := measured(name))}
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        packages = bare(python, Path(folder) / "packages", api=False)
        with_api = bare(python, Path(folder) / "with_api", api=True)
        differences: dict[str, list[float]] = {name: [] for name in libraries}
        for _ in range(rounds):
            for name, library in libraries.items():
                place = with_api if name in WITH_API else packages
                without = took(library, python, place, layer=False)
                differences[name].append(took(library, python, place, layer=True) - without)
        for name, each in differences.items():
            figures[name] = f"{statistics.median(each):.0f}"
            click.echo(f"{name}: {figures[name]} ms {[round(one, 1) for one in each]}")
    if write:
        PAGE.write_text(with_figures(text, figures))


if __name__ == "__main__":
    main()
