"""Whole lines on a real standard output, whatever else is written to it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from heliograph.exporters import stdout

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(stdout.__file__).parents[2]
PROLOGUE = """
import io, os, sys, threading
from heliograph.exporters.stdout import StandardOutput

class Unbuffered:
    # what the runtime client puts in the place of sys.stdout: a flush after every piece of a print
    def __init__(self, stream):
        self.stream = stream
    def __getattr__(self, name):
        return getattr(self.stream, name)
    def write(self, text):
        self.stream.write(text)
        self.stream.flush()

write = StandardOutput()
"""


def child(script: str, *options: str, out: Any = subprocess.PIPE) -> subprocess.Popen[bytes]:
    """Start a process that runs a script with a `StandardOutput` named `write`."""
    return subprocess.Popen(
        [sys.executable, *options, "-c", PROLOGUE + script],
        stdout=out,
        stderr=subprocess.PIPE,
        env={"PYTHONPATH": str(SOURCE)},
    )


def run(script: str, *options: str) -> tuple[bytes, str, int]:
    """Run a script; return its output, its messages and its exit status."""
    process = child(script, *options)
    out, err = process.communicate()
    return out, err.decode(), process.returncode


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        pytest.param("print('a'); write(b'{}\\n')", b"a\n{}\n", id="a print goes first"),
        pytest.param(
            "sys.stdout = Unbuffered(sys.stdout)\nprint('a'); write(b'{}\\n'); print('b')",
            b"a\n{}\nb\n",
            id="under the runtime",
        ),
        pytest.param(
            "sys.stdout = io.StringIO(); print('a'); write(b'{}\\n')", b"{}\n", id="replaced"
        ),
        pytest.param(
            "sys.stdout = io.TextIOWrapper(sys.stdout.detach()); write(b'{}\\n'); print('b')",
            b"{}\nb\n",
            id="detached and wrapped anew",
        ),
        pytest.param("sys.stdout.close(); write(b'{}\\n')", b"{}\n", id="closed"),
        pytest.param(
            "write = StandardOutput(leading_newline=True)\nprint('a', end=''); write(b'{}\\n')",
            b"a\n{}\n",
            id="after an open line",
        ),
        pytest.param(
            "done = threading.Event()\nthreading.Thread(target=done.wait).start()\n"
            "print('a', end=''); write(b'{}\\n'); done.set()",
            b"a\n{}\n",
            id="beside another thread",
        ),
    ],
)
@pytest.mark.parametrize("options", [(), ("-u",)], ids=["buffered", "unbuffered"])
def test_a_record_is_a_line_of_its_own(
    script: str, expected: bytes, options: tuple[str, ...]
) -> None:
    """However a function treats its standard output, the record begins where a line begins."""
    assert run(script, *options) == (expected, "", 0)


@pytest.mark.parametrize("threads", [0, 1], ids=["alone", "beside another thread"])
def test_a_line_is_one_write(threads: int) -> None:
    """The operating system is given a record whole: a socket keeps each write apart."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    line = b"{" + b" " * 100_000 + b"}\n"
    script = (
        "done = threading.Event()\n"
        f"for _ in range({threads}): threading.Thread(target=done.wait).start()\n"
        "print('a')\n"
        f"write(b'{{' + b' ' * 100_000 + b'}}\\n')\n"
        "write(b'{}\\n')\n"
        "done.set()\n"
    )
    with ours, theirs:
        process = child(script, out=theirs)
        theirs.close()
        writes = list(iter(lambda: ours.recv(1 << 20), b""))
        assert process.communicate()[1] == b""
    newline = b"\n" * threads
    assert writes == [b"a\n", newline + line, newline + b"{}\n"]


def test_lines_stay_whole_beside_printing_threads() -> None:
    """Records larger than the pipe, and threads that print all the while: nothing is torn."""
    script = """
sys.stdout = Unbuffered(sys.stdout)
done = threading.Event()
def noise(name):
    n = 0
    while not done.is_set():
        print("noise", name, n, "." * 50)
        n += 1
threads = [threading.Thread(target=noise, args=(name,)) for name in "ab"]
for thread in threads:
    thread.start()
for n in range(40):
    write(b'{"n":%d,"text":"%s"}\\n' % (n, b"x" * (n * 5_000)))
done.set()
"""
    out, err, status = run(script)
    assert (err, status) == ("", 0)
    lines = [line for line in out.splitlines() if line.startswith(b"{")]
    assert lines == [b'{"n":%d,"text":"%s"}' % (n, b"x" * (n * 5000)) for n in range(40)]
    torn = [line for line in out.replace(b"\n", b" ").split() if b"{" in line and b"noise" in line]
    assert torn == []


