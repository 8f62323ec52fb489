"""An export that a worker is at: made once, and what came of it."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

from opentelemetry import context
from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY as SUPPRESSED

from .._guard import guard
from .log_capture import LONGEST, Hearing

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from .backlog import Item

ENOUGH = 0.9
"""Part of the budget after which an export without an answer counts as a failure."""
REFUSALS = 8
"""How often a backend has to say that it will never take a batch until it is believed: with the
breaker's pauses a minute. 401, 404 and 500 say so too (OTLP specification), and often pass."""


class _Attempt:
    """A guard's block, and what the guard swallowed in it."""

    __slots__ = ("_guard", "error")

    def __init__(self, guarded: guard) -> None:
        self._guard = guarded
        self.error: BaseException | None = None

    def __enter__(self) -> None:
        self._guard.__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> bool:
        self.error = error
        return self._guard.__exit__(kind, error, tb)


class Failure:
    """What an exporter says after an export that failed.

    Args:
        exporter: It may have attributes: `failure`, the reason; `retry_after`, the seconds that the
            backend asked for, or None; `retryable`, False if the backend says that it will never
            take that batch.
        error: What it raised.
        said: What it logged.
    """

    __slots__ = ("is_refusal", "reason", "retry_after")

    def __init__(self, exporter: Any, error: BaseException | None, said: str) -> None:
        reason = f"{type(error).__name__}: {error}" if error else ""
        reason = reason or str(getattr(exporter, "failure", "")) or said
        self.reason = reason[:LONGEST] or "the exporter says no more than that it failed"
        asked = getattr(exporter, "retry_after", None)
        self.retry_after = float(asked) if isinstance(asked, (int, float)) else None
        self.is_refusal = getattr(exporter, "retryable", True) is False


class InFlight:
    """An export that the thread is at.

    Attributes:
        items: What it exports.
        since: When it began, by `monotonic()`.
        waited: Seconds that flushes have waited for it.
        counted: Whether it counts as a failure already, for want of an answer.
    """

    __slots__ = ("counted", "items", "since", "waited")

    def __init__(self, items: list[Item]) -> None:
        self.items = items
        self.since = monotonic()
        self.waited = 0.0
        self.counted = False

    def is_overdue(self, patience: float) -> bool:
        """Tell whether it has been waited for long enough, of the seconds that it may have."""
        return self.waited >= ENOUGH * patience

    def export(self, exporter: Any, send: Callable[[list[Any]], object]) -> Failure | None:
        """Make it; return the failure if it was one."""
        attempt = _Attempt(guard(f"exporting by {type(exporter).__name__}"))
        hearing, result = Hearing(), None
        with hearing, attempt:
            result = send([item.content for item in self.items])
        if attempt.error is None and getattr(result, "name", "") != "FAILURE":
            return None
        return Failure(exporter, attempt.error, hearing.said)

    def to_keep(self, failure: Failure) -> list[Item]:
        """Return the items to try again: all that the backend has not refused too often."""
        for item in self.items if failure.is_refusal else ():
            item.refusals += 1
        return [item for item in self.items if item.refusals < REFUSALS]


def suppressing() -> context.Context:
    """Return a context in which an exporter's own calls are not instrumented, by anybody."""
    quiet = context.Context({"suppress_instrumentation": True})
    return context.set_value(SUPPRESSED, True, quiet)
