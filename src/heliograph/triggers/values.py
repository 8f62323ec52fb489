"""Look-ups in what a handler returned: any type at all, and none of its code is run.

A result is the user's own object, unlike an event: a `defaultdict`, an `HTTPStatus`, a `StrEnum`
are all fine JSON. The methods of the built-in types are called unbound, so that an override in a
subclass does not run; and the type is asked for, because `isinstance` would ask the object too.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def is_table(value: Any) -> bool:
    """Say whether a value is a dict or of a subclass."""
    return issubclass(type(value), dict)


def has(value: Any, key: str) -> bool:
    """Say whether a dict, or an instance of a subclass, holds a key."""
    return issubclass(type(value), dict) and dict.__contains__(value, key)


def lookup(value: Any, key: str) -> object:
    """Return what a dict, or an instance of a subclass, holds at a key; None otherwise."""
    return dict.get(value, key) if issubclass(type(value), dict) else None


def sequence(value: Any, limit: int) -> list[object]:
    """Return the first items of a list or tuple; an empty list for anything else."""
    if issubclass(type(value), list):
        return list(list.__getitem__(value, slice(limit)))
    if issubclass(type(value), tuple):
        return list(tuple.__getitem__(value, slice(limit)))
    return []


def string(value: Any) -> str | None:
    """Return the text of a string, or of an instance of a subclass; None for anything else."""
    return str.__str__(value) if issubclass(type(value), str) else None


def status_code(value: Any) -> int | None:
    """Return an HTTP status: an integer, a text of three digits or an integral float, 100 to 599.

    A bool is not a number here, though Python says so (triggers spec 7).
    """
    code = 0
    text = string(value)
    if text is not None:
        if len(text) == 3 and text.isascii() and text.isdigit():
            code = int(text)
    elif type(value) is float:
        code = int(value) if value.is_integer() else 0
    elif issubclass(type(value), int) and type(value) is not bool:
        code = int.__int__(value)
    return code if 100 <= code <= 599 else None
