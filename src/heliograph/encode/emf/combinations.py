"""How many combinations of dimensions a metric has: each is a metric that CloudWatch bills."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .options import Tell

MOST = 1_000
"""Combinations of one metric in an environment from which on it is told."""
KNOWN = 20_000
"""Combinations that are remembered, of all metrics together: about 1 MB."""


class Combinations:
    """Counts the combinations of each metric, and tells of one that has too many, once.

    Args:
        tell: Who is told.
    """

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._seen: dict[str, set[int]] = {}
        self._values: dict[str, dict[str, set[int]]] = {}
        self._left = KNOWN

    def add(self, metric: str, dimensions: Iterable[str], values: Mapping[str, object]) -> None:
        """Note that a metric was measured with these dimensions.

        Args:
            metric: Its name as written.
            dimensions: Keys of the attributes that are dimensions.
            values: The attributes.
        """
        given = [(key, str(values.get(key))) for key in dimensions]
        seen = self._seen.setdefault(metric, set())
        combination = hash(tuple(given))
        if combination in seen or self._left <= 0 or len(seen) > MOST:
            return
        seen.add(combination)
        self._left -= 1
        of_keys = self._values.setdefault(metric, {})
        for key, value in given:
            of_keys.setdefault(key, set()).add(hash(value))
        if len(seen) > MOST:
            key = max(of_keys, key=lambda one: len(of_keys[one]))
            del self._values[metric]
            self._tell(
                f"emf combinations {metric}",
                f"metric {metric!r} has more than {MOST:,} combinations of dimensions in this "
                f"environment, and CloudWatch bills each as a metric; most of them are values of "
                f"{key!r}. HELIOGRAPH_EMF_PROPERTIES={key} keeps it as a property of the log line.",
            )
