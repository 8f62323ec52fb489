"""The settings in force: rows that are read in init, and all of them in one object.

The environment is read here and nowhere else.
"""

from __future__ import annotations

import os
import sys

from .. import _notice
from . import Setting, names, one_of, rows, switch, text, value_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from . import Topics
    from .fields import Fields
else:
    Fields = object


def _sampler(value: str) -> str:
    """Read a sampler's name; only OpenTelemetry's own are known in any case."""
    known = value.lower()
    return known if known.removeprefix("parentbased_") in _SAMPLERS else value


_SAMPLERS = ("always_on", "always_off", "traceidratio")


WHERE = (
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
)  # fmt: skip

TRACES = (
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
        "aws_header", "HELIOGRAPH_AWS_HEADER", "on", switch,
        "`off` leaves the trace header of AWS calls to botocore.",
    ),
)  # fmt: skip

RECORDED = (
    Setting(
        "disabled_instrumentations", "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", "", names,
        "Libraries left alone: a list of `botocore`, `requests`, `urllib3`, `threading`; "
        "`aws-lambda` leaves out the handler's own span; `*` all of them.",
    ),
    Setting(
        "excluded_urls", "OTEL_PYTHON_REQUESTS_EXCLUDED_URLS OTEL_PYTHON_EXCLUDED_URLS", "", names,
        "Regular expressions of URLs whose requests are not recorded. Given in code, they are for "
        "the requests of all libraries.",
    ),
    Setting(
        "urllib3_excluded_urls", "OTEL_PYTHON_URLLIB3_EXCLUDED_URLS OTEL_PYTHON_EXCLUDED_URLS", "",
        names, "The same for requests that the function makes with urllib3 itself.",
    ),
    Setting(
        "span_name", "HELIOGRAPH_SPAN_NAME", "auto", one_of("auto", "function"),
        "`auto` names the handler's span `GET /route` for an HTTP event with a route, else after "
        "the function; `function` always after the function.",
    ),
    Setting(
        "capture_query", "HELIOGRAPH_CAPTURE_QUERY", "on", switch,
        "`off` leaves queries out: `url.query` of the handler's span, those of the URLs of calls "
        "and of URLs in texts of exceptions. Their [secrets](secrets.md) are redacted always.",
    ),
)  # fmt: skip

START = (
    Setting(
        "start", "HELIOGRAPH_START", "deferred", one_of("deferred", "eager"),
        "`eager` imports the SDK and the exporters during init. Provisioned concurrency and "
        "SnapStart are eager by themselves.",
    ),
    Setting(
        "handler", "HELIOGRAPH_HANDLER _HANDLER", "", text,
        "The function's handler. The layer's wrapper moves it here from `_HANDLER`.",
    ),
)  # fmt: skip

INIT: Topics = {
    "What goes where": WHERE,
    "Traces": TRACES,
    "What is recorded": RECORDED,
    "The start": START,
}
"""What is read in init."""

EARLY: dict[str, object] = {
    "kinesis_json": False, "authorizer_context": False, "capture_request_headers": (),
    "capture_response_headers": (), "sanitize_headers": (), "messaging_span": "child",
    "event_age_metric": False, "inferred_spans": False, "warmup": "keep", "warmup_keys": (),
    "faas_cron": "", "capture_tenant": False, "xray_flag": "own", "message_attributes": True,
    "client_context": "off", "eventbridge_detail": False, "iot_user_properties": False,
    "black_box": (0, False), "black_box_messages": False, "deadline": 0,
}  # fmt: skip
"""Settings that few functions have, and that are asked for by their events or calls: defaults by
name. What is not set costs two look-ups, and loads nothing."""

HEADERS = "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_"
OFFICIAL = {
    "capture_request_headers": HEADERS + "SERVER_REQUEST",
    "capture_response_headers": HEADERS + "SERVER_RESPONSE",
    "sanitize_headers": HEADERS + "SANITIZE_FIELDS",
}
"""Variables of those of them that are not `HELIOGRAPH_` and the name."""

EXTRAS = (
    "kinesis_json", "authorizer_context", "capture_request_headers", "capture_response_headers",
)  # fmt: skip
"""Those for which the event is looked at once more."""

LOG_LEVELS = {"TRACE": 10, "DEBUG": 10, "INFO": 20, "WARN": 30, "ERROR": 40, "FATAL": 50}
"""Words of `AWS_LAMBDA_LOG_LEVEL`, by which Lambda filters a function's lines, and we ours."""


