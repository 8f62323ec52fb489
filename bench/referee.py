"""One start of a variant: the real runtime client in a mount namespace, and what it took."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import statistics
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from heliograph.lab.invocation import Invocation
from heliograph.lab.runtime_api import RuntimeApi

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.tree import Variant
    from heliograph.lab.invocation import Answer

MOUNTS = ("/var/lang", "/var/runtime", "/var/task")
EVENT: dict[str, object] = {"orderId": "ORD-001"}
OTHERS = bytearray(96_000_000)
"""What other functions on a host use: three times the 32 MB of a common processor's last cache."""
PATIENCE = 60.0
"""Seconds for a start or an invocation, under valgrind or a small quota."""

LAYOUT = """\
mount --bind -o ro "$B_LANG" /var/lang && mount --bind -o ro "$B_RUNTIME" /var/runtime &&
mount --bind -o ro "$B_TASK" /var/task || exit 9
for hidden in $B_HIDDEN; do mount -t tmpfs none "/var/lang/$hidden" || exit 9; done
mount --bind -o ro "$B_OPT" /opt && cd /var/task || exit 9
before=$B_BEFORE
unset B_LANG B_RUNTIME B_TASK B_OPT B_HIDDEN B_BEFORE
printf + >&READY && exec READY>&- && read -r go
exec $before $AWS_LAMBDA_EXEC_WRAPPER /var/lang/bin/python3 /var/runtime/bootstrap.py
"""
"""Read-only, as in Lambda. /opt comes last: the Python itself may lie there."""


class FailedError(Exception):
    """A start that gave no figures. Says what the function wrote."""


@dataclass(frozen=True)
class Start:
    """What one start took. Times are milliseconds, memory is megabytes."""

    init: float
    init_cpu: float
    first: float
    first_after: float
    cold_cpu: float
    warm: float
    warm_after: float
    warm_billed: float
    warm_cpu: float
    memory: float


@dataclass(frozen=True)
class Look:
    """What a start told that was not measured.

    Attributes:
        modules: How many are loaded before the first response.
        wrote: All that the function wrote, to standard output and error.
    """

    modules: int
    wrote: str


@dataclass(frozen=True)
class Conditions:
    """Under which conditions a start runs.

    Attributes:
        under: Puts a process under the CPU quota.
        boost: The quota begins after init, as Lambda's does.
        cold_cache: Files come from the disk.
        frozen: The processor's caches are emptied before every event, as other functions on the
            host do it while an environment is frozen.
    """

    under: Callable[[int], None] = lambda _: None
    boost: bool = False
    cold_cache: bool = False
    frozen: bool = False


