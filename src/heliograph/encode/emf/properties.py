"""Attribute and property values as the format writes them: as text, or as plain JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from json import JSONEncoder
from json.encoder import encode_basestring_ascii as quoted

from ..._limits import EMF_DEPTH, EMF_ITEMS, EMF_TEXT

__all__ = ["encode", "plain", "quoted", "text"]

encode = JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False).encode
"""Compact JSON in ASCII: no reader of lines can split a record, whatever it takes for one.

Nothing but the results of `plain` and numbers that were checked is passed in: no cycles, no NaN.
"""


def plain(value: object, depth: int = EMF_DEPTH) -> object:
    """Return a bounded copy of any value that JSON can write.

    Numbers that JSON has no form for become texts; what is nested too deep becomes `"..."`.
    """
    if isinstance(value, str):
        if type(value) is str and value.isascii() and len(value) <= EMF_TEXT:
            return value
        return value[:EMF_TEXT].encode("utf-8", "replace").decode()  # no lone surrogates
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        # int subclasses print as they like; Python refuses to print very long ones (4300 digits)
        return int(value) if value.bit_length() <= 1024 else f"{value:#x}"[:EMF_TEXT]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(float(value))
    if isinstance(value, (bytes, bytearray)):
        return bytes(value[:EMF_TEXT]).decode("utf-8", "replace")
    if isinstance(value, (Mapping, Sequence, set, frozenset)):
        return _container(value, depth - 1) if depth else "..."
    return plain(str(value))


def _container(value: Mapping[object, object] | Sequence[object] | object, depth: int) -> object:
    if isinstance(value, Mapping):
        items = list(value.items())[:EMF_ITEMS]
        return {str(plain(str(key))): plain(item, depth) for key, item in items}
    assert isinstance(value, (Sequence, set, frozenset))
    return [plain(item, depth) for item in list(value)[:EMF_ITEMS]]


def text(value: object) -> str:
    """Return an attribute's value as the text of a dimension (emf spec 4)."""
    if isinstance(value, str):
        return value
    kept = plain(value)
    return kept if isinstance(kept, str) else encode(kept)
