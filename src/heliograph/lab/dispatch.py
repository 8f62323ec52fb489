"""An invocation on its way: handed out to the runtime as an event, its answer taken and judged.

What is said is what the service says: a nonce with every invocation, 410 for a late answer, 413 for
a large one (lifecycle spec 1.5, 1.10).
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._limits import MAX_RESPONSE_BYTES
from .invocation import ARN, Answer, Invocation
from .wire import RUNTIME, Reply, error_reply

if TYPE_CHECKING:
    from .wire import Request

INVOCATION = RUNTIME + "invocation/"
NONCE = "Lambda-Runtime-Invocation-Id"


@dataclass
class Dispatch:
    """An invocation on its way: waiting, handed out, answered."""

    invocation: Invocation
    nonce: str
    deadline_ms: int = 0
    turn: int = 0
    """How many times the runtime had asked for an event when it got this one."""
    t_asked: float | None = None
    t_sent: float | None = None
    answer: Answer | None = None

    def is_meant(self, answer: Answer) -> bool:
        """Tell whether an answer is to this one, and not to an earlier one of the same id."""
        return answer.headers.get(NONCE.lower(), self.nonce) == self.nonce


def event(dispatch: Dispatch) -> Reply:
    """Return what the runtime gets that asks for an event; the deadline begins now."""
    invocation = dispatch.invocation
    due = invocation.deadline_ms
    dispatch.deadline_ms = int((time.time() + invocation.timeout) * 1000) if due is None else due
    headers = {
        "Content-Type": "application/json",
        "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
        "Lambda-Runtime-Deadline-Ms": str(dispatch.deadline_ms),
        "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn or ARN,
        NONCE: dispatch.nonce,
    }
    optional = {
        "Lambda-Runtime-Trace-Id": invocation.trace_header,
        "Lambda-Runtime-Client-Context": _compact(invocation.client_context),
        "Lambda-Runtime-Cognito-Identity": _compact(invocation.cognito_identity),
        "Lambda-Runtime-Aws-Tenant-Id": invocation.tenant_id,
    }
    headers.update({name: value for name, value in optional.items() if value is not None})
    return Reply(200, invocation.body, headers)


def _compact(value: object) -> str | None:
    return None if value is None else json.dumps(value)


def answer_in(request: Request, now: float) -> Answer:
    """Return the answer that the runtime posted; what becomes of it is for `judge` to say."""
    request_id, _, kind = request.path[len(INVOCATION) :].rpartition("/")
    return Answer(
        kind="error" if kind == "error" else "response",
        status=0,
        body=request.body,
        request_id=request_id,
        headers=request.headers,
        error_type=_error_type(request) if kind == "error" else None,
        t_answered=now,
    )


def _error_type(request: Request) -> str | None:
    header = request.headers.get("lambda-runtime-function-error-type")
    try:
        body = json.loads(request.body)
    except ValueError:
        return header
    return body.get("errorType", header) if isinstance(body, dict) else header


def judge(dispatch: Dispatch | None, answer: Answer) -> Reply:
    """Return what the service says to an answer; without a dispatch it is one to nothing."""
    if dispatch is None:
        return error_reply(400, "InvalidRequestID", "Invalid request ID")
    if not dispatch.is_meant(answer):
        return error_reply(410, "InvokeTimeout", "Invocation id is not the present one")
    if time.time() * 1000 > dispatch.deadline_ms:
        return error_reply(410, "InvokeTimeout", "Invoke timed out")
    if status := dispatch.invocation.refuse_with:
        return error_reply(status, "Refused", f"Refused with {status}, as the lab was told")
    if answer.kind == "response" and len(answer.body) > MAX_RESPONSE_BYTES:
        text = f"exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes)."
        return error_reply(413, "Function.ResponseSizeTooLarge", f"Response payload size {text}")
    return Reply(202, b'{"status":"OK"}')
