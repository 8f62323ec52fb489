"""Settings of any backend: OTLP, and backends by name. Read after the first response.

But for a preset: it decides which exporters there are where none are set, and the line at start
names those.
"""

from __future__ import annotations

from . import Setting, is_set, names, one_of, switch, text, value_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from . import Topics


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

_BOTH = ("traces", "metrics")
PRESETS = {
    "axiom": _BOTH[:1], "betterstack": _BOTH[:1], "coralogix": _BOTH, "dash0": _BOTH,
    "datadog": _BOTH, "dynatrace": _BOTH, "elastic": _BOTH, "grafana": _BOTH, "honeycomb": _BOTH,
    "jaeger": _BOTH[:1], "langfuse": _BOTH[:1], "lightstep": _BOTH, "logfire": _BOTH,
    "newrelic": _BOTH, "observe": _BOTH[:1], "sentry": _BOTH[:1], "signoz": _BOTH, "splunk": _BOTH,
    "uptrace": _BOTH,
}  # fmt: skip
"""What each backend of `exporters/presets.py` takes."""


def _preset(value: str) -> str:
    """Read the name of a preset."""
    return one_of(*PRESETS)(value) if value else ""


def _service(value: str) -> str:
    """Read `auto`, `off` or the signing name of an AWS service."""
    name = value.lower()
    if not (name[:1].isalpha() and name.replace("-", "").isalnum()) or name in ("on", "true"):
        raise ValueError("auto, off, or the service that a host of your own stands for: xray")
    return "off" if name == "false" else name


BACKENDS = (
    Setting(
        "preset", "HELIOGRAPH_PRESET", "", _preset,
        "A backend by name, which sets endpoint, protocol and headers of OTLP, and adds `otlp` to "
        f"the exporters where those are not set: {', '.join(f'`{name}`' for name in PRESETS)}. "
        "See [backends](backends.md).",
    ),
    Setting(
        "preset_key", "HELIOGRAPH_PRESET_KEY", "", text,
        "The key that this backend gave you.",
    ),
    Setting(
        "preset_site", "HELIOGRAPH_PRESET_SITE", "", text,
        "What of its address is yours: a site, region, host, zone or environment id.",
    ),
    Setting(
        "otlp_headers_secret", "HELIOGRAPH_OTLP_HEADERS_SECRET", "", text,
        "ARN of a Secrets Manager secret or an SSM parameter that holds headers of OTLP, or the "
        "preset's key. Read after the first response, and again after a 401 or 403.",
    ),
    Setting(
        "sigv4", "HELIOGRAPH_SIGV4", "auto", _service,
        "`auto` signs requests to AWS's own OTLP endpoints; a service such as `xray` signs those "
        "to other hosts too, in front of AWS; `off` signs none.",
    ),
)  # fmt: skip


def add_preset(
    values: dict[str, object],
    env: Mapping[str, str],
    given: Mapping[str, object],
    init: Sequence[Setting],
) -> None:
    """Let the preset add `otlp` to the exporters of what its backend takes, where none are set.

    Args:
        values: The settings read so far.
        env: The environment.
        given: What is given in code.
        init: The rows that are read in init.
    """
    row = BACKENDS[0]
    if row.name not in given:
        values[row.name] = value_of(row, env)
    takes = PRESETS.get(str(values[row.name]), ())
    for usual in init:
        signal, _, rest = usual.name.partition("_")
        if rest == "exporters" and signal in takes and not is_set(usual, env, given):
            values[usual.name] = (*names(usual.default), "otlp")


ROWS: Topics = {"OTLP": OTLP, "Backends by name": BACKENDS}
