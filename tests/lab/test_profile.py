"""`heliograph invoke --profile`: what Heliograph itself takes, by phase and step."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from heliograph.lab.profile import PHASES, Profile, Step
from heliograph.lab.stopwatch import IMPORTING, STEPS

CODE = """
import os
import boto3
import heliograph
client = boto3.client("sts")
def handler(event, context):
    with heliograph.span("one"):
        heliograph.metric("orders", 1)
    try:
        client.get_caller_identity()
    except Exception:
        pass
    return dict(os.environ)
"""


def test_steps_are_there():
    """Every function that is timed by its name exists; one that was renamed fails here."""
    offenders = []
    for module, paths in STEPS.items():
        for path in paths:
            target = import_module(module)
            for part in path.split("."):
                target = getattr(target, part, None)
            if not callable(target):
                offenders.append(f"{module}.{path}")
    assert offenders == []


def test_read_gives_what_is_new(tmp_path):
    """A line for each wait: what was read once does not come again."""
    with Profile() as profile:
        file = Path(profile.environment["_LAB_PROFILE"])
        assert profile.read() == []
        file.write_text('[["init", "a", 1, 1500000]]\n[["before", "b", 2, 1000]]\n')
        steps = [Step("init", "a", 1, 1.5), Step("before", "b", 2, 0.001)]
        assert (profile.read(), profile.read()) == (steps, [])
    assert not file.exists()


@pytest.mark.parametrize("as_json", [False, True], ids=["shown", "json"])
def test_profile(one_runtime, task, layer, as_json):
    """Cold and warm, what the caller waits for and what comes after, each with its steps."""
    command = [sys.executable, "-m", "heliograph.lab", "invoke", "app.handler", "--profile"]
    command += ["--times", "2", "--layer", str(layer), "--task", str(task(CODE))]
    command += ["--python", one_runtime["python"], "--runtime", one_runtime["runtime_dir"]]
    command += ["--env", "AWS_ENDPOINT_URL=http://127.0.0.1:9", "--env", "AWS_MAX_ATTEMPTS=1"]
    done = subprocess.run([*command, *["--json"] * as_json], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    if not as_json:
        assert all(said in done.stdout for said in PHASES.values())
        return
    cold, warm = json.loads(done.stdout)["invocations"]
    assert "_LAB_PROFILE" not in json.loads(cold["answer"]["body"])
    counts = {(s["phase"], s["step"]): s["count"] for s in cold["profile"]}
    assert all(s["ms"] >= 0 for s in cold["profile"])
    expected = {
        ("init", IMPORTING): 1,
        ("init", "switching on"): 1,
        ("before", "beginning the invocation"): 1,
        ("before", "recording a span"): 1,
        ("before", "recording a measurement"): 1,
        ("before", "recording a call"): 1,
        ("before", "ending the invocation"): 1,
        ("after", "loading the SDK"): 1,
        ("after", "developing a span"): 3,
        ("after", "developing metrics"): 1,
        ("after", "exporting spans"): 1,
    }
    assert {key: counts.get(key) for key in expected} == expected
    again = {(s["phase"], s["step"]) for s in warm["profile"]}
    assert {phase for phase, _ in again} == {"before", "after"}
    assert ("after", "loading the SDK") not in again


def test_a_function_without_heliograph(one_runtime, task):
    """Where Heliograph is not installed there is nothing to show, and the function runs."""
    command = [sys.executable, "-m", "heliograph.lab", "invoke", "app.handler", "--profile"]
    command += ["--task", str(task("def handler(event, context): return 1\n")), "--json"]
    command += ["--python", one_runtime["python"], "--runtime", one_runtime["runtime_dir"]]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "profile" not in json.loads(done.stdout)["invocations"][0]
