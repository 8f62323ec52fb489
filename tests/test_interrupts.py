"""What a signal handler or another thread raises into our code passes on; our failures stay."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import heliograph
from heliograph import testing

from . import interrupted
from .interrupted import TimeLimit

SRC = str(Path(__file__).parents[1] / "src")
INTERRUPTED = [
    *[("limited", which) for which in ("span", "annotate", "metadata", "metric", "guard")],
    *[("handled", name) for name in interrupted.HANDLERS],
    *[
        ("from_a_thread", f"{which} {kind}")
        for which in ("span", "metadata", "metric")
        for kind in interrupted.KINDS
    ],
    ("leaving", ""),
    ("guarded_calls", ""),
]


@pytest.mark.parametrize(("case", "argument"), INTERRUPTED)
def test_what_interrupts_us_passes(case: str, argument: str) -> None:
    """A function that limits its own time is never deaf to it: by SIGALRM, whatever the handler is
    and raises, or from another thread; wherever in our code it hits."""
    done = run(Path(interrupted.__file__).read_text(), case, argument)
    assert (done.returncode, done.stdout) == (0, "20 0\n"), done.stderr


class Raises:
    """A value whose text raises."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __str__(self) -> str:
        raise self.error


class NoException(BaseException):
    """Of no usual kind."""


@pytest.mark.guarded
@pytest.mark.parametrize(
    "error",
    [ValueError("x"), TimeLimit("x"), TimeLimit(), NoException(), SystemExit(3)],
    ids=["builtin", "own", "without-arguments", "no-exception", "exit"],
)
def test_what_a_value_raises_stays(error: BaseException) -> None:
    """What code of a value raises, which only we asked for its text, never reaches the function."""
    with testing.capture() as captured:
        with heliograph.span("one") as span:
            span.attribute("bad", Raises(error)).attribute("good", 1)
        [one] = captured.spans
        assert one.attributes["good"] == 1


def test_what_a_tracer_raises_passes() -> None:
    """A debugger's way to leave: the trace function raises where it stands."""

    def trace(frame: Any, event: str, arg: Any) -> Any:
        if frame.f_code.co_name == "attribute" and "bounded" in frame.f_code.co_filename:
            raise TimeLimit
        return trace

    with testing.capture(), heliograph.span("one") as span:
        sys.settrace(trace)
        try:
            with pytest.raises(TimeLimit):
                span.attribute("key", {"a": 1})
        finally:
            sys.settrace(None)


HEARTBEAT = """
import os, signal, sys, time
import heliograph
from heliograph import testing
beats = 0
def beat(signum, frame):
    global beats
    beats += 1
    with heliograph.span("beat"):
        heliograph.metric("tick", 1)
os.environ["OTEL_TRACES_EXPORTER"] = "none"
with testing.capture() as captured:
    with heliograph.span("warm up"):
        heliograph.metric("warm up", 1)
    captured.spans
    signal.signal(signal.SIGALRM, beat)
    signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
    made = 0
    until = time.monotonic() + 2.0
    while time.monotonic() < until:
        with heliograph.span("one"):
            heliograph.metric("made", 1)
            made += 1
        if made % 500 == 0:
            heliograph.flush()
    signal.setitimer(signal.ITIMER_REAL, 0)
    spans = captured.spans
    ticks = sum(point.count for point in captured.metrics["tick"])
    ones = sum(point.count for point in captured.metrics["made"])
    names = [span.name for span in spans]
    print(names.count("one") == made, names.count("beat") == beats)
    print(ones == made, ticks == beats, beats > 10)
"""


def test_a_signal_handler_that_records_does_not_wait() -> None:
    """A heartbeat records spans and metrics while its thread does, and while it develops.

    Nothing waits for itself and nothing is lost (F3).
    """
    done = run(HEARTBEAT)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "True True\nTrue True True\n"


FINALIZER = """
import gc, heliograph
from heliograph import testing
class Node:
    def __init__(self): self.me = self
    def __del__(self): heliograph.metric("freed", 1)
with testing.capture() as captured:
    gc.set_threshold(1, 1, 1)
    for _ in range(1500):
        Node()
        with heliograph.span("one"):
            heliograph.metadata("order", {"lines": [{"sku": "lens"}]})
    gc.set_threshold(700, 10, 10)
    gc.collect()
    print(len(captured.spans), sum(point.count for point in captured.metrics["freed"]))
"""


def test_a_finalizer_that_records_does_not_wait() -> None:
    """`__del__`, which the collector of garbage calls anywhere, may record."""
    done = run(FINALIZER)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "1500 1500\n")


IMPORTING = """
import signal, sys, heliograph
def beat(signum, frame):
    heliograph.metric("tick", 1)
    with heliograph.span("x").annotate("a", 1): pass
    @heliograph.span()
    def inner(): return 5
    assert inner() == 5
    signal.setitimer(signal.ITIMER_REAL, 0.0002)
signal.signal(signal.SIGALRM, beat)
signal.setitimer(signal.ITIMER_REAL, 0.0002)
heliograph.metric("orders", 1)
heliograph.flush()
signal.signal(signal.SIGALRM, signal.SIG_IGN)
print("fine", callable(heliograph.metric), heliograph.metric is heliograph.metric)
"""


def test_a_public_name_in_a_handler_during_its_first_import() -> None:
    """A handler that asks for what its own thread is importing gets what does nothing."""
    for _ in range(10):
        done = run(IMPORTING)
        assert (done.returncode, done.stdout) == (0, "fine True True\n"), done.stderr


NO_DESCRIPTORS = """
import logging, os, resource, sys
logging.basicConfig(stream=sys.stdout)
import heliograph, heliograph._notice, heliograph._unloaded, heliograph._shown, opcode
resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
held = []
try:
    while True: held.append(os.open("/dev/null", os.O_RDONLY))
except OSError:
    pass
with heliograph.span("price").annotate("order", 1) as s:
    s.event("seen").metadata("a", 1)
@heliograph.span()
def price(order): return order
@heliograph.wrap
def handler(event, context): return price(event)
heliograph.metric("orders", 1); heliograph.annotate("a", 1); heliograph.event("x", b=1)
assert handler(5, None) == 5 and heliograph.flush() is False
for one in held: os.close(one)
heliograph.metric("orders", 1)
assert heliograph.flush() is True and handler(6, None) == 6
"""


def test_a_public_name_without_a_file_descriptor() -> None:
    """With no descriptor left for the first import, a name does nothing and says so once."""
    done = run(NO_DESCRIPTORS)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert sorted({line.partition(" cannot")[0] for line in lines}) == [
        f"WARNING:heliograph:heliograph: heliograph.{name}"
        for name in ("annotate", "event", "flush", "metric", "span", "wrap")
    ]
    assert len(lines) == 6


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a Python of its own; it is stopped if it hangs."""
    env = {**os.environ, "PYTHONPATH": SRC}
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env=env, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
