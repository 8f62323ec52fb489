"""The black box: what is written is read, whatever kills the writer (lifecycle spec 3)."""

from __future__ import annotations

import os
import random
import stat
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from heliograph import blackbox
from heliograph.blackbox import lasting, scalars
from heliograph.blackbox.death import died
from heliograph.blackbox.reader import Dead, UnreadableError, read
from heliograph.journal import Journal, state
from heliograph.journal.entry import Entry, Remote, Trace
from heliograph.runtime import lifecycle
from heliograph.settings.config import Config

HEADER = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=x"
LAMBDA = {
    "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
    "AWS_LAMBDA_FUNCTION_VERSION": "7",
    "HELIOGRAPH_BLACK_BOX": "on",
}


def config(place: Path, **more: str) -> Config:
    return Config.read({**LAMBDA, "_LAB_TMP": str(place), **more})


@pytest.fixture
def box(tmp_path: Path):
    """A box in a folder of the test's, with the state as without one afterwards."""
    blackbox.make(config(tmp_path))
    made = state.box
    assert made is not None
    yield made
    if state.box is not None:
        state.box.close(keep=False)
    state.reset()


class Owner:
    """Whom a span is put off to."""

    def resolve(self, entry: Entry) -> None:
        entry.trace, entry.span_id = Trace(77), 5
        entry.parent = Remote(entry.trace, 6, lambda_segment=True)
        entry.links, entry.outer = None, None
        box: Any = state.box
        box.opened(entry)

    def describe(self, entry: Entry) -> None:
        entry.name = "handler"


