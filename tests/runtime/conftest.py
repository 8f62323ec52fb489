"""One function under the real runtime client twice: bare, and with the layer."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from heliograph.lab.invocation import Invocation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from heliograph.lab.daemon import XRayDaemon
    from heliograph.lab.function import Function

CAUSE = "lambda-runtime-function-xray-error-cause"
OURS = re.compile(r"heliograph: |^\{\"_aws\"")
VARYING = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z"), "<time>"),
    (re.compile(r"\[\d{13}\]"), "[<ms>]"),
    (re.compile(r"0x[0-9a-f]{6,}"), "<address>"),
)


@dataclass
class Seen:
    """What can be seen of a function from outside: everything that must not change."""

    answers: list[Any]
    init_errors: list[Any]
    exit_code: int | None
    stdout: list[str]
    stderr: list[str]


@dataclass
class Ran:
    """A function that ran.

    Attributes:
        seen: What its caller and its log see, without lines of ours.
        ours: The lines of ours.
        daemon: The X-Ray daemon that it sent to.
        function: The function; it may still run.
    """

    seen: Seen
    ours: list[str]
    daemon: XRayDaemon
    function: Function

    @property
    def documents(self) -> list[dict[str, Any]]:
        """What has arrived at the X-Ray daemon by now."""
        return list(self.daemon.documents)


@pytest.fixture
def run(
    function: Callable[..., Function], daemon: XRayDaemon, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Ran]:
    """Run a function: `run(runtime, source, invocations, **as_for_the_function_fixture)`."""

    def ran(
        runtime: dict[str, str],
        source: str | None,
        invocations: Sequence[Invocation | object] = ({},),
        **options: Any,
    ) -> Ran:
        started = function(runtime, source, **options)
        answers = []
        for event in invocations:
            if started.exit_code is None or not answers:
                asked = event if isinstance(event, Invocation) else Invocation(event)
                answers.append(started.invoke(asked))
        if workers := options.get("concurrency", 0):  # what follows an answer is not waited for
            started.api.wait_next(workers + len(answers), 30)
            started._process.drain()
        daemon.settle()
        task = started._root
        clean = _cleaner(str(task), {answer.request_id for answer in answers})
        streams = [[started.stdout], [started.stderr]]
        for worker in started.workers.values():
            for kind, stream in zip(streams, worker, strict=False):
                kind.append(stream)
        stdout, stderr = ([line for s in kind for line in s.lines()] for kind in streams)
        seen = Seen(
            [clean(_plain(answer)) for answer in answers],
            [clean((error.error_type, error.json())) for error in started.api.init_errors],
            started.exit_code,
            clean(_of_the_function(stdout)),
            clean(_of_the_function(stderr)),
        )
        ours = [line for line in (*stdout, *stderr) if OURS.search(line)]
        return Ran(seen, ours, daemon, started)

    return ran


@pytest.fixture
def both(run: Callable[..., Ran]) -> Callable[..., tuple[Ran, Ran]]:
    """Run the same function bare and with the layer, with the same events."""

    def ran(
        runtime: dict[str, str],
        source: str | None,
        invocations: Sequence[Invocation | object] = ({},),
        **options: Any,
    ) -> tuple[Ran, Ran]:
        given = [i if isinstance(i, Invocation) else Invocation(i) for i in invocations]
        bare = run(runtime, source, given, layers=[], **options)
        bare.function.close()
        return bare, run(runtime, source, given, **options)

    return ran


def _of_the_function(lines: list[str]) -> list[str]:
    """Leave out lines of ours, and the newline that a metric's line begins with (F6)."""
    following = [*lines, ""][1:]
    return [
        line
        for line, after in zip(lines, following, strict=True)
        if not OURS.search(line) and (line or not after.startswith('{"_aws"'))
    ]


def _plain(answer: Any) -> Any:
    try:
        body: object = answer.json()
    except ValueError:
        body = answer.body
    cause = json.loads(answer.headers.get(CAUSE, "null"))
    if cause:  # a set of the runtime's
        cause["paths"].sort()
    return (
        answer.kind, answer.status, body, answer.error_type, cause,
        answer.headers.get("lambda-runtime-function-error-type"),
    )  # fmt: skip


def _cleaner(task: str, request_ids: set[str]) -> Callable[[Any], Any]:
    def clean(value: Any) -> Any:
        if isinstance(value, dict):
            return {clean(key): clean(member) for key, member in value.items()}
        if isinstance(value, (list, tuple)):
            return [clean(member) for member in value]
        if not isinstance(value, str):
            return value
        value = value.replace(task, "<task>")
        for request_id in request_ids:
            value = value.replace(request_id, "<request>")
        for pattern, stands in VARYING:
            value = pattern.sub(stands, value)
        return value

    return clean


@pytest.fixture
def handlers_of() -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    """Pick the documents of handlers, in the order of their start."""

    def pick(documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
        found = [
            document
            for document in documents
            if "faas.coldstart" in document.get("metadata", {}).get("default", {})
        ]
        return sorted(found, key=lambda document: document["start_time"])

    return pick


@pytest.fixture
def clean_provider() -> Iterator[None]:
    """Whatever tracer provider a test sets is gone after it."""
    from opentelemetry import trace
    from opentelemetry.util._once import Once

    before = trace._TRACER_PROVIDER, trace._TRACER_PROVIDER_SET_ONCE
    trace._TRACER_PROVIDER, trace._TRACER_PROVIDER_SET_ONCE = None, Once()
    yield
    trace._TRACER_PROVIDER, trace._TRACER_PROVIDER_SET_ONCE = before
