"""Packages that expect the SDK's provider: the same spans as on the official SDK in line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import rigs

RIGS = Path(__file__).with_name("rigs.py")
VARYING = (
    "durable.execution.arn",
    "durable.operation.id",
    "agent.id",
    "event_loop",
    "_time",
    "headers",
)
"""Parts of attributes' keys whose values are new in each run."""


@pytest.fixture(scope="module")
def packages():
    """The folder of the packages; those of durable functions need Python 3.11."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if sys.version_info < (3, 11):
        pytest.skip("AWS's durable execution needs Python 3.11")
    return rigs.folder(version)


def started(packages, rig, way):
    """Start a rig's program."""
    source = str(RIGS.parents[2] / "src")
    env = {
        **os.environ, "PYTHONPATH": os.pathsep.join([source, str(packages)]),
        "PYTHONWARNINGS": "ignore",
        "OPENAI_API_KEY": "none", "TRACELOOP_METRICS_ENABLED": "false",
        "AWS_DEFAULT_REGION": "eu-central-1",
        # two are installed for OpenAI: the other one is not to be switched on
        "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "openai" if rig == "openinference" else "",
    }  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-B", str(RIGS), rig, way],
        env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def spans(running):
    """What a program has printed."""
    out, errors = running.communicate(timeout=120)
    assert running.returncode == 0, errors
    told = json.loads(out.splitlines()[-1])
    for span in told["spans"]:
        for key in span["attributes"]:
            if any(part in key for part in VARYING):
                span["attributes"][key] = "varies"
    return told, errors


def both(packages, rig):
    """Run a rig on the SDK and recorded; returns what the SDK made, and what was recorded."""
    theirs, ours = (started(packages, rig, way) for way in ("sdk", "ours"))
    expected, _ = spans(theirs)
    return expected, spans(ours)[0]


def by_name(told):
    """Spans in an order that does not hang on threads."""
    return sorted(told["spans"], key=lambda span: json.dumps(span, sort_keys=True))


@pytest.mark.parametrize(
    ("rig", "at_least"),
    [
        ("durable_invocation", 8), ("durable_execution", 8), ("openinference", 2),
        ("openllmetry", 2), ("strands", 4), ("baggage_processor", 3), ("provider", 2),
    ],
)  # fmt: skip
def test_the_same_spans(packages, rig, at_least):
    """Every span is there, with the same name, parent, attributes, events and links."""
    expected, recorded = both(packages, rig)
    assert by_name(recorded) == by_name(expected)
    assert recorded["heard"] == expected["heard"]
    assert len(expected["spans"]) >= at_least


def test_logfire(packages):
    """Logfire sets its own providers: its spans and those of the API go there."""
    _, recorded = both(packages, "logfire")
    assert recorded["heard"] == [["inside", "shop"], ["order {n}", "shop"]]
    assert recorded["spans"] == []
