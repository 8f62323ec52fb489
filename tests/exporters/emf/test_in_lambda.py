"""EMF lines of a real function, under both log formats of Lambda: whole, and lines of their own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from heliograph.lab.invocation import Invocation
from tests.encode.emf.schema import validate

if TYPE_CHECKING:
    from collections.abc import Callable

SOURCE = """
import logging
import heliograph

def handler(event, context):
    print("printed", event)
    print("open", end="")
    logging.getLogger().error("logged")
    heliograph.metric("Orders", event, unit="Count", tier="gold")
    if event == 2:
        raise LookupError("no stock")
    return event
"""
CLOSED = SOURCE.replace(', end=""', "")


def record(
    value: int, invocation: Invocation, timestamp: int, *, cold: bool = False
) -> dict[str, Any]:
    """The record of an invocation, as a whole."""
    root = invocation.trace_header.partition(";")[0].partition("=")[2]
    return {
        "_aws": {
            "Timestamp": timestamp,
            "CloudWatchMetrics": [
                {
                    "Namespace": "function",
                    "Dimensions": [["service", "tier"]],
                    "Metrics": [{"Name": "Orders", "Unit": "Count"}],
                }
            ],
        },
        "service": "function",
        "tier": "gold",
        "function_request_id": invocation.request_id,
        "xray_trace_id": root,
        **({"cold_start": True} if cold else {}),
        "service.name": "function",
        "faas.name": "function",
        "faas.version": "$LATEST",
        "cloud.region": "us-east-1",
        "Orders": value,
    }


def records(lines: list[str]) -> list[dict[str, Any]]:
    """The lines that CloudWatch takes for records; each keeps to the schema."""
    found = [json.loads(line) for line in lines if line.startswith('{"_aws"')]
    for one in found:
        validate(one)
    return found


ENV = {"AWS_LAMBDA_FUNCTION_NAME": "function"}


def check(running: Any, asked: list[Invocation]) -> None:
    """Three invocations, the second of which fails, have written a record each."""
    found = records(running.stdout.lines())
    stamps = [one["_aws"]["Timestamp"] for one in found]
    assert found == [
        record(number, invocation, stamp, cold=number == 1)
        for number, (invocation, stamp) in enumerate(zip(asked, stamps, strict=True), 1)
    ]


@pytest.mark.parametrize("framed", [False, True], ids=["sink-stdout", "sink-framed"])
def test_json_log_format(runtime: Any, function: Callable[..., Any], framed: bool) -> None:
    """Where the runtime writes logs as JSON, a record is the line that it was: nothing wraps it."""
    running = function(
        runtime, CLOSED, env={**ENV, "AWS_LAMBDA_LOG_FORMAT": "JSON"}, framed_log=framed
    )
    asked = [Invocation(number) for number in (1, 2, 3)]
    statuses = [running.invoke(invocation).kind for invocation in asked]
    assert statuses == ["response", "error", "response"]
    check(running, asked)
    logs = [frame.text for frame in running.log.frames()] if framed else running.stdout.lines()
    logged = [json.loads(line)["message"] for line in logs if '"logged"' in line]
    assert logged == ["logged"] * 3


def test_text_log_format(one_runtime: Any, function: Callable[..., Any]) -> None:
    """So it is under the text format, beside prints, logs and a traceback."""
    running = function(one_runtime, CLOSED, env=ENV)
    asked = [Invocation(number) for number in (1, 2, 3)]
    for invocation in asked:
        running.invoke(invocation)
    check(running, asked)
    assert [line for line in running.stdout.lines() if line.startswith("printed")] == [
        "printed 1", "printed 2", "printed 3",
    ]  # fmt: skip


def test_a_function_that_leaves_lines_open(one_runtime: Any, function: Callable[..., Any]) -> None:
    """With `leading_newline` a record begins a line of its own after a print without a newline."""
    env = {**ENV, "HELIOGRAPH_EMF_OPTIONS": "leading_newline", "AWS_LAMBDA_LOG_FORMAT": "JSON"}
    source = SOURCE.replace('    logging.getLogger().error("logged")\n', "")
    running = function(one_runtime, source, env=env)
    asked = [Invocation(number) for number in (1, 2, 3)]
    for invocation in asked:
        running.invoke(invocation)
    assert len(records(running.stdout.lines())) == 3
