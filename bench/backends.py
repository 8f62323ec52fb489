"""`python -m bench.backends`: what a dead OTLP backend costs a function, ours and the peers'."""

from __future__ import annotations

import atexit
import contextlib
import re
import shutil
import tempfile
import time
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bench import referee, tree
from bench.dead import REFUSED, UNREACHABLE, WAYS, Backend
from bench.peers import PEERS
from scripts import pythons

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.peers import Peer
    from scripts.pythons import Python

PAGE = Path(__file__).parents[1] / "docs" / "delivery.md"
MARKED = re.compile(
    r"(?<=<!-- python -m bench\.backends --write -->\n).*?(?=<!-- end -->)", re.DOTALL
)
CHOSEN = ("heliograph", "upstream", "adot")
NO_TLS, NO_HOST, WELL = "TLS fails", "no such host", "well"
FAILURES = {
    REFUSED: "connection refused",
    UNREACHABLE: "no connection (packets dropped)",
    "black hole": "connection, but no answer",
    "slow": "an answer, a byte at a time",
    "429": "429 with Retry-After",
    "500": "500",
    "503": "503",
    "half a reply": "half an answer, then the end",
    "reset": "connection reset",
    NO_TLS: "TLS fails",
    NO_HOST: "the host's name is unknown",
}
"""How the page calls each failure."""
AFTERWARDS, PAUSE = 4, 1.5
"""Invocations after the recovery, and seconds before each."""
ROUNDS, SHORT_MS = 7, 5_000


@dataclass(frozen=True)
class Cost:
    """What a failure cost.

    Attributes:
        responses: Milliseconds of each response while the backend was dead.
        billed: Milliseconds of each whole invocation, from the event to the wait for the next.
        arrived: Spans that have arrived after the recovery.
        sent: Invocations in all, one span each.
    """

    responses: tuple[float, ...]
    billed: tuple[float, ...]
    arrived: int
    sent: int


@click.command()
@click.option("--peers", default=",".join(CHOSEN), show_default=True, help="Of bench/peers.py.")
@click.option("--ways", default=",".join(FAILURES), help="Of FAILURES; all by default.")
@click.option("--warm", default=4, show_default=True, help="Warm invocations with a dead backend.")
@click.option("--write", is_flag=True, help="Write the table into docs/delivery.md.")
def main(peers: str, ways: str, warm: int, *, write: bool) -> None:
    """Measure what dead backends cost, under the real runtime client."""
    referee.prepare()
    python = list(pythons.find().values())[-1]
    chosen = [peer for peer in PEERS if peer.name in peers.split(",")]
    well = [least(peer, python, WELL, warm) for peer in chosen]
    rows = []
    for way in ways.split(","):
        rows.append(row(way, [dead(peer, python, way, warm) for peer in chosen], well))
        click.echo(rows[-1])
    text = page(chosen, rows, warm, python)
    click.echo(text)
    if write:
        PAGE.write_text(MARKED.sub(lambda _: text, PAGE.read_text()))


def dead(peer: Peer, python: Python, way: str, warm: int) -> Cost | None:
    """Return the cost; None if an invocation did not end at all."""
    try:
        return least(peer, python, way, warm)
    except referee.FailedError as error:
        if "is not over" not in str(error):
            raise
        return None


def least(peer: Peer, python: Python, way: str, warm: int) -> Cost:
    """Return the cost; where it is short, the least of some: noise only ever adds."""
    first = cost(peer, python, way, warm, recover=True)
    some = [first]
    while len(some) < ROUNDS and sum(some[-1].billed) < SHORT_MS:
        some.append(cost(peer, python, way, warm, recover=False))
    best = min(some, key=lambda one: sum(one.billed))
    return replace(best, arrived=first.arrived, sent=first.sent)


