"""Write docs/settings.md from the settings table: `python -m scripts.settings_docs`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from heliograph.exporting import EVERY
from heliograph.lending import LIMITS

if TYPE_CHECKING:
    from heliograph.config import Setting

PAGE = Path(__file__).parents[1] / "docs" / "settings.md"

READ_BY_OPENTELEMETRY = {
    "OTEL_RESOURCE_ATTRIBUTES": "Attributes of the resource, `key=value,key=value`: "
    "`service.namespace`, `deployment.environment.name`, ...",
    LIMITS[0]: "Attributes of a span, event or link: 128.",
    LIMITS[1]: "Characters of an attribute's value: no limit but the journal's 2,048.",
    LIMITS[2]: "Attributes of a span: 128.",
    LIMITS[3]: "Characters of a span attribute's value: no limit but the journal's 2,048.",
    LIMITS[4]: "Events of a span: 128.",
    LIMITS[5]: "Links of a span: 128.",
    LIMITS[6]: "Attributes of an event: 128.",
    LIMITS[7]: "Attributes of a link: 128.",
    "OTEL_METRICS_EXEMPLAR_FILTER": "Measurements kept as exemplars: `trace_based` (those in "
    "sampled spans), `always_on`, `always_off`.",
    "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION": "Histograms of OTLP: "
    "`explicit_bucket_histogram`, `base2_exponential_bucket_histogram`.",
    "OTEL_SEMCONV_STABILITY_OPT_IN": "Names of HTTP attributes in spans of `requests`: `http` for "
    "the stable ones, `http/dup` for both.",
    "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_REQUEST": "Request headers kept in spans of "
    "`requests`, a list.",
    "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_RESPONSE": "Response headers kept in spans "
    "of `requests`, a list.",
    "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SANITIZE_FIELDS": "Captured headers whose values "
    "are redacted, a list.",
    "OTEL_PYTHON_TRACER_PROVIDER": "A tracer provider by the name of its entry point; it wins over "
    "ours, as one set in code does.",
    "OTEL_PYTHON_METER_PROVIDER": "The same for metrics.",
    "OTEL_PYTHON_SDK_INTERNAL_METRICS_ENABLED": "`true`: the SDK measures itself.",
    "OTEL_PYTHON_CONTEXT": "What keeps OpenTelemetry's context, by the name of its entry point.",
    "OTEL_BSP_SCHEDULE_DELAY": "In a process that is no function: milliseconds between two batches "
    "of spans, 5000.",
    "OTEL_BSP_EXPORT_TIMEOUT": "There: milliseconds for the export of a batch, 30000.",
    "OTEL_BSP_MAX_QUEUE_SIZE": "There: spans that wait, 2048.",
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "There: spans of a batch, 512.",
    "OTEL_METRIC_EXPORT_INTERVAL": "There: milliseconds between two exports of metrics, 60000.",
    "OTEL_METRIC_EXPORT_TIMEOUT": "There: milliseconds for an export of metrics, 30000.",
    "OTEL_PYTHON_DISTRO": "`heliograph`, for `opentelemetry-instrument` in a process that is no "
    "function ([any other process](processes.md)).",
    "OTEL_PYTHON_CONFIGURATOR": "The configurator of `opentelemetry-instrument`; with that distro, "
    "`heliograph` if not set.",
}
"""Variables that the official packages read by themselves, with their defaults where numbers."""

READ_BY_THE_WRAPPER = {
    "HELIOGRAPH_NEXT_WRAPPER": "Path of another exec wrapper that the layer's wrapper runs after "
    "its own work; without it, the runtime.",
}
"""Variables that the layer's shell script reads before Python starts."""

SET_BY_LAMBDA = (
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_LEVEL",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "_X_AMZN_TRACE_ID",
)
"""Variables of the environment itself that `config.py` reads."""

TOP = """\
# Settings

<!-- Written by `python -m scripts.settings_docs` from src/heliograph/{config,exporting}.py. -->

A value given in code (`heliograph.configure(traces_exporters="console")`) beats the environment,
and the environment beats the default. An empty variable is one that is not set. Lists are separated
by commas. A value from the environment that is not usable is told once in the log, by name, value
and choices, and the default is used; one given in code raises
`heliograph.errors.ConfigurationError`. The environment is taken as it is when telemetry is switched
on: by the layer before the function's own code is imported, by `wrap` and `configure` when they are
called. What the function does to `os.environ` later changes no setting; only `_X_AMZN_TRACE_ID` is
read anew, for each invocation, and AWS credentials are botocore's to find, when it needs them.

A value that looks like a key, headers, and an address's credentials and query are not shown in the
log, nor in the text of an error.

| Variable | In code | Default | What it does |
| --- | --- | --- | --- |
"""

MIDDLE = """
Where a row names several variables, the first one that is set wins.

## Read by OpenTelemetry itself

These mean what OpenTelemetry says: the official packages read them when they are loaded, after the
first response, and see what was there during init. What they would refuse is told and left out of
that, so that a wrong value costs no more than itself; the function's own `os.environ` stays as it
is. `unset` as a limit is none.

| Variable | What it does |
| --- | --- |
"""

WRAPPER = """
## Read by the layer's wrapper

| Variable | What it does |
| --- | --- |
"""

LAMBDA = """
## Set by Lambda

Read and never set by you: {names}.
"""


def page() -> str:
    """Return the page."""
    others = [f"| `{name}` | {about} |\n" for name, about in READ_BY_OPENTELEMETRY.items()]
    wrapper = [f"| `{name}` | {about} |\n" for name, about in READ_BY_THE_WRAPPER.items()]
    names = ", ".join(f"`{name}`" for name in SET_BY_LAMBDA)
    return "".join(
        [
            TOP,
            *(row(setting) for setting in EVERY),
            MIDDLE,
            *others,
            WRAPPER,
            *wrapper,
            LAMBDA.format(names=names),
        ]
    )


def row(setting: Setting) -> str:
    """Return a setting's row of the table."""
    names = ", ".join(f"`{variable}`" for variable in setting.variables)
    default = f"`{setting.default}`" if setting.default else ""
    return f"| {names} | `{setting.name}` | {default} | {setting.about} |\n"


def main() -> int:
    """Write the page."""
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page())
    return 0


if __name__ == "__main__":
    sys.exit(main())
