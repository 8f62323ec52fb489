"""What the caller is told of an invocation to which the function did not answer."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING

from .invocation import Answer

if TYPE_CHECKING:
    from .dispatch import Dispatch
    from .invocation import Kind, ReportedError


def timed_out(dispatch: Dispatch) -> Answer:
    """Return the error of an invocation that was not over at its deadline."""
    text = f"Task timed out after {dispatch.invocation.timeout:.2f} seconds"
    return _ended(dispatch, "timeout", "Sandbox.Timedout", text)


def exited(dispatch: Dispatch, exit_code: int | None, init_errors: list[ReportedError]) -> Answer:
    """Return the error of an invocation during which the process ended, or before it began."""
    if init_errors and dispatch.t_sent is None:
        error, request_id = init_errors[-1], dispatch.invocation.request_id
        return Answer("init_error", 0, error.body, request_id, error.headers, error.error_type)
    return _ended(dispatch, "exit", "Runtime.ExitError", _exit_message(exit_code))


def _ended(dispatch: Dispatch, kind: Kind, error_type: str, text: str) -> Answer:
    request_id = dispatch.invocation.request_id
    body = {"errorMessage": f"RequestId: {request_id} Error: {text}", "errorType": error_type}
    return Answer(
        kind,
        status=0,
        body=json.dumps(body).encode(),
        request_id=request_id,
        error_type=error_type,
        t_asked=dispatch.t_asked,
        t_sent=dispatch.t_sent,
    )


def _exit_message(code: int | None) -> str:
    if not code:
        return "Runtime exited without providing a reason"
    if code < 0:
        said = signal.strsignal(-code) or str(-code)
        return f"Runtime exited with error: signal: {said.lower()}"
    return f"Runtime exited with error: exit status {code}"
