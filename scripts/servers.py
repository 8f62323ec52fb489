"""A server of somebody else's as a process, started on ports of its own and ended with `with`."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import subprocess
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from typing_extensions import Self

Found = TypeVar("Found")

START_SECONDS = 90.0
"""Zipkin takes eight on an idle core; a machine under test has few of them."""
KEPT = ("HOME", "JAVA_HOME", "PATH", "TMPDIR")
"""Variables of this process that a server gets; what is set for OpenTelemetry here is not its."""
ARRIVAL_SECONDS = 30.0
"""What was sent is there within; servers with an index take a moment."""


class Server:
    """A process that is ready once `ready` says so.

    Args:
        command: What to run.
        env: Its variables beside `KEPT`.
        log: Where its output goes; what it says there is in the message if it does not start.
    """

    def __init__(self, command: Sequence[str], env: dict[str, str], log: Path) -> None:
        self._command, self._env, self._log = command, env, log
        self._process: subprocess.Popen[bytes] | None = None

    def ready(self) -> bool:
        """Tell whether it does its work; an `OSError` or half an answer means not yet."""
        raise NotImplementedError

    def start(self) -> Self:
        """Start it, and return at once; `wait` waits for it."""
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command,
                env={**kept, **self._env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        return self

    def wait(self) -> Self:
        """Wait until it is ready.

        Raises:
            TimeoutError: It is not, or has ended; the message has its last words.
        """
        assert self._process, "not started"
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.ready():
                    return self
            time.sleep(0.05)
        raise TimeoutError(f"{self._command[0]} did not start:\n{self.said()}")

    def until(self, look: Callable[[], list[Found]], count: int) -> list[Found]:
        """Return what `look` finds, once it is `count` things or more.

        Raises:
            TimeoutError: It is fewer; the message has the server's last words.
        """
        end = time.monotonic() + ARRIVAL_SECONDS
        while len(found := look()) < count:
            if time.monotonic() > end:
                raise TimeoutError(f"{len(found)} of {count} arrived; it said:\n{self.said()}")
            time.sleep(0.05)
        return found

    def said(self) -> str:
        """Return the end of its log."""
        return self._log.read_text(errors="replace")[-4000:]

    def close(self) -> None:
        """End it, and wait until it has ended."""
        if self._process:
            self._process.terminate()
            self._process.wait(30)

    def __enter__(self) -> Self:
        try:
            return self.start().wait()
        except TimeoutError:
            self.close()
            raise

    def __exit__(self, *error: object) -> None:
        self.close()


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback interface that are free now, all different."""
    with contextlib.ExitStack() as open_sockets:
        found = [open_sockets.enter_context(socket.socket()) for _ in range(count)]
        for one in found:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in found]
