"""The choices of the format: each has a default of the emf spec, and code may make another."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ...errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from typing import Literal

    Rollup = Literal["none", "zero", "single", "zero+single"]
    Tell = Callable[[str, str], None]
    """Told of what had to be changed or left out: a topic (told once) and a line."""

RESOURCE_PROPERTIES = (
    "service.name",
    "service.version",
    "deployment.environment.name",
    "faas.name",
    "faas.version",
    "cloud.region",
)
"""Resource attributes of every record; a full resource costs 1-2 KB a line (emf spec 6)."""


def _service() -> dict[str, str]:
    return {"service": "service.name"}


@dataclass(frozen=True)
class Options:
    """How metrics become records, beyond the namespace and the dimension sets.

    Attributes:
        dimension_keys: The attributes that may be dimensions; all others become properties, which
            cost nothing per value. `None` allows all (emf spec 4).
        metric_dimensions: Dimension sets by metric: a regular expression that matches the whole
            name, and its sets. The first match counts, before `dimension_sets` (emf spec 4).
        rollup: Sets added to the default one: without dimensions, one for each single dimension,
            or both. Every set is a metric to pay for, so none is added by default (emf spec 9).
        resource_dimensions: Dimensions taken from the resource: name, then resource attribute.
        resource_properties: Resource attributes written as properties; `None` writes all.
        scale_units: Convert units that CloudWatch has no name for (ns, min, h, d, KiBy ...) into
            one that it has, the values with them, instead of leaving the unit out (emf spec 5).
        one_as: The unit for UCUM's "1", such as "Count" or "None"; `None` leaves it out.
        stats_only: Write histograms as minimum, maximum, sum and count, as the collector does:
            no percentiles (emf spec 2.1).
        drop_zeros: Leave out increments of 0, which observable counters report when idle.

    Raises:
        ConfigurationError: A pattern of `metric_dimensions` is no regular expression.
    """

    dimension_keys: Collection[str] | None = None
    metric_dimensions: Mapping[str, Sequence[Sequence[str]]] = field(default_factory=dict)
    rollup: Rollup = "none"
    resource_dimensions: Mapping[str, str] = field(default_factory=_service)
    resource_properties: Collection[str] | None = RESOURCE_PROPERTIES
    scale_units: bool = False
    one_as: str | None = None
    stats_only: bool = False
    drop_zeros: bool = False

    def __post_init__(self) -> None:
        for pattern in self.metric_dimensions:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ConfigurationError(
                    f"metric_dimensions has {pattern!r}, which is no regular expression: {error}"
                ) from None


DEFAULTS = Options()


def unheard(topic: str, message: str) -> None:
    """Tell nobody."""
