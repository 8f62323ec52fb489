"""Settings given in code, to `heliograph.configure`: what is not usable raises."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .._unusable import shown
from ..errors import ConfigurationError
from .export import udp_address

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from . import Setting


def check(
    given: Mapping[str, object], settings: Sequence[Setting], others: Mapping[str, object]
) -> dict[str, object]:
    """Return the values given in code as the settings have them.

    Args:
        given: Values by name of the setting. Text is read as the environment's is; lists may be
            any sequence.
        settings: The table.
        others: The values of the settings that are not given.

    Raises:
        ConfigurationError: For a name or a value that is not usable.
    """
    known = {setting.name: setting for setting in settings}
    for name in given:
        if name not in known:
            raise ConfigurationError(
                f"unknown setting {shown('', name)}; available: {', '.join(known)}"
            )
    values = {name: _given(known[name], value) for name, value in given.items()}
    for name, value in values.items():
        _check(name, value)
    sampler = values.get("sampler", others.get("sampler"))
    if "sampler_argument" in given and str(sampler).endswith("traceidratio"):
        _check_ratio(given["sampler_argument"])
    if "excluded_urls" in values:  # code has one word for all libraries
        values.setdefault("urllib3_excluded_urls", values["excluded_urls"])
    return values


def _given(setting: Setting, value: object) -> object:
    default = setting.read(setting.default)
    try:
        if issubclass(type(value), str):
            return setting.read(str.__getitem__(value, slice(None)))  # type: ignore[index] # it is
        if isinstance(default, (str, float)) and type(value) in (int, float):
            return setting.read(str(value))
        if isinstance(default, dict):
            return _sets_by_name(value)
        if isinstance(default, tuple):
            texts = _texts(value)
            for one in texts:
                setting.read(one)
            return texts
        if default is None:
            return tuple(_texts(members) for members in _members(value))
        if type(value) is type(default):
            return value
        raise ValueError(f"{type(default).__name__}, not {type(value).__name__}")
    except ValueError as right:
        raise ConfigurationError(
            f"{setting.name}={shown(setting.name, value)}: must be {right}"
        ) from None


def _check(name: str, value: object) -> None:
    """Ask what the environment's value is asked for where it is used, one member at a time."""
    check = CHECKS.get(name)
    if check is None or not value:
        return
    for one in value if isinstance(value, tuple) else (value,):
        try:
            check(str(one))
        except ValueError as right:
            raise ConfigurationError(f"{name}={shown(name, one)}: must be {right}") from None


def is_provided(group: str, name: str) -> bool:
    """Tell whether an installed package has an entry point."""
    from importlib.metadata import entry_points  # 10 ms: only for a name that is not ours

    return bool(list(entry_points(group=group, name=name)))


def _provided(group: str, *ours: str) -> Callable[[str], None]:
    """Return a check of a name that we know or that an installed package provides."""

    def check(name: str) -> None:
        if name not in ours and not is_provided(group, name):
            known = ", ".join(ours)
            raise ValueError(f"one of {known}, or what an installed package provides as {group}")

    return check


def _pattern(value: str) -> None:
    try:
        re.compile(value)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"a regular expression ({error})") from None


def _endpoint(value: str) -> None:
    from urllib.parse import urlsplit

    written = value if "://" in value else f"grpc://{value}"  # of gRPC: `host:port`
    try:
        parts = urlsplit(written)
        usable = parts.scheme in ("http", "https", "grpc") and bool(parts.hostname)
        usable = usable and (parts.port is not None or "://" in value)
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("a URL such as https://host:4318, or host:port for grpc")


def _headers(value: str) -> None:
    if not all("=" in part for part in value.split(",") if part.strip()):
        raise ValueError("name=value,name=value")


CHECKS: dict[str, Callable[[str], object]] = {
    "traces_exporters": _provided(
        "opentelemetry_traces_exporter", "xray", "xray-otlp", "otlp", "console", "none"
    ),
    "metrics_exporters": _provided(
        "opentelemetry_metrics_exporter", "emf", "otlp", "console", "none"
    ),
    "propagators": _provided(
        "opentelemetry_propagator", "tracecontext", "baggage", "xray", "xray-lambda", "none"
    ),
    "sampler": _provided(
        "opentelemetry_traces_sampler",
        "always_on", "always_off", "traceidratio",
        "parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio",
    ),
    "excluded_urls": _pattern,
    "urllib3_excluded_urls": _pattern,
    "daemon_address": udp_address,
    **dict.fromkeys(
        ("otlp_endpoint", "otlp_traces_endpoint", "otlp_metrics_endpoint"), _endpoint
    ),
    **dict.fromkeys(("otlp_traces_headers", "otlp_metrics_headers"), _headers),
}  # fmt: skip
"""What is wrong with a value of the environment is told where it is used: one name of a list, one
header or one pattern costs itself. Code that gives it is told at once, by these."""


def _check_ratio(argument: object) -> None:
    try:
        usable = 0 <= float(str(argument)) <= 1
    except ValueError:
        usable = False
    if not usable:
        raise ConfigurationError(
            f"sampler_argument={shown('', argument)}: must be a number from 0 to 1"
        )


def _members(value: object) -> list[object] | tuple[object, ...]:
    if isinstance(value, (list, tuple)):
        return value
    raise ValueError(f"a list, not {type(value).__name__}")


def _sets_by_name(value: object) -> dict[str, tuple[tuple[str, ...], ...]]:
    if not isinstance(value, dict):
        raise ValueError(f"a dict, not {type(value).__name__}")
    names = _texts(list(value))
    return {name: tuple(_texts(members) for members in _members(value[name])) for name in names}


def _texts(value: object) -> tuple[str, ...]:
    members = _members(value)
    if all(isinstance(member, str) for member in members):
        return tuple(str(member) for member in members)
    raise ValueError("a list of texts")
