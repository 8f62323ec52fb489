"""The settings table: names, variables, defaults, and how each one's text is read."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Setting:
    """One row of the table.

    Attributes:
        name: Field of `Config`, and argument of `configure`.
        variables: Environment variables, the first one set wins.
        default: Value where nothing is given; as text, as it would be written.
        read: Turns the text into the value; raises ValueError saying what would be right.
        about: What it does, for the documentation.
    """

    __slots__ = ("about", "default", "name", "read", "variables")

    def __init__(
        self, name: str, variables: str, default: str, read: Callable[[str], object], about: str
    ) -> None:
        self.name = name
        self.variables = tuple(variables.split())
        self.default = default
        self.read = read
        self.about = about


def _text(value: str) -> str:
    return value


def _switch(value: str) -> bool:
    known = {"true": True, "1": True, "on": True, "false": False, "0": False, "off": False}
    if value.lower() not in known:
        raise ValueError("on or off (also true, false, 1, 0)")
    return known[value.lower()]


def _names(value: str) -> tuple[str, ...]:
    return tuple(name for name in (part.strip() for part in value.split(",")) if name)


def _sampler(value: str) -> str:
    """Read a sampler's name; only OpenTelemetry's own are known in any case."""
    known = value.lower()
    return known if known.removeprefix("parentbased_") in _SAMPLERS else value


_SAMPLERS = ("always_on", "always_off", "traceidratio")


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value.lower() not in choices:
            raise ValueError("one of " + ", ".join(choices))
        return value.lower()

    return read


def _dimension_sets(value: str) -> tuple[tuple[str, ...], ...] | None:
    """Read `[[service],[service,route]]`; quotes are tolerated, nothing means the default set."""
    if not value:
        return None
    inner = value.strip()
    if not (inner.startswith("[[") and inner.endswith("]]")):
        raise ValueError("dimension sets such as [[service],[service,route]]")
    sets = inner[2:-2].replace(" ", "").replace('"', "").replace("'", "").split("],[")
    return tuple(_names(names) for names in sets)


SETTINGS = (
    Setting("disabled", "OTEL_SDK_DISABLED", "false", _switch, "`true` switches everything off."),
    Setting(
        "service_name", "OTEL_SERVICE_NAME", "", _text,
        "Name of the service; the function's name if not set.",
    ),
    Setting(
        "traces_exporters", "OTEL_TRACES_EXPORTER", "xray", _names,
        "Where traces go, a list: `xray` (Lambda's own X-Ray daemon), `console` (JSON on stdout), "
        "`none`, or a name that an installed package provides as `opentelemetry_traces_exporter`.",
    ),
    Setting(
        "metrics_exporters", "OTEL_METRICS_EXPORTER", "emf", _names,
        "Where metrics go, a list: `emf` (CloudWatch embedded metric format on stdout), `console`, "
        "`none`, or a name that an installed package provides as `opentelemetry_metrics_exporter`.",
    ),
    Setting(
        "propagators", "OTEL_PROPAGATORS", "tracecontext,baggage,xray", _names,
        "Headers written on outgoing HTTP requests: `tracecontext`, `baggage`, `xray`, `none`; any "
        "other name loads its official class during init. AWS calls always carry X-Ray's header.",
    ),
    Setting(
        "sampler", "OTEL_TRACES_SAMPLER", "parentbased_always_on", _sampler,
        "`always_on`, `always_off`, `traceidratio`, their `parentbased_` forms; any other name "
        "loads the SDK and that sampler during init.",
    ),
    Setting(
        "sampler_argument", "OTEL_TRACES_SAMPLER_ARG", "", _text,
        "Argument of the sampler, such as the ratio of `traceidratio` (0 to 1).",
    ),
    Setting(
        "disabled_instrumentations", "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", "", _names,
        "Libraries left alone, a list of `botocore`, `requests`, `threading`; `aws-lambda` leaves "
        "out the handler's own span.",
    ),
    Setting(
        "excluded_urls", "OTEL_PYTHON_REQUESTS_EXCLUDED_URLS OTEL_PYTHON_EXCLUDED_URLS", "", _names,
        "Regular expressions of URLs whose requests are not recorded.",
    ),
    Setting(
        "start", "HELIOGRAPH_START", "deferred", _one_of("deferred", "eager"),
        "`eager` imports the SDK and the exporters during init. Provisioned concurrency and "
        "SnapStart are eager by themselves.",
    ),
    Setting(
        "span_name", "HELIOGRAPH_SPAN_NAME", "auto", _one_of("auto", "function"),
        "`auto` names the handler's span `GET /route` for an HTTP event with a route, else after "
        "the function; `function` always after the function.",
    ),
    Setting(
        "capture_query", "HELIOGRAPH_CAPTURE_QUERY", "on", _switch,
        "`off` leaves `url.query` out of the handler's span. Signatures and credentials in it are "
        "redacted always.",
    ),
    Setting(
        "annotations", "HELIOGRAPH_ANNOTATIONS", "", _names,
        "Attributes that become X-Ray annotations: names and globs such as `order.id,tenant.*`, or "
        "`all`. `heliograph.annotate` needs no entry here.",
    ),
    Setting(
        "handler_as_segment", "HELIOGRAPH_HANDLER_AS_SEGMENT", "off", _switch,
        "`on` sends the handler's span as a segment of its own, as the collector does: one more "
        "node in the service map.",
    ),
    Setting(
        "aws_header", "HELIOGRAPH_AWS_HEADER", "on", _switch,
        "`off` leaves the trace header of AWS calls to botocore.",
    ),
    Setting(
        "daemon_address", "AWS_XRAY_DAEMON_ADDRESS", "127.0.0.1:2000", _text,
        "Address of the X-Ray daemon; Lambda sets it.",
    ),
    Setting(
        "emf_namespace",
        "HELIOGRAPH_EMF_NAMESPACE AWS_EMF_NAMESPACE POWERTOOLS_METRICS_NAMESPACE", "", _text,
        "CloudWatch namespace of metrics; `service.namespace/service.name` if not set.",
    ),
    Setting(
        "emf_dimensions", "HELIOGRAPH_EMF_DIMENSIONS", "", _dimension_sets,
        "Dimension sets such as `[[service],[service,route]]`; one set of all attributes and "
        "`service` if not set. Attributes in no set are kept as properties.",
    ),
    Setting(
        "emf_extraction_disabled", "AWS_EMF_DISABLE_METRIC_EXTRACTION", "false", _switch,
        "`true` prints metrics as plain log lines that CloudWatch does not count.",
    ),
    Setting(
        "handler", "HELIOGRAPH_HANDLER", "", _text,
        "The function's handler. The layer's wrapper moves it here from `_HANDLER`.",
    ),
)  # fmt: skip

LIMITS = (
    "OTEL_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    "OTEL_SPAN_EVENT_COUNT_LIMIT", "OTEL_SPAN_LINK_COUNT_LIMIT",
    "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT",
)  # fmt: skip
"""Variables that the SDK reads by itself, when it is imported; it raises for a bad value."""
