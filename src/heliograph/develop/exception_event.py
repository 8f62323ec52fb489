"""The event of a recorded exception: data for those who read data, text for those who ask for it.

An exporter that knows frames (X-Ray's) reads them as they were recorded. The traceback's text is
made when an exporter reads that attribute, and only then: printing it takes as long as all else
that is done for a span.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opentelemetry.sdk.trace import Span

    from ..journal.recorded_exception import RecordedException

STACKTRACE = "exception.stacktrace"
ATTRIBUTES = 4
"""Attributes of the event."""


class ExceptionAttributes(Mapping[str, Any]):
    """The event's attributes.

    Args:
        recorded: The exception.
        others: What they are beside the text.

    Attributes:
        recorded: The same.
    """

    def __init__(self, recorded: RecordedException, others: dict[str, Any]) -> None:
        self.recorded = recorded
        self._held = others

    def __getitem__(self, key: str) -> Any:
        value = self._held[key]
        if value is None and key == STACKTRACE:
            value = self._held[key] = text(self.recorded)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)


def record_exception(
    span: Span,
    recorded: RecordedException,
    attributes: dict[str, Any] | None = None,
    timestamp: int | None = None,
    escaped: bool = False,
) -> None:
    """Add the event that the SDK's `record_exception` adds, from what was kept of the exception."""
    recorded = without_secrets(recorded)
    whole: dict[str, Any] = {
        "exception.type": type_name(recorded),
        "exception.message": recorded.text,
        STACKTRACE: None,
        "exception.escaped": str(escaped),
    }
    if attributes or _is_limited(span):
        whole[STACKTRACE] = text(recorded)
        span.add_event("exception", {**whole, **(attributes or {})}, timestamp)
    else:
        from opentelemetry.sdk.trace import Event  # there, since it is a span of the SDK's

        span._add_event(Event("exception", ExceptionAttributes(recorded, whole), timestamp))


def _is_limited(span: Any) -> bool:
    """Tell whether the SDK would cut some of the event, which it does as it takes it."""
    limits = getattr(span, "_limits", None)
    if limits is None:  # no span of the SDK's own
        return True
    most = limits.max_event_attributes
    return limits.max_attribute_length is not None or (most is not None and most < ATTRIBUTES)


def type_name(recorded: RecordedException) -> str:
    """Return `exception.type` as the SDK makes it: qualified, without `builtins`."""
    module, name = recorded.classes[0]
    return f"{module}.{name}" if module and module != "builtins" else name


def text(recorded: RecordedException) -> str:
    """Return the traceback text as Python prints it."""
    from . import stack  # loaded by the first exporter that wants text

    printed = stack.text(recorded)
    if not _is_suspect(printed):
        return printed
    from .redacting import message  # lines of the source may have secrets, too

    return message(printed)


def without_secrets(recorded: RecordedException) -> RecordedException:
    """Return what was recorded of an exception, without the secrets of URLs in its texts."""
    alone = recorded.previous is None and not recorded.members and not recorded.notes
    if alone and not _is_suspect(recorded.text):
        return recorded
    from .redacting import exception

    return exception(recorded)


def _is_suspect(text: str) -> bool:
    return "=" in text or "@" in text or "%" in text or "?" in text