def begin(box: Any, deadline_ns: int = 10**19 // 4, **more: Any) -> Entry:
    entry = Entry.begin(1, Owner())
    state.environment_header = HEADER
    state.origin = entry
    about = SimpleNamespace(entry=entry, deadline_ns=deadline_ns, written=True, **more)
    box.begin(about, "8476a536-e9f4-11e8-9739-2dfe598c3fcd", cold=True)
    return entry


def span(box: Any, root: Entry, name: str = "work", **attributes: Any) -> Entry:
    entry = Entry(name, root.resolve(), root.trace)
    entry.attributes = attributes or None
    box.opened(entry)
    return entry


def dead(box: Any) -> Dead:
    """What another process would read; the same one would let go of the lock."""
    return Dead(Path(box.path).read_bytes())


def test_the_numbers_are_the_writers() -> None:
    """What is loaded later has its numbers twice, for no circle of imports."""
    assert (lasting.OPEN, lasting.EXPORTED) == (blackbox.OPEN, blackbox.EXPORTED)
    assert lasting.EARLY == blackbox.EARLY
    assert (scalars.NOTE, scalars.MAX_TEXT) == (blackbox.NOTE, blackbox.MAX_TEXT)


def test_an_invocation_without_a_call(box: Any) -> None:
    """Vector 1: the header has the ids of Lambda's segment, and the states follow one another."""
    assert dead(box).state == blackbox.INIT
    root = begin(box)
    seen = dead(box)
    assert (seen.state, seen.epoch, seen.start) == (blackbox.INVOKING, 1, root.start)
    assert seen.trace_id == 0x5759E988BD862E3FE1BE46A994272793
    assert (seen.parent_id, seen.span_id) == (0x53995C3F42CD8AD8, 0)
    assert seen.flags == blackbox.SAMPLED + blackbox.LAMBDA_SEGMENT + blackbox.COLD
    assert seen.request_id == "8476a536-e9f4-11e8-9739-2dfe598c3fcd"
    assert (seen.memory_mb, seen.pid) == (256, os.getpid())
    root.end = 1
    box.posted()
    assert (dead(box).state, dead(box).span_id) == (blackbox.POSTED, 5)
    box.develops()
    assert dead(box).state == blackbox.DEVELOPING
    box.developed(kept=False)
    assert dead(box).state == blackbox.IDLE


def test_spans_are_read_as_they_were_written(box: Any) -> None:
    """Ids, times, names, plain values; and what has ended, how."""
    root = begin(box)
    one = span(box, root, "SELECT?token=x", order=7, url="http://a/?k=v", deep={"no": 1})
    one.op(("set_attribute", "size", 3))
    one.op(("set_status", 2, "bad"))
    one.op(("set_attribute", "error.type", "NoStock"))
    one.end = 17
    two = span(box, root)
    two.op(("annotate", "customer", "c1"))
    two.op(("annotate", "secret", "key=c1"))

    seen = dead(box)

    parent, start, name, kind, library, trace, values = seen.opened[one.span_id]
    assert (parent, start, name, kind, library, trace) == (5, one.start, "SELECT", 0, "", 0)
    assert values == {"order": 7}
    assert seen.ended == {one.span_id: (17, 2, "NoStock", {"size": 3})}
    assert seen.notes[two.span_id] == {"customer": "c1"}
    assert set(seen.opened) == {one.span_id, two.span_id}


def test_a_shorter_second_invocation(box: Any) -> None:
    """Vector 12: nothing of the first is left."""
    root = begin(box)
    for _ in range(30):
        span(box, root).end = 5
    box.developed(kept=False)
    root = begin(box)
    only = span(box, root)
    assert set(dead(box).opened) == {only.span_id}


def test_what_is_kept_stays(box: Any) -> None:
    """A journal that the deadline rule keeps: its records are there in the next invocation."""
    root = begin(box)
    one = span(box, root)
    one.end = 5
    root.end = 6
    box.posted()
    box.develops()
    box.developed(kept=True)
    state.origin = None
    second = begin(box)
    two = span(box, second)
    seen = dead(box)
    assert set(seen.opened) == {root.span_id, one.span_id, two.span_id}
    assert seen.ended[one.span_id][0] == 5


def test_a_span_that_goes_on_is_written_again(box: Any) -> None:
    """A thread's span of an earlier invocation is not lost with its page."""
    root = begin(box)
    one = span(box, root)
    box.developed(kept=False)
    begin(box)
    assert set(dead(box).opened) == {one.span_id}


def test_the_ring_turns_over(box: Any) -> None:
    """Vector 11: the newest pages are kept, the header stays; a record too large is left out."""
    root = begin(box)
    spans = [span(box, root, "n" * 200) for _ in range(600)]
    box.put(b"x" * 5000)
    last = span(box, root)
    seen = dead(box)
    assert last.span_id in seen.opened
    assert spans[0].span_id not in seen.opened
    kept = [one.span_id in seen.opened for one in spans]
    assert kept == sorted(kept)
    assert seen.lost_pages > 0
    assert (box.dropped, seen.dropped) == (1, 1)
    assert seen.request_id.startswith("8476a536")


def test_what_has_left(box: Any) -> None:
    """Spans that were exported while the invocation ran are not sent again."""
    begin(box)
    lasting.exported(box, list(range(1, 1000)))
    seen = dead(box)
    assert seen.exported == set(range(1, 1000))
    assert seen.marks == blackbox.EARLY


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda data: data[:4] + b"\0\0\0\1" + data[8:], id="another python"),
        pytest.param(lambda data: data[:100], id="truncated"),
        pytest.param(lambda data: b"\xff" * len(data), id="0xff"),
        pytest.param(lambda data: data[:4096], id="no pages"),
        pytest.param(lambda data: b"", id="empty"),
    ],
)
def test_what_is_no_box(box: Any, tmp_path: Path, spoil: Any) -> None:
    """Vector 13: of no use, and told so."""
    begin(box)
    path = tmp_path / "spoilt"
    path.write_bytes(spoil(Path(box.path).read_bytes()))
    with path.open("rb") as file, pytest.raises(UnreadableError):
        read(file.fileno())


def test_garbage_in_pages(box: Any) -> None:
    """Whatever the pages hold, what is read is records of the right shape."""
    root = begin(box)
    one = span(box, root)
    data = bytearray(Path(box.path).read_bytes())
    for base in range(4096, len(data), 4096):
        if data[base : base + 4] == bytes(4):
            data[base : base + 4096] = os.urandom(4096)
    assert set(Dead(bytes(data)).opened) == {one.span_id}


