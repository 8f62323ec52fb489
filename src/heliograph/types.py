"""The arguments of `heliograph.configure`, for type checkers and editors.

Written by `python -m scripts.settings_docs`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from opentelemetry.sdk.metrics.export import MetricExporter, MetricReader
    from opentelemetry.sdk.metrics.view import View
    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.sdk.trace.export import SpanExporter

    Names = str | Sequence[str]


class Settings(TypedDict, total=False):
    """The rows of the settings' tables (docs/settings.md), and objects of the SDK."""

    disabled: bool | str | None
    service_name: str | None
    traces_exporters: Names | None
    metrics_exporters: Names | None
    propagators: Names | None
    sampler: str | None
    sampler_argument: float | str | None
    parent: Literal["auto", "xray", "event", "link"] | None
    aws_header: bool | str | None
    disabled_instrumentations: Names | None
    excluded_urls: Names | None
    urllib3_excluded_urls: Names | None
    span_name: Literal["auto", "function"] | None
    capture_query: bool | str | None
    start: Literal["deferred", "eager"] | None
    handler: str | None
    messaging_span: Literal["child", "merge"] | None
    event_age_metric: bool | str | None
    inferred_spans: bool | str | None
    authorizer_context: bool | str | None
    kinesis_json: bool | str | None
    warmup: Literal["keep", "drop"] | None
    warmup_keys: Names | None
    faas_cron: str | None
    capture_tenant: bool | str | None
    capture_request_headers: Names | None
    capture_response_headers: Names | None
    sanitize_headers: Names | None
    xray_flag: Literal["own", "env"] | None
    message_attributes: bool | str | None
    client_context: Literal["off", "w3c"] | None
    eventbridge_detail: bool | str | None
    iot_user_properties: bool | str | None
    black_box: str | None
    black_box_messages: bool | str | None
    deadline: int | str | None
    baggage_attributes: Names | None
    daemon_address: str | None
    annotations: Names | None
    handler_as_segment: bool | str | None
    emf_namespace: str | None
    emf_dimensions: str | Sequence[Sequence[str]] | None
    emf_metric_dimensions: str | Mapping[str, Sequence[Sequence[str]]] | None
    emf_default_dimensions: Names | None
    emf_properties: Names | None
    emf_resource_properties: Names | None
    emf_instrumentation_metrics: Names | None
    emf_options: Names | None
    emf_extraction_disabled: bool | str | None
    flush_timeout: float | str | None
    flush: str | None
    deadline_open: Literal["keep", "send"] | None
    otlp_endpoint: str | None
    otlp_traces_endpoint: str | None
    otlp_metrics_endpoint: str | None
    otlp_traces_protocol: Literal["http/json", "http/protobuf", "grpc"] | None
    otlp_metrics_protocol: Literal["http/json", "http/protobuf", "grpc"] | None
    otlp_traces_headers: str | None
    otlp_metrics_headers: str | None
    otlp_traces_timeout: float | str | None
    otlp_metrics_timeout: float | str | None
    otlp_traces_compression: Literal["none", "gzip", "deflate"] | None
    otlp_metrics_compression: Literal["none", "gzip", "deflate"] | None
    otlp_traces_certificate: str | None
    otlp_metrics_certificate: str | None
    otlp_traces_client_certificate: str | None
    otlp_metrics_client_certificate: str | None
    otlp_traces_client_key: str | None
    otlp_metrics_client_key: str | None
    otlp_traces_insecure: bool | str | None
    otlp_metrics_insecure: bool | str | None
    otlp_temporality: Literal["cumulative", "delta", "lowmemory"] | None
    preset: str | None
    preset_key: str | None
    preset_site: str | None
    otlp_headers_secret: str | None
    sigv4: str | None
    span_processors: Sequence[SpanProcessor] | None
    span_exporters: Sequence[SpanExporter] | None
    metric_readers: Sequence[MetricReader] | None
    metric_exporters: Sequence[MetricExporter] | None
    views: Sequence[View] | None
    request_hook: Callable[[Any, Any, Any], object] | None
    response_hook: Callable[[Any, Any, Any, Any], object] | None
