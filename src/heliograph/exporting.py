"""The settings that only exporting needs: rows of the table that are read after the first response.

`Config` has them as fields like the others, and reads all of them when the first is asked for.
"""

from __future__ import annotations

from os import fsdecode
from typing import TYPE_CHECKING

from . import config
from .backends import BACKENDS, is_set
from .config import Setting, names, one_of, switch, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any


class Fields:
    """The fields of `Config` that are rows of this table.

    Attributes:
        explicit: Names of those that code or the environment sets.
        seen: The environment as init saw it.
    """

    annotations: tuple[str, ...]
    handler_as_segment: bool
    daemon_address: str
    emf_namespace: str
    emf_dimensions: tuple[tuple[str, ...], ...] | None
    emf_metric_dimensions: dict[str, tuple[tuple[str, ...], ...]]
    emf_default_dimensions: tuple[str, ...]
    emf_properties: tuple[str, ...]
    emf_resource_properties: tuple[str, ...]
    emf_options: tuple[str, ...]
    emf_extraction_disabled: bool
    flush_timeout: float
    flush: float
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
    explicit: frozenset[str]
    seen: dict[str, str]


def _dimension_sets(value: str) -> tuple[tuple[str, ...], ...] | None:
    """Read `[[service],[service,route]]`; quotes are tolerated, nothing means the default set."""
    if not value:
        return None
    inner = value.strip()
    if not (inner.startswith("[[") and inner.endswith("]]")):
        raise ValueError("dimension sets such as [[service],[service,route]]")
    sets = inner[2:-2].replace(" ", "").replace('"', "").replace("'", "").split("],[")
    return tuple(names(members) for members in sets)


def _metric_dimensions(value: str) -> dict[str, tuple[tuple[str, ...], ...]]:
    """Read `http.*=[[service]];orders=[[service],[service,tier]]`."""
    found: dict[str, tuple[tuple[str, ...], ...]] = {}
    for part in filter(str.strip, value.split(";")):
        metric, _, written = part.partition("=")
        try:
            sets = _dimension_sets(written) if metric.strip() else None
        except ValueError:
            sets = None
        if sets is None:
            raise ValueError("sets by metric such as http.*=[[service]];orders=[[service,tier]]")
        found[metric.strip()] = sets
    return found


EMF_OPTIONS = (
    "rollup_zero", "rollup_single", "scale_units", "one_as_count", "stats_only", "drop_zeros",
    "leading_newline",
)  # fmt: skip
"""Words of `HELIOGRAPH_EMF_OPTIONS`: switches of `encode.emf.Options`, and one of the output."""


def _emf_options(value: str) -> tuple[str, ...]:
    """Read a list of these words."""
    words = names(value.lower())
    if not set(words) <= set(EMF_OPTIONS):
        raise ValueError("a list of " + ", ".join(EMF_OPTIONS))
    return words


def _seconds(value: str) -> float:
    """Read a number of seconds, more than none."""
    try:
        number = float(value)
    except ValueError:
        number = 0.0
    if not 0 < number < 86_400:
        raise ValueError("a number of seconds above 0")
    return number


def _otlp(
    name: str, default: str, read: Callable[[str], object], about: str
) -> tuple[Setting, Setting]:
    """Return the rows of a setting for traces and for metrics: their own variable comes first."""

    def row(signal: str) -> Setting:
        prefix, suffix = "OTEL_EXPORTER_OTLP_", name.upper()
        return Setting(
            f"otlp_{signal}_{name}",
            f"{prefix}{signal.upper()}_{suffix} {prefix}{suffix}",
            default,
            read,
            f"OTLP {signal}: {about}",
        )

    return row("traces"), row("metrics")


OTLP = (
    Setting(
        "otlp_endpoint", "OTEL_EXPORTER_OTLP_ENDPOINT", "", text,
        "OTLP: URL of the backend, to which `/v1/traces` or `/v1/metrics` is added; "
        "`http://localhost:4318` if not set, and `http://localhost:4317`, without a path, for "
        "`grpc`.",
    ),
    Setting(
        "otlp_traces_endpoint", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "", text,
        "OTLP traces: URL that is used as it is.",
    ),
    Setting(
        "otlp_metrics_endpoint", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "", text,
        "OTLP metrics: URL that is used as it is.",
    ),
    *_otlp(
        "protocol", "http/json", one_of("http/json", "http/protobuf", "grpc"),
        "`http/json`, `http/protobuf` or `grpc`; the last two need `heliograph[otlp]` or the layer "
        "with OTLP.",
    ),
    *_otlp("headers", "", text, "headers of every request, `name=value,name=value`."),
    *_otlp("timeout", "10", _seconds, "seconds for a request."),
    *_otlp("compression", "none", one_of("none", "gzip", "deflate"), "`none`, `gzip`, `deflate`."),
    *_otlp("certificate", "", text, "file (PEM) of the certificates to trust."),
    *_otlp("client_certificate", "", text, "file (PEM) of the certificate of our own."),
    *_otlp("client_key", "", text, "file (PEM) of its key."),
    *_otlp("insecure", "false", switch, "`true`: `grpc` without TLS, if no scheme says."),
    Setting(
        "otlp_temporality", "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "cumulative",
        one_of("cumulative", "delta", "lowmemory"),
        "OTLP metrics: `cumulative`, `delta` or `lowmemory`.",
    ),
)  # fmt: skip


