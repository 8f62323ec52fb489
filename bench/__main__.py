"""`python -m bench`: measure the peers side by side, in turns, in one run."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import shutil
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bench import chart, referee, results, sizes, tree
from bench.arrived import count
from bench.figures import added, figures
from bench.peers import ALL, BARE, PEERS
from bench.quota import QuotaError, quota
from bench.services import Services
from scripts import pythons

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_STARTS = {"busy": 13}
MOST_WARM = {"busy": 20}
"""Starts, and warm invocations of a start: no more, so that a run stays short."""
LOOKED_AT = 2
"""Invocations of the start whose modules, spans and metrics are counted."""

PYTHONS = pythons.find()
NEWEST = list(PYTHONS)[-1]

Key = tuple[str, str]


def _named(_: object, option: click.Parameter, given: str | None) -> tuple[str, ...]:
    choices = [p.name for p in PEERS] if option.name == "peers" else list(ALL)
    chosen = tuple(given.split(",")) if given else tuple(choices)
    wrong = [name for name in chosen if name not in choices]
    if wrong:
        raise click.BadParameter(f"{wrong[0]!r} is none of {', '.join(choices)}")
    return chosen


@click.command(context_settings={"show_default": True})
@click.option("--peers", callback=_named, metavar="A,B", help="All by default; bare always.")
@click.option("--workloads", callback=_named, metavar="A,B", help="All by default.")
@click.option("--python", default=NEWEST, help="Version, such as 3.12.")
@click.option("--rounds", type=click.IntRange(1), help="Starts of each; by default as in peers.py.")
@click.option("--warm", default=100, type=click.IntRange(1), help="Warm invocations of a start.")
@click.option("--quota", "cores", type=click.FloatRange(0.02), help="Cores: 0.29 has 512 MB.")
@click.option("--boost", is_flag=True, help="The quota begins after init, as in Lambda.")
@click.option("--cold-cache", is_flag=True, help="Drop the page cache before every start.")
@click.option("--frozen", is_flag=True, help="Empty the processor's caches before every event.")
@click.option("--instructions", is_flag=True, help="Count the instructions of init, by valgrind.")
@click.option("--json", "target", type=click.Path(path_type=Path), help="Write every start there.")
@click.option("--write", is_flag=True, help="Write bench/RESULTS.md, and the chart of the newest.")
def main(**given: Any) -> None:
    """Measure Heliograph and its peers under the real runtime client, laid out as in Lambda."""
    python = PYTHONS.get(given["python"])
    if python is None:
        raise click.ClickException(f"no python {given['python']}; there are: {', '.join(PYTHONS)}")
    if given["instructions"] and not shutil.which("valgrind"):
        raise click.ClickException("--instructions needs valgrind")
    try:
        referee.prepare()
        variants = laid_out(python, given["peers"], given["workloads"])
        services = Services()
        with quota(given["cores"]) as under:
            conditions = referee.Conditions(
                under, given["boost"], given["cold_cache"], given["frozen"]
            )
            looks = look(variants, services)
            starts = measure(variants, services, conditions, given["rounds"], given["warm"])
    except (QuotaError, referee.FailedError) as error:
        raise click.ClickException(str(error)) from error
    run = summary(given, python, variants, starts, looks)
    if given["instructions"]:
        run["instructions"] = instructions(variants, services)
    if given["target"]:
        rows = {f"{p} {w}": [vars(start) for start in some] for (p, w), some in starts.items()}
        given["target"].write_text(json.dumps(rows, indent=1))
    click.echo(results.section(run))
    if given["write"]:
        kept = results.record(key(given), run)
        if is_usual(given):
            (results.HERE / "results.svg").write_text(chart.chart(kept))


def laid_out(
    python: pythons.Python, peers: tuple[str, ...], workloads: tuple[str, ...]
) -> dict[Key, tree.Variant]:
    """Return the variants to measure, each workload's together, made where they are not yet."""
    chosen = [peer for peer in PEERS if peer is BARE or peer.name in peers]
    for peer in chosen:
        if not tree.serves(peer, python):
            click.echo(f"bench: {peer.title} does not run on python {python.version}: left out")
    return {
        (peer.name, workload): tree.variant(peer, workload, python)
        for workload in workloads
        for peer in chosen
        if tree.serves(peer, python)
    }


def look(variants: dict[Key, tree.Variant], services: Services) -> dict[Key, dict[str, int]]:
    """Start each variant once, which warms the caches, and count its modules and what it sends.

    Raises:
        FailedError: A peer sends nothing of a function that calls others: its figures would be
            those of no instrumentation at all.
    """
    looks = {}
    for key, variant in variants.items():
        services.taken()
        with naming(variant):
            seen = referee.look(variant, services.environment, LOOKED_AT)
            arrived = count(services.taken(), seen.wrote)
            if arrived.spans == 0 and variant.peer is not BARE and variant.workload != "hello":
                raise referee.FailedError(f"no span of it arrived: {seen.wrote[-2000:]}")
        looks[key] = {"modules": seen.modules, **arrived._asdict()}
        click.echo(f"\rbench: {len(looks)} of {len(variants)} tried", nl=False, err=True)
    click.echo(err=True)
    return looks


