"""Events that `cause` does not tell: they are metadata (xray spec 9.1)."""

from __future__ import annotations

from . import causes
from .values import plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from opentelemetry.sdk.trace import Event

    from .attributes import Attributes

TOLD = frozenset({
    "exception.type", "exception.message", "exception.stacktrace", "exception.escaped",
})  # fmt: skip
"""What `cause` says of an exception event."""


def events_of(events: Sequence[Event], attributes: Attributes) -> list[object]:
    """Return the events that `cause` does not tell, and what it does not tell of an exception."""
    told: list[object] = []
    for event in events:
        found: Mapping[str, object] = event.attributes or {}
        if event.name == causes.EXCEPTION:
            found = _untold(found)
            if found:
                told.append(_event(event, found))
        elif not causes.is_failed_try(event, attributes):
            told.append(_event(event, found))
    return told


def _untold(found: Mapping[str, object]) -> Mapping[str, object]:
    """Return an exception's own attributes; a text that `cause` does not exhaust is kept."""
    recorded = getattr(found, "recorded", None)  # develop/exception_event.py
    if recorded is not None and not recorded.members:
        return {}
    text = found.get("exception.stacktrace")
    rest = {key: value for key, value in found.items() if key not in TOLD}
    if isinstance(text, str) and ("+ Exception Group Traceback" in text or _is_foreign(text)):
        rest["exception.stacktrace"] = text
    return rest


def _is_foreign(text: str) -> bool:
    """True for a stack that is not of Python's form, of which `cause` holds no frame."""
    return "\n" in text.strip() and '  File "' not in text


def _event(event: Event, found: Mapping[str, object]) -> object:
    told: dict[str, object] = {"name": event.name, "time": event.timestamp // 1000 / 1e6}
    if found:
        told["attributes"] = plain(found)
    return told
