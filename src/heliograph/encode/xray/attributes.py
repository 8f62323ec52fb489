"""A span's attributes while the blocks of its document take their share."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.sdk.trace import ReadableSpan


class Attributes:
    """Attributes that are read by key, and marked as taken once a block holds them.

    What no block has taken goes to annotations or metadata (xray spec 11).

    Attributes:
        values: The span's attributes.
        taken: Keys that need not be written again.
    """

    __slots__ = ("taken", "values")

    def __init__(self, values: Mapping[str, object]) -> None:
        self.values: dict[str, object] = dict(values)
        self.taken: set[str] = set()

    def text(self, *keys: str) -> str:
        """Return the first non-empty text among the keys, or `""`. Only strings count."""
        values = self.values
        for key in keys:
            value = values.get(key)
            if value and isinstance(value, str):
                return value
        return ""

    def take(self, *keys: str) -> str:
        """Return what `text` does, and mark every key that held a text as taken."""
        found = ""
        values = self.values
        for key in keys:
            value = values.get(key)
            if value and isinstance(value, str):
                self.taken.add(key)
                found = found or value
        return found

    def integer(self, *keys: str) -> int | None:
        """Return the first whole number among the keys; numeric text is tolerated."""
        for key in keys:
            value = whole(self.values.get(key))
            if value is not None:
                return value
        return None


_last: tuple[object, dict[str, object]] = (None, {})


def resource_of(span: ReadableSpan) -> dict[str, object]:
    """Return the attributes of a span's resource; those of the last resource are kept.

    The SDK's own mapping takes a call of Python for each look, and a process has one resource.
    """
    global _last
    resource, kept = _last
    if resource is not span.resource:
        kept = dict(span.resource.attributes)
        _last = (span.resource, kept)
    return kept


def whole(value: object) -> int | None:
    """Return an integer, or the integer that a short text spells; None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and len(value) < 20 and value.isascii() and value.isdigit():
        return int(value)
    return None


def text_of(values: Mapping[str, object], *keys: str) -> str:
    """Return the first non-empty text among the keys of a resource, or `""`."""
    for key in keys:
        value = values.get(key)
        if value and isinstance(value, str):
            return value
    return ""
