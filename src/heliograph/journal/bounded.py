"""Bounded copies: what the journal keeps of a value, never the value itself.

A function may hand megabytes to a call or to an attribute. The journal must cost the same small
amount whatever comes, and must not see what user code changes later.
"""

from __future__ import annotations

from _collections_abc import (  # loaded at start-up; `collections.abc` may not be
    Mapping,
    Sequence,
    Set,
)
from itertools import islice

from .. import _notice
from .._guard import guard
from . import MAX_DEPTH, MAX_ITEMS, MAX_NODES, MAX_OPS, MAX_STRING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_BITS = 4096
"""Bits kept of an integer; beyond 4,300 digits Python refuses to write one (PEP 644's default)."""

SMALL = 1 << 63

PAYLOADS = frozenset(
    {
        "Attributes",
        "Blob",
        "Body",
        "Data",
        "Entries",
        "ExpressionAttributeValues",
        "Input",
        "Item",
        "Items",
        "Key",
        "Keys",
        "Message",
        "MessageBody",
        "Parameter",
        "Parameters",
        "Payload",
        "Plaintext",
        "PutRequest",
        "Records",
        "Responses",
        "SecretBinary",
        "SecretString",
        "UnprocessedItems",
        "UnprocessedKeys",
        "Value",
        "body",
        "error",
        "cause",
        "input",
        "output",
        "result",
    }
)
"""Members of AWS requests and responses that hold a user's data: never copied."""

HEADERS = "HTTPHeaders"
"""A response's headers: describers look there for what `RequestId` beside it says mostly, and to
copy them is half of what a copy takes."""

LEFT_OUT = PAYLOADS | {HEADERS}


class Shortened(list[object]):
    """The kept head of a longer list; `len()` is still the length of the whole.

    Describers count what a call returned (`aws.dynamodb.table_count`), so the length is a fact too.
    """

    __slots__ = ("whole",)

    def __init__(self, head: list[object], whole: int) -> None:
        super().__init__(head)
        self.whole = whole

    def __len__(self) -> int:
        return self.whole


def text(value: object) -> str:
    """Return a name or description as bounded text, whatever was given."""
    if type(value) is str:
        return value if len(value) <= MAX_STRING else value[:MAX_STRING]
    with guard("taking the text of a name"):
        kind = type(value)
        if issubclass(kind, (list, tuple, dict, set, frozenset)):  # of any size
            return _notice.shown(value)
        whole = value if issubclass(kind, str) else str(value)
        return str.__getitem__(whole, slice(MAX_STRING))  # type: ignore[index] # it is a str
    return _notice.type_name(value)


def facts(value: object) -> object:
    """Copy the request or response of a library call: plain types only, no payloads.

    Strings end at `MAX_STRING` characters, containers at `MAX_ITEMS` entries and `MAX_DEPTH`
    levels, the whole at `MAX_NODES` containers. Members named in `PAYLOADS` and objects of any
    other type (streams, decimals, dates) become None; no method of a user's object is called.
    """
    return _facts(value, MAX_DEPTH, [MAX_NODES])


def _facts(value: Any, depth: int, left: list[int]) -> object:
    kind = type(value)
    if kind is str:
        return value[:MAX_STRING]
    if value is None or kind is bool or kind is float:
        return value
    if kind is int:
        return value if value.bit_length() <= MAX_BITS else None
    left[0] -= 1
    if depth == 0 or left[0] < 0:
        return None
    if kind is dict or isinstance(value, dict):
        return _mapping(value, depth - 1, left)
    if isinstance(value, (list, tuple)):
        return _sequence(value, depth - 1, left)
    if isinstance(value, str):
        return str.__str__(value)[:MAX_STRING]
    return None


def _mapping(value: dict[Any, object], depth: int, left: list[int]) -> object:
    if type(value) is dict and len(value) <= MAX_ITEMS:
        copy = value.copy()
        for key, member in copy.items():
            if type(key) is not str or len(key) > MAX_STRING:
                break
            if key in LEFT_OUT and (key != HEADERS or "RequestId" in copy):
                copy[key] = None
            elif type(member) is not str or len(member) > MAX_STRING:
                copy[key] = _facts(member, depth, left)
        else:
            return copy
    copy = {}
    # taken in one step: another thread of the function's may be writing to it
    for key, member in list(islice(dict.items(value), MAX_ITEMS)):
        if type(key) is str:
            copy[key[:MAX_STRING]] = None if key in PAYLOADS else _facts(member, depth, left)
    return copy


def _sequence(
    value: list[object] | tuple[object, ...], depth: int, left: list[int]
) -> list[object] | tuple[object, ...]:
    """Copy a list or tuple; which of both it was is a fact too: describers ask."""
    if isinstance(value, tuple):
        members = tuple.__getitem__(value, slice(MAX_ITEMS))
        return tuple([_facts(member, depth, left) for member in members])
    whole = list.__len__(value)
    head = [_facts(member, depth, left) for member in list.__getitem__(value, slice(MAX_ITEMS))]
    return head if whole <= MAX_ITEMS else Shortened(head, whole)


