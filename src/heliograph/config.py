"""The settings table, and the only place that reads the environment.

What only exporting needs is in `exporting.py`, and is read after the first response.

A value given in code beats the environment, which beats the default. A bad value from the
environment is told once, by name, value and choices, and the default is used; one from code raises.
"""

from __future__ import annotations

import os
import sys

from . import _notice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from .exporting import Fields
else:
    Fields = object


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


def text(value: str) -> str:
    """Read a text as it is."""
    return value


def switch(value: str) -> bool:
    """Read a switch."""
    known = {"true": True, "1": True, "on": True, "false": False, "0": False, "off": False}
    if value.lower() not in known:
        raise ValueError("on or off (also true, false, 1, 0)")
    return known[value.lower()]


def names(value: str) -> tuple[str, ...]:
    """Read a list: `a, b`."""
    return tuple(name for name in (part.strip() for part in value.split(",")) if name)


def _sampler(value: str) -> str:
    """Read a sampler's name; only OpenTelemetry's own are known in any case."""
    known = value.lower()
    return known if known.removeprefix("parentbased_") in _SAMPLERS else value


_SAMPLERS = ("always_on", "always_off", "traceidratio")


def one_of(*choices: str) -> Callable[[str], str]:
    """Return a reader of one of these words, in any case."""

    def read(value: str) -> str:
        if value.lower() not in choices:
            raise ValueError("one of " + ", ".join(choices))
        return value.lower()

    return read


SETTINGS = (
    Setting("disabled", "OTEL_SDK_DISABLED", "false", switch, "`true` switches everything off."),
    Setting(
        "service_name", "OTEL_SERVICE_NAME", "", text,
        "Name of the service; the function's name if not set.",
    ),
    Setting(
        "traces_exporters", "OTEL_TRACES_EXPORTER", "xray", names,
        "Where traces go, a list: `xray` (Lambda's own X-Ray daemon), `xray-otlp` (OTLP to that "
        "daemon), `otlp` (any backend), `console` (JSON on stdout), "
        "`none`, or a name that an installed package provides as `opentelemetry_traces_exporter`.",
    ),
    Setting(
        "metrics_exporters", "OTEL_METRICS_EXPORTER", "emf", names,
        "Where metrics go, a list: `emf` (CloudWatch embedded metric format on stdout), `otlp` "
        "(any backend), `console`, "
        "`none`, or a name that an installed package provides as `opentelemetry_metrics_exporter`.",
    ),
    Setting(
        "propagators", "OTEL_PROPAGATORS", "tracecontext,baggage,xray", names,
        "Headers written on outgoing HTTP requests: `tracecontext`, `baggage`, `xray`, `none`; any "
        "other name loads its official class during init. AWS calls always carry X-Ray's header.",
    ),
    Setting(
        "sampler", "OTEL_TRACES_SAMPLER", "parentbased_always_on", _sampler,
        "`always_on`, `always_off`, `traceidratio`, their `parentbased_` forms; any other name "
        "loads the SDK and that sampler during init.",
    ),
    Setting(
        "sampler_argument", "OTEL_TRACES_SAMPLER_ARG", "", text,
        "Argument of the sampler, such as the ratio of `traceidratio` (0 to 1).",
    ),
    Setting(
        "parent", "HELIOGRAPH_PARENT", "auto", one_of("auto", "xray", "event", "link"),
        "Which of several contexts is the parent of the handler's span, the others being links: "
        "`xray` Lambda's own segment, `event` what the caller sent, `auto` the former where traces "
        "go to X-Ray and else the latter, `link` none. See [parents](parents.md).",
    ),
    Setting(
        "disabled_instrumentations", "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", "", names,
        "Libraries left alone: a list of `botocore`, `requests`, `threading`; `aws-lambda` leaves "
        "out the handler's own span; `*` all of them.",
    ),
    Setting(
        "excluded_urls", "OTEL_PYTHON_REQUESTS_EXCLUDED_URLS OTEL_PYTHON_EXCLUDED_URLS", "", names,
        "Regular expressions of URLs whose requests are not recorded.",
    ),
    Setting(
        "start", "HELIOGRAPH_START", "deferred", one_of("deferred", "eager"),
        "`eager` imports the SDK and the exporters during init. Provisioned concurrency and "
        "SnapStart are eager by themselves.",
    ),
    Setting(
        "span_name", "HELIOGRAPH_SPAN_NAME", "auto", one_of("auto", "function"),
        "`auto` names the handler's span `GET /route` for an HTTP event with a route, else after "
        "the function; `function` always after the function.",
    ),
    Setting(
        "capture_query", "HELIOGRAPH_CAPTURE_QUERY", "on", switch,
        "`off` leaves `url.query` out of the handler's span. Signatures and credentials in it are "
        "redacted always.",
    ),
    Setting(
        "aws_header", "HELIOGRAPH_AWS_HEADER", "on", switch,
        "`off` leaves the trace header of AWS calls to botocore.",
    ),
    Setting(
        "handler", "HELIOGRAPH_HANDLER _HANDLER", "", text,
        "The function's handler. The layer's wrapper moves it here from `_HANDLER`.",
    ),
)  # fmt: skip

