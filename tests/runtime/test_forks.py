"""Forked children, however they end: what they recorded arrives with the invocation."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

import heliograph
from heliograph.journal import current, journal
from heliograph.runtime import forks
from heliograph.testing import FakeContext, capture

if TYPE_CHECKING:
    from collections.abc import Callable

FUNCTION = """
import multiprocessing, os, signal, time
import heliograph

def work(number):
    with heliograph.span(f"work {number}"):
        heliograph.annotate("number", number)
        try:
            with heliograph.span("fails"):
                raise ValueError(number)
        except ValueError:
            pass
        heliograph.metric("worked", 1)
    return number

def pool(event):
    with multiprocessing.get_context("fork").Pool(4) as workers:  # ends them by SIGTERM
        workers.map(work, range(40))

def exits(event):
    for number in range(5):
        child = os.fork()
        if not child:
            work(number)
            os._exit(0)
        os.waitpid(child, 0)

def killed(event):
    read, write = os.pipe()
    child = os.fork()
    if not child:
        work(0)
        os.write(write, b"!")
        time.sleep(60)
    os.read(read, 1)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)

def joined(event):
    child = multiprocessing.get_context("fork").Process(target=work, args=(0,))
    child.start()
    child.join()

def handler(event, context):
    globals()[event](event)
"""
SPANS = {"pool": 40, "exits": 5, "killed": 1, "joined": 1}


def test_every_ending(runtime, run, handlers_of):
    """Spans and metrics of children are there once, below the handler's span, in every round."""
    rounds = [*SPANS, *SPANS]

    done = run(runtime, FUNCTION, rounds)

    assert done.seen.answers == [["response", 202, None, None, None, None]] * len(rounds)
    done.function.close()
    work = [one for one in done.documents if one["name"].startswith("work")]
    fails = {one["parent_id"]: one for one in done.documents if one["name"] == "fails"}
    handlers = {one["id"] for one in handlers_of(done.documents)}
    assert len(work) == len(fails) == 2 * sum(SPANS.values())
    for one in work:
        assert one["parent_id"] in handlers
        assert one["annotations"]["number"] in range(40)
        assert fails[one["id"]]["cause"]["exceptions"][0]["type"] == "ValueError"
    values = [json.loads(line)["worked"] for line in done.ours if '"worked"' in line]
    assert sum(sum(one["Counts"]) if type(one) is dict else 1 for one in values) == len(work)


POOL_LATER = """
import os, signal, sys
from opentelemetry.sdk.resources import Resource
from heliograph.develop.lambda_pipeline import Provider
from heliograph.develop.metering import Meters
providers = Provider(resource=Resource({})), Meters(resource=Resource({}))
assert "concurrent.futures.thread" not in sys.modules
import concurrent.futures.thread
child = os.fork()
if not child:
    os._exit(7)
signal.signal(signal.SIGALRM, lambda *_: os.kill(child, signal.SIGKILL))
signal.alarm(20)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_pool_that_is_imported_after_the_first_development():
    """A child is not held up by what the SDK does in it, whenever the function imports a pool."""
    command = [sys.executable, "-c", POOL_LATER]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.stdout == "7\n", done.stderr


def child_of(act: Callable[[], object]) -> Callable[[Any, Any], Any]:
    """Return a handler that has a child do something and end at once."""

    @heliograph.wrap
    def handler(event: Any, context: Any) -> Any:
        child = os.fork()
        if not child:
            try:
                act()
            finally:
                os._exit(0)
        return os.waitpid(child, 0)[1]

    return handler


def work(name: str = "work") -> None:
    with heliograph.span(name):
        heliograph.metric("worked", 1)


@pytest.fixture
def shared() -> forks.Shared:
    """The file of a process that has forked before, with all of it read."""
    with capture():
        child_of(lambda: None)({}, FakeContext())
    assert forks.Shared.current is not None
    return forks.Shared.current


def test_a_line_that_was_cut_off_costs_nothing_else(shared, caplog):
    """A child that is killed while it writes loses what it wrote, and only that."""

    def cut():
        whole = forks._line(current.span())
        os.write(shared._file, whole[: len(whole) // 2])
        work()

    with capture() as captured:
        child_of(cut)({}, FakeContext())
        child_of(work)({}, FakeContext())
        assert [span.name for span in captured.spans].count("work") == 2
    assert "was ended while it wrote" in caplog.text


def test_a_grandchild_hands_over_too(shared):
    """Whatever forks below the function writes into the same file."""

    def forks_again():
        work("child")
        grandchild = os.fork()
        if not grandchild:
            work("grandchild")
            os._exit(0)
        os.waitpid(grandchild, 0)

    with capture() as captured:
        child_of(forks_again)({}, FakeContext())
        assert {"child", "grandchild"} < {span.name for span in captured.spans}


@pytest.mark.parametrize("reused", [False, True])
def test_descriptors_that_the_function_closes(shared, tmp_path, reused):
    """A file of the function's that has got our number is not written to, nor read."""
    theirs = tmp_path / "theirs"
    theirs.write_text("theirs")

    def closes():
        os.close(shared._file)
        if reused:
            os.dup2(os.open(theirs, os.O_RDWR | os.O_APPEND), shared._file)
        work()

    with capture() as captured:
        assert child_of(closes)({}, FakeContext()) == 0
        assert "work" not in {span.name for span in captured.spans}  # the child keeps it
        closes()  # and in the function's own process
        child_of(work)({}, FakeContext())
        assert "work" in {span.name for span in captured.spans}
        assert forks.Shared.current is not shared
    assert theirs.read_text() == "theirs"


def test_room_is_made(shared, monkeypatch):
    """The file begins at its front again when no child is left; it never grows without bound."""

    def no_child(*_):  # this process may have children of other tests
        raise ChildProcessError

    monkeypatch.setattr(os, "waitid", no_child)
    with capture():
        child_of(work)({}, FakeContext())
        assert os.fstat(shared._file).st_size == 0


def test_full(shared, monkeypatch):
    """What does not fit stays with the child, as what no parent will read."""
    monkeypatch.setattr(forks, "MAX_BYTES", -1)
    left = os.memfd_create("left")

    def fills():
        work()
        os.write(left, str(len(journal.entries)).encode())

    with capture():
        child_of(fills)({}, FakeContext())
    assert os.pread(left, 9, 0) == b"1"
