"""A process group of its own: started, stopped, continued, killed, and everything it writes."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from typing import TYPE_CHECKING

from ..errors import ConfigurationError
from .output import Collector, Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path


class Process:
    """What a Lambda environment runs: one leader, and whatever it starts.

    Args:
        on_exit: Called once the leader has ended, the rest is killed and all output is read.

    Attributes:
        stdout, stderr: What was written to them.
        log: What was written to the framed log descriptor, if there is one.
        folder: A folder of its own, which is removed with it.
        started: `time.perf_counter` at the start.
        exit_code: How the leader ended, negative for a signal; `None` while it runs.
    """

    def __init__(self, on_exit: Callable[[], None]) -> None:
        self.stdout, self.stderr, self.log = Stream("stdout"), Stream("stderr"), Stream("log")
        self.started = 0.0
        self.exit_code: int | None = None
        self._on_exit = on_exit
        self._leader: subprocess.Popen[bytes] | None = None
        self._signals = threading.Lock()  # around every signal: never one to a reaped process
        self.folder = tempfile.mkdtemp(prefix="heliograph-lab-")
        self._output = Collector()
        self._watcher = threading.Thread(target=self._watch, name="function", daemon=True)

    @property
    def pid(self) -> int:
        """Return the leader's process id, which is the group's too."""
        assert self._leader is not None, "not started"
        return self._leader.pid

    @property
    def workers(self) -> dict[int, list[Stream]]:
        """Return the streams of a Managed Instance's workers by process id: stdout, stderr."""
        found: dict[int, list[Stream]] = {}
        for stream in list(self._output.streams):
            if stream.pid is not None:
                found.setdefault(stream.pid, []).append(stream)
        return found

    def start(
        self,
        command: Sequence[str],
        env: Mapping[str, str],
        cwd: Path,
        *,
        framed_log: bool = False,
        workers: bool = False,
    ) -> None:
        """Start the leader.

        Args:
            command: Its arguments, the executable first.
            env: Its whole environment.
            cwd: Its working directory.
            framed_log: Pass a descriptor for the framed log and name it to the runtime.
            workers: Listen where the workers of a Managed Instance ask for their descriptors.

        Raises:
            ConfigurationError: The executable cannot be run.
        """
        named, passed = dict(env), []
        if framed_log:
            reader, writer = os.pipe()
            passed.append(writer)
            named["_LAMBDA_TELEMETRY_LOG_FD"] = str(writer)
            self.log = self._output.add(reader, "log")
        if workers:
            path = named["_LAMBDA_TELEMETRY_LOG_FD_PROVIDER_SOCKET"] = f"{self.folder}/log"
            self._output.listen(path)
        (out, stdout), (err, stderr) = os.pipe(), os.pipe()
        self.stdout, self.stderr = self._output.add(out, "stdout"), self._output.add(err, "stderr")
        self.started = time.perf_counter()
        try:
            self._leader = _spawn(command, named, cwd, stdout, stderr, passed)
        finally:
            for descriptor in (*passed, stdout, stderr):
                os.close(descriptor)
        self._watcher.start()

    def last_lines(self) -> str:
        """Return what it wrote last, for the end of an error's message."""
        tail = [*self.stdout.lines()[-10:], *self.stderr.lines()[-10:]]
        return "; its last lines:\n" + "\n".join(tail) if tail else ", and wrote nothing"

    def signal(self, number: int) -> None:
        """Send a signal to the whole group, if there still is one."""
        with self._signals, contextlib.suppress(ProcessLookupError):
            if self._leader and self._leader.returncode is None:
                os.killpg(self._leader.pid, number)

    def drain(self) -> None:
        """Wait until everything written so far has been read."""
        self._output.drain()

    def close(self) -> None:
        """Kill the group and give back what it used."""
        self.signal(signal.SIGKILL)
        if self._leader:
            self._watcher.join()
        self._output.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _watch(self) -> None:
        # seen but not reaped: until then neither its id nor its group's can be another's
        os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        self.signal(signal.SIGKILL)  # what it left behind: nothing outlives a Lambda environment
        assert self._leader is not None
        with self._signals:
            code = self._leader.wait()
        self._output.wait_closed(1.0)  # a process that left the group may hold a pipe open
        self.exit_code = code
        self._on_exit()


def _spawn(
    command: Sequence[str],
    env: Mapping[str, str],
    cwd: Path,
    stdout: int,
    stderr: int,
    passed: Sequence[int],
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command,
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            pass_fds=passed,
            start_new_session=True,
        )
    except OSError as error:
        raise ConfigurationError(f"{command[0]!r} does not start: {error}") from error
