"""Bounded copies: what the journal keeps of a value, never the value itself.

A function may hand megabytes to a call or to an attribute. The journal must cost the same small
amount whatever comes, and must not see what user code changes later.
"""

from __future__ import annotations

from .. import _notice
from .._guard import guard
from .._limits import MAX_DEPTH, MAX_ITEMS, MAX_NODES, MAX_STRING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

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


def facts(value: object) -> object:
    """Copy the request or response of a library call: plain types only, no payloads.

    Strings end at `MAX_STRING` characters, containers at `MAX_ITEMS` entries and `MAX_DEPTH`
    levels, the whole at `MAX_NODES` values. Members named in `PAYLOADS` and objects of any other
    type (streams, decimals, dates) become None; `str()` of a user's object is never called.
    """
    return _facts(value, MAX_DEPTH, [MAX_NODES])


def _facts(value: object, depth: int, left: list[int]) -> object:
    kind = type(value)
    if kind is str:
        return value[:MAX_STRING]  # type: ignore[index]
    if value is None or kind is int or kind is bool or kind is float:
        return value
    left[0] -= 1
    if depth == 0 or left[0] < 0:
        return None
    if kind is dict:
        copy: dict[object, object] = {}
        for key, member in value.items():  # type: ignore[attr-defined]
            if len(copy) == MAX_ITEMS:
                break
            copy[key] = None if key in PAYLOADS else _facts(member, depth - 1, left)
        return copy
    if kind is list or kind is tuple:
        head = [_facts(member, depth - 1, left) for member in value[:MAX_ITEMS]]  # type: ignore[index]
        return head if len(value) <= MAX_ITEMS else Shortened(head, len(value))  # type: ignore[arg-type]
    if isinstance(value, str):
        return str.__str__(value)[:MAX_STRING]
    return None


def attribute(key: object, value: object) -> object:
    """Copy an attribute's value as the SDK would clean it, within the journal's bounds.

    Types that OpenTelemetry knows stay what they are; any other is turned to `str()` if it has a
    text of its own, else to None (OpenTelemetry's common `AnyValue` rules). What is cut is told.
    """
    cut: list[str] = []
    copy = _attribute(value, MAX_DEPTH, [MAX_NODES], cut)
    if cut:
        _notice.warn(
            f"attribute {key!r:.100}",
            f"the value of attribute {key!r:.100} was cut ({cut[0]}); "
            f"kept are {MAX_STRING} characters, {MAX_ITEMS} entries, {MAX_DEPTH} levels.",
        )
    return copy


def attributes(given: Mapping[str, object] | None) -> dict[str, object] | None:
    """Copy a mapping of attributes, each within the journal's bounds."""
    if not given:
        return None
    items = getattr(given, "items", None)
    if items is None:
        _notice.warn(
            f"attributes {type(given).__name__}",
            f"attributes must be a mapping, not {type(given).__name__} ({given!r:.100}): left out.",
        )
        return None
    return {key: attribute(key, value) for key, value in items()}


def _attribute(value: object, depth: int, left: list[int], cut: list[str]) -> object:
    kind = type(value)
    if value is None or kind is bool or kind is int or kind is float:
        return value
    if isinstance(value, (str, bytes)):
        if len(value) > MAX_STRING:
            cut.append(f"it has {len(value)} characters")
            return value[:MAX_STRING]
        return value if kind is str or kind is bytes else value[:]
    if isinstance(value, (bool, int, float)):
        return value
    left[0] -= 1
    if depth == 0 or left[0] < 0:
        cut.append("it is nested too deep" if depth == 0 else "it holds too many values")
        return None
    if isinstance(value, dict):
        return _members(value, depth, left, cut)
    if isinstance(value, (list, tuple)):
        if len(value) > MAX_ITEMS:
            cut.append(f"it has {len(value)} entries")
        return tuple(_attribute(member, depth - 1, left, cut) for member in value[:MAX_ITEMS])
    return _text(value, cut)


def _members(value: Mapping[object, object], depth: int, left: list[int], cut: list[str]) -> object:
    copy: dict[str, object] = {}
    for key, member in value.items():
        if len(copy) == MAX_ITEMS:
            cut.append(f"it has {len(value)} entries")
            break
        copy[key if isinstance(key, str) else str(key)] = _attribute(member, depth - 1, left, cut)
    return copy


def _text(value: object, cut: list[str]) -> str | None:
    own = type(value).__str__ is not object.__str__ or type(value).__repr__ is not object.__repr__
    if not own:
        cut.append(f"its type {type(value).__name__} has no text of its own")
        return None
    text = None
    with guard("taking the text of an attribute"):
        text = str(value)
    if text is not None and len(text) > MAX_STRING:
        cut.append(f"it has {len(text)} characters")
    return text and text[:MAX_STRING]
