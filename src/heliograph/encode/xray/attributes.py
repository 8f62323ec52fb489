"""A span's attributes while the blocks of its document take their share."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class Attributes:
    """Attributes that are read by key, and marked as taken once a block holds them.

    What no block has taken goes to annotations or metadata (xray spec 11).

    Attributes:
        values: The span's attributes.
        taken: Keys that need not be written again.
        aws_api: The span is that of an AWS call.
    """

    __slots__ = ("aws_api", "taken", "values")

    def __init__(self, values: Mapping[str, object] | None) -> None:
        found = _copy(values)
        self.values = found
        self.taken: set[str] = set()
        newer = found.get("rpc.system.name")
        system = newer if newer and isinstance(newer, str) else found.get("rpc.system")
        self.aws_api = system == "aws-api"

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
            value = self.values.get(key)
            if value is not None and (number := whole(value)) is not None:
                return number
        return None


def _copy(values: Mapping[str, object] | None) -> dict[str, object]:
    """Return a dict; what a span of the SDK has copies itself in a fifth of reading it by key."""
    if values is None:
        return {}
    try:
        found = values.copy()  # type: ignore[attr-defined]  # a proxy has it if what it hides has
    except AttributeError:
        return dict(values)
    return found if type(found) is dict else dict(values)


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
