"""Ids in X-Ray's form (xray spec 2.1); attribute values as JSON that every parser takes (6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import isnan

MAX_DEPTH = 16
"""Levels of nested values written; a reader of a trace needs no more, and recursion is bounded."""
MAX_BITS = 1023
"""An integer beyond a double's range would not survive a JSON reader: it becomes hex text."""


def plain(value: object, depth: int = MAX_DEPTH) -> object:
    """Return a value made of dict, list, str, bool, int, finite float and None only.

    Args:
        value: An attribute value, or what a user's JSON text held.
        depth: Levels of containers still written; what lies deeper becomes `"..."`.
    """
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, (int, float)):
        return number(value)
    if isinstance(value, (list, tuple)):  # most are; a protocol's check takes ten times as long
        return [plain(item, depth - 1) for item in value] if depth else "..."
    if isinstance(value, bytes):
        from base64 import b64encode  # rarely needed

        return b64encode(value).decode()  # as OTLP's JSON and the collector write bytes
    if not depth:
        return "..."
    if isinstance(value, Mapping):
        return {str(key): plain(item, depth - 1) for key, item in value.items() if item is not None}
    if isinstance(value, Sequence):
        return [plain(item, depth - 1) for item in value]
    return str(value)


def number(value: float) -> int | float | str:
    """Return a JSON number, or text for what JSON has no number for."""
    if isinstance(value, int):
        return value if value.bit_length() <= MAX_BITS else hex(value)
    if value - value == 0:  # finite: inf - inf and nan - nan are nan
        return value
    if isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


@lru_cache(maxsize=16)  # the spans of an invocation have one trace
def trace_id(value: int) -> str:
    """Return `1-` + 8 hex + `-` + 24 hex. The first part need not be a time (xray spec 2.1)."""
    text = f"{value:032x}"
    return f"1-{text[:8]}-{text[8:]}"


def span_id(value: int) -> str:
    """Return 16 hex digits."""
    return value.to_bytes(8, "big").hex()  # half the time of formatting
