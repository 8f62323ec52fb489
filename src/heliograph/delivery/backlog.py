"""What waits for its delivery: bounded, and the oldest go first."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_WAITING = 4_096
"""Spans, or collections of metrics, that wait for one exporter."""
MAX_BYTES = 8_000_000
"""What they may take, as `size_of_span` and `size_of_metrics` estimate it."""

_SPAN, _PART, _ATTRIBUTE, _POINT = 600, 200, 120, 500
"""Bytes of the SDK's objects without their texts (tracemalloc on CPython 3.13, rounded up)."""


class Item:
    """One span or one collection of metrics on its way.

    Attributes:
        content: The SDK's object.
        size: Estimated bytes.
        refusals: How often the backend said that it will never take it.
    """

    __slots__ = ("content", "refusals", "size")

    def __init__(self, content: Any, size: int) -> None:
        self.content = content
        self.size = size
        self.refusals = 0


class Backlog:
    """A queue of items within bounds.

    Args:
        most: How many items may wait.
        most_bytes: How many bytes they may take.
    """

    def __init__(self, most: int = MAX_WAITING, most_bytes: int = MAX_BYTES) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._items: deque[Item] = deque()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._items)

    @property
    def half_full(self) -> bool:
        """Whether half of what may wait does."""
        return 2 * len(self._items) >= self._most or 2 * self._bytes >= self._most_bytes

    def add(self, items: Iterable[Item]) -> int:
        """Take items in at the end; return how many of the oldest had to go."""
        for item in items:
            self._items.append(item)
            self._bytes += item.size
        return self._shorten()

    def put_back(self, items: list[Item]) -> int:
        """Return items to the front; return how many of the oldest had to go."""
        self._items.extendleft(reversed(items))
        self._bytes += sum(item.size for item in items)
        return self._shorten()

    def take(self, most: int) -> list[Item]:
        """Take the oldest out."""
        taken = [self._items.popleft() for _ in range(min(most, len(self._items)))]
        self._bytes -= sum(item.size for item in taken)
        return taken

    def _shorten(self) -> int:
        dropped = 0
        while len(self._items) > self._most or self._bytes > self._most_bytes:
            self._bytes -= self._items.popleft().size
            dropped += 1
        return dropped


def size_of_span(span: Any) -> int:
    """Estimate the bytes that a finished span keeps."""
    size = _SPAN + _size_of(span.attributes)
    for part in (*span.events, *span.links):
        size += _PART + _size_of(part.attributes)
    return size


def _size_of(attributes: Any) -> int:
    size = 0
    for value in (attributes or {}).values():
        size += _ATTRIBUTE
        if isinstance(value, (str, bytes)):
            size += len(value)
        elif isinstance(value, (tuple, list)):
            size += sum(len(one) if isinstance(one, str) else 32 for one in value)
    return size


def size_of_metrics(data: Any) -> int:
    """Estimate the bytes that a collection of metrics keeps."""
    size = 0
    for resource in data.resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                points = metric.data.data_points
                size += sum(_POINT + _size_of(point.attributes) for point in points)
    return size
