"""Settings given in code, to `heliograph.configure`: what is not usable raises."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._unusable import shown
from .errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .config import Setting


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
                f"unknown setting {shown('', name)}; there are: {', '.join(known)}"
            )
    values = {name: _given(known[name], value) for name, value in given.items()}
    sampler = values.get("sampler", others.get("sampler"))
    if "sampler_argument" in given and str(sampler).endswith("traceidratio"):
        _check_ratio(given["sampler_argument"])
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
