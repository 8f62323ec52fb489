"""Which records a point belongs to: those of its time and layout (emf spec 3)."""

from __future__ import annotations

from .record import Group

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from .layouts import Extra, Frame

OLDEST_MS = 14 * 24 * 3600 * 1000
"""How old a record may be; metrics of an older one are not stored (emf spec 1)."""
NEWEST_MS = 2 * 3600 * 1000
"""How far in the future a record may be (emf spec 1)."""


class Page:
    """The records of one resource in one collection.

    Args:
        frame: What they have in common.
        extra: The invocation's own properties.
        now_ms: The time.
        measured_ms: When all of it was measured, if that is not the points' own time.

    Attributes:
        groups: The records, by time and layout.
    """

    def __init__(self, frame: Frame, extra: Extra, now_ms: int, measured_ms: int = 0) -> None:
        self._frame, self._extra, self._now_ms = frame, extra, now_ms
        self._measured_ms = measured_ms
        self._oldest, self._newest = now_ms - OLDEST_MS, now_ms + NEWEST_MS
        self._known: dict[object, list[Group]] = {}
        self.groups: dict[tuple[int, str], Group] = {}

    def find(
        self, attributes: Mapping[str, object], metric: str, nanoseconds: int | None
    ) -> list[Group]:
        """Return the groups of records that a point belongs to.

        Args:
            attributes: The point's attributes.
            metric: The metric's name as written.
            nanoseconds: The point's time.
        """
        stamp = self._measured_ms or (nanoseconds or 0) // 1_000_000
        if not self._oldest <= stamp <= self._newest:
            stamp = self._now(stamp)
        identity = self._frame.identity(attributes, metric)
        found = self._known.get(identity) if identity else None
        if found is not None:
            for group in found:
                if group.stamp != stamp or metric in group.taken:
                    break
            else:
                return found
        found = []
        special = False  # a layout of this metric alone, whose name is another member's
        for layout in self._frame.layouts(attributes, metric, self._extra, identity):
            special = special or layout.complete
            place = stamp, layout.key
            if place not in self.groups:
                self.groups[place] = Group(self._frame.namespace, stamp, layout, self._extra)
            found.append(self.groups[place])
        if identity and not special:
            self._known[identity] = found
        return found

    def _now(self, stamp: int) -> int:
        """Return the present time, for a point without one or with one that is not stored."""
        if stamp:
            self._frame.tell(
                "emf timestamp",
                "a metric's time is more than 14 days ago or 2 hours ahead, which CloudWatch does "
                "not store: it is written with the present time.",
            )
        return self._now_ms