LOG_LEVELS = {"TRACE": 10, "DEBUG": 10, "INFO": 20, "WARN": 30, "ERROR": 40, "FATAL": 50}
"""Words of `AWS_LAMBDA_LOG_LEVEL`, by which Lambda filters a function's lines, and we ours."""


class Config(Fields):
    """The settings of a process, fixed once read. Fields are those of `SETTINGS`, and below.

    Attributes:
        function_name: `AWS_LAMBDA_FUNCTION_NAME`, or "".
        function_version, memory_mb, region, log_stream: The function's own facts, from the
            variables that Lambda sets; "" (0 for the memory) where one is absent.
        init_type: `AWS_LAMBDA_INITIALIZATION_TYPE`, or "on-demand".
        in_lambda: Whether this process runs in Lambda.
        path: `sys.path` when they were read, which code may replace later.
    """

    disabled: bool
    service_name: str
    traces_exporters: tuple[str, ...]
    metrics_exporters: tuple[str, ...]
    propagators: tuple[str, ...]
    sampler: str
    sampler_argument: str
    parent: str
    disabled_instrumentations: tuple[str, ...]
    excluded_urls: tuple[str, ...]
    start: str
    span_name: str
    capture_query: bool
    aws_header: bool
    handler: str
    function_name: str
    function_version: str
    memory_mb: int
    region: str
    log_stream: str
    init_type: str
    in_lambda: bool
    path: tuple[str, ...]

    def __init__(self, values: dict[str, object], environ: Mapping[Any, Any]) -> None:
        self.__dict__.update(values, _environ=environ, path=tuple(sys.path))

    def __getattr__(self, name: str) -> object:
        """Read the settings of exporting, when the first of them is asked for.

        Several threads may ask for the first at once: each reads all, and finds the same.
        """
        known = self.__dict__
        before = dict(known)
        if "seen" not in before and "_environ" in before:
            from . import exporting

            known.update(exporting.read(before, before["_environ"]))
        if name not in known:
            raise AttributeError(name)
        return known[name]

    def leaves_alone(self, library: str) -> bool:
        """Tell whether a library is not to be recorded; `*` is all of them."""
        off = self.disabled_instrumentations
        return library in off or "*" in off

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"Config is fixed once read; {name} cannot be set")

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
        seen = environ
        if environ is None:
            environ, seen = os.environ, _as_it_is()
            if "AWS_LAMBDA_LOG_LEVEL" in environ:
                _notice.least[0] = LOG_LEVELS.get(environ["AWS_LAMBDA_LOG_LEVEL"].upper(), 0)
        given = dict(given or {})
        values = {
            setting.name: value_of(setting, environ)
            for setting in SETTINGS
            if setting.name not in given
        }
        if given:
            from .exporting import EVERY
            from .given import check

            values.update(check(given, EVERY, values))
        if "preset" in given or environ.get("HELIOGRAPH_PRESET"):
            from .backends import add_preset

            add_preset(values, environ, given)
        values["function_name"] = environ.get("AWS_LAMBDA_FUNCTION_NAME", "")
        values["function_version"] = environ.get("AWS_LAMBDA_FUNCTION_VERSION", "")
        memory = environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "")
        values["memory_mb"] = int(memory) if memory.isdecimal() and len(memory) < 9 else 0
        values["region"] = environ.get("AWS_REGION", "")
        values["log_stream"] = environ.get("AWS_LAMBDA_LOG_STREAM_NAME", "")
        values["init_type"] = environ.get("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
        values["in_lambda"] = "AWS_LAMBDA_RUNTIME_API" in environ
        values["service_name"] = values["service_name"] or values["function_name"]
        return cls(values, seen or {})

    @property
    def eager(self) -> bool:
        """Whether the SDK is imported during init (lifecycle spec 1.2)."""
        return self.start == "eager" or self.init_type != "on-demand"


def value_of(setting: Setting, environ: Mapping[str, str]) -> object:
    """Return a setting's value: what the environment says, if that is usable."""
    for variable in setting.variables:
        text = environ.get(variable, "").strip()
        if text:  # OpenTelemetry: an empty variable is one that is not set
            try:
                return setting.read(text)
            except ValueError as right:
                from ._unusable import unusable

                unusable(variable, text, str(right), setting.default or "nothing")
    return setting.read(setting.default)


def _as_it_is() -> dict[Any, Any]:
    """Return the environment of this moment, as it stays whatever the function does to its own.

    A copy of what `os.environ` keeps, in bytes: to decode it would take 100,000 instructions of
    init. Read by `exporting.py`.
    """
    kept = getattr(os.environ, "_data", None)
    return dict(kept if isinstance(kept, dict) else os.environ)


def keep_propagators(names: list[str]) -> None:
    """Leave only these names in `OTEL_PROPAGATORS`, if it is set.

    `opentelemetry.propagate` cannot be imported with a name that is not installed, and with it
    whatever needs it: the official instrumentors, and user code.
    """
    if os.environ.get("OTEL_PROPAGATORS"):
        os.environ["OTEL_PROPAGATORS"] = ",".join(names) or "none"


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
