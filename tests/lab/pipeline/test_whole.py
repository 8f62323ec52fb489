"""The example as a whole, under the real runtime client: one picture, run after run."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heliograph.lab.pipeline import picture
from heliograph.lab.pipeline.description import read
from heliograph.lab.pipeline.environments import Options
from heliograph.lab.pipeline.running import Running
from tests.lab.pipeline.reaching import edges_of, unreached, whole

if TYPE_CHECKING:
    from heliograph.lab.pipeline.running import Step
    from heliograph.lab.wire import Request

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "examples" / "pipeline"
RUNS = 50
STEPS = [
    ("accept", "gateway"),
    ("fulfil", "queue parcels, 3 messages"),
    ("notify", "rule packed"),
    ("notify", "rule packed"),
    ("fulfil", "queue parcels, 1 message, received 2 times"),
    ("notify", "queue unpackable, 1 message, received 3 times, moved from parcels"),
]
SPANS = {
    "wait http_api": 1, "POST /orders": 1, "SNS": 3, "wait parcels": 2, "fulfil.handler": 2,
    "process parcels": 2, "pack": 4, "EventBridge": 1, "wait shop.parcels": 2, "notify.handler": 3,
    "process shop.parcels": 2, "wait unpackable": 1, "process unpackable": 1, "carrier": 3,
}  # fmt: skip
FACADES = {"accept": 1, "fulfil": 2, "notify": 3}


def documents(steps: list[Step]) -> list[dict[str, Any]]:
    """Return all that arrived of a run."""
    return [document for step in steps for document in step.documents]


def name(document: Any) -> str:
    """Return a span's name; the carrier's is an address."""
    return "carrier" if document["name"].startswith("127.0.0.1:") else document["name"]


def check_reached(steps: list[Step]) -> None:
    """All spans of a run are there, each reached from the first by parents and links."""
    found = documents(steps)
    edges = edges_of(found)
    parents = {span: {one for one in edges[span] if one[0] == span[0]} for span in edges}
    (first,) = ((one["trace_id"], one["id"]) for one in found if one["name"] == "accept")
    assert [(step.function, step.source) for step in steps] == STEPS
    assert Counter(map(name, whole(found))) == {**SPANS, **FACADES}
    assert unreached(edges, first) == set()
    assert len({trace for trace, _ in unreached(parents, first)}) == 3  # what only links lead to
    assert {other for others in edges.values() for other in others} <= edges.keys()


def check_one_tree(steps: list[Step]) -> None:
    """All traces of a run hang below its first, each where a link of it leads to."""
    found = picture.joined(documents(steps))
    below = [(found.nodes[key].call, len(traces)) for key, traces in found.below.items()]
    assert len(found.roots) == 1
    assert below == [("Publish orders", 1), ("Publish orders", 2)]


def check_quiet(steps: list[Step]) -> None:
    """Only the first three invocations were cold, none failed, and nothing was said but once."""
    outcomes = [step.outcome for step in steps]
    assert [one.number for one in outcomes if one.cold] == [1, 2, 3]
    assert not any(one.failed for one in outcomes)
    lines = [line for one in outcomes for line in (*one.log, *one.stderr)]
    assert [line for line in lines if "heliograph: traces" not in line] == []


def check_partner(asked: list[Request]) -> None:
    """The carrier got two parcels of each order and its desk one article, each with a context."""
    assert Counter(one.path for one in asked) == {"/parcels": 2 * RUNS, "/desk": RUNS}
    assert len({one.headers["traceparent"] for one in asked}) == 3 * RUNS


def test_fifty_orders(one_runtime: dict[str, str], layer: Path) -> None:
    """One after the other, through three functions that freeze in between: fifty whole pictures.

    In each of them an article is tried twice and then given up.
    """
    options = Options(
        layers=[layer],
        python=one_runtime["python"],
        runtime_dir=ROOT / one_runtime["runtime_dir"],
        env={"PYTHONDONTWRITEBYTECODE": "1"},
    )
    event = json.loads((EXAMPLE / "event.json").read_text())
    with Running(read(EXAMPLE), options) as running:
        runs = [list(running.request(event)) for _ in range(RUNS)]

    for steps in runs:
        check_reached(steps)
        check_one_tree(steps)
    check_quiet([step for steps in runs for step in steps])
    check_partner(running.partners["carrier"].requests)
