"""Freezing is real, and nothing outlives a function."""

from __future__ import annotations

import signal
import time
from pathlib import Path

from heliograph.lab.invocation import Invocation

BEAT = """
import os, threading, time
beats = os.open(os.environ["BEATS"], os.O_RDWR | os.O_CREAT)
def beat():
    n = 0
    while True:
        n += 1
        os.pwrite(beats, b"%12d" % n, 0)
        time.sleep(0.0005)
threading.Thread(target=beat, daemon=True).start()
def handler(event, context): return os.getpid()
"""


def until(fact):
    """Wait until `fact()` is true, at most ten seconds; returns its last value."""
    end = time.monotonic() + 10
    while not (value := fact()) and time.monotonic() < end:
        time.sleep(0.005)
    return value


def stopped(pid: int) -> bool:
    """Say whether every thread of a process is stopped."""
    stats = [(task / "stat").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
    return all(stat.rpartition(")")[2].split()[0] == "T" for stat in stats)


def test_freezes_between_invocations(start_on_each, tmp_path):
    """While the runtime waits for an event nothing of the function moves; then all goes on."""
    beats = tmp_path / "beats"
    function = start_on_each(BEAT, env={"BEATS": str(beats)})

    for _ in range(3):
        function.invoke(Invocation())
        assert until(lambda: stopped(function.pid))
        before = beats.read_bytes()
        time.sleep(0.02)
        assert beats.read_bytes() == before
    function.thaw()
    assert until(lambda: beats.read_bytes() != before)


def test_does_not_freeze_when_told_so(start, tmp_path):
    """Without freezing, a thread goes on between invocations."""
    beats = tmp_path / "beats"
    function = start(BEAT, env={"BEATS": str(beats)}, freezing=False)

    function.invoke(Invocation())

    before = beats.read_bytes()
    assert until(lambda: beats.read_bytes() != before)


def test_an_extension_keeps_the_function_awake(start):
    """Lambda freezes only when the runtime and every extension wait for an event."""
    function = start(
        """
        import http.client, os, threading
        api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
        api.request("POST", "/2020-01-01/extension/register", "{}", {"Lambda-Extension-Name": "e"})
        reply = api.getresponse()
        me = {"Lambda-Extension-Identifier": reply.headers["Lambda-Extension-Identifier"]}
        reply.read()
        def wait_for_events():
            while True:
                api.request("GET", "/2020-01-01/extension/event/next", headers=me)
                api.getresponse().read()
        def handler(event, context):
            if event:
                threading.Thread(target=wait_for_events, daemon=True).start()
        """
    )

    function.invoke(Invocation())
    assert function.api.extensions == ["e"]
    assert not stopped(function.pid)

    function.invoke(Invocation("let the extension wait too"))
    assert until(lambda: stopped(function.pid))


CHILD = """
import subprocess, sys
child = subprocess.Popen(["sleep", "600"])
def handler(event, context):
    if event:
        sys.exit(event)
    return child.pid
"""


def test_nothing_outlives_a_function_that_is_closed(start):
    """Children of the function end with it, frozen or not."""
    function = start(CHILD)
    child = function.invoke(Invocation()).json()
    assert Path(f"/proc/{child}").exists()

    function.close()

    assert until(lambda: gone(child))
    assert function.exit_code == -signal.SIGKILL


def test_nothing_outlives_a_function_that_ended(start):
    """Children of a function that exits by itself end with it, and its exit code is its own."""
    function = start(CHILD)
    child = function.invoke(Invocation()).json()

    function.invoke(Invocation(3))

    assert until(lambda: gone(child))
    assert function.exit_code == 3


def gone(pid: int) -> bool:
    """Say whether a process has ended; it may still wait to be reaped by someone else."""
    try:
        return ") Z " in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True
