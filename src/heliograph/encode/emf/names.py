"""Names and texts that CloudWatch accepts, from any that it is given (emf spec 1, 4, 6, 7)."""

from __future__ import annotations

import re

from ..._limits import EMF_DIMENSION_NAME, EMF_METRIC_NAME, EMF_NAMESPACE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .options import Tell

RESERVED = frozenset({"_aws", "Version", "Timestamp"})
"""Names with a meaning of their own at a record's root or in older forms of the format."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")


def ascii_text(text: str) -> str:
    """Replace control characters by spaces and what is not ASCII by `?`."""
    if text.isascii() and text.isprintable():
        return text
    return _CONTROL.sub(" ", text).encode("ascii", "replace").decode()


def metric(name: str, tell: Tell) -> str:
    """Return the name under which CloudWatch stores a metric; one that is changed is told."""
    kept = ascii_text(name)[:EMF_METRIC_NAME]
    if not kept.strip():
        kept = "_"
    if kept in RESERVED:
        kept += "_"
    if kept != name:
        tell(f"emf metric name {name[:80]}", f"metric {name[:80]!r} is stored as {kept!r}.")
    return kept


def dimension(key: str) -> str:
    """Return the dimension name for an attribute, empty if nothing of it can be one."""
    kept = ascii_text(key).lstrip(":")[:EMF_DIMENSION_NAME]
    return kept if kept.strip() else ""


def namespace(given: str | None, resource: Mapping[str, object], tell: Tell) -> str:
    """Return the namespace: the given one, else the collector's order of resource attributes."""
    for wanted in _candidates(given, resource):
        kept = _UNPRINTABLE.sub("", wanted).lstrip(":")
        if kept.startswith("AWS/"):
            kept = f"Custom/{kept}"
        kept = kept[:EMF_NAMESPACE]
        if not kept.strip():
            continue
        if kept != wanted:
            tell(f"emf namespace {wanted}", f"EMF namespace {wanted!r} is written as {kept!r}.")
        return kept
    return "default"


def _candidates(given: str | None, resource: Mapping[str, object]) -> Iterator[str]:
    if given:
        yield given
    group, name = (str(resource.get(f"service.{part}") or "") for part in ("namespace", "name"))
    yield "/".join(part for part in (group, name) if part)
