"""The settings of a process, and the only place that reads the environment.

A value given in code beats the environment, which beats the default. A bad value from the
environment is told once, by name, value and choices, and the default is used; one from code raises.
"""

from __future__ import annotations

import os

from . import _notice
from .settings import LIMITS, SETTINGS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from .settings import Setting


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
        argument = given.get("sampler_argument")
        values = {setting.name: _value(setting, environ, given) for setting in SETTINGS}
        if argument is not None and str(values["sampler"]).endswith("traceidratio"):
            _check_ratio(argument)
        if given:
            from .errors import ConfigurationError

            names = ", ".join(setting.name for setting in SETTINGS)
            raise ConfigurationError(f"unknown setting {next(iter(given))!r}; there are: {names}")
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


def _value(setting: Setting, environ: Mapping[str, str], given: dict[str, object]) -> object:
    if setting.name in given:
        return _given(setting, given.pop(setting.name))
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


def _given(setting: Setting, value: object) -> object:
    default = setting.read(setting.default)
    try:
        if isinstance(value, str):
            return setting.read(value)
        if isinstance(default, str) and type(value) in (int, float):
            return setting.read(str(value))
        if isinstance(default, tuple):
            return _texts(value)
        if default is None:
            return tuple(_texts(members) for members in _members(value))
        if type(value) is type(default):
            return value
        raise ValueError(f"{type(default).__name__}, not {type(value).__name__}")
    except ValueError as right:
        from .errors import ConfigurationError

        raise ConfigurationError(f"{setting.name}={value!r:.200}: must be {right}") from None


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


def _check_ratio(argument: object) -> None:
    try:
        usable = 0 <= float(str(argument)) <= 1
    except ValueError:
        usable = False
    if not usable:
        from .errors import ConfigurationError

        raise ConfigurationError(
            f"sampler_argument={argument!r:.200}: must be a number from 0 to 1"
        )


def _members(value: object) -> list[object] | tuple[object, ...]:
    if isinstance(value, (list, tuple)):
        return value
    raise ValueError(f"a list, not {type(value).__name__}")


def _texts(value: object) -> tuple[str, ...]:
    members = _members(value)
    if all(isinstance(member, str) for member in members):
        return tuple(str(member) for member in members)
    raise ValueError("a list of texts")


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
