"""A circuit breaker: after failures nothing is sent for a while, then one try decides.

It goes by the wall clock, because that passes while the environment is frozen (lifecycle spec 1.9).
"""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

FAILURES = 3
"""Failures in a row that open it."""
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 300.0
"""Seconds until the first try after it opened; doubled by each try that fails, up to the second."""
LONGEST_RETRY_AFTER = 3_600.0
"""Seconds of a `Retry-After` that are honoured: a backend may err."""


class Breaker:
    """Whether a backend is to be tried now.

    Args:
        clock: Returns epoch seconds.

    Attributes:
        is_open: Whether nothing is sent but for a try now and then.
        pause: Seconds from the last failure to the next try.
    """

    def __init__(self, clock: Callable[[], float] = time) -> None:
        self._clock = clock
        self.is_open = False
        self.pause = 0.0
        self._failures = 0
        self._since = 0.0
        self._asked_for = False

    def allows(self, *, last: bool = False) -> bool:
        """Tell whether a delivery may be tried now.

        Args:
            last: It is the last chance: only what the backend asked for itself forbids it.
        """
        if not self.is_open:
            return True
        passed = self._clock() - self._since
        over = not 0 <= passed < self.pause  # a clock set back does not keep it open for ever
        return over or (last and not self._asked_for)

    def failed(self, retry_after: float | None = None) -> bool:
        """Count a failure; return whether it opened the breaker.

        Args:
            retry_after: Seconds that the backend asks for: opens at once.
        """
        self._failures += 1
        was_open = self.is_open
        if not (was_open or retry_after or self._failures >= FAILURES):
            return False
        self.is_open = True
        self._since = self._clock()
        self._asked_for = bool(retry_after)
        self.pause = min(2 * self.pause or FIRST_PAUSE, LONGEST_PAUSE)
        if retry_after:
            self.pause = min(max(retry_after, 0.0), LONGEST_RETRY_AFTER)
        return not was_open

    def succeeded(self) -> bool:
        """Note a success; return whether it closed the breaker."""
        was_open = self.is_open
        self.is_open = self._asked_for = False
        self._failures = 0
        self.pause = 0.0
        return was_open
