"""An invocation as the lab hands it out, and the answer that came of it."""

from __future__ import annotations

import json
import os
import time
import uuid
from dataclasses import dataclass, field
from typing import Any, Literal

ARN = "arn:aws:lambda:us-east-1:123456789012:function:lab"
"""ARN of the function that the lab stands for; the account is AWS's example account."""

Kind = Literal["response", "error", "init_error", "exit", "timeout"]


def new_request_id() -> str:
    """Return a fresh request id, a UUID as Lambda's."""
    return str(uuid.uuid4())


def new_trace_header() -> str:
    """Return a fresh sampled header with a `Lineage`, as Lambda's own invocations carry."""
    root = f"1-{int(time.time()):08x}-{os.urandom(12).hex()}"
    return f"Root={root};Parent={os.urandom(8).hex()};Sampled=1;Lineage=1:a87bd80c:0"


@dataclass(frozen=True)
class Invocation:
    """One event and what the Runtime API says about it.

    Args:
        event: Any JSON value; `bytes` go out as they are, JSON or not.
        request_id: What `context.aws_request_id` will say.
        timeout: Seconds from the moment the runtime takes the event to its deadline.
        deadline_ms: The deadline itself, milliseconds since 1970; beats `timeout`.
        trace_header: The X-Ray header; `None` leaves it out.
        function_arn: What `context.invoked_function_arn` will say.
        client_context: JSON value of the client context; `None` leaves it out.
        cognito_identity: JSON value of the identity; `None` leaves it out.
        tenant_id: The tenant, for functions with tenant isolation.
        refuse_with: HTTP status with which the answer will be refused, whatever it is.
    """

    event: Any = None
    request_id: str = field(default_factory=new_request_id)
    timeout: float = 30.0
    deadline_ms: int | None = None
    trace_header: str | None = field(default_factory=new_trace_header)
    function_arn: str = ARN
    client_context: Any = None
    cognito_identity: Any = None
    tenant_id: str | None = None
    refuse_with: int | None = None

    @property
    def body(self) -> bytes:
        """Return the event as it goes over the wire."""
        if isinstance(self.event, bytes):
            return self.event
        return json.dumps(self.event).encode()


@dataclass
class Answer:
    """How an invocation ended; times are of `time.perf_counter`, in seconds.

    `kind` says who spoke: the runtime (`response`, `error`), its failed init (`init_error`), or
    nobody (`exit`: the process ended, `timeout`: it was killed at the deadline). For the last three
    `body` is the error that Lambda's caller would see.

    `status` is what the Runtime API said to the runtime: 202, 400, 410, 413 or the forced refusal;
    0 if nothing was posted.
    """

    kind: Kind
    status: int
    body: bytes
    request_id: str
    headers: dict[str, str] = field(default_factory=dict)
    error_type: str | None = None
    t_asked: float | None = None
    """When the runtime asked for the event."""
    t_sent: float | None = None
    """When the event was handed out."""
    t_answered: float | None = None
    """When the whole answer had arrived."""
    t_over: float | None = None
    """When the runtime asked for the next event."""
    timed_out: bool = False
    """The deadline passed before the invocation was over, and the process was killed for it."""

    @property
    def ok(self) -> bool:
        """Whether the function answered, in time, and was not refused."""
        return self.kind == "response" and self.status == 202 and not self.timed_out

    @property
    def response_ms(self) -> float | None:
        """Return the milliseconds from handing out the event to the answer."""
        return _milliseconds(self.t_sent, self.t_answered)

    @property
    def after_ms(self) -> float | None:
        """Return the milliseconds from the answer to the wait for the next event."""
        return _milliseconds(self.t_answered, self.t_over)

    def json(self) -> Any:
        """Return the body's JSON value; raises `ValueError` if it is none."""
        return json.loads(self.body)


@dataclass(frozen=True)
class ReportedError:
    """An error of init or restore that the runtime reported."""

    body: bytes
    headers: dict[str, str]
    t: float

    @property
    def error_type(self) -> str | None:
        """Return the type in the report's header."""
        return self.headers.get("lambda-runtime-function-error-type")

    def json(self) -> Any:
        """Return the report's JSON value; raises `ValueError` if it is none."""
        return json.loads(self.body)


def _milliseconds(start: float | None, end: float | None) -> float | None:
    return None if start is None or end is None else (end - start) * 1000
