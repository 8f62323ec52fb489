"""The bench makes a real start of the bare function and of ours, and tells what it took."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from bench import __main__ as bench
from bench import referee, tree
from bench.peers import BARE
from bench.services import Services
from scripts import pythons
from scripts.places import ROOT

COMMAND = [sys.executable, "-m", "bench", "--rounds", "1", "--warm", "3", "--workloads"]


@pytest.mark.runtime
@pytest.mark.skipif(os.geteuid() != 0, reason="mount namespaces need root")
def test_a_start_of_ours_and_bare(layer, one_runtime, tmp_path):
    """One round gives a table with both, and every start's figures as JSON."""
    target = tmp_path / "starts.json"
    done = subprocess.run(
        [*COMMAND, "hello,busy", "--peers", "heliograph", "--json", str(target)],
        cwd=ROOT,
        env=outside(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    rows = [line.split(" | ") for line in done.stdout.splitlines() if line[:2] == "| "]
    named = [cells for cells in rows if cells[0] in {"| bare function", "| Heliograph"}]
    assert [cells[0] for cells in named] == [
        *("| bare function", "| Heliograph") * 4,
        "| Heliograph",
    ]
    assert [cells[-2] for cells in named[2:4]] == ["0", "2"]  # spans of hello
    assert [cells[-3:-1] for cells in named[6:8]] == [["0", "0"], ["102", "20"]]
    starts = json.loads(target.read_text())
    assert starts.keys() == {f"{p} {w}" for p in ("bare", "heliograph") for w in ("hello", "busy")}
    assert all(figure > 0 for some in starts.values() for figure in some[0].values() if figure)


@pytest.mark.runtime
@pytest.mark.skipif(os.geteuid() != 0, reason="mount namespaces need root")
def test_a_peer_that_sends_nothing_is_not_measured(one_runtime):
    """A peer whose spans do not arrive ends the run: it would be measured too well."""
    referee.prepare()
    python = list(pythons.find().values())[-1]
    silent = replace(BARE, name="silent", title="Silent")
    variants = {
        (peer.name, "busy"): replace(tree.variant(BARE, "busy", python), peer=peer)
        for peer in (BARE, silent)
    }
    with pytest.raises(referee.FailedError, match="Silent, busy: no span of it arrived"):
        bench.look(variants, Services())


@pytest.mark.parametrize("frozen", [False, True])
def test_the_processors_caches_are_emptied_before_each_event(monkeypatch, frozen):
    """With `frozen`, before every event and not after it; without, never."""
    happened = []

    class Instance:
        def invoke(self, event, number):
            happened.append(number)
            return Answer(number)

    class Answer:
        status, body = 202, b""

        def __init__(self, number):
            self.number = number

        def json(self):
            return {"statusCode": 200}

    monkeypatch.setattr(referee, "empty_processor_caches", lambda: happened.append("emptied"))
    answers = referee.answered(Instance(), {}, 2, frozen=frozen)
    assert [answer.number for answer in answers] == [1, 2]
    assert happened == (["emptied", 1, "emptied", 2] if frozen else [1, 2])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["--peers", "nobody"], "'nobody' is none of bare, heliograph", id="peer"),
        pytest.param(["--workloads", "x"], "'x' is none of hello, orders", id="workload"),
        pytest.param(["--python", "3.1"], "no python 3.1; there are: ", id="python"),
    ],
)
def test_what_it_cannot_take_is_named(arguments, said):
    """A wrong name is told with the choices; nothing is measured."""
    done = subprocess.run(
        [*COMMAND, "hello", *arguments], cwd=ROOT, env=outside(), capture_output=True, text=True
    )
    assert done.returncode != 0
    assert said in " ".join(done.stderr.split())


def outside() -> dict[str, str]:
    """Return the environment of a user who runs the command."""
    return dict(os.environ)
