"""Metadata: whatever no block and no annotation has taken (xray spec 11.2)."""

from __future__ import annotations

import json

from .values import plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from .attributes import Attributes

NAMESPACE = "aws.xray.metadata."
"""Attributes of this prefix hold a JSON object for the namespace that follows."""
RESERVED = "AWS."
"""X-Ray keeps these namespaces and keys for itself."""

Namespaces = dict[str, dict[str, object]]


def is_special(key: str) -> bool:
    """True for an attribute that is not written under its own name to `default`."""
    return key.startswith((NAMESPACE, RESERVED))


def metadata_of(
    attributes: Attributes,
    resource: Mapping[str, object],
    extra: Mapping[str, object],
    *,
    special: bool,
) -> dict[str, object]:
    """Return the namespaces; `default` holds the attributes.

    Args:
        attributes: The span's attributes; those that are taken are left out.
        resource: The resource's attributes as the document has them (`Service.shown`); `{}`
            where it has none.
        extra: Further entries for `default`.
        special: One of the attributes `is_special`.
    """
    values, taken = attributes.values, attributes.taken
    namespaces: Namespaces = {}
    default: dict[str, object] = {}
    for key, value in extra.items():
        if key not in taken and value is not None:
            default[key] = plain(value)
    default.update(resource)
    for key in taken.intersection(resource):
        del default[key]
    for key, value in values.items():
        if key in taken:
            continue
        if type(value) is str and not special:  # most are
            default[key] = value
        elif special and is_special(key):
            _add_special(namespaces, default, key, value)
        elif value is not None:
            default[key] = plain(value)
    if default:
        parsed = namespaces.get("default")
        namespaces["default"] = {**parsed, **default} if parsed else default
    return {**namespaces}


def _add_special(
    namespaces: Namespaces, default: dict[str, object], key: str, value: object
) -> None:
    if value is None:
        return
    parsed = _object(value) if key.startswith(NAMESPACE) else None
    name = key[len(NAMESPACE) :]
    if parsed is None or not name:
        default[_free(key)] = plain(value)
        return
    name = "default" if name.lower() == "default" else _free(name)
    namespaces.setdefault(name, {}).update(parsed)


def _free(name: str) -> str:
    """Return a name that is not reserved."""
    return f"AWS_{name[len(RESERVED) :]}" if name.startswith(RESERVED) else name


def _object(value: object) -> dict[str, object] | None:
    """Return what a JSON object's text holds; None for any other text."""
    if not isinstance(value, str):
        return None
    try:
        parsed = json.loads(value)
    except (ValueError, RecursionError):
        return None
    if not isinstance(parsed, dict):
        return None
    return {_free(key): plain(item) for key, item in parsed.items()}
