"""What the triggers load before a response, in a process of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from heliograph.triggers import detect, request

FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:users:live"
MOST_STEPS = 400
MOST_STEPS_OF_A_RECORD = 40
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


def steps(event: Any) -> int:
    """Return the lines of ours that run before the handler: what it costs, the same each time."""
    request(detect(event), event, function_arn=FUNCTION)  # its modules are loaded
    count = 0

    def line(_: Any, what: str, __: Any) -> Any:
        nonlocal count
        count += what == "line"
        return line

    def call(frame: Any, _: str, __: Any) -> Any:
        return line if "/heliograph/triggers/" in frame.f_code.co_filename else None

    before = sys.gettrace()
    sys.settrace(call)
    try:
        request(detect(event), event, function_arn=FUNCTION)
    finally:
        sys.settrace(before)
    return count


def test_steps_of_every_sample(samples: dict[str, Any]) -> None:
    """No event of a few records takes many steps, whatever its source (triggers spec 9)."""
    taken = {name: steps(event) for name, event in samples.items()}
    assert {name: count for name, count in taken.items() if count > MOST_STEPS} == {}
    assert max(taken.values()) > MOST_STEPS // 2  # else the bound would say nothing


@pytest.mark.parametrize(
    "name",
    [
        "sqs_attributes", "kafka_self_managed", "sns_attributes", "s3", "dynamodb_insert",
        "kinesis_fan_out", "pipe_kafka_one",
    ],
)  # fmt: skip
def test_steps_of_ten_thousand_records(sample: Any, name: str) -> None:
    """Beyond the first 128 records an event costs nothing more: 6 MB are read like 80 KB."""

    def many(count: int) -> Any:
        event = sample(name)
        records = event if isinstance(event, list) else event.get("Records")
        if records is None:
            (records,) = event["records"].values()
        records[:] = [records[0]] * count
        return event

    assert steps(many(10_000)) == steps(many(200))
    assert steps(many(200)) < 128 * MOST_STEPS_OF_A_RECORD


KEYS = {str(number): number for number in range(100_000)}
HUGE = {
    "keys": KEYS,
    "a record": {"Records": [KEYS]},
    "a list": ["x"] * 100_000,
    "headers": {"headers": dict.fromkeys(KEYS, "x")},
    "partitions": {"eventSource": "aws:kafka", "records": {key: [{}] for key in KEYS}},
}


@pytest.mark.parametrize("event", HUGE.values(), ids=HUGE)
def test_steps_of_a_huge_event(event: Any) -> None:
    """The size of an event of any shape costs nothing."""
    assert steps(event) <= MOST_STEPS
