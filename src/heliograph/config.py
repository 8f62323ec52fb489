"""The settings table, and the only place that reads the environment.

A value given in code beats the environment, which beats the default. A bad value from the
environment is told once, by name, value and choices, and the default is used; one from code raises.
"""

from __future__ import annotations

import os

from . import _notice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


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
        "Where traces go, a list: `xray` (Lambda's own X-Ray daemon), `xray-otlp` (OTLP to that "
        "daemon), `console` (JSON on stdout), "
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
        "Libraries left alone: a list of `botocore`, `requests`, `threading`; `aws-lambda` leaves "
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
        "handler", "HELIOGRAPH_HANDLER _HANDLER", "", _text,
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


class Config:
    """The settings of a process, fixed once read. Fields are those of `SETTINGS`, and below.

    Attributes:
        function_name: `AWS_LAMBDA_FUNCTION_NAME`, or "".
        function_version, memory_mb, region, log_stream: The function's own facts, from the
            variables that Lambda sets; "" (0 for the memory) where one is absent.
        init_type: `AWS_LAMBDA_INITIALIZATION_TYPE`, or "on-demand".
        in_lambda: Whether this process runs in Lambda.
    """

    disabled: bool
    service_name: str
    traces_exporters: tuple[str, ...]
    metrics_exporters: tuple[str, ...]
    propagators: tuple[str, ...]
    sampler: str
    sampler_argument: str
    disabled_instrumentations: tuple[str, ...]
    excluded_urls: tuple[str, ...]
    start: str
    span_name: str
    capture_query: bool
    annotations: tuple[str, ...]
    handler_as_segment: bool
    aws_header: bool
    daemon_address: str
    emf_namespace: str
    emf_dimensions: tuple[tuple[str, ...], ...] | None
    emf_extraction_disabled: bool
    handler: str
    function_name: str
    function_version: str
    memory_mb: int
    region: str
    log_stream: str
    init_type: str
    in_lambda: bool

    def __init__(self, values: dict[str, object]) -> None:
        self.__dict__.update(values)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"Config is fixed once read; {name} cannot be set to {value!r}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"Config is fixed once read; {name} cannot be deleted")

    @classmethod
    def read(
        cls, environ: Mapping[str, str] | None = None, given: Mapping[str, object] | None = None
    ) -> Config:
        """Read the settings.

        Args:
            environ: The environment; the process's own if not given.
            given: Values given in code, by name of the setting. Text is read as the environment's
                is; lists may be any sequence.

        Raises:
            ConfigurationError: For a name or a value in `given` that is not usable.
        """
        if environ is None:
            environ = os.environ
            _drop_unusable_limits()
        given = dict(given or {})
        values = {
            setting.name: _value(setting, environ)
            for setting in SETTINGS
            if setting.name not in given
        }
        if given:
            from .given import check

            values.update(check(given, SETTINGS, values))
        values["function_name"] = environ.get("AWS_LAMBDA_FUNCTION_NAME", "")
        values["function_version"] = environ.get("AWS_LAMBDA_FUNCTION_VERSION", "")
        memory = environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "")
        values["memory_mb"] = int(memory) if memory.isdecimal() else 0
        values["region"] = environ.get("AWS_REGION", "")
        values["log_stream"] = environ.get("AWS_LAMBDA_LOG_STREAM_NAME", "")
        values["init_type"] = environ.get("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
        values["in_lambda"] = "AWS_LAMBDA_RUNTIME_API" in environ
        values["service_name"] = values["service_name"] or values["function_name"]
        return cls(values)

    @property
    def eager(self) -> bool:
        """Whether the SDK is imported during init (lifecycle spec 1.2)."""
        return self.start == "eager" or self.init_type != "on-demand"


def _value(setting: Setting, environ: Mapping[str, str]) -> object:
    for variable in setting.variables:
        text = environ.get(variable, "").strip()
        if text:  # OpenTelemetry: an empty variable is one that is not set
            try:
                return setting.read(text)
            except ValueError as right:
                _notice.warn(
                    f"setting {variable}",
                    f"{variable}={text!r:.200} is not usable: it must be {right}. "
                    f"Used instead: {setting.default or 'nothing'}.",
                )
    return setting.read(setting.default)


def _drop_unusable_limits() -> None:
    for name in LIMITS:
        text = os.environ.get(name)
        if text is None or text.strip().lower() == "unset" or text.strip().isdecimal():
            continue
        del os.environ[name]
        if text.strip():
            _notice.warn(
                f"setting {name}",
                f"{name}={text!r:.200} is not usable: it must be a number from 0, or unset. Used "
                "instead: OpenTelemetry's default.",
            )


def trace_header() -> str:
    """Return `_X_AMZN_TRACE_ID`, which the runtime sets anew for every invocation."""
    return os.environ.get("_X_AMZN_TRACE_ID", "")


def users_handler() -> str:
    """Return the handler that the wrapper moved, and give `_HANDLER` its own value back.

    Apart from the settings: whatever is wrong with those, the function's handler is found.
    """
    handler = os.environ.get("HELIOGRAPH_HANDLER", "")
    if handler:
        os.environ["_HANDLER"] = handler  # user code may read it
    return handler
