"""Durable functions: one of an execution's invocations (triggers spec 5.8).

All of them come with the same Root, so that they are one trace. The checkpoint's token is never
kept.
"""

from __future__ import annotations

from .sources import table, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import Request


def read(event: dict[str, Any], found: Request, _arn: str, _query: bool) -> None:
    """Keep the execution, and whether this invocation replays what others did."""
    found.put("heliograph.durable.execution", text(event, "DurableExecutionArn"))
    found.put("heliograph.trigger.arn", text(event, "DurableExecutionArn"))
    operations = table(event, "InitialExecutionState").get("Operations")
    if type(operations) is list:  # the first one is the execution itself
        found.attributes["heliograph.durable.replay"] = len(operations) > 1
