"""The headers that a secret's text holds, in whatever form it was stored."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from .secret_store import members, unread

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A header's name: a token (RFC 9110, 5.6.2)."""


def headers_in(
    text: str, arn: str, named: Callable[[str], Mapping[str, str]] | None = None
) -> dict[str, str]:
    """Return the headers that a secret holds, names in lower case.

    Args:
        text: `name=value,name=value` with percent-encoded values, as in
            `OTEL_EXPORTER_OTLP_HEADERS`; a JSON object of texts; or a bare key. Base64's padding
            makes no pair.
        arn: Whose text it is, for the line in the log.
        named: Makes headers of a bare key.

    Raises:
        UnreadyError: It holds no headers.
    """
    text = text.strip()
    try:
        if text.startswith("{"):
            found = members(text)
        elif _is_pairs(text):
            pairs = [part.partition("=") for part in text.split(",") if part.strip()]
            found = {name.strip(): unquote(value.strip()) for name, _, value in pairs}
        else:
            found = dict(named(text)) if named and text else {}
    except ValueError:
        found = {}
    clean = (_NAME.fullmatch(name) and _is_value(value) for name, value in found.items())
    if not found or not all(clean):
        hint = "" if named else "; for a bare key HELIOGRAPH_PRESET has to name the header"
        raise unread(
            arn, 'it holds no headers such as name=value,name=value or {"name": "value"}' + hint
        )
    return {name.lower(): str(value) for name, value in found.items()}


def _is_pairs(text: str) -> bool:
    name, _, value = text.partition("=")
    return bool(_NAME.fullmatch(name.strip())) and bool(value.strip("= "))


def _is_value(value: object) -> bool:
    return isinstance(value, str) and value.isascii() and value.isprintable() and bool(value)