class Instance:
    """One execution environment, laid out and waiting to be let go by `go`.

    Args:
        variant: What runs.
        env: Variables beside Lambda's own.
        before: A program that runs the runtime, such as valgrind.

    Raises:
        FailedError: The trees cannot be mounted.
    """

    def __init__(self, variant: Variant, env: dict[str, str], before: str = "") -> None:
        self.cpu_at_next: list[float] = []
        self.api = RuntimeApi(on_idle=lambda: self.cpu_at_next.append(self.cpu()))
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - `close` closes it
        ready, told = os.pipe()
        self._process = subprocess.Popen(
            ["unshare", "--mount", "bash", "-c", LAYOUT.replace("READY", str(told))],
            env=_environment(variant, self.api.address, before) | env | variant.env,
            stdin=subprocess.PIPE,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            pass_fds=[told],
        )
        self.pid = self._process.pid
        assert self._process.stdin is not None
        self._stdin = self._process.stdin.fileno()
        os.close(told)
        laid_out = os.read(ready, 1)
        os.close(ready)
        if not laid_out:
            said = self.wrote()
            self.close()
            raise FailedError(f"the trees cannot be mounted: {said}")

    def go(self) -> float:
        """Let the runtime start; returns the moment."""
        begun = perf_counter()
        os.write(self._stdin, b"go\n")
        return begun

    def ready(self) -> None:
        """Wait for the end of init; an event before it would hide the CPU time it took."""
        if not self.api.wait_next(1, PATIENCE):
            raise FailedError(f"it never asked for an event: {self.wrote()}")

    def invoke(self, event: object, number: int) -> Answer:
        """Hand out an event and wait until the runtime asks for the next one."""
        dispatch = self.api.hand_out(Invocation(event))
        if not self.api.wait_next(number + 1, PATIENCE) or dispatch.answer is None:
            raise FailedError(f"invocation {number} is not over: {self.wrote()}")
        return dispatch.answer

    def cpu(self) -> float:
        """Return the milliseconds that the living threads have run so far."""
        total = 0
        for thread in Path(f"/proc/{self.pid}/task").glob("*/schedstat"):
            with contextlib.suppress(OSError):  # a thread that has just ended
                total += int(thread.read_text().split()[0])
        return total / 1e6

    def peak(self) -> float:
        """Return the most megabytes that were resident."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+)", status)
        return int(found[1]) / 1024 if found else 0.0

    def wrote(self, most: int = 2000) -> str:
        """Return the end of what the function wrote, `most` bytes of it."""
        size = os.fstat(self._output.fileno()).st_size
        end = os.pread(self._output.fileno(), most, max(0, size - most))
        return end.decode("utf-8", "replace")

    def end(self, number: int) -> None:
        """Send a signal and wait."""
        self._process.send_signal(number)
        self._process.wait(PATIENCE)

    def close(self) -> None:
        """Kill what still runs."""
        self._process.kill()
        self._process.communicate()
        self.api.close()
        self._output.close()


def start(variant: Variant, env: dict[str, str], conditions: Conditions, warm: int) -> Start:
    """Start a variant, invoke it once cold and `warm` times more, and tell what it took.

    Raises:
        FailedError: It did not answer, or with something else than 200.
    """
    if conditions.cold_cache:
        drop_page_cache()
    with contextlib.closing(Instance(variant, env)) as instance:
        if not conditions.boost:
            conditions.under(instance.pid)
        idle = instance.cpu()
        begun = instance.go()
        instance.ready()
        if conditions.boost:
            conditions.under(instance.pid)
        answers = answered(instance, EVENT, 1 + warm, frozen=conditions.frozen)
        nexts, cpu = instance.api.nexts, instance.cpu_at_next
        responses = [a.response_ms or 0.0 for a in answers]
        billed = [
            (over - (a.t_sent or 0)) * 1000 for a, over in zip(answers, nexts[1:], strict=True)
        ]
        after = [whole - response for whole, response in zip(billed, responses, strict=True)]
        return Start(
            init=(nexts[0] - begun) * 1000,
            init_cpu=cpu[0] - idle,
            first=responses[0],
            first_after=after[0],
            cold_cpu=cpu[1] - idle,
            warm=statistics.median(responses[1:] or responses),
            warm_after=statistics.median(after[1:] or after),
            warm_billed=statistics.median(billed[1:] or billed),
            warm_cpu=(cpu[-1] - cpu[1]) / warm if warm else 0.0,
            memory=instance.peak(),
        )


def look(variant: Variant, env: dict[str, str], invocations: int) -> Look:
    """Start a variant that counts its modules, which costs it; nothing is measured.

    Raises:
        FailedError: As `start`.
    """
    with contextlib.closing(Instance(variant, env)) as instance:
        instance.go()
        instance.ready()
        first, *_ = answered(instance, {**EVENT, "modules": True}, invocations)
        return Look(first.json()["modules"], instance.wrote(most=1_000_000))


def answered(
    instance: Instance, event: dict[str, object], times: int, *, frozen: bool = False
) -> list[Answer]:
    """Invoke a function some times; returns its answers, all of which are good."""
    answers = []
    for number in range(1, times + 1):
        if frozen:
            empty_processor_caches()
        answers.append(instance.invoke(event, number))
    wrong = [a.body for a in answers if a.status != 202 or a.json().get("statusCode") != 200]
    if wrong:
        raise FailedError(f"it answered {wrong[0]!r}: {instance.wrote()}")
    return answers


def instructions(variant: Variant, env: dict[str, str]) -> int:
    """Return the instructions from the start of the process to its first wait for an event.

    The same each time, whatever else the machine does; needs valgrind. What ran before the last
    `exec` is not in it: a wrapper's shell, and the first of the two Pythons of some peers.
    """
    valgrind = "valgrind --tool=callgrind --trace-children=yes --callgrind-out-file=/dev/null"
    steady = {**env, "PYTHONHASHSEED": "0"}
    with contextlib.closing(Instance(variant, steady, valgrind)) as instance:
        instance.go()
        instance.ready()
        instance.end(signal.SIGTERM)
        found = re.search(r"Collected : (\d+)", instance.wrote())
        if found is None:
            raise FailedError(f"valgrind told no figure: {instance.wrote()}")
        return int(found[1])


def prepare() -> None:
    """Make the folders that the trees are mounted over.

    Raises:
        FailedError: Not root: only root has mount namespaces everywhere.
    """
    if os.geteuid() != 0:
        raise FailedError(
            "this needs root, for the mount namespaces in which /var/runtime and /opt are as in "
            "Lambda: run it as root, or in a container with --privileged"
        )
    for place in MOUNTS:
        Path(place).mkdir(parents=True, exist_ok=True)


def drop_page_cache() -> None:
    """Make the next start read its files from the disk, as the first on a host does."""
    os.sync()
    Path("/proc/sys/vm/drop_caches").write_text("3")


def empty_processor_caches() -> None:
    """Fill the processor's caches with something else."""
    OTHERS[:] = bytes(len(OTHERS))


def _environment(variant: Variant, address: str, before: str) -> dict[str, str]:
    version = variant.runtime.name.split("-")[2].rpartition(".")[0]
    return {
        "B_LANG": str(variant.lang),
        "B_RUNTIME": str(variant.runtime),
        "B_OPT": str(variant.opt),
        "B_TASK": str(variant.task),
        "B_HIDDEN": " ".join(variant.hidden),
        "B_BEFORE": before,
        "PEER": variant.peer.name,
        "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin:/bin:/opt/bin",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "HOME": "/tmp",
        "LD_LIBRARY_PATH": "/var/lang/lib",
        "PYTHONPATH": "/var/runtime",
        "LAMBDA_TASK_ROOT": "/var/task",
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "_HANDLER": variant.peer.handler,
        "AWS_LAMBDA_RUNTIME_API": address,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{version}",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/bench",
        "AWS_LAMBDA_LOG_STREAM_NAME": "2026/01/01/[$LATEST]abc",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "_AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1",
        "_AWS_XRAY_DAEMON_PORT": "2000",
    }
