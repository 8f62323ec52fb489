"""For tests of functions: what was traced and measured, and a context to call a handler with."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from . import _guard, _notice, configure, flush
from .journal.entry import journal
from .runtime import telemetry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opentelemetry.sdk.trace import ReadableSpan

__all__ = ["Captured", "FakeContext", "capture", "strict"]


class FakeContext:
    """A context as the Lambda runtime makes it, with fixed values.

    Args:
        request_id: `aws_request_id`.
        function_name: Name of the function.
        seconds: Time that is left when the context is made.
    """

    function_version = "$LATEST"
    memory_limit_in_mb = "512"
    log_group_name = "/aws/lambda/function"
    log_stream_name = "2026/11/21/[$LATEST]0123456789abcdef"
    client_context = None
    identity = None
    tenant_id = None

    def __init__(
        self,
        request_id: str = "00000000-0000-0000-0000-000000000001",
        function_name: str = "function",
        seconds: float = 30.0,
    ) -> None:
        self.aws_request_id = request_id
        self.function_name = function_name
        self.invoked_function_arn = (
            f"arn:aws:lambda:eu-central-1:123456789012:function:{function_name}"
        )
        self._deadline = time.time() + seconds

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds left, never below 0."""
        return max(0, int((self._deadline - time.time()) * 1000))


class Captured:
    """What was captured so far."""

    def __init__(self) -> None:
        from opentelemetry.sdk.metrics.export import InMemoryMetricReader
        from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

        class Reader(InMemoryMetricReader):
            @property
            def registered(self) -> bool:
                return self._collect is not None

        self._spans = InMemorySpanExporter()
        self._metrics = Reader()
        self._left: dict[str, list[Any]] | None = None

    @property
    def spans(self) -> list[ReadableSpan]:
        """The spans that have ended, by their start."""
        flush()
        return sorted(self._spans.get_finished_spans(), key=lambda span: span.start_time or 0)

    def span(self, name: str) -> ReadableSpan:
        """Return the one span of this name.

        Raises:
            AssertionError: There is none, or more than one; says which there are.
        """
        names = [span.name for span in self.spans]
        if names.count(name) != 1:
            raise AssertionError(f"{names.count(name)} spans are named {name!r}; there are {names}")
        return self.spans[names.index(name)]

    @property
    def metrics(self) -> dict[str, list[Any]]:
        """The data points collected since the last look, by name of the metric."""
        if self._left is not None:
            left, self._left = self._left, {}
            return left
        flush()
        if not self._metrics.registered:  # nothing was measured: the SDK would complain
            return {}
        data = self._metrics.get_metrics_data()
        points: dict[str, list[Any]] = {}
        for resource in data.resource_metrics if data else ():
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    points.setdefault(metric.name, []).extend(metric.data.data_points)
        return points

    def _close(self) -> None:
        """Keep what was not looked at: a reader that is shut down collects no more."""
        self._left = self.metrics


@contextmanager
def capture(**settings: Any) -> Iterator[Captured]:
    """Capture the spans and metrics of the block; nothing leaves the process.

    ```python
    with heliograph.testing.capture() as captured:
        handler(event, heliograph.testing.FakeContext())
    assert captured.span("price").attributes["order.id"] == 7
    ```

    Args:
        settings: As for `heliograph.configure`.
    """
    captured = Captured()
    nowhere = {"traces_exporters": "none", "metrics_exporters": "none"}
    configure(
        span_exporters=[captured._spans, *settings.pop("span_exporters", ())],
        metric_readers=[captured._metrics, *settings.pop("metric_readers", ())],
        **{**nowhere, **settings},
    )
    try:
        yield captured
        captured._close()
    finally:
        telemetry.switch_off()


@contextmanager
def strict() -> Iterator[list[tuple[str, Exception]]]:
    """Raise at the end of the block what the guard swallowed in it: for tests of ours and yours."""
    swallowed: list[tuple[str, Exception]] = []

    def observe(doing: str, error: Exception) -> None:
        swallowed.append((doing, error))

    _guard.observers.append(observe)
    try:
        yield swallowed
    finally:
        _guard.observers.remove(observe)
        _notice.counts.clear()
        journal.drop()
    for doing, error in swallowed:
        raise AssertionError(f"the guard swallowed, while {doing}: {error!r}") from error