def test_the_file_is_this_users_alone(box: Any) -> None:
    """0600 in a folder of 0700; a descriptor that no file of the function's gets."""
    assert stat.S_IMODE(os.stat(box.path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(os.path.dirname(box.path)).st_mode) == 0o700
    assert os.fstat(box.file).st_size == 65_536
    assert not os.get_inheritable(box.file)


@pytest.mark.parametrize("what", ["missing", "file", "link", "open to all"])
def test_no_place_for_it(tmp_path: Path, what: str, caplog: pytest.LogCaptureFixture) -> None:
    """Vector 14: the box is off, with one line."""
    place = tmp_path / "tmp"
    if what != "missing":
        place.mkdir()
        folder = place / ".heliograph"
        if what == "file":
            folder.write_text("")
        elif what == "link":
            folder.symlink_to(tmp_path)
        else:
            folder.mkdir(mode=0o777)
            folder.chmod(0o777)
    blackbox.make(config(place))
    assert state.box is None
    [line] = caplog.messages
    assert line.endswith("the black box is off.")


def test_no_room_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Vector 14: a full disk leaves no file behind."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    blackbox.make(config(tmp_path))
    assert state.box is None
    assert os.listdir(tmp_path / ".heliograph") == []
    assert len(caplog.messages) == 1


def test_a_write_that_fails(box: Any, caplog: pytest.LogCaptureFixture) -> None:
    """It is off from then on, told once, and spans are plain again."""
    root = begin(box)
    os.close(box.file)
    span(box, root)
    assert state.box is None
    assert type(vars(Entry)["end"]).__name__ == "member_descriptor"
    assert len(caplog.messages) == 1


def test_a_box_of_this_number(box: Any, tmp_path: Path) -> None:
    """The number of a dead process comes again: its box is set aside, and found."""
    begin(box)
    box.close(keep=True)
    blackbox.make(config(tmp_path))
    again: Any = state.box
    [name] = again.found
    assert name.startswith(f"dead-{os.getpid()}-")
    assert Dead((tmp_path / ".heliograph" / name).read_bytes()).state == blackbox.INVOKING


REPORT = "Fatal Python error: Segmentation fault\n\nThread 0x1 (most recent call first):\n"
SECOND = 1_000_000_000


@pytest.mark.parametrize(
    ("facts", "report", "expected"),
    [
        ({"marks": 1}, REPORT, ("signal:SIGSEGV", "certain")),
        ({"marks": 1}, "", ("timeout", "likely")),
        ({"marks": 4}, "", ("exit", "certain")),
        ({"marks": 2}, "", ("shutdown", "certain")),
        ({"marks": 8}, "", ("response_refused", "certain")),
        ({"marks": 8, "evidence": 100 * SECOND}, "", ("late_response", "certain")),
        ({"evidence": 99 * SECOND}, "", ("timeout", "possible")),
        ({}, "Timeout (0:00:03)!\n", ("timeout", "possible")),
        ({"rss_kb": 250 * 1024, "memory_mb": 256}, "", ("out_of_memory", "likely")),
        ({}, "", ("killed", "unknown")),
        ({"state": 1}, "", ("init_crash", "possible")),
        ({"state": 1, "alive": 10 * SECOND}, "", ("init_timeout", "possible")),
    ],
)
def test_how_it_died(facts: dict[str, Any], report: str, expected: tuple[str, str]) -> None:
    """Vectors 8, 18, 19, 25: the table of evidence, in its order."""
    usual = {"state": 3, "marks": 0, "evidence": 50 * SECOND, "deadline": 100 * SECOND}
    more = {"rss_kb": 100, "memory_mb": 256, "ended": {}, "span_id": 5, "alive": 0, "created": 0}
    assert died(SimpleNamespace(**(usual | more | facts)), report) == expected  # type: ignore[arg-type]


@pytest.fixture
def switched(tmp_path: Path):
    """Switch on with variables, as a function's process does; off again afterwards."""

    def on(**more: str) -> Config:
        environ = {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9", "_LAB_TMP": str(tmp_path), **more}
        settings = Config.read(environ)
        lifecycle.switch_on(settings)
        return settings

    yield on
    lifecycle.switch_off()


def test_off_is_the_default(switched: Any, tmp_path: Path) -> None:
    """What records is the plain function and the plain slot, nothing is read, nothing written."""
    plain = Journal.add, Entry.op, vars(Entry)["end"]
    settings = switched()
    assert (state.box, state.watching) == (None, None)
    assert (Journal.add, Entry.op, vars(Entry)["end"]) == plain
    assert [one.__name__ for one in plain] == ["add", "op", "end"]
    assert not {"seen", "black_box_messages"} & set(vars(settings))
    invocation = lifecycle.begin({}, None)
    assert invocation is not None
    invocation.returned(None)
    lifecycle.over()
    assert state.watcher is None
    assert list(tmp_path.iterdir()) == []


def test_on_and_off_again(switched: Any, tmp_path: Path) -> None:
    """With the variable all three are looked at, until it is switched off."""
    plain = Journal.add, Entry.op, vars(Entry)["end"]
    switched(HELIOGRAPH_BLACK_BOX="on")
    assert (tmp_path / ".heliograph" / f"box-{os.getpid()}").exists()
    seen = Journal.add, Entry.op, vars(Entry)["end"]
    assert not any(one is other for one, other in zip(seen, plain, strict=True))
    lifecycle.switch_off()
    assert (Journal.add, Entry.op, vars(Entry)["end"]) == plain
    assert list((tmp_path / ".heliograph").iterdir()) == []


WRITER = """
import os, sys
from types import SimpleNamespace
from heliograph import blackbox
from heliograph.journal import state
from heliograph.journal.entry import Entry, Trace
from heliograph.settings.config import Config
environ = {"AWS_LAMBDA_RUNTIME_API": "x", "_LAB_TMP": sys.argv[1], "HELIOGRAPH_BLACK_BOX": "on"}
settings = Config.read(environ)
while True:
    pid = os.fork()
    if pid:
        more = sys.stdin.readline()
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        if not more:
            break
        print(pid, flush=True)
        continue
    blackbox.make(settings)
    print("ready", flush=True)
    box, n = state.box, 0
    while True:
        root = Entry("handler", None, Trace(1))
        box.begin(SimpleNamespace(entry=root, deadline_ns=0, written=True), "r", cold=False)
        for _ in range(n % 40):
            n += 1
            entry = Entry("s" * (n % 90), root, root.trace)
            entry.span_id = n
            box.opened(entry)
            entry.end = n
        n += 1
        box.developed(kept=False)
"""


def test_killed_while_it_writes(tmp_path: Path) -> None:
    """Vector 9: 500 SIGKILLs at random moments: nothing corrupt, nothing out of order."""
    source = str(Path(blackbox.__file__).parents[2])
    child = subprocess.Popen(
        [sys.executable, "-S", "-c", WRITER, str(tmp_path)],
        env={"PYTHONPATH": source, "LD_LIBRARY_PATH": os.environ.get("LD_LIBRARY_PATH", "")},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    records = 0
    try:
        for _ in range(500):
            assert child.stdout is not None
            assert child.stdin is not None
            assert child.stdout.readline() == "ready\n"
            time.sleep(random.uniform(0, 0.004))  # else a quick machine kills before it writes
            child.stdin.write("\n")
            child.stdin.flush()
            pid = int(child.stdout.readline())
            path = tmp_path / ".heliograph" / f"box-{pid}"
            with path.open("rb") as file:
                seen = read(file.fileno())
            path.unlink()
            records += len(seen.opened)
            ids = list(seen.opened)
            assert ids == sorted(ids)
            assert ids == list(range(ids[0], ids[0] + len(ids))) if ids else True
            assert [*seen.ended] in (ids, ids[:-1])
            assert all(len(seen.opened[one][2]) == one % 90 for one in ids)
    finally:
        child.communicate(timeout=60)  # without input it kills its last child, and ends
    assert records > 500
