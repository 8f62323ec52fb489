"""Invoke a function a number of times and gather all it gave: answers, traces, metrics, lines."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from .daemon import XRayDaemon
from .emf import Metrics, is_record, metrics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .function import Function
    from .invocation import Answer, Invocation
    from .profile import Profile, Step


@dataclass(frozen=True)
class Outcome:
    """One invocation and everything that came of it."""

    number: int
    cold: bool
    answer: Answer
    trace_header: str | None
    init_ms: float | None
    """Milliseconds of init, of a cold one."""
    exit_code: int | None
    """How the process ended, if it did."""
    documents: list[dict[str, Any]] = field(default_factory=list)
    """X-Ray documents that arrived up to the wait for the next event."""
    refused: int = 0
    """Datagrams that the X-Ray daemon or service would not take."""
    stdout: list[str] = field(default_factory=list)
    stderr: list[str] = field(default_factory=list)
    profile: list[Step] = field(default_factory=list)
    """What Heliograph took, if that was asked for."""

    @property
    def failed(self) -> bool:
        """Whether Lambda would count this invocation as an error."""
        return not self.answer.ok or self.exit_code is not None

    @property
    def metrics(self) -> Metrics:
        """Return the metrics among the lines."""
        return metrics(self.stdout)

    @property
    def log(self) -> list[str]:
        """Return the lines of stdout that are no metrics."""
        return [line for line in self.stdout if line.strip() and not is_record(line)]

    def as_dict(self) -> dict[str, Any]:
        """Return the whole as JSON values."""
        answer, found = self.answer, self.metrics
        profile = {"profile": [step.as_dict() for step in self.profile]} if self.profile else {}
        rows = ("namespace", "metric", "unit", "dimensions", "count", "minimum", "average")
        return {
            "number": self.number,
            "start": "cold" if self.cold else "warm",
            "failed": self.failed,
            "request_id": answer.request_id,
            "trace_header": self.trace_header,
            "init_ms": self.init_ms,
            "response_ms": answer.response_ms,
            "after_ms": answer.after_ms,
            "answer": {
                "kind": answer.kind,
                "status": answer.status,
                "error_type": answer.error_type,
                "timed_out": answer.timed_out,
                "body": answer.body.decode("utf-8", "replace"),
            },
            "exit_code": self.exit_code,
            "documents": self.documents,
            "metrics": [
                {name: getattr(row, name) for name in (*rows, "maximum", "p50")}
                for row in found.rows
            ],
            "metric_problems": found.problems,
            "stdout": self.log,
            "stderr": self.stderr,
            **profile,
        }


def run(
    function: Callable[[XRayDaemon], Function],
    invocation: Callable[[], Invocation],
    times: int,
    profile: Profile | None = None,
) -> Iterator[Outcome]:
    """Invoke `times` times, in one environment as long as it lives, as Lambda does.

    Args:
        function: Makes an environment that sends its traces to the daemon given.
        invocation: Makes the invocations, each with ids of its own.
        times: How many there are.
        profile: Where the environments write what Heliograph takes.
    """
    with XRayDaemon() as daemon:
        number = 0
        while number < times:
            with function(daemon) as environment:
                cold = True
                while number < times and environment.exit_code is None:
                    number += 1
                    outcome = invoke(environment, daemon, invocation(), number, cold=cold)
                    yield replace(outcome, profile=profile.read()) if profile else outcome
                    cold = False


def invoke(
    environment: Function, daemon: XRayDaemon, invocation: Invocation, number: int, *, cold: bool
) -> Outcome:
    """Invoke once in an environment, and gather all that came of it."""
    # what init wrote belongs to the cold invocation, as in Lambda's log
    out = 0 if cold else len(environment.stdout.raw)
    err = 0 if cold else len(environment.stderr.raw)
    documents = len(daemon.documents)
    refused = daemon.rejected + daemon.unreadable
    answer = environment.invoke(invocation)
    daemon.settle()
    return Outcome(
        number=number,
        cold=cold,
        answer=answer,
        trace_header=invocation.trace_header,
        init_ms=environment.init_ms if cold else None,
        exit_code=environment.exit_code,
        documents=daemon.documents[documents:],
        refused=daemon.rejected + daemon.unreadable - refused,
        stdout=environment.stdout.lines(out),
        stderr=environment.stderr.lines(err),
    )
