"""What the triggers load before a response, in a process of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

ROOM = "heliograph.triggers."
PROGRAM = """
import __future__, importlib, json, sys  # the bare runtime has loaded these
event, result = json.loads(sys.stdin.read())
import heliograph
before = set(sys.modules)
from heliograph import triggers
name = triggers.detect(event)
call = triggers.request(name, event, function_arn="arn:aws:lambda:eu-west-1:1:function:fn")
triggers.faas_trigger(name)
triggers.result(name, result, call)
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def loaded(event: Any, result: Any) -> list[str]:
    """Return the modules that an invocation loads: ours by their last name, others in full."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps([event, result]),
        capture_output=True,
        text=True,
        check=True,
    )
    names = [name.removeprefix(ROOM) for name in json.loads(done.stdout)]
    return [name for name in names if name != "heliograph.journal"]  # everyone's


@pytest.mark.parametrize(
    ("name", "modules"),
    [
        pytest.param(None, ["sources"], id="direct"),
        pytest.param("s3", ["records", "s3", "sources"], id="s3"),
        pytest.param("sqs", ["batches", "records", "sources", "sqs", "values"], id="sqs"),
        pytest.param("alb", ["http", "alb", "sources", "query", "replies", "values"], id="alb"),
        pytest.param(
            "http_api_default_route",
            ["http", "sources", "http_api", "replies", "values"],
            id="http_api",
        ),
    ],
)
def test_modules(sample: Any, name: str | None, modules: list[str]) -> None:
    """A trigger loads its own module and those it stands on: nothing else, nothing of others."""
    event = sample(name) if name else {}
    assert sorted(loaded(event, {"statusCode": 200})) == sorted(["heliograph.triggers", *modules])
