"""Values of settings in a line or an error of ours: never a secret, never long, on one line.

Whoever mistypes a setting often pastes the key into it: a value that may be one is not shown.
"""

from __future__ import annotations

import re

from . import _notice, _shown

_SECRET = re.compile(r"HEADERS|SECRET|(?<!CLIENT)_KEY\b|CREDENTIAL|TOKEN|PASSWORD", re.IGNORECASE)
"""Names of settings whose values are secrets; `..._CLIENT_KEY` is a file's path."""

_FILE = re.compile(r"CERTIFICATE|CLIENT_KEY", re.IGNORECASE)
_ADDRESS = re.compile(r"ENDPOINT|ADDRESS|SITE", re.IGNORECASE)
_SCHEME = re.compile(r"(?:https?|grpcs?|unix|dns|tcp|udp):(?://)?", re.IGNORECASE)

_KEY = re.compile(r"(?=[A-Za-z_+=-]*[0-9])[A-Za-z0-9_+=-]{20,}")
"""What looks like a key, wherever it stands: no word of ours is so long and has a digit."""

LONGEST = 200


def shown(name: str, value: object) -> str:
    """Return a setting's value as a line may show it.

    Args:
        name: Of the variable, or of the setting in code; "" for what is no setting's.
        value: A text, or whatever code gave.
    """
    if type(value) is not str:
        return _without_keys(_shown.shown(value))
    if value and _SECRET.search(name):
        return f"a text of {len(value)} characters"
    text = value[: 4 * LONGEST]
    if _ADDRESS.search(name):
        text = address(text)
    if not _FILE.search(name):
        text = _without_keys(text)
    return _shown.shown(text, LONGEST)


def _without_keys(text: str) -> str:
    return _KEY.sub(lambda found: f"<{len(found[0])} characters>", text)


def address(url: str) -> str:
    """Return an address without credentials and query, however it is misspelt."""
    scheme = _SCHEME.match(url)
    begin = scheme[0] if scheme else ""
    rest = url[len(begin) :]
    asked = re.search(r"[?#]", rest)
    at = rest.rfind("@")
    if asked and at > asked.start():  # a password with one of these, or a query with an @
        return begin + "…"
    return begin + rest[at + 1 : asked.start() if asked else None]


def unusable(variable: str, value: str, right: str, instead: str) -> None:
    """Tell, once, that a variable's value is not usable.

    Args:
        variable: Its name.
        value: Its value.
        right: What it must be.
        instead: What is used.
    """
    _notice.warn(
        f"setting {variable}",
        f"{variable}={shown(variable, value)} is not usable: it must be {right}. "
        f"Used instead: {instead}.",
    )
