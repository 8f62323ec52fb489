"""A document's bytes, never more than fit: cuts in a fixed order, each marked (xray spec 12)."""

from __future__ import annotations

import json
from contextlib import suppress

from ..._limits import XRAY_DOCUMENT_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Encode = Callable[[object, int], Iterable[str]]

_ENCODER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":")
)


def compiled(make: Callable[..., Encode] | None) -> Encode:
    """Return the encoder that `JSONEncoder.encode` makes anew for every document.

    Making it once saves a tenth of the time. It is no documented part of `json`: where it is not
    what CPython 3.10 to 3.13 have, the documented one is used.

    Args:
        make: What makes it, `json.encoder.c_make_encoder`.
    """
    text = json.encoder.encode_basestring
    if make is not None:
        with suppress(TypeError):
            return make(None, _ENCODER.default, text, None, ":", ",", False, False, False)
    return lambda document, _: (_ENCODER.encode(document),)


_encode = compiled(getattr(json.encoder, "c_make_encoder", None))


def to_bytes(document: dict[str, object], limit: int = XRAY_DOCUMENT_BYTES) -> bytes:
    """Return compact JSON in UTF-8, reduced until it fits.

    Args:
        document: What `document` returned; it is not changed.
        limit: The most bytes; the identity of a document alone takes about 1,000.
    """
    encoded = _encoded(document)
    if len(encoded) <= limit:
        return encoded
    from . import shrink  # few documents are ever too large

    smaller: dict[str, object] = json.loads(encoded)
    for name, cut in shrink.ORDER:
        if not cut(smaller, len(encoded) - limit):
            continue
        shrink.mark(smaller, name)
        encoded = _encoded(smaller)
        if len(encoded) <= limit:
            break
    return encoded


def _encoded(document: dict[str, object]) -> bytes:
    text = "".join(_encode(document, 0))
    try:
        return text.encode()
    except UnicodeEncodeError:  # a lone surrogate: no UTF-8 exists for it
        whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return _ENCODER.encode(json.loads(whole)).encode()  # two keys may have become one
