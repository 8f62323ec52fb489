"""A query string for `url.query`: rebuilt and cut (triggers spec 5.1).

Its secrets are taken out after the response (`develop/redacting.py`).

`urllib.parse` is not loaded by the bare runtime, so the few lines of quoting are here.
"""

from __future__ import annotations

from ..journal import MAX_STRING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

MAX_VALUES = 512
"""Values looked at: 2,048 characters hold no more of `a=1&`."""

UNRESERVED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
QUOTED = tuple(chr(byte) if byte in UNRESERVED else f"%{byte:02X}" for byte in range(256))
"""Text of each byte in a URL (RFC 3986 2.3)."""


def rebuild(parameters: dict[str, Any], *, encoded: bool) -> str | None:
    """Return the query string that a table of parameters came from; None if there are none.

    Args:
        parameters: Names with a value or a list of values each.
        encoded: Whether names and values are still percent-encoded, as a load balancer leaves
            them; API Gateway decodes them.
    """
    pieces: list[str] = []
    room = MAX_STRING
    for name, value in _values(parameters):
        piece = f"{name}={value}" if encoded else f"{quote(name, room)}={quote(value, room)}"
        pieces.append(piece)
        room -= len(piece) + 1
        if room <= 0:
            break
    return "&".join(pieces)[:MAX_STRING] or None


def _values(parameters: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each name with each of its strings, `MAX_VALUES` at most being looked at."""
    left = MAX_VALUES
    for name, values in parameters.items():
        several = values if type(values) is list else (values,)
        for value in several:
            if type(name) is str and type(value) is str:
                yield name[:MAX_STRING], value[:MAX_STRING]
            left -= 1
            if not left:
                return


def quote(value: str, room: int) -> str:
    """Percent-encode the first `room` bytes, but for RFC 3986's unreserved characters."""
    if value.isascii() and value.isalnum():
        return value
    return "".join([QUOTED[byte] for byte in value.encode("utf-8", "surrogatepass")[:room]])
