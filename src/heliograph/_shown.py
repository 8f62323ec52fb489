"""Users' values in lines of ours: within a bound, and without running any of their code.

Loaded by the first line that needs it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def named(topic: tuple[str, object], counts: dict[Any, int], bound: int) -> tuple[str, str]:
    """Return a topic that holds a user's name as it is counted.

    Args:
        topic: (family, name).
        counts: How often each topic came up; the family's names are counted there, too.
        bound: Names told of a family; further ones are counted as one.
    """
    family = topic[0]
    known = family, shown(topic[1], 200)
    if known in counts:
        return known
    counts[family] = counts.get(family, 0) + 1
    if counts[family] <= bound:
        return known
    return family, ""


def shown(value: object, limit: int = 100) -> str:
    """Return a short text of any value.

    None of the value's own code runs, and no more of it is read than is shown.

    Args:
        value: Anything.
        limit: Characters kept of a text.
    """
    kind = type(value)
    if issubclass(kind, (str, bytes)):
        base: Any = str if issubclass(kind, str) else bytes
        head = base.__getitem__(value, slice(limit))
        return repr(head) if base.__len__(value) <= limit else f"{head!r}…"
    if kind is float or kind is bool or value is None:
        return repr(value)
    if kind is int:
        size = int.bit_length(value)  # type: ignore[arg-type] # an int
        return repr(value) if size < 4 * limit else f"an integer of {size} bits"
    if kind in (list, tuple, dict, set, frozenset):
        return _container(value, kind, limit)
    return f"an object of type {type_name(value)}"


FEW = 4
"""Members of a container that is shown with them."""


def _container(value: Any, kind: type, limit: int) -> str:
    """Return the text of a container of Python's own: with its members if they are few."""
    if len(value) > FEW or limit < FEW or kind not in (list, dict):
        return f"a {kind.__name__} of {len(value)}"
    part = limit // FEW
    if kind is list:
        return f"[{', '.join([shown(one, part) for one in value])}]"
    pairs = [f"{shown(key, part)}: {shown(one, part)}" for key, one in value.items()]
    return f"{{{', '.join(pairs)}}}"


def type_name(value: object) -> str:
    """Return the name of a value's class."""
    return class_name(type(value))[:100]


def class_name(kind: type) -> str:
    """Return the name of a class by Python's own record of it; its metaclass may have another."""
    return str(vars(type)["__name__"].__get__(kind))


def classes(kind: type) -> tuple[type, ...]:
    """Return a class and its bases, in the order of lookup."""
    return vars(type)["__mro__"].__get__(kind)  # type: ignore[no-any-return] # that it is


def _members(kind: type) -> Any:
    return vars(type)["__dict__"].__get__(kind)


def message_of(error: BaseException) -> str:
    """Return what an exception says, as far as that runs no code of its class or its arguments."""
    args = vars(BaseException)["args"].__get__(error)
    plain = all(type(one) in (str, int, float, type(None)) for one in args)
    own = map(_members, classes(type(error)))
    text = next(members["__str__"] for members in own if "__str__" in members)
    if plain and type(text) is type(BaseException.__str__):  # written in C
        return str(error)[:500]
    return ", ".join([shown(one, 500) for one in args[:3]])


def clean(text: str) -> str:
    """Return a text on one line, with what is no printable character written as an escape."""
    if text.isprintable():
        return text
    return "".join([one if one.isprintable() else repr(one)[1:-1] for one in text])