def measure(
    variants: dict[Key, tree.Variant],
    services: Services,
    conditions: referee.Conditions,
    rounds: int | None,
    warm: int,
) -> dict[Key, list[referee.Start]]:
    """Start all variants in turns, round by round."""
    starts: dict[Key, list[referee.Start]] = defaultdict(list)
    counts = {key: rounds or most_starts(variant) for key, variant in variants.items()}
    for number in range(1, max(counts.values()) + 1):
        for key, variant in variants.items():
            if number > counts[key]:
                continue
            times = min(warm, MOST_WARM.get(variant.workload, warm))
            with naming(variant):
                start = referee.start(variant, services.environment, conditions, times)
            starts[key].append(start)
        click.echo(f"\rbench: round {number} of {max(counts.values())}", nl=False, err=True)
    click.echo(err=True)
    return starts


def most_starts(variant: tree.Variant) -> int:
    """Return how many starts a variant has, where no number was given."""
    return min(variant.peer.starts, MOST_STARTS.get(variant.workload, variant.peer.starts))


@contextlib.contextmanager
def naming(variant: tree.Variant) -> Iterator[None]:
    """Name the variant in a failure."""
    try:
        yield
    except referee.FailedError as error:
        raise referee.FailedError(f"{variant.peer.title}, {variant.workload}: {error}") from error


def instructions(
    variants: dict[Key, tree.Variant], services: Services
) -> dict[str, dict[str, int]]:
    """Return the instructions of init by workload and peer; side by side, they do not mind."""

    def one(variant: tree.Variant) -> int:
        with naming(variant):
            return referee.instructions(variant, services.environment)

    counted: dict[str, dict[str, int]] = defaultdict(dict)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for (peer, workload), number in zip(
            variants, pool.map(one, variants.values()), strict=True
        ):
            counted[workload][peer] = number
    return counted


def summary(
    given: dict[str, Any],
    python: pythons.Python,
    variants: dict[Key, tree.Variant],
    starts: dict[Key, list[referee.Start]],
    looks: dict[Key, dict[str, int]],
) -> results.Run:
    """Return the run as `results.py` keeps it."""
    told: dict[str, dict[str, Any]] = defaultdict(dict)
    for (peer, workload), some in starts.items():
        row: dict[str, Any] = {name: astuple(value) for name, value in figures(some).items()}
        if peer != BARE.name:
            over = added(some, starts[BARE.name, workload])
            row["added"] = {name: astuple(value) for name, value in over.items()}
        told[workload][peer] = {**row, **looks[peer, workload], "starts": len(some)}
    return {
        "title": title(given, python),
        "machine": machine(),
        "figures": told,
        "sizes": layers(variants, f"cpython-{python.version.replace('.', '')}"),
        "instructions": {},
    }


def layers(variants: dict[Key, tree.Variant], tag: str) -> dict[str, tuple[int, int]]:
    """Return the bytes of each layer that was measured, under the first name that it has."""
    titles: dict[Path, str] = {}
    for variant in variants.values():
        if variant.peer is not BARE:
            titles.setdefault(variant.opt, variant.peer.title.partition(",")[0])
    return {title: astuple(sizes.size(opt, tag)) for opt, title in titles.items()}


def is_usual(given: dict[str, Any]) -> bool:
    """Tell whether the chart is made of a run: the newest Python, and no special conditions."""
    special = given["cores"] or given["cold_cache"] or given["frozen"]
    return not special and given["python"] == NEWEST


def title(given: dict[str, Any], python: pythons.Python) -> str:
    """Return what a run is called, by its conditions."""
    where = "full core"
    if given["cores"]:
        where = f"{given['cores']} of a core{' after init' if given['boost'] else ''}"
    if given["cold_cache"]:
        where += ", page cache dropped"
    if given["frozen"]:
        where += ", processor's caches emptied before every event"
    return f"Python {python.full}, {where}"


def key(given: dict[str, Any]) -> str:
    """Return what a run replaces: the same Python under the same conditions."""
    newest_first = 99 - int(given["python"].partition(".")[2])
    cores = given["cores"] or 1
    caches = given["cold_cache"] + 2 * given["frozen"]
    return f"{newest_first} {caches} {99 - 9 * cores:05.2f} {given['boost']:d}"


def machine() -> str:
    """Return what it ran on, in a sentence."""
    return f"{os.cpu_count()} cores, {platform.machine()}, Linux {platform.release()}"


if __name__ == "__main__":
    main()
