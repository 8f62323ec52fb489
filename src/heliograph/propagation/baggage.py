"""W3C's `baggage`, read and written (Baggage recommendation, 3.3.2).

Loaded by the first event that brings one, and by the first request that takes one along.
"""

from __future__ import annotations

from ..journal import state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import MutableMapping

MAX_LENGTH = 8192
"""Characters of a `baggage`; a longer one is dropped."""
MAX_MEMBERS = 180
MAX_MEMBER = 4096
"""Characters of a member that is written."""
DELIMITERS = frozenset(' "(),/:;<=>?@[\\]{}')
"""What a key may not hold: it is a token (RFC 9110 5.6.2)."""


def read(text: object) -> dict[str, object]:
    """Return the members of a `baggage`, decoded; properties are left out.

    A member of a wrong form, or with control characters once decoded, is dropped by itself.
    """
    if type(text) is not str or len(text) > MAX_LENGTH:
        return {}
    members: dict[str, object] = {}
    for piece in text.split(",", MAX_MEMBERS)[:MAX_MEMBERS]:
        key, equals, value = piece.partition(";")[0].partition("=")
        key, value = _decoded(key.strip(" \t")), _decoded(value.strip(" \t"))
        if equals and piece.isascii() and _is_token(key) and not any(map(_is_control, value)):
            members[key] = value
    return members


def _decoded(text: str) -> str:
    """Decode as OpenTelemetry's propagator encodes."""
    if "%" not in text and "+" not in text:
        return text
    from urllib.parse import unquote_plus

    return unquote_plus(text)


def _is_token(key: str) -> bool:
    ascii_ = key.isascii() and key.isprintable()
    return bool(key) and ascii_ and DELIMITERS.isdisjoint(key)


def _is_control(character: str) -> bool:
    return character < " " or "\x7f" <= character <= "\x9f" or character in "\u2028\u2029"


def write(headers: MutableMapping[str, str]) -> None:
    """Write `baggage` as W3C says: at most 180 members, 4,096 characters each, 8,192 in all."""
    members = state.baggage()
    from urllib.parse import quote_plus  # loaded by every HTTP library

    pieces: list[str] = []
    size = -1
    for key, value in members.items():
        piece = f"{quote_plus(str(key))}={quote_plus(str(value))}"
        if len(piece) > MAX_MEMBER:
            continue
        size += 1 + len(piece)
        if len(pieces) == MAX_MEMBERS or size > MAX_LENGTH:
            break
        pieces.append(piece)
    if pieces:
        headers["baggage"] = ",".join(pieces)
