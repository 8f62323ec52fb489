"""A function of the user's under the real awslambdaric, in a process laid out as Lambda does it."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ConfigurationError
from .environ import Sandbox, find_interpreter, find_layers, find_wrapper
from .process import Process
from .runtime_api import RuntimeApi
from .unanswered import exited, timed_out

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from typing_extensions import Self

    from .daemon import XRayDaemon
    from .dispatch import Dispatch
    from .invocation import Answer, Invocation
    from .output import Stream

INIT_SECONDS = 10.0
"""Time that Lambda gives an on-demand init (lifecycle spec 1.1)."""


class Function:
    """One execution environment: a process group of its own, started by `start` or `with`.

    Args:
        task_root: The directory of the user's code, also the working directory.
        handler: What `_HANDLER` says, such as `app.handler`; a bad one is left to the runtime.
        layers: Trees that stand for /opt. One with an executable `heliograph` is the exec wrapper,
            unless `env` has `AWS_LAMBDA_EXEC_WRAPPER` (empty: no wrapper).
        python: The Python to run.
        runtime_dir: Directory with awslambdaric and boto3; the Python's own packages are invisible
            then. Without it they stand for the runtime.
        env: Variables beside Lambda's own, which they override.
        daemon: Where X-Ray datagrams go; without one, the standard port 2000 of this machine.
        memory: Megabytes that the environment speaks of; nothing enforces them.
        freezing: Stop the whole process group whenever it waits for an event, as Lambda does.
        kill_at_deadline: End an invocation that is not over at its deadline by killing the process.
        framed_log: Give the runtime a log descriptor, as Lambda does; see `log`.
        tmp: Folder that stands for /tmp where Heliograph writes; one that an earlier environment
            has used is that of an environment that was reset. One of its own by default.
        concurrency: Workers of a Managed Instance; 0 is an on-demand function. Never frozen.
        patience: Seconds to wait for what should come at once, before `TimeoutError`.

    Attributes:
        api: The Runtime API that the function talks to.

    Raises:
        ConfigurationError: A path given is not what it should be.
    """

    def __init__(
        self,
        task_root: str | os.PathLike[str],
        handler: str = "app.handler",
        *,
        layers: Sequence[str | os.PathLike[str]] = (),
        python: str = sys.executable,
        runtime_dir: str | os.PathLike[str] | None = None,
        env: Mapping[str, str] | None = None,
        daemon: XRayDaemon | None = None,
        memory: int = 512,
        freezing: bool = True,
        kill_at_deadline: bool = False,
        framed_log: bool = False,
        tmp: str | None = None,
        concurrency: int = 0,
        patience: float = 60.0,
    ) -> None:
        root = Path(task_root).resolve()
        if not root.is_dir():
            raise ConfigurationError(f"task {str(task_root)!r} is no directory")
        extra, found = dict(env or {}), find_layers(layers)
        wrapper = find_wrapper(extra.get("AWS_LAMBDA_EXEC_WRAPPER"), found)
        if wrapper:
            extra["AWS_LAMBDA_EXEC_WRAPPER"] = wrapper
        interpreter = find_interpreter(python, str(runtime_dir) if runtime_dir else None)
        self._command = [*([wrapper] if wrapper else []), *interpreter.arguments]
        self._framed_log, self._concurrency = framed_log, concurrency
        self._kill_at_deadline, self._patience = kill_at_deadline, patience
        freezes = freezing and not concurrency
        self.api = RuntimeApi(*((self.freeze, self.thaw) if freezes else ()))
        self._process = Process(self.api.runtime_ended)
        self._root = root
        self._env = Sandbox(
            interpreter=interpreter,
            task_root=root,
            handler=handler,
            api=self.api.address,
            daemon=daemon.address if daemon else "127.0.0.1:2000",
            layers=found,
            memory=memory,
            concurrency=concurrency,
            tmp=tmp or self._process.folder,
        ).variables(extra)

    def __enter__(self) -> Self:
        try:
            self.start()
        except ConfigurationError:
            self.close()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    # -- life --------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the process; the event that comes first waits for its init."""
        self._process.start(
            self._command,
            self._env,
            self._root,
            framed_log=self._framed_log,
            workers=bool(self._concurrency),
        )

    def freeze(self) -> None:
        """Stop every process of the environment, whatever it is doing."""
        self._process.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let every process of the environment go on."""
        self._process.signal(signal.SIGCONT)

    def kill(self) -> None:
        """End every process of the environment at once, as Lambda does without extensions."""
        self._process.signal(signal.SIGKILL)

    def wait_exit(self, timeout: float | None = None) -> int:
        """Wait until the process has ended and all its output is read; return its exit code.

        Raises:
            TimeoutError: It still runs.
        """
        self.api.wait(lambda: self.exit_code is not None, timeout or self._patience)
        if self.exit_code is None:
            raise TimeoutError(f"the function still runs{self._process.last_lines()}")
        return self.exit_code

    def close(self) -> None:
        """Kill the process group and close the API."""
        self._process.close()
        self.api.close()

    # -- what there is to see ----------------------------------------------------------------------

    @property
    def pid(self) -> int:
        """Return the process id, which is the process group's id too."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """Return how the process ended, negative for a signal; `None` while it runs."""
        return self._process.exit_code

    @property
    def stdout(self) -> Stream:
        """Return what the process wrote; in a Managed Instance, what the parent wrote."""
        return self._process.stdout

    @property
    def stderr(self) -> Stream:
        """Return what the process wrote; in a Managed Instance, what the parent wrote."""
        return self._process.stderr

    @property
    def log(self) -> Stream:
        """Return the framed log, if it was asked for; see `Stream.frames`."""
        return self._process.log

    @property
    def workers(self) -> dict[int, list[Stream]]:
        """Return the streams of a Managed Instance's workers by process id: stdout, stderr."""
        return self._process.workers

    @property
    def init_ms(self) -> float | None:
        """Return the milliseconds from the start of the process to its first wait for an event."""
        nexts = self.api.nexts
        return (nexts[0] - self._process.started) * 1000 if nexts else None

    # -- invocations -------------------------------------------------------------------------------

    def invoke(self, invocation: Invocation) -> Answer:
        """Hand out an event and wait until its invocation is over.

        It is over when the answer is posted and the runtime has asked for the next event, or has
        ended; of a Managed Instance, when the answer is posted. The output is read by then.

        Raises:
            TimeoutError: Nothing came for `patience` seconds.
        """
        dispatch = self.api.hand_out(invocation)
        in_time = self._in_time(dispatch)
        if not in_time:
            if not self._kill_at_deadline:
                raise TimeoutError(f"the invocation is not over{self._process.last_lines()}")
            self.kill()
            self.wait_exit()
        self._process.drain()
        answer = dispatch.answer
        if answer is None:
            ended = self.exit_code, self.api.init_errors
            answer = exited(dispatch, *ended) if in_time else timed_out(dispatch)
        answer.timed_out = not in_time
        if not self._concurrency and dispatch.turn and len(self.api.nexts) > dispatch.turn:
            answer.t_over = self.api.nexts[dispatch.turn]
        return answer

    def _in_time(self, dispatch: Dispatch) -> bool:
        def over() -> bool:
            is_free = bool(self._concurrency) or len(self.api.nexts) > dispatch.turn
            return self.exit_code is not None or (dispatch.answer is not None and is_free)

        if not self._kill_at_deadline:
            return self.api.wait(over, self._patience)
        start = INIT_SECONDS + dispatch.invocation.timeout
        if not self.api.wait(lambda: dispatch.t_sent is not None or over(), start):
            return False
        return self.api.wait(over, dispatch.deadline_ms / 1000 - time.time())
