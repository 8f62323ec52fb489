"""The bench makes a real start of the bare function and of ours, and tells what it took."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from scripts.places import ROOT

COMMAND = [sys.executable, "-m", "bench", "--workloads", "hello", "--rounds", "1", "--warm", "3"]


@pytest.mark.runtime
@pytest.mark.skipif(os.geteuid() != 0, reason="mount namespaces need root")
def test_a_start_of_ours_and_bare(layer, one_runtime, tmp_path):
    """One round gives a table with both, and every start's figures as JSON."""
    target = tmp_path / "starts.json"
    done = subprocess.run(
        [*COMMAND, "--peers", "heliograph", "--json", str(target)],
        cwd=ROOT,
        env=outside(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    rows = [line.split("|")[1].strip() for line in done.stdout.splitlines() if line[:2] == "| "]
    assert [row for row in rows if row in {"bare function", "Heliograph"}] == [
        *("bare function", "Heliograph") * 2,
        "Heliograph",
    ]
    import json

    starts = json.loads(target.read_text())
    assert starts.keys() == {"bare hello", "heliograph hello"}
    assert all(figure > 0 for some in starts.values() for figure in some[0].values() if figure)


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
        [*COMMAND, *arguments], cwd=ROOT, env=outside(), capture_output=True, text=True
    )
    assert done.returncode != 0
    assert said in " ".join(done.stderr.split())


def outside() -> dict[str, str]:
    """Return the environment of a user who runs the command."""
    return dict(os.environ)
