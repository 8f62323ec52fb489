"""A table of a description as it is read: each member is taken once, the rest are mistakes."""

from __future__ import annotations

from typing import Any, TypeVar

from ...errors import ConfigurationError

Value = TypeVar("Value", str, int, bool, dict[str, Any], list[Any])

KINDS = {str: "text", int: "whole number", bool: "true or false", dict: "table", list: "list"}


class Table:
    """A JSON object of the description; `where` is how errors name it.

    Raises:
        ConfigurationError: It is no object.
    """

    def __init__(self, where: str, value: object) -> None:
        if not isinstance(value, dict):
            raise ConfigurationError(f"{where} is no table: {{...}}")
        self.where = where
        self._left = dict(value)
        self._known: list[str] = []

    def take(self, name: str, kind: type[Value], default: Value | None = None) -> Value:
        """Return a member of a kind; one without a default has to be there.

        Raises:
            ConfigurationError: It is not there, or is of another kind.
        """
        self._known.append(name)
        if name not in self._left:
            if default is None:
                raise ConfigurationError(f"{self.where} has no {name!r}")
            return default
        value = self._left.pop(name)
        if type(value) is not kind:
            raise ConfigurationError(f"{name!r} of {self.where} is no {KINDS[kind]}: {value!r}")
        return value

    def take_positive(self, name: str, default: int, most: int) -> int:
        """Return a number from one to `most`.

        Raises:
            ConfigurationError: It is another.
        """
        number = self.take(name, int, default)
        if not 1 <= number <= most:
            text = f"{name!r} of {self.where} is no number from 1 to {most}: {number}"
            raise ConfigurationError(text)
        return number

    def take_texts(self, name: str) -> dict[str, str]:
        """Return a table of texts, empty if it is not there.

        Raises:
            ConfigurationError: It is no table, or a value of it is no text.
        """
        found = self.take(name, dict, {})
        for key, value in found.items():
            if not isinstance(value, str):
                where = f"{key!r} in {name!r} of {self.where}"
                raise ConfigurationError(f"{where} is no text: {value!r}")
        return dict(found)

    def take_tables(self, name: str) -> dict[str, Table]:
        """Return the tables in a table by their names, none if it is not there.

        Raises:
            ConfigurationError: It is no table, or a member of it is none.
        """
        found = self.take(name, dict, {})
        return {key: Table(f"{key!r} in {name!r}", value) for key, value in found.items()}

    def end(self) -> None:
        """Complain about what nobody took.

        Raises:
            ConfigurationError: There is something.
        """
        if self._left:
            known = ", ".join(sorted(self._known))
            raise ConfigurationError(
                f"{self.where} has {next(iter(self._left))!r}, which is not known; it takes {known}"
            )
