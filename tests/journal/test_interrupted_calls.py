"""What interrupts a recorded call passes on, and leaves nothing of ours behind."""

from __future__ import annotations

import ast
import contextlib
import functools
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import requests as library
import urllib3

import heliograph
from heliograph import testing
from heliograph.journal import current, recording, threads
from heliograph.libraries import botocore, requests
from heliograph.settings.config import Config

if TYPE_CHECKING:
    from collections.abc import Callable

ROOMS = tuple(str(Path(heliograph.__file__).parent / name) for name in ("journal", "libraries"))
GUARD = str(Path(heliograph.__file__).parent / "_guard.py")


class TimeLimit(Exception):  # noqa: N818 - a user's own name
    """What a function raises into itself when its time is over."""


@functools.cache
def spared(file: str) -> set[int]:
    """The lines at which Python runs no signal handler.

    It looks for signals where a function begins and after a call: neither at a `try`, nor between
    the end of a block and the first call of its `finally`.
    """
    lines: set[int] = set()
    for node in ast.walk(ast.parse(Path(file).read_text())):
        if isinstance(node, ast.Try):
            lines.add(node.lineno)
            for one in node.finalbody:
                lines.update(range(one.lineno, (one.end_lineno or one.lineno) + 1))
    return lines


class Interrupt:
    """Raises at the n-th line of ours that this thread comes to."""

    def __init__(self, number: int) -> None:
        self.left = number
        self.raised = False

    def __call__(self, frame: Any, event: str, arg: Any) -> Any:
        file = frame.f_code.co_filename
        if self.raised or not file.startswith((*ROOMS, GUARD)):
            return None if self.raised else self.beyond
        return self.line if file.startswith(ROOMS) or frame.f_code.co_name == "guarded" else None

    def beyond(self, frame: Any, event: str, arg: Any) -> Any:
        return None

    def line(self, frame: Any, event: str, arg: Any) -> Any:
        if event == "line" and frame.f_lineno not in spared(frame.f_code.co_filename):
            if not self.left:
                self.raised = True
                sys.settrace(None)
                raise TimeLimit
            self.left -= 1
        return self.line


def interrupted_everywhere(work: Callable[[], object], check: Callable[[], object]) -> int:
    """Interrupt work at each line of ours in turn; returns how many there are."""
    work()  # what is imported by the first call is
    number = 0
    while True:
        interrupt = Interrupt(number)
        sys.settrace(interrupt)
        try:
            work()
        except TimeLimit:
            assert interrupt.raised
        else:
            sys.settrace(None)
            assert not interrupt.raised, f"swallowed at line {number}"
            return number
        finally:
            sys.settrace(None)
        check()
        number += 1


class Adapter(library.adapters.BaseAdapter):
    """An adapter that answers by itself, or fails."""

    fails = False

    def send(self, request: Any, **more: Any) -> Any:
        if self.fails:
            raise library.ConnectionError
        response = library.Response()
        response.status_code, response.request = 200, request
        response.raw = SimpleNamespace(version=11, read=lambda _: b"", close=int)
        return response

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize("fails", [False, True], ids=["answer", "error"])
def test_http_requests(fails: bool) -> None:
    """The caller's headers are as before, and what was current is again."""
    session = library.Session()
    session.mount("http://", Adapter())
    request = library.Request("GET", "http://host/", headers={"TraceParent": "mine"}).prepare()
    before, headers = list(request.headers.items()), request.headers

    def work() -> None:
        with contextlib.suppress(library.ConnectionError):
            session.send(request, allow_redirects=False)

    def check() -> None:
        assert request.headers is headers
        assert list(headers.items()) == before
        assert current.span() is outer
        assert requests._loans == {}
        assert all(one.end for one in recording.journal.entries if one.call is not None)

    with testing.capture(), heliograph.span("outer"), pytest.MonkeyPatch.context() as patch:
        patch.setattr(Adapter, "fails", fails)
        outer = current.span()
        assert interrupted_everywhere(work, check) > 50


