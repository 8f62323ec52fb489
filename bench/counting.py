"""Instructions of our own steps, as valgrind's callgrind counts them: the same each time.

A step's cost is the difference of two runs of one program that does it a different number of times.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

RUNTIME = """\
import awslambdaric.bootstrap, json, os, socket, sys
times = int(sys.argv[1])
taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
taken.bind(("127.0.0.1", 0))
os.environ["AWS_XRAY_DAEMON_ADDRESS"] = "127.0.0.1:%d" % taken.getsockname()[1]
"""

START = """\
if times:
    from heliograph.runtime import bootstrap, lifecycle
    bootstrap.start()
    lifecycle.switch_off()
"""

INVOKED = """\
from heliograph.journal import state
from heliograph.runtime import bootstrap, lifecycle
bootstrap.start()
"""

INVOCATION = """\
import time
from awslambdaric.lambda_context import LambdaContext
handler = bootstrap.invoking(lambda event, context: None)
arn = "arn:aws:lambda:us-east-1:123456789012:function:counted"
context = LambdaContext("id", None, None, int(time.time() * 1000) + 60000, arn)
for _ in range(times):
    handler({"orderId": "1"}, context)
    state.last = None  # what is put off until after the response stays so
"""

CALL = """\
from types import ModuleType, SimpleNamespace
from heliograph.journal import recording
from heliograph.libraries import botocore
class BaseClient:
    meta = SimpleNamespace(
        service_model=SimpleNamespace(
            service_name="dynamodb", service_id="DynamoDB", api_version="2012-08-10"
        ),
        region_name="us-east-1",
        endpoint_url="https://dynamodb.us-east-1.amazonaws.com",
    )
    def _make_api_call(self, operation_name, api_params):
        return {"Item": {"id": {"S": "1"}}, "ResponseMetadata": {"HTTPStatusCode": 200}}
module = ModuleType("botocore.client")
module.BaseClient = BaseClient
botocore.install(module, state.config)
lifecycle.begin({}, None)
client, params = BaseClient(), {"TableName": "orders", "Key": {"id": {"S": "1"}}}
for _ in range(times):
    client._make_api_call("GetItem", params)
lifecycle.switch_off()
"""

SPAN = """\
import heliograph
invocation = lifecycle.begin({}, None)
for _ in range(times):
    with heliograph.span("price", article="lens", cents=1200):
        pass
invocation.returned(None)
lifecycle.over()
lifecycle.develop()
"""

TRACE = "Root=1-5e1b4151-43a0913a12345678abcdef01;Parent=0123456789abcdef;Sampled=1"


@dataclass(frozen=True)
class Step:
    """A step that is counted: its program, and how often it is done in either run."""

    program: str
    fewer: int
    more: int


STEPS = {
    "bootstrap": Step(RUNTIME + START, 0, 1),
    "invocation": Step(RUNTIME + INVOKED + INVOCATION, 20, 120),
    "recorded call": Step(RUNTIME + INVOKED + CALL, 20, 120),
    "developed span": Step(RUNTIME + INVOKED + SPAN, 10, 60),
}
"""What is counted; the programs run with the layer and the runtime on their path."""


@dataclass(frozen=True)
class Place:
    """Where programs run: a Python, and the trees on its path."""

    python: str
    trees: tuple[Path, ...]

    def run(self, program: str, times: int, *before: str) -> str:
        """Run a program and return what it and `before`, which runs it, wrote.

        Raises:
            RuntimeError: It failed.
        """
        env = {
            **{name: value for name, value in os.environ.items() if name == "LD_LIBRARY_PATH"},
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": os.pathsep.join(map(str, self.trees)),
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            "AWS_LAMBDA_FUNCTION_NAME": "counted",
            "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9",
            "_X_AMZN_TRACE_ID": TRACE,
        }
        command = [*before, self.python, "-S", "-c", program, str(times)]
        with tempfile.TemporaryDirectory() as tmp:  # no box of another process is in it
            done = subprocess.run(
                command,
                env={**env, "_LAB_TMP": tmp},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
        if done.returncode:
            raise RuntimeError(done.stdout)
        return done.stdout


def instructions(place: Place, step: Step) -> int:
    """Return the instructions of one step.

    Raises:
        RuntimeError: The program failed, or valgrind told no figure.
    """
    counts = []
    for times in (step.fewer, step.more):
        before = ("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null")
        told = place.run(step.program, times, *before)
        found = re.search(r"Collected : (\d+)", told)
        if found is None:
            raise RuntimeError(told)
        counts.append(int(found[1]))
    return (counts[1] - counts[0]) // (step.more - step.fewer)


PROFILE = """\
import cProfile, json, pstats
profile = cProfile.Profile()
profile.runcall(exec, {program!r}, {{"__name__": "__main__"}})
rows = pstats.Stats(profile).stats.items()
print(json.dumps([[f"{{file[-48:]}}:{{line}} {{name}}", row[1], row[2]]
                  for (file, line, name), row in rows]))
"""


def contributors(place: Place, step: Step) -> str:
    """Return the functions in which the step spends most, a line each."""
    fewer, more = (_profiled(place, step, times) for times in (step.fewer, step.more))
    rows = []
    for name, (calls, seconds) in more.items():
        calls_before, seconds_before = fewer.get(name, (0, 0.0))
        if calls > calls_before:
            rows.append((seconds - seconds_before, calls - calls_before, name))
    return "\n".join(
        f"{seconds * 1000:8.2f} ms {calls:6d} calls  {name}"
        for seconds, calls, name in sorted(rows, reverse=True)[:8]
    )


def _profiled(place: Place, step: Step, times: int) -> dict[str, tuple[int, float]]:
    told = place.run(PROFILE.format(program=step.program), times)
    rows = json.loads(told.strip().rpartition("\n")[2])
    return {name: (calls, seconds) for name, calls, seconds in rows}
