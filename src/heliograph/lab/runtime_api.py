"""Lambda's Runtime API on a loopback port, for the real runtime client.

It says what the service says: a nonce with every invocation, 410 for a late answer, 413 for a large
one (lifecycle spec 1.5, 1.10). Nobody polls: who waits is woken by what happened.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._limits import MAX_RESPONSE_BYTES
from .invocation import ARN, Answer, Invocation, ReportedError
from .wire import RUNTIME, HttpServer, Reply, Request, error_reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

INVOCATION = RUNTIME + "invocation/"
EXTENSION = "/2020-01-01/extension/"
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


class RuntimeApi:
    """A Runtime API server; `address` is what `AWS_LAMBDA_RUNTIME_API` has to say.

    Args:
        on_idle: Called when the runtime and every extension wait for an event: Lambda freezes then.
        on_work: Called before an event is handed out: Lambda thaws then.

    Attributes:
        nexts: When the runtime asked for an event, each time.
        answers: Every answer to an invocation of ours, refused ones included, as they came.
        strays: Answers with a request id that was never handed out, or was answered before.
        init_errors: Errors posted to `/runtime/init/error`.
        restore_errors: Errors posted to `/runtime/restore/error`.
        restores: When the runtime asked for the restore of its snapshot, each time.
        extensions: Names of the registered extensions.
    """

    def __init__(
        self,
        on_idle: Callable[[], None] | None = None,
        on_work: Callable[[], None] | None = None,
    ) -> None:
        self.nexts: list[float] = []
        self.answers: list[Answer] = []
        self.strays: list[Answer] = []
        self.init_errors: list[ReportedError] = []
        self.restore_errors: list[ReportedError] = []
        self.restores: list[float] = []
        self.extensions: list[str] = []
        self._on_idle, self._on_work = on_idle, on_work
        self._changed = threading.Condition()
        self._queue: deque[Dispatch] = deque()
        self._under_way: dict[str, Dispatch] = {}
        self._claimed = 0
        self._handed_out = 0
        self._seen: dict[str, int] = {}
        self._waiting_runtimes = self._waiting_extensions = 0
        self._ended = self._closed = False
        self._http = HttpServer(self._answer)
        self.address = self._http.address

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    # -- for the one who invokes -------------------------------------------------------------------

    def hand_out(self, invocation: Invocation) -> Dispatch:
        """Queue an invocation for the next runtime that asks."""
        dispatch = Dispatch(invocation, secrets.token_hex(16))
        with self._changed:
            if self._on_work:
                self._on_work()
            self._queue.append(dispatch)
            self._changed.notify_all()
        return dispatch

    def wait(self, fact: Callable[[], object], timeout: float | None) -> bool:
        """Wait until `fact` is true of this API, or the runtime has ended.

        Returns:
            Whether it is true. It is looked at again whenever something happened.
        """
        with self._changed:
            self._changed.wait_for(lambda: fact() or self._ended, timeout)
            return bool(fact())

    def wait_answer(self, timeout: float | None) -> Answer | None:
        """Wait for the next answer that nobody got from here yet; `None` if none came."""
        with self._changed:
            if not self.wait(lambda: len(self.answers) > self._claimed, timeout):
                return None
            self._claimed += 1
            return self.answers[self._claimed - 1]

    def wait_next(self, n: int, timeout: float | None) -> bool:
        """Wait until an event has been asked for `n` times since the beginning."""
        return self.wait(lambda: len(self.nexts) >= n, timeout)

    def runtime_ended(self) -> None:
        """Wake everyone who waits: the process is gone and nothing more will come."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def close(self) -> None:
        """Close the port and every connection."""
        with self._changed:
            if self._closed:
                return
            self._closed = self._ended = True
            self._changed.notify_all()
        self._http.close()

    # -- for the runtime ---------------------------------------------------------------------------

    def _answer(self, request: Request) -> Reply:
        now, path = time.perf_counter(), request.path
        if request.method == "GET":
            if path == INVOCATION + "next":
                return self._next(now, request)
            if path == RUNTIME + "restore/next":
                with self._changed:
                    self.restores.append(now)
                return Reply(200)
            if path == EXTENSION + "event/next":
                return self._extension_next(request)
        elif path == EXTENSION + "register":
            return self._register(request)
        elif path.startswith(INVOCATION) and path.endswith(("/response", "/error")):
            return self._answered(now, request)
        elif path in (RUNTIME + "init/error", RUNTIME + "restore/error"):
            return self._reported(now, request)
        return error_reply(404, "NotFound", f"No such path: {request.method} {path}")

    def _next(self, now: float, request: Request) -> Reply:
        with self._changed:
            self.nexts.append(now)
            self._waiting_runtimes += 1
            self._changed.notify_all()
            self._rest()
            self._changed.wait_for(lambda: self._queue or self._closed or not request.alive())
            self._waiting_runtimes -= 1
            if self._closed or not request.alive():
                return error_reply(500, "Closed", "The lab is closed.")
            dispatch = self._queue.popleft()
            self._under_way[dispatch.invocation.request_id] = dispatch
            self._handed_out += 1
            dispatch.turn = len(self.nexts)
            dispatch.t_asked, dispatch.t_sent = now, time.perf_counter()
            reply = _event(dispatch)
            self._changed.notify_all()
            return reply

    def _rest(self) -> None:
        extensions_wait = self._waiting_extensions >= len(self.extensions)
        if self._on_idle and not self._queue and self._waiting_runtimes and extensions_wait:
            self._on_idle()

    def _answered(self, now: float, request: Request) -> Reply:
        request_id, _, kind = request.path[len(INVOCATION) :].rpartition("/")
        answer = Answer(
            kind="error" if kind == "error" else "response",
            status=0,
            body=request.body,
            request_id=request_id,
            headers=request.headers,
            error_type=_error_type(request) if kind == "error" else None,
            t_answered=now,
        )
        with self._changed:
            dispatch = self._under_way.pop(request_id, None)
            reply = _judge(dispatch, answer)
            answer.status = reply.status
            if dispatch is None:
                self.strays.append(answer)
            elif request.headers.get(NONCE.lower(), dispatch.nonce) != dispatch.nonce:
                self._under_way[request_id] = dispatch  # its own answer is still to come
                self.strays.append(answer)
            else:
                answer.t_asked, answer.t_sent = dispatch.t_asked, dispatch.t_sent
                dispatch.answer = answer
                self.answers.append(answer)
            self._changed.notify_all()
        return reply

    def _reported(self, now: float, request: Request) -> Reply:
        init = request.path.endswith("init/error")
        with self._changed:
            reports = self.init_errors if init else self.restore_errors
            reports.append(ReportedError(request.body, request.headers, now))
            self._changed.notify_all()
        return Reply(202, b'{"status":"OK"}')

    def _register(self, request: Request) -> Reply:
        with self._changed:
            self.extensions.append(request.headers.get("lambda-extension-name", ""))
            number = len(self.extensions)
        body = {"functionName": "lab", "functionVersion": "$LATEST", "handler": ""}
        headers = {"Lambda-Extension-Identifier": f"00000000-0000-0000-0000-{number:012d}"}
        return Reply(200, json.dumps(body).encode(), headers)

    def _extension_next(self, request: Request) -> Reply:
        name = request.headers.get("lambda-extension-identifier", "")
        with self._changed:
            seen = self._seen.get(name, 0)
            self._waiting_extensions += 1
            self._rest()
            self._changed.wait_for(
                lambda: self._handed_out > seen or self._closed or not request.alive()
            )
            self._waiting_extensions -= 1
            self._seen[name] = self._handed_out
        body = {"eventType": "SHUTDOWN" if self._closed else "INVOKE"}
        return Reply(200, json.dumps(body).encode())


def _event(dispatch: Dispatch) -> Reply:
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


def _judge(dispatch: Dispatch | None, answer: Answer) -> Reply:
    if dispatch is None:
        return error_reply(400, "InvalidRequestID", "Invalid request ID")
    if answer.headers.get(NONCE.lower(), dispatch.nonce) != dispatch.nonce:
        return error_reply(410, "InvokeTimeout", "Invocation id is not the present one")
    if time.time() * 1000 > dispatch.deadline_ms:
        return error_reply(410, "InvokeTimeout", "Invoke timed out")
    if status := dispatch.invocation.refuse_with:
        return error_reply(status, "Refused", f"Refused with {status}, as the lab was told")
    if answer.kind == "response" and len(answer.body) > MAX_RESPONSE_BYTES:
        text = f"exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes)."
        return error_reply(413, "Function.ResponseSizeTooLarge", f"Response payload size {text}")
    return Reply(202, b'{"status":"OK"}')


def _error_type(request: Request) -> str | None:
    header = request.headers.get("lambda-runtime-function-error-type")
    try:
        body = json.loads(request.body)
    except ValueError:
        return header
    return body.get("errorType", header) if isinstance(body, dict) else header
