"""Headers of request and response that the settings ask for.

Names are kept as the HTTP conventions have them, `http.request.header.<name>` in lower case with a
list of values. Loaded where some are asked for.
"""

from __future__ import annotations

import re
from functools import lru_cache

from ..journal import MAX_ITEMS, MAX_STRING
from .sources import table
from .values import lookup, sequence, string

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

REDACTED = "[REDACTED]"
SECRETS = frozenset(
    ("authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key",
     "x-amz-security-token")
)  # fmt: skip
"""Headers that hold credentials: their values are redacted whatever the settings say."""
MAX_HEADERS = 256


@lru_cache(maxsize=8)
def _pattern(names: tuple[str, ...]) -> re.Pattern[str] | None:
    """Return what matches one of some names or expressions; None if one is no expression."""
    try:
        return re.compile("|".join(f"(?:{name})" for name in names), re.IGNORECASE)
    except (re.error, OverflowError, RecursionError):
        known = [f"(?:{re.escape(name)})" for name in names]
        return re.compile("|".join(known), re.IGNORECASE) if known else None


def request(
    event: Any, names: tuple[str, ...], hidden: tuple[str, ...]
) -> dict[str, tuple[str, ...]]:
    """Return the attributes of an event's headers.

    Args:
        event: An event of an HTTP trigger.
        names: The headers that are kept, names or regular expressions.
        hidden: Those whose values are redacted.
    """
    if type(event) is not dict:
        return {}
    if "Records" in event:  # of a distribution: lists of tables
        records = event["Records"]
        record = records[0] if type(records) is list and records else None
        found = table(table(table({"it": record}, "it"), "cf"), "request")
        return _kept("request", [table(found, "headers")], names, hidden)
    if type(event.get("request")) is dict:  # a resolver's
        event = event["request"]
    several = table(event, "multiValueHeaders")
    return _kept("request", [several or table(event, "headers")], names, hidden)


def response(
    result: Any, names: tuple[str, ...], hidden: tuple[str, ...]
) -> dict[str, tuple[str, ...]]:
    """Return the attributes of a result's headers, none of whose own code is run."""
    tables = [lookup(result, key) for key in ("headers", "multiValueHeaders")]
    return _kept("response", tables, names, hidden)


def _kept(
    kind: str, tables: list[Any], names: tuple[str, ...], hidden: tuple[str, ...]
) -> dict[str, tuple[str, ...]]:
    wanted, secret = _pattern(names), _pattern(hidden) if hidden else None
    found: dict[str, tuple[str, ...]] = {}
    for headers in tables:
        if not issubclass(type(headers), dict) or wanted is None:
            continue
        for name, value in list(dict.items(headers))[:MAX_HEADERS]:
            key = string(name)
            if key is None or not wanted.fullmatch(key):
                continue
            lower = key.lower()
            values = tuple(_texts(value))
            if values and (lower in SECRETS or (secret is not None and secret.fullmatch(key))):
                values = (REDACTED,)
            if values:
                found[f"http.{kind}.header.{lower}"] = values
    return found


def _texts(value: Any) -> list[str]:
    several = sequence(value, MAX_ITEMS) if issubclass(type(value), (list, tuple)) else [value]
    texts = []
    for one in several:
        inner = lookup(one, "value") if issubclass(type(one), dict) else one
        text = string(inner)
        if text is not None:
            texts.append(text[:MAX_STRING])
    return texts
