"""The fields of `Config` for type checkers: the rows of all tables.

Written by `python -m scripts.settings_docs`.
"""

from __future__ import annotations


class Fields:
    """A field for each setting, of the type that its reader returns.

    Attributes:
        explicit: Names of those read after the first response that code or the environment sets.
        seen: The environment as init saw it.
    """

    explicit: frozenset[str]
    seen: dict[str, str]
    disabled: bool
    service_name: str
    traces_exporters: tuple[str, ...]
    metrics_exporters: tuple[str, ...]
    propagators: tuple[str, ...]
    sampler: str
    sampler_argument: str
    parent: str
    aws_header: bool
    disabled_instrumentations: tuple[str, ...]
    excluded_urls: tuple[str, ...]
    urllib3_excluded_urls: tuple[str, ...]
    span_name: str
    capture_query: bool
    start: str
    handler: str
    messaging_span: str
    event_age_metric: bool
    inferred_spans: bool
    authorizer_context: bool
    kinesis_json: bool
    warmup: str
    warmup_keys: tuple[str, ...]
    faas_cron: str
    capture_tenant: bool
    capture_request_headers: tuple[str, ...]
    capture_response_headers: tuple[str, ...]
    sanitize_headers: tuple[str, ...]
    xray_flag: str
    message_attributes: bool
    client_context: str
    eventbridge_detail: bool
    iot_user_properties: bool
    black_box: tuple[int, bool]
    black_box_messages: bool
    deadline: int
    baggage_attributes: tuple[str, ...]
    daemon_address: str
    annotations: tuple[str, ...]
    handler_as_segment: bool
    emf_namespace: str
    emf_dimensions: tuple[tuple[str, ...], ...] | None
    emf_metric_dimensions: dict[str, tuple[tuple[str, ...], ...]]
    emf_default_dimensions: tuple[str, ...]
    emf_properties: tuple[str, ...]
    emf_resource_properties: tuple[str, ...]
    emf_instrumentation_metrics: tuple[str, ...]
    emf_options: tuple[str, ...]
    emf_extraction_disabled: bool
    flush_timeout: float
    flush: float
    deadline_open: str
    otlp_endpoint: str
    otlp_traces_endpoint: str
    otlp_metrics_endpoint: str
    otlp_traces_protocol: str
    otlp_metrics_protocol: str
    otlp_traces_headers: str
    otlp_metrics_headers: str
    otlp_traces_timeout: float
    otlp_metrics_timeout: float
    otlp_traces_compression: str
    otlp_metrics_compression: str
    otlp_traces_certificate: str
    otlp_metrics_certificate: str
    otlp_traces_client_certificate: str
    otlp_metrics_client_certificate: str
    otlp_traces_client_key: str
    otlp_metrics_client_key: str
    otlp_traces_insecure: bool
    otlp_metrics_insecure: bool
    otlp_temporality: str
    preset: str
    preset_key: str
    preset_site: str
    otlp_headers_secret: str
    sigv4: str
