"""Settings: what a row of the tables is, and how its text is read.

The rows are by topic, in `config.py` (read in init), `export.py` and `otlp.py` (read after the
first response). A value given in code beats the environment, which beats the default. A bad value
from the environment is told once, by name, value and choices, and the default is used; one from
code raises.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from typing import TypeAlias

    Topics: TypeAlias = dict[str, tuple["Setting", ...]]
    """Rows by topic: a section each on the settings' page."""


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


def one_of(*choices: str) -> Callable[[str], str]:
    """Return a reader of one of these words, in any case."""

    def read(value: str) -> str:
        if value.lower() not in choices:
            raise ValueError("one of " + ", ".join(choices))
        return value.lower()

    read.choices = choices  # type: ignore[attr-defined] # `scripts/settings_docs.py` reads them
    return read


def value_of(setting: Setting, environ: Mapping[str, str]) -> object:
    """Return a setting's value: what the environment says, if that is usable."""
    for variable in setting.variables:
        text = environ.get(variable, "").strip()
        if text:  # OpenTelemetry: an empty variable is one that is not set
            try:
                return setting.read(text)
            except ValueError as right:
                from .._unusable import unusable

                unusable(variable, text, str(right), setting.default or "nothing")
    return setting.read(setting.default)


def is_set(row: Setting, env: Mapping[str, str], given: Collection[str] = ()) -> bool:
    """Tell whether code or the environment sets a setting."""
    return row.name in given or any(env.get(name, "").strip() for name in row.variables)


def rows(topics: Topics) -> list[Setting]:
    """Return the rows of all topics of a table."""
    return [row for topic in topics.values() for row in topic]
