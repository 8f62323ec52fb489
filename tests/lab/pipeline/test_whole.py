"""The example as a whole, under the real runtime client: one picture, run after run."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from heliograph.lab.pipeline import picture
from heliograph.lab.pipeline.description import read
from heliograph.lab.pipeline.environments import Options
from heliograph.lab.pipeline.running import Running
from tests.lab.pipeline.reaching import edges_of, unreached, whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heliograph.lab.pipeline.running import Step

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


@pytest.fixture(scope="module")
def runs(trees: dict[str, dict[str, str]], layer: Path) -> Iterator[tuple[Running, list[Any]]]:
    """Fifty orders, one after the other, through three functions that freeze in between."""
    newest = list(trees.values())[-1]
    options = Options(
        layers=[layer],
        python=newest["python"],
        runtime_dir=ROOT / newest["runtime_dir"],
        env={"PYTHONDONTWRITEBYTECODE": "1"},
    )
    event = json.loads((EXAMPLE / "event.json").read_text())
    with Running(read(EXAMPLE), options) as running:
        yield running, [list(running.request(event)) for _ in range(RUNS)]


def documents(steps: list[Step]) -> list[dict[str, Any]]:
    """Return all that arrived of a run."""
    return [document for step in steps for document in step.documents]


def name(document: Any) -> str:
    """Return a span's name; the carrier's is an address."""
    return "carrier" if document["name"].startswith("127.0.0.1:") else document["name"]


@pytest.mark.runtime
def test_every_span_is_reached(runs, one_runtime) -> None:
    """From the first span every other is reached by parents and links, fifty times of fifty."""
    for steps in runs[1]:
        found = documents(steps)
        edges = edges_of(found)
        (first,) = (one for one in found if one["name"] == "accept")

        assert [(step.function, step.source) for step in steps] == STEPS
        assert Counter(map(name, whole(found))) == {**SPANS, **FACADES}
        assert unreached(edges, (first["trace_id"], first["id"])) == set()
        assert {other for others in edges.values() for other in others} <= edges.keys()


@pytest.mark.runtime
def test_it_is_one_tree(runs, one_runtime) -> None:
    """All traces of a run hang below its first, each where a link of it leads to."""
    for steps in runs[1]:
        found = picture.joined(documents(steps))
        below = [(found.nodes[key].call, len(traces)) for key, traces in found.below.items()]

        assert len(found.roots) == 1
        assert below == [("Publish orders", 1), ("Publish orders", 2)]


@pytest.mark.runtime
def test_only_the_first_run_is_cold(runs, one_runtime) -> None:
    """The environments live on; nothing failed, and nothing was said but by our first line."""
    outcomes = [step.outcome for steps in runs[1] for step in steps]

    assert [one.number for one in outcomes if one.cold] == [1, 2, 3]
    assert not any(one.failed for one in outcomes)
    assert [line for one in outcomes for line in one.log if "heliograph: traces" not in line] == []
    assert [line for one in outcomes for line in one.stderr] == []


@pytest.mark.runtime
def test_the_partner_was_asked(runs, one_runtime) -> None:
    """The carrier got two parcels of each order and its desk one article, each with a context."""
    asked = runs[0].partners["carrier"].requests

    assert Counter(one.path for one in asked) == {"/parcels": 2 * RUNS, "/desk": RUNS}
    contexts = {one.headers["traceparent"] for one in asked}
    assert len(contexts) == 3 * RUNS
