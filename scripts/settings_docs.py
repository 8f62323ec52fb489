"""Write what repeats the tables of settings: `python -m scripts.settings_docs`.

That is the page, the fields of `Config`, and the arguments of `configure`: each name and each type
is written once, in a row and in its reader.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from heliograph.settings.config import every, topics
from heliograph.settings.lending import LIMITS

if TYPE_CHECKING:
    from heliograph.settings import Setting

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "settings.md"
FIELDS = ROOT / "src" / "heliograph" / "settings" / "fields.py"
TYPES = ROOT / "src" / "heliograph" / "types.py"

FIRST = (
    "service_name", "traces_exporters", "metrics_exporters", "annotations", "emf_namespace",
    "emf_dimensions", "preset", "otlp_endpoint", "sampler", "start",
)  # fmt: skip
"""The settings that most people need first."""

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
    "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "`true`: records of calls to models "
    "(Bedrock) have what was asked and answered. [Where they go](libraries.md#amazon-bedrock).",
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
    "OTEL_CONFIG_FILE": "Not read: a line in the log says so.",
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

<!-- Written by `python -m scripts.settings_docs` from src/heliograph/settings/. -->

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

Where a row names several variables, the first one that is set wins. Most functions need none; those
that are asked for most are {first}.
"""

HEAD = """
| Variable | In code | Default | What it does |
| --- | --- | --- | --- |
"""

MIDDLE = """
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
    known = {setting.name: setting for setting in every()}
    first = [f"`{known[name].variables[0]}`" for name in FIRST]
    return "".join(
        [
            TOP.format(first=", ".join(first)),
            *(section(topic, rows) for topic, rows in topics().items()),
            MIDDLE,
            *others,
            WRAPPER,
            *wrapper,
            LAMBDA.format(names=names),
        ]
    )


def section(topic: str, rows: tuple[Setting, ...]) -> str:
    """Return the section of a topic."""
    return "".join([f"\n## {topic}\n", HEAD, *map(row, rows)])


def row(setting: Setting) -> str:
    """Return a setting's row of the table."""
    names = ", ".join(f"`{variable}`" for variable in setting.variables)
    default = f"`{setting.default}`" if setting.default else ""
    return f"| {names} | `{setting.name}` | {default} | {setting.about} |\n"


WRITTEN = "Written by `python -m scripts.settings_docs`."

FIELDS_TOP = f'''"""The fields of `Config` for type checkers: the rows of all tables.

{WRITTEN}
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
'''

TYPES_TOP = f'''"""The arguments of `heliograph.configure`, for type checkers and editors.

{WRITTEN}
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

'''

OBJECTS = """\
    span_processors: Sequence[SpanProcessor] | None
    span_exporters: Sequence[SpanExporter] | None
    metric_readers: Sequence[MetricReader] | None
    metric_exporters: Sequence[MetricExporter] | None
    views: Sequence[View] | None
    request_hook: Callable[[Any, Any, Any], object] | None
    response_hook: Callable[[Any, Any, Any, Any], object] | None
"""

TAKEN = {
    "bool": "bool | str",
    "float": "float | str",
    "tuple[str, ...]": "Names",
    "tuple[tuple[str, ...], ...] | None": "str | Sequence[Sequence[str]]",
    "dict[str, tuple[tuple[str, ...], ...]]": "str | Mapping[str, Sequence[Sequence[str]]]",
}
"""What code may give for a setting, by the type that its reader returns."""
TAKEN_BY_NAME = {
    "sampler_argument": "float | str", "flush": "str", "black_box": "str", "deadline": "int | str",
}  # fmt: skip
"""The same for settings of another kind than their type says."""


def returned(setting: Setting) -> str:
    """Return the type of a setting's value."""
    kind: str = setting.read.__annotations__["return"]
    return kind


def taken(setting: Setting) -> str:
    """Return the type of what code gives for a setting."""
    choices = getattr(setting.read, "choices", ())
    if choices:
        return f"Literal[{', '.join(repr(one) for one in choices)}]".replace("'", '"')
    usual = TAKEN.get(returned(setting), returned(setting))
    return TAKEN_BY_NAME.get(setting.name, usual)


def fields() -> str:
    """Return the file of `Config`'s fields."""
    return FIELDS_TOP + "".join(f"    {one.name}: {returned(one)}\n" for one in every())


def types() -> str:
    """Return the file of `configure`'s arguments."""
    given = "".join(f"    {one.name}: {taken(one)} | None\n" for one in every())
    return TYPES_TOP + given + OBJECTS


FILES = {PAGE: page, FIELDS: fields, TYPES: types}
"""What is written, and what it says."""


def main() -> int:
    """Write the files."""
    for path, text in FILES.items():
        path.write_text(text())
    return 0


if __name__ == "__main__":
    sys.exit(main())
