"""Metrics are lines of their own beside what the runtime logs (attack F6)."""

from __future__ import annotations

import json
from typing import Any

import pytest

LOGGING = """
import heliograph, logging
def handler(event, context):
    heliograph.metric("orders", event["n"])
    try:
        1 / 0
    except ZeroDivisionError:
        if event["how"] == "exception":
            logging.exception("failed")
        elif event["how"] == "stack":
            logging.warning("where", stack_info=True)
        elif event["how"] == "formatter":
            logging.getLogger().handlers[0].setFormatter(logging.Formatter("%(message)s"))
            logging.warning("no newline")
        else:
            logging.error("plain")
    return event["n"]
"""
HOW = ["exception", "stack", "plain", "formatter", "exception"]


@pytest.mark.parametrize("format_", ["Text", "JSON"])
@pytest.mark.parametrize("framed", [False, True], ids=["plain", "framed"])
def test_every_metric_can_be_read(one_runtime, run, framed: bool, format_: str) -> None:
    """Whatever was logged before it, in whatever format, a metric's line begins a line."""
    events = [{"n": number, "how": how} for number, how in enumerate(HOW)]
    ran = run(
        one_runtime, LOGGING, events, framed_log=framed, env={"AWS_LAMBDA_LOG_FORMAT": format_}
    )

    assert [answer[2] for answer in ran.seen.answers] == [0, 1, 2, 3, 4]
    records: list[dict[str, Any]] = [
        json.loads(line) for line in ran.function.stdout.lines() if line.startswith('{"_aws"')
    ]
    assert [record["orders"] for record in records] == [0, 1, 2, 3, 4]
