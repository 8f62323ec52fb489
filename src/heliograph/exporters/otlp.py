"""Spans and metrics to any OTLP backend, by the official exporters.

`http/json` is always there; `http/protobuf` and `grpc` need the packages of `heliograph[otlp]`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from opentelemetry.context import (
    _SUPPRESS_INSTRUMENTATION_KEY,
    Context,
    attach,
    detach,
    set_value,
)
from opentelemetry.exporter.otlp.common.http import Compression
from opentelemetry.sdk.metrics import Counter, Histogram, ObservableCounter
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    MetricExporter,
    MetricExportResult,
)
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from .. import _notice
from .._guard import guard
from ..settings.lending import without_otlp
from . import partial
from .target import GRPC_PORT, resolve
from .transport import Transport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.sdk.metrics.export import MetricsData
    from opentelemetry.sdk.trace import ReadableSpan

    from ..settings.config import Config
    from . import Setup
    from .target import Signal, Target
    from .transport import HeaderSource

PACKAGES = {
    "http/json": "opentelemetry.exporter.otlp.json.http",
    "http/protobuf": "opentelemetry.exporter.otlp.proto.http",
    "grpc": "opentelemetry.exporter.otlp.proto.grpc",
}
"""The official exporters of each protocol."""

CLASSES = {
    "traces": ("trace_exporter", "OTLPSpanExporter"),
    "metrics": ("metric_exporter", "OTLPMetricExporter"),
}
"""The module of a signal in each of them, and its class."""

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
            self._official, self._link = _official(target, sources, options)

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


def usable(config: Config, signal: Signal) -> Target | None:
    """Return where a signal goes, by a protocol that is installed.

    One that is not is told with the remedy, and `http/json` used if the endpoint is one of HTTP.
    """
    target = resolve(config, signal)
    lacking = missing(target.protocol, signal) if target else ""
    if target is None or not lacking:
        return target
    instead = resolve(config, signal, "http/json") if "://" in target.endpoint else None
    if instead is None or (target.protocol == "grpc" and _port(instead.endpoint) == GRPC_PORT):
        instead = None
        then = f"The endpoint {target.shown} is one of gRPC: {signal} are not exported by otlp."
    else:
        then = f"Used instead: http/json to {instead.shown}."
    _notice.warn(
        f"protocol {signal}",
        f"the OTLP protocol {target.protocol!r} for {signal} is not installed ({lacking}): install "
        f"heliograph[otlp], or use the layer with OTLP (make layer-otlp). {then}",
    )
    return instead


def _port(url: str) -> int | None:
    return urlsplit(url).port


def missing(protocol: str, signal: Signal) -> str:
    """Return what keeps the official exporter of a protocol from being imported; "" for nothing.

    Beside a package that is not there: protobuf refuses code made for a newer version than the
    function brings, by an exception of its own.
    """
    name = f"{PACKAGES[protocol]}.{CLASSES[signal][0]}"
    with guard(f"loading the exporters of {protocol}"):
        try:
            import_module(name)
        except ImportError as error:
            return str(error)
        return ""
    return f"{name} cannot be loaded"


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


def _official(
    target: Target, sources: Sequence[HeaderSource], options: dict[str, Any]
) -> tuple[Any, Any]:
    """Make the official exporter, and what knows how its last export went."""
    if target.protocol == "grpc":
        from . import otlp_grpc

        return otlp_grpc.make(target, sources, options)
    module, name = CLASSES[target.signal]
    official = getattr(import_module(f"{PACKAGES[target.protocol]}.{module}"), name)
    transport = Transport(target.headers, sources, target.tls, patient=target.patient)
    made = official(
        endpoint=target.endpoint,
        timeout=target.timeout,
        compression=Compression.from_str(target.compression),
        _transport=transport,
        **options,
    )
    return made, transport