class Config(Fields):
    """The settings of a process, fixed once read. Fields are the rows of all tables, and below.

    Attributes:
        function_name: `AWS_LAMBDA_FUNCTION_NAME`, or "".
        function_version, memory_mb, region, log_stream: The function's own facts, from the
            variables that Lambda sets; "" (0 for the memory) where one is absent.
        init_type: `AWS_LAMBDA_INITIALIZATION_TYPE`, or "on-demand".
        in_lambda: Whether this process runs in Lambda.
        path: `sys.path` when they were read, which code may replace later.
    """

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
        """Read the settings that are read late, when the first of them is asked for.

        Several threads may ask for the first at once: each reads all, and finds the same.
        """
        known = self.__dict__
        if name in EARLY:
            if not self.sets(name):
                return known.setdefault(name, EARLY[name])
            from . import seldom

            known.update(seldom.read(known))
        elif "seen" not in (before := dict(known)) and "_environ" in before:
            known.update(_read_late(before, before["_environ"]))
        if name not in known:
            raise AttributeError(name)
        return known[name]

    def sets(self, name: str) -> bool:
        """Tell whether code or the environment has one of `EARLY`."""
        environ = self.__dict__["_environ"]
        variable = OFFICIAL.get(name) or f"HELIOGRAPH_{name.upper()}"
        return name in self.__dict__ or variable.encode() in environ or variable in environ

    def extras(self) -> bool:
        """Tell whether one of the settings is there that few have, and that need the event."""
        return any(self.sets(name) for name in EXTRAS)

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
            for setting in rows(INIT)
            if setting.name not in given
        }
        if given:
            from .in_code import check

            values.update(check(given, every(), values))
        if "preset" in given or environ.get("HELIOGRAPH_PRESET"):
            from .otlp import add_preset

            add_preset(values, environ, given, rows(INIT))
        if environ.get("OTEL_CONFIG_FILE"):
            _notice.warn(
                "OTEL_CONFIG_FILE",
                "OTEL_CONFIG_FILE is set, and not read: set by variables, or by "
                "heliograph.configure(), what the file says, and unset it.",
            )
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


def _as_it_is() -> dict[Any, Any]:
    """Return the environment of this moment, as it stays whatever the function does to its own.

    A copy of what `os.environ` keeps, in bytes: to decode it would take 100,000 instructions of
    init. Read by `_read_late`.
    """
    kept = getattr(os.environ, "_data", None)
    return dict(kept if isinstance(kept, dict) else os.environ)


def trace_header() -> str:
    """Return `_X_AMZN_TRACE_ID`, which the runtime sets anew for every invocation."""
    return os.environ.get("_X_AMZN_TRACE_ID", "")


def is_set(name: str) -> bool:
    """Tell whether a variable that is not ours is set now, by the function's code or outside it."""
    return bool(os.environ.get(name))


def users_handler() -> str:
    """Return the handler that the wrapper moved, and give `_HANDLER` its own value back.

    Apart from the settings: whatever is wrong with those, the function's handler is found.
    """
    handler = os.environ.get("HELIOGRAPH_HANDLER", "")
    if handler:
        os.environ["_HANDLER"] = handler  # user code may read it
    return handler


def _read_late(known: Mapping[str, object], seen: Mapping[Any, Any]) -> dict[str, object]:
    """Read the settings that are read after the first response and not given in code.

    Args:
        known: Values by name, those given in code.
        seen: The environment as init saw it, in texts or in the system's bytes.

    Returns:
        The others by name, and what else `Fields` has.
    """
    from . import export, is_set, otlp

    late = [*rows(export.ROWS), *rows(otlp.ROWS)]
    env = {os.fsdecode(name): os.fsdecode(text) for name, text in seen.items()}
    found: dict[str, object] = {
        row.name: value_of(row, env) for row in late if row.name not in known
    }
    found["explicit"] = frozenset(row.name for row in late if is_set(row, env, known))
    found["seen"] = env
    return found


def topics() -> Topics:
    """Return all rows by topic, as the settings' page has them."""
    from . import export, otlp, seldom

    return {**INIT, **seldom.ROWS, **export.ROWS, **otlp.ROWS}


def every() -> list[Setting]:
    """Return all rows."""
    return rows(topics())
