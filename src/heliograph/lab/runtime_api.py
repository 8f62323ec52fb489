"""Lambda's Runtime API on a loopback port, for the real runtime client.

Nobody polls: who waits is woken by what happened.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections import deque
from typing import TYPE_CHECKING

from .dispatch import INVOCATION, Dispatch, answer_in, event, judge
from .invocation import ReportedError
from .wire import RUNTIME, HttpServer, Reply, Request, error_reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

    from .invocation import Answer, Invocation

EXTENSION = "/2020-01-01/extension/"


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
            reply = event(dispatch)
            self._changed.notify_all()
            return reply

    def _rest(self) -> None:
        extensions_wait = self._waiting_extensions >= len(self.extensions)
        if self._on_idle and not self._queue and self._waiting_runtimes and extensions_wait:
            self._on_idle()

    def _answered(self, now: float, request: Request) -> Reply:
        answer = answer_in(request, now)
        with self._changed:
            dispatch = self._under_way.pop(answer.request_id, None)
            reply = judge(dispatch, answer)
            answer.status = reply.status
            if dispatch is None:
                self.strays.append(answer)
            elif not dispatch.is_meant(answer):
                self._under_way[answer.request_id] = dispatch  # its own answer is still to come
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
