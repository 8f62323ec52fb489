"""A call of the function itself, or by a state machine: its event is the caller's own.

It may have the headers of a request, and a state machine's context (triggers spec 3.2, 5.8).
"""

from __future__ import annotations

from .sources import execution_of, table, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import Request


def read(event: dict[str, Any], found: Request, _arn: str, _query: bool) -> None:
    """Read the trace context that the caller has put in, and which execution it is."""
    if "headers" in event:
        from . import http

        http.headers(event, found)
    execution = execution_of(event) if found.trigger == "stepfunctions" else None
    if execution is not None:
        state, machine = table(execution, "State"), text(table(execution, "StateMachine"), "Id")
        found.put("aws.step_functions.state_machine.arn", machine)
        found.put("heliograph.trigger.arn", machine)
        found.put("heliograph.sfn.execution", text(table(execution, "Execution"), "Id"))
        found.put("heliograph.sfn.state", text(state, "Name"))
        retries = state.get("RetryCount")
        found.put("heliograph.sfn.retry", retries if type(retries) is int else None)