def attribute(key: object, value: Any) -> object:
    """Copy an attribute's value as the SDK would clean it, within the journal's bounds.

    Types that OpenTelemetry knows stay what they are; any other is turned to `str()` if it has a
    text of its own, else to None (OpenTelemetry's common `AnyValue` rules). What is cut is told.
    """
    kind = type(value)
    if value is None or kind is bool or kind is float or (kind is str and len(value) <= MAX_STRING):
        return value
    if kind is int and -SMALL < value < SMALL:
        return value
    cut: list[str] = []
    copy = None
    with guard("copying an attribute"):
        copy = _attribute(value, MAX_DEPTH, [MAX_NODES], cut)
    if cut:
        _notice.warn(
            ("attribute", key),
            lambda: (
                f"the value of attribute {_notice.shown(key)} was cut ({cut[0]}); "
                f"kept are {MAX_STRING} characters, {MAX_ITEMS} entries, {MAX_DEPTH} levels."
            ),
        )
    return copy


def attributes(given: Mapping[str, object] | None) -> dict[str, object] | None:
    """Copy a mapping of attributes, each within the journal's bounds, at most `MAX_OPS` of them."""
    copy: dict[str, object] = {}
    with guard("copying attributes"):
        if given is None or (type(given) is dict and not given):
            return None
        if not issubclass(type(given), (dict, Mapping)) and not hasattr(given, "items"):
            _notice.warn(
                "attributes",
                lambda: f"attributes must be a mapping, not {_notice.shown(given)}: left out.",
            )
            return None
        for key, value in islice(_items(given), MAX_OPS + 1):
            if len(copy) == MAX_OPS:
                _notice.warn(
                    "attributes at once",
                    f"so many attributes were given at once; kept are the first {MAX_OPS}.",
                )
                break
            copy[_key(key)] = attribute(key, value)
    return copy or None


def _items(value: Any) -> Any:
    """Return the items of a mapping; a dict's own, whatever its class has in their place."""
    return dict.items(value) if issubclass(type(value), dict) else value.items()


def _key(key: object) -> str:
    """Return an attribute's key as text; "" for one that the SDK drops, and counts as dropped."""
    if type(key) is str and len(key) <= MAX_STRING:
        return key
    if issubclass(type(key), str):
        return str.__getitem__(key, slice(MAX_STRING))  # type: ignore[index] # it is a str
    if key is None or not _has_text(key):
        return ""
    return str.__getitem__(str(key), slice(MAX_STRING)) if key else ""


def _attribute(value: Any, depth: int, left: list[int], cut: list[str]) -> object:
    kind = type(value)
    if value is None or kind is bool:
        return value
    for base in (str, bytes):
        if issubclass(kind, base):
            size = base.__len__(value)
            if size > MAX_STRING:
                cut.append(f"it has {size} characters")
            return base.__getitem__(value, slice(MAX_STRING))
    if issubclass(kind, int):
        if int.bit_length(value) <= MAX_BITS:
            return int.__pos__(value)  # of a subclass, a plain one
        cut.append(f"it is an integer of {int.bit_length(value)} bits")
        return None
    if issubclass(kind, float):
        return float.__pos__(value)
    left[0] -= 1
    if depth == 0 or left[0] < 0:
        cut.append("it is nested too deep" if depth == 0 else "it holds too many values")
        return None
    if issubclass(kind, Mapping):
        return _members(value, depth, left, cut)
    if issubclass(kind, Sequence):
        return tuple([_attribute(one, depth - 1, left, cut) for one in _head(value, cut)])
    if issubclass(kind, Set):
        return _set(value, depth, left, cut)
    return _text(value, cut)


SIZED: tuple[Any, ...] = (list, tuple, dict, type({}.items()), set, frozenset)
"""What Python itself can tell the size and the members of, whatever a subclass has instead."""


def _head(value: Any, cut: list[str]) -> list[object]:
    """Return the first members of anything that can be gone through, and note if there are more."""
    base: Any = next((one for one in SIZED if issubclass(type(value), one)), None)
    members = iter(value) if base is None else base.__iter__(value)
    head = list(islice(members, MAX_ITEMS + 1))
    if len(head) > MAX_ITEMS:
        cut.append(f"it has {base.__len__(value) if base else f'more than {MAX_ITEMS}'} entries")
        head.pop()
    return head


def _members(value: Mapping[object, object], depth: int, left: list[int], cut: list[str]) -> object:
    copy: dict[str, object] = {}
    pairs: list[Any] = _head(_items(value), cut)
    for key, member in pairs:
        name = _key(key)
        if name:
            copy[name] = _attribute(member, depth - 1, left, cut)
    return copy


def _set(value: Any, depth: int, left: list[int], cut: list[str]) -> str:
    """Return the text of a set, which OpenTelemetry has no type for, within the bounds."""
    head = [repr(_attribute(one, depth - 1, left, cut)) for one in _head(value, cut)]
    text = f"{{{', '.join(head)}}}" if head else "set()"
    return (text if issubclass(type(value), set) else f"{_notice.type_name(value)}({text})")[
        :MAX_STRING
    ]


def _has_text(value: object) -> bool:
    kind = type(value)
    return kind.__str__ is not object.__str__ or kind.__repr__ is not object.__repr__


def _text(value: object, cut: list[str]) -> str | None:
    if not _has_text(value):
        cut.append(f"its type {_notice.type_name(value)} has no text of its own")
        return None
    with guard("taking the text of an attribute"):
        text = str(value)
        size = str.__len__(text)
        if size > MAX_STRING:
            cut.append(f"it has {size} characters")
        return str.__getitem__(text, slice(MAX_STRING))
    return None