@pytest.mark.parametrize("fails", [False, True], ids=["answer", "error"])
def test_aws_calls(fails: bool) -> None:
    """What was current is again, and a call that was begun has ended."""

    class BaseClient:
        meta = SimpleNamespace(service_model=SimpleNamespace(service_name="s3", service_id="S3"))

        def _make_api_call(self, operation_name: str, api_params: Any) -> Any:
            if fails:
                raise KeyError
            return {"ResponseMetadata": {"HTTPStatusCode": 200}}

    module: Any = ModuleType("botocore.client")
    module.BaseClient = BaseClient
    botocore.install(module, Config.read())
    client = BaseClient()

    def work() -> None:
        with contextlib.suppress(KeyError):
            client._make_api_call("GetObject", {"Key": "k"})

    def check() -> None:
        assert current.here.get() is outer
        assert all(one.end for one in recording.journal.entries if one.call is not None)
        recording.journal.drop()

    with testing.capture(), heliograph.span("outer"):
        outer = current.here.get()
        assert interrupted_everywhere(work, check) > 30


class Pool(urllib3.HTTPConnectionPool):
    """A pool that answers by itself, or fails."""

    fails = False

    def _make_request(self, *_: Any, **__: Any) -> Any:
        if self.fails:
            raise KeyError
        return urllib3.HTTPResponse(b"", status=200)


@pytest.mark.parametrize("fails", [False, True], ids=["answer", "error"])
def test_requests_of_urllib3(fails: bool) -> None:
    """The caller's headers are as before, what was current is again, what was begun has ended."""
    headers = {"TraceParent": "mine"}

    def work() -> None:
        with contextlib.suppress(KeyError):
            pool.urlopen("GET", "/", headers=headers)

    def check() -> None:
        assert headers == {"TraceParent": "mine"}
        assert current.here.get() is outer
        assert all(one.end for one in recording.journal.entries if one.call is not None)
        recording.journal.drop()

    with testing.capture(), heliograph.span("outer"), Pool("host") as pool:
        pool.fails = fails
        outer = current.here.get()
        assert interrupted_everywhere(work, check) > 50


def test_tasks_of_a_pool() -> None:
    """A submitter is where it was, and a worker too."""
    with testing.capture(), heliograph.span("outer"), ThreadPoolExecutor(1) as pool:
        outer = current.here.get()

        def check() -> None:
            assert current.here.get() is outer

        assert interrupted_everywhere(lambda: pool.submit(int).result(), check) > 2
        task = threads._Task(int, "elsewhere")

        def work() -> None:
            task.fn, task.where = int, "elsewhere"
            task()

        assert interrupted_everywhere(work, check) > 2


def test_threads() -> None:
    """Nothing is remembered of a thread that was not started."""
    with testing.capture(), heliograph.span("outer"):

        def work() -> None:
            thread = threading.Thread(target=int)
            thread.start()
            thread.join()

        def check() -> None:
            for thread in threading.enumerate():
                if thread is not threading.current_thread() and not thread.daemon:
                    thread.join()
            assert threads._starting == {}

        assert interrupted_everywhere(work, check) > 2


NO_DESCRIPTORS = """
import os, resource, sys
import requests, heliograph
from heliograph import testing
from heliograph.journal import current
import heliograph._failure, heliograph._shown, heliograph._interrupts, opcode, logging
class Adapter(requests.adapters.BaseAdapter):
    def send(self, request, **more): raise requests.ConnectionError("down")
    def close(self): pass
with testing.capture(), heliograph.span("outer"):
    session = requests.Session()
    session.mount("http://", Adapter())
    request = requests.Request("GET", "http://host/").prepare()
    before = dict(request.headers)
    resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
    held = []
    try:
        while True: held.append(os.open("/dev/null", os.O_RDONLY))
    except OSError:
        pass
    outer = current.span()
    sys.modules.pop("heliograph.journal.recorded_exception")
    try:
        session.send(request)
    except requests.ConnectionError as error:
        print(error, current.span() is outer, dict(request.headers) == before)
    for one in held: os.close(one)
"""


def test_a_failure_without_a_file_descriptor() -> None:
    """With none left to load what records a failure, the call's own exception arrives."""
    done = subprocess.run(
        [sys.executable, "-c", NO_DESCRIPTORS],
        env={**os.environ, "PYTHONPATH": str(Path(heliograph.__file__).parents[1])},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "down True True\n"), done.stderr
