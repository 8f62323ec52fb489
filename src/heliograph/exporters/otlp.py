"""Spans and metrics to any OTLP backend, by the official exporters.

They are asked in a context of their own, and say afterwards why an export failed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from opentelemetry.context import (
    _SUPPRESS_INSTRUMENTATION_KEY,
    Context,
    attach,
    detach,
    set_value,
)
from opentelemetry.sdk.metrics import Counter, Histogram, ObservableCounter
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    MetricExporter,
    MetricExportResult,
)
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from ..settings.lending import without_otlp
from . import partial
from .otlp_protocol import official, usable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.sdk.metrics.export import MetricsData
    from opentelemetry.sdk.trace import ReadableSpan

    from ..settings.config import Config
    from . import Setup
    from .target import Target
    from .transport import HeaderSource

DELTA = {
    "cumulative": (),
    "delta": (Counter, Histogram, ObservableCounter),
    "lowmemory": (Counter, Histogram),
}
"""Instruments with delta temporality, by preference (OTLP exporter specification)."""


class Remote:
    """What the exporters of both signals have in common.

    Args:
        target: Where to.
        sources: Make headers for each request.

    Attributes:
        remote: True: an export may take as long as the network does.
        endpoint: Where to, as the log may show it.
    """

    remote = True

    def __init__(
        self, target: Target, sources: Sequence[HeaderSource] = (), **options: Any
    ) -> None:
        self.endpoint = target.shown
        self._signal = target.signal
        with without_otlp():
            self._official, self._link = official(target, sources, options)

    @property
    def failure(self) -> str:
        """Why the last export failed: `HTTP 503 Service Unavailable`; "" if it did not."""
        return str(self._link.failure)

    @property
    def retryable(self) -> bool:
        """False after a failure for good: OTLP has the same not sent again, as it is."""
        return bool(self._link.retryable) or not self._link.failure

    @property
    def retry_after(self) -> float | None:
        """Seconds that the backend asked to wait before the next export, or None."""
        return cast("float | None", self._link.retry_after)

    def _export(self, data: object, **options: Any) -> Any:
        """Export once, in a context of its own: none of it is a span, or a part of one."""
        self._link.failure, self._link.retry_after, self._link.said = "", None, b""
        token = attach(set_value(_SUPPRESS_INSTRUMENTATION_KEY, True, Context()))
        try:
            result = self._official.export(data, **options)
        finally:
            detach(token)
        if self._link.said and not self._link.failure:
            partial.tell(self._link.said, self._signal, self.endpoint)
        return result


class OtlpSpanExporter(Remote, SpanExporter):
    """Sends spans. In Lambda an export is one attempt: what failed is for the caller to keep."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send spans. See `failure`, `retryable` and `retry_after` for why it is a failure."""
        return cast("SpanExportResult", self._export(spans))

    def shutdown(self) -> None:
        """Close the connection."""
        self._official.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002 - the SDK's name
        """Return True: nothing is kept in here."""
        return True


class OtlpMetricExporter(Remote, MetricExporter):
    """Sends metrics. In Lambda an export is one attempt: what failed is for the caller to keep.

    Args:
        target: Where to.
        sources: Make headers for each request.
    """

    def __init__(self, target: Target, sources: Sequence[HeaderSource] = ()) -> None:
        preferred = dict.fromkeys(DELTA[target.temporality], AggregationTemporality.DELTA)
        Remote.__init__(self, target, sources, preferred_temporality=preferred)
        MetricExporter.__init__(
            self,
            preferred_temporality=self._official._preferred_temporality,  # noqa: SLF001 - the base's
            preferred_aggregation=self._official._preferred_aggregation,  # noqa: SLF001 - the base's
        )

    def export(
        self, metrics_data: MetricsData, timeout_millis: float = 10_000, **kwargs: Any
    ) -> MetricExportResult:
        """Send metrics. See `failure`, `retryable` and `retry_after` for why it is a failure."""
        result = self._export(metrics_data, timeout_millis=timeout_millis, **kwargs)
        return cast("MetricExportResult", result)

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: Any) -> None:
        """Close the connection."""
        self._official.shutdown(timeout_millis=timeout_millis, **kwargs)

    def force_flush(self, timeout_millis: float = 10_000) -> bool:  # noqa: ARG002 - the SDK's name
        """Return True: nothing is kept in here."""
        return True


def span_exporter(setup: Setup) -> OtlpSpanExporter | None:
    """Return the exporter of spans that the settings ask for; None, told, if there is none."""
    config = setup.config
    target = usable(config, "traces")
    return OtlpSpanExporter(target, sources(config, target)) if target else None


def metric_exporter(setup: Setup) -> OtlpMetricExporter | None:
    """Return the exporter of metrics that the settings ask for; None, told, if there is none."""
    config = setup.config
    target = usable(config, "metrics")
    if target is None:
        return None
    return OtlpMetricExporter(target, sources(config, target))


def sources(config: Config, target: Target) -> list[HeaderSource]:
    """Return what makes headers for each request: a secret, and the signature, which comes last."""
    found: list[HeaderSource] = []
    if config.otlp_headers_secret:
        from .secret import shared

        found.append(shared(config))
    if config.sigv4 != "off" and target.protocol != "grpc":
        from .signing import signature

        signed = signature(target.endpoint, config.sigv4, config.region, config.seen)
        found += [signed] if signed else []
    return found
