"""The wire format of protobuf: fields of messages as bytes, each with its number."""

from __future__ import annotations

from struct import pack

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5


def field(number: int, content: bytes) -> bytes:
    """Return a message, bytes or a text's bytes, with its length; written even if it is empty."""
    return _key(number, LENGTH) + varint(len(content)) + content


def text(number: int, value: str | None) -> bytes:
    """Return a text; an empty one is not written."""
    return field(number, utf8(value)) if value else b""


def integer(number: int, value: int) -> bytes:
    """Return a number in as many bytes as it needs; 0 is not written."""
    return _key(number, VARINT) + varint(value) if value else b""


def fixed64(number: int, value: int) -> bytes:
    """Return a number in 8 bytes; 0 is not written."""
    return _key(number, FIXED64) + pack("<Q", value) if value else b""


def fixed32(number: int, value: int) -> bytes:
    """Return a number in 4 bytes; written even if it is 0."""
    return _key(number, FIXED32) + pack("<I", value)


def varint(value: int) -> bytes:
    """Return a number in groups of 7 bits, the lowest first."""
    if value < 0x80:
        return bytes((value,))
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def utf8(value: str) -> bytes:
    """Return UTF-8; a lone surrogate, for which there is none, becomes a question mark."""
    return value.encode(errors="replace")


def _key(number: int, kind: int) -> bytes:
    return varint(number << 3 | kind)
