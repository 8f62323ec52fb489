"""What a worker tells: changes of its backend's state, what had to go, the sum at the end."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from .. import _notice
from .backlog import MAX_WAITING

MAX_CHANGES = 8
"""Changes of a backend's state that are told; a flapping one shall not fill the log."""


def name_of(exporter: Any) -> str:
    """Return what an exporter is called in the log: its class, and its endpoint if it has one.

    Credentials and the query are left out: they may hold a key.
    """
    kind = type(exporter).__name__
    for holder in (exporter, getattr(exporter, "_client", None)):
        endpoint = getattr(holder, "endpoint", None) or getattr(holder, "_endpoint", None)
        if isinstance(endpoint, str) and endpoint:
            parts = urlsplit(endpoint if "//" in endpoint else f"//{endpoint}")
            place = f"{parts.scheme}://" if parts.scheme else ""
            return f"{kind} to {place}{parts.netloc.rpartition('@')[2]}{parts.path}"
    return kind


class Report:
    """The lines about one exporter.

    Args:
        name: Of the exporter.
        unit: What it exports, in the plural.
    """

    def __init__(self, name: str, unit: str) -> None:
        self._name, self._unit = name, unit
        self._changes = 0
        self._delivered = self._dropped = 0
        self._dropped_before = 0

    def delivered(self, number: int) -> None:
        """Count what was delivered."""
        self._delivered += number

    def dropped(self, number: int, waiting: int) -> None:
        """Count what had to go, and tell it the first time."""
        if not number:
            return
        self._dropped += number
        _notice.warn(
            f"dropped {self._name}",
            f"{self._name}: {waiting} {self._unit} wait already, the oldest {number} are dropped. "
            "Further ones are counted, not told.",
        )

    def rejected(self, number: int, reason: str) -> None:
        """Count what the backend will never take, and tell it the first time."""
        if not number:
            return
        self._dropped += number
        _notice.warn(
            f"rejected {self._name}",
            f"{self._name}: {number} {self._unit} are rejected for good ({reason}). Further ones "
            "are counted, not told.",
        )

    def opened(self, reason: str, pause: float) -> None:
        """Tell that nothing is sent for a while."""
        self._changes += 1
        self._dropped_before = self._dropped
        if self._changes <= MAX_CHANGES:
            _notice.warn(
                f"opened {self._name} {self._changes}",
                f"{self._name} fails ({reason}). It is tried again in {pause:.0f} s and then ever "
                f"more rarely; until it works up to {MAX_WAITING} {self._unit} are kept, and no "
                "invocation waits for it.",
            )

    def closed(self, kept: int) -> None:
        """Tell that it goes again."""
        self._changes += 1
        if self._changes <= MAX_CHANGES:
            dropped = self._dropped - self._dropped_before
            _notice.inform(
                f"{self._name} works again: the {kept} {self._unit} that were kept are sent, "
                f"{dropped} were dropped meanwhile."
            )

    def summary(self, left: int) -> None:
        """Tell at the end of the process what was lost, if anything was."""
        if left or self._dropped:
            _notice.warn(
                f"lost {self._name}",
                f"{self._name} at the end of the process: {self._delivered} {self._unit} "
                f"delivered, {self._dropped} dropped, {left} not delivered.",
            )