def test_a_full_pipe_that_does_not_block_is_waited_for() -> None:
    """Records larger than the pipe arrive whole although each write takes only a part."""
    script = "os.set_blocking(1, False)\nfor _ in range(5): write(b'x' * 150_000 + b'\\n')"
    out, err, status = run(script)
    assert (out, err, status) == ((b"x" * 150_000 + b"\n") * 5, "", 0)


@pytest.fixture
def pipe() -> Iterator[tuple[int, Any]]:
    """A pipe: the descriptor to read from, and a text stream to write to, which never blocks."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    os.set_blocking(reading, False)
    with os.fdopen(writing, "w") as text, os.fdopen(reading, "rb"):
        yield reading, text


def test_after_a_torn_line_the_next_is_whole(
    pipe: tuple[int, Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A reader that stalls costs the record it stalled on, told once, and not the next one."""
    monkeypatch.setattr(stdout, "WAIT_SECONDS", 0.01)
    reading, text = pipe
    write = stdout.StandardOutput(text, leading_newline=False)
    write(b"x" * 200_000 + b"\n")
    assert "cannot be written to standard output: TimeoutError" in caplog.text
    assert os.read(reading, 1 << 20)
    write(b"{}\n")
    write(b"{}\n")
    assert os.read(reading, 1 << 20).endswith(b"\n{}\n{}\n")
    assert len(caplog.records) == 1


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        pytest.param("os.close(1)", "OSError: [Errno 9] Bad file descriptor", id="closed"),
        pytest.param("sys.__stdout__ = None", "there is none", id="none"),
    ],
)
def test_no_standard_output(script: str, reason: str) -> None:
    """Nothing is raised, one line says what is lost, and the exit status stays what it was."""
    out, err, status = run(f"{script}\nwrite(b'{{}}\\n'); write(b'{{}}\\n')")
    assert (out, status) == (b"", 0)
    assert err == f"heliograph: metrics cannot be written to standard output: {reason}.\n"


def test_nobody_reads() -> None:
    """A broken pipe raises nothing either, and leaves nothing behind that fails at exit."""
    reading, writing = os.pipe()
    os.close(reading)
    process = child("write(b'{}\\n'); write(b'{}\\n')", out=writing)
    os.close(writing)
    _, err = process.communicate()
    assert err.decode().startswith("heliograph: metrics cannot be written to standard output: Bro")
    assert err.count(b"\n") == 1
    assert process.returncode == 0


EXCHANGED = """
write(b"first\\n")
os.close(1)
own = open(OWN, "w")
assert own.fileno() == 1
own.write("the function's")
own.flush()
write(b"second\\n")
own.close()
"""


def test_a_file_of_the_functions_own(tmp_path: Path) -> None:
    """A file that the function opened as descriptor 1 holds what the function wrote (F4)."""
    own = tmp_path / "own"
    out, err, status = run(EXCHANGED.replace("OWN", repr(str(own))))
    assert (out, status) == (b"first\n", 0)
    assert own.read_text() == "the function's"
    assert "the function has closed it, and opened another file as descriptor 1" in err


FORKED = """
sys.stdout = Unbuffered(sys.stdout)
going = True
def lines():
    while going:
        write(b"x" * 30_000 + b"\\n")
threads = [threading.Thread(target=lines) for _ in range(2)]
for thread in threads:
    thread.start()
for _ in range(150):
    child = os.fork()
    if not child:
        print("child")
        sys.__stdout__.flush()
        os._exit(0)
    os.waitpid(child, 0)
going = False
for thread in threads:
    thread.join()
"""


def test_a_child_forked_while_a_line_is_written() -> None:
    """It can print: no lock of the standard output is taken in it for ever (F4)."""
    process = child(FORKED)
    try:
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (err, process.returncode) == (b"", 0)
    assert out.count(b"child") == 150