def cost(peer: Peer, python: Python, way: str, warm: int, *, recover: bool) -> Cost:
    """Start a function whose backend is dead, invoke it, revive the backend, invoke again."""
    backend = Backend(way if way in (REFUSED, UNREACHABLE, *WAYS) else "")
    scheme = "https" if way == NO_TLS else "http"
    place = "backend.invalid:4318" if way == NO_HOST else backend.address
    env = {
        "OTEL_TRACES_EXPORTER": "otlp",
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"{scheme}://{place}",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{scheme}://{place}/v1/traces",
        "_X_AMZN_TRACE_ID": "",
    }
    variant = tree.variant(replace(peer, env={**peer.env, **env}), "hello", python)
    if variant.opt == tree.OUR_LAYER:
        variant = replace(variant, opt=our_layer())
    with running(variant) as instance, contextlib.closing(backend):
        times = [invoke(instance, number + 1) for number in range(1 + warm)]
        sent = 1 + warm
        if recover and way not in (WELL, NO_TLS, NO_HOST):
            backend.revive()
            for number in range(AFTERWARDS):
                time.sleep(PAUSE)
                invoke(instance, number + 2 + warm)
            sent += AFTERWARDS
        responses, billed = zip(*times, strict=True)
        return Cost(responses, billed, len(backend.spans()), sent)


@cache
def our_layer() -> Path:
    """Return a copy of the layer: a build of it meanwhile does not end a long run."""
    copied = Path(tempfile.mkdtemp(prefix="bench-layer-"))
    atexit.register(shutil.rmtree, copied, ignore_errors=True)
    shutil.copytree(tree.OUR_LAYER, copied, dirs_exist_ok=True)
    copied.chmod(0o755)
    return copied


@contextlib.contextmanager
def running(variant: tree.Variant) -> Iterator[referee.Instance]:
    """Start a variant, and end it."""
    with contextlib.closing(referee.Instance(variant, {})) as instance:
        instance.go()
        instance.ready()
        yield instance


def invoke(instance: referee.Instance, number: int) -> tuple[float, float]:
    """Return the milliseconds of the response and of the whole invocation."""
    answer = instance.invoke(referee.EVENT, number)
    over = instance.api.nexts[number]
    return answer.response_ms or 0.0, (over - (answer.t_sent or 0.0)) * 1000


def row(way: str, costs: list[Cost | None], well: list[Cost]) -> str:
    """Return a row of the table: what is more than with a backend that is well."""
    cells = []
    for one, usual in zip(costs, well, strict=True):
        if one is None:
            cells.append(f"no response in {referee.PATIENCE:.0f} s")
            continue
        later = max(a - b for a, b in zip(one.responses, usual.responses, strict=True))
        more = sum(one.billed) - sum(usual.billed)
        arrived = f", {one.arrived} of {one.sent}" if way not in (NO_TLS, NO_HOST) else ""
        cells.append(f"{max(later, 0.0):,.0f} ms, {max(more, 0.0):,.0f} ms{arrived}")
    return f"| {FAILURES[way]} | {' | '.join(cells)} |"


def page(chosen: list[Peer], rows: list[str], warm: int, python: Python) -> str:
    """Return the table, with what it is about."""
    about = (
        f"Python {python.full}; {1 + warm} invocations of a function that does nothing, one after "
        "the other and the cold one included, while the backend is dead; then it recovers, and "
        f"{AFTERWARDS} more follow in {AFTERWARDS * PAUSE:.0f} s. Each cell: how much later a "
        "response comes than with a backend that is well (the worst), how much more time is billed "
        f"for all of them, and how many of their spans arrive. Of what takes less than "
        f"{SHORT_MS // 1000} s, the least of {ROUNDS} runs."
    )
    heads = " | ".join(peer.title for peer in chosen)
    return "\n".join(
        ["", about, "", f"| failure | {heads} |", "|---|" + "---|" * len(chosen), *rows, "", ""]
    )


if __name__ == "__main__":
    main()