def _milliseconds(value: str) -> float:
    """Read a time of at least one millisecond and at most a minute."""
    try:
        milliseconds = float(value)
    except ValueError:
        milliseconds = 0.0
    if not 1 <= milliseconds <= 60_000:
        raise ValueError("milliseconds from 1 to 60000")
    return milliseconds


def _interval(value: str) -> float:
    """Read when backends get what waits: `invocation` is 0 seconds, `interval:5s` is 5."""
    kind, _, rest = value.lower().partition(":")
    if kind == "invocation" and not rest:
        return 0.0
    for unit, seconds in (("ms", 0.001), ("s", 1.0), ("m", 60.0)):
        number = rest.removesuffix(unit)
        if kind == "interval" and number != rest and number.isdecimal() and int(number):
            return int(number) * seconds
    raise ValueError("invocation, or an interval such as interval:5s")


SETTINGS = (
    Setting(
        "annotations", "HELIOGRAPH_ANNOTATIONS", "", names,
        "Attributes that become X-Ray annotations: names and globs such as `order.id,tenant.*`, or "
        "`all`. `heliograph.annotate` needs no entry here.",
    ),
    Setting(
        "handler_as_segment", "HELIOGRAPH_HANDLER_AS_SEGMENT", "off", switch,
        "`on` sends the handler's span as a segment of its own, as the collector does: one more "
        "node in the service map.",
    ),
    Setting(
        "daemon_address", "AWS_XRAY_DAEMON_ADDRESS", "127.0.0.1:2000", text,
        "Address of the X-Ray daemon; Lambda sets it.",
    ),
    Setting(
        "emf_namespace",
        "HELIOGRAPH_EMF_NAMESPACE AWS_EMF_NAMESPACE POWERTOOLS_METRICS_NAMESPACE", "", text,
        "CloudWatch namespace of metrics; `service.namespace/service.name` if not set.",
    ),
    Setting(
        "emf_dimensions", "HELIOGRAPH_EMF_DIMENSIONS", "", _dimension_sets,
        "Dimension sets such as `[[service],[service,route]]`; one set of all attributes and "
        "`service` if not set. Attributes in no set are kept as properties.",
    ),
    Setting(
        "emf_metric_dimensions", "HELIOGRAPH_EMF_METRIC_DIMENSIONS", "", _metric_dimensions,
        "The same for some metrics, by globs of their names: "
        "`http.*=[[service]];orders=[[service],[service,tier]]`. The first that matches counts.",
    ),
    Setting(
        "emf_default_dimensions", "HELIOGRAPH_EMF_DEFAULT_DIMENSIONS", "service=service.name",
        names,
        "Dimensions that every metric has, from the resource: a list of `name=attribute`, or of "
        "attributes. `none` for none of them.",
    ),
    Setting(
        "emf_properties", "HELIOGRAPH_EMF_PROPERTIES", "", names,
        "Attributes of measurements that are kept as properties of the log line, and not as "
        "dimensions of the default set: names and globs such as `user.*`, or `*`; `*,!route` for "
        "all but `route`.",
    ),
    Setting(
        "emf_resource_properties", "HELIOGRAPH_EMF_RESOURCE_PROPERTIES",
        "service.name,service.version,deployment.environment.name,faas.name,faas.version,"
        "cloud.region",
        names,
        "Attributes of the resource that are properties of each log line: names and globs, or "
        "`none`.",
    ),
    Setting(
        "emf_options", "HELIOGRAPH_EMF_OPTIONS", "", _emf_options,
        "Other forms of the lines, a list: `rollup_zero` and `rollup_single` add the set without "
        "dimensions, and one for each dimension, to the default set (each is a metric to pay for); "
        "`scale_units` converts units without a CloudWatch name (`ns`, `min`, `KiBy`) to one that "
        "has; `one_as_count` writes the unit `1` as Count; `stats_only` leaves out the values of "
        "histograms; `drop_zeros` leaves out increments of 0; `leading_newline` begins each line "
        "with a newline, for functions that print without one.",
    ),
    Setting(
        "emf_extraction_disabled", "AWS_EMF_DISABLE_METRIC_EXTRACTION", "false", switch,
        "`true` prints metrics as plain log lines that CloudWatch does not count.",
    ),
    Setting(
        "flush_timeout", "HELIOGRAPH_FLUSH_TIMEOUT", "500", _milliseconds,
        "Milliseconds that sending to backends may take after a response, over all of them; never "
        "more than the invocation has left. [Delivery](delivery.md).",
    ),
    Setting(
        "flush", "HELIOGRAPH_FLUSH", "invocation", _interval,
        "When backends get what waits: `invocation` after each, `interval:5s` when so much time "
        "has passed since the last time. [What it risks](delivery.md#the-interval).",
    ),
    *OTLP,
    *BACKENDS,
)  # fmt: skip


def read(known: Mapping[str, object], seen: Mapping[Any, Any]) -> dict[str, object]:
    """Read the settings of this table that are not given in code.

    Args:
        known: Values by name, those given in code.
        seen: The environment as init saw it, in texts or in the system's bytes.

    Returns:
        The others by name, and what else `Fields` has.
    """
    env = {fsdecode(name): fsdecode(text) for name, text in seen.items()}
    found: dict[str, object] = {
        row.name: config.value_of(row, env) for row in SETTINGS if row.name not in known
    }
    found["explicit"] = frozenset(row.name for row in SETTINGS if is_set(row, env, known))
    found["seen"] = env
    return found


EVERY = (*config.SETTINGS, *SETTINGS)
"""The whole table."""
