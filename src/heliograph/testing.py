"""For tests of functions: what was traced and measured, and a context to call a handler with."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from . import _guard, _notice, flush
from .develop.development import SdkObjects
from .journal import journal
from .runtime import lifecycle, wrapping
from .settings.config import Config

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
        from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

        self._spans = InMemorySpanExporter()
        self._metrics = _reader()

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
        """The data points of all that was measured so far, by name of the metric."""
        flush()
        data = self._metrics.latest
        points: dict[str, list[Any]] = {}
        for resource in data.resource_metrics if data else ():
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    points.setdefault(metric.name, []).extend(metric.data.data_points)
        return points

    def start(self, **settings: Any) -> None:
        """Configure telemetry so that all of it comes here, and nothing leaves the process."""
        nowhere = {"traces_exporters": "none", "metrics_exporters": "none"}
        sdk_objects = SdkObjects(
            settings.pop("span_processors", None),
            [self._spans, *settings.pop("span_exporters", ())],
            [self._metrics, *settings.pop("metric_readers", ())],
            settings.pop("metric_exporters", None),
            settings.pop("views", None),
            (settings.pop("request_hook", None), settings.pop("response_hook", None)),
        )
        wrapping.record(Config.read(given={**nowhere, **settings}), sdk_objects)


def _reader() -> Any:
    from opentelemetry.sdk.metrics.export import MetricReader

    class Latest(MetricReader):
        """Keeps what a development collected: to collect once more would lose the exemplars."""

        latest: Any = None

        def _receive_metrics(self, metrics_data: Any, *_: Any, **__: Any) -> None:
            self.latest = metrics_data

        def shutdown(self, *_: Any, **__: Any) -> None:
            """Hold nothing that needs it."""

    return Latest()


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
    captured.start(**settings)
    try:
        yield captured
        flush()
    finally:
        lifecycle.switch_off()


@contextmanager
def strict() -> Iterator[list[tuple[str, BaseException]]]:
    """Raise at the end of the block what the guard swallowed in it: for tests of ours and yours."""
    swallowed: list[tuple[str, BaseException]] = []

    def observe(doing: str, error: BaseException) -> None:
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
