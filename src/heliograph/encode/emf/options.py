"""The choices of the format: each has a default of the emf spec, and settings make another."""

from __future__ import annotations

from dataclasses import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Tell = Callable[[str, str], None]
    """Told of what had to be changed or left out: a topic (told once) and a line."""

INSTRUMENTATIONS = "opentelemetry.instrumentation."
"""What the names of their scopes begin with."""

INSTRUMENTATION_DIMENSIONS = (
    "http.method", "http.request.method", "http.status_code", "http.response.status_code",
    "http.route", "peer.service", "rpc.service", "rpc.method", "db.system", "db.system.name",
    "messaging.system", "error.type", "gen_ai.operation.name", "gen_ai.request.model",
    "gen_ai.token.type", "service",
)  # fmt: skip
"""Attributes of their metrics that are dimensions by default: those with few values. URLs, hosts
and ports would be a metric to pay for each."""

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
        default_dimensions: Dimensions that every metric has, from the resource: name, then resource
            attribute (emf spec 4).
        property_keys: Attributes that stay properties, as globs, `!` before those that do not: the
            default set has none of them, so that their values cost nothing (emf spec 4).
        metric_dimensions: Dimension sets by metric: a glob of its name, and its sets. The first
            match counts, before `dimension_sets` (emf spec 4).
        resource_properties: Resource attributes written as properties, as globs.
        rollup_zero, rollup_single: Add the set without dimensions, and one of each dimension, to
            the default set. Every set is a metric to pay for (emf spec 9).
        scale_units: Convert units that CloudWatch has no name for (ns, min, h, d, KiBy ...) into
            one that it has, the values with them, instead of leaving the unit out (emf spec 5).
        one_as_count: Write UCUM's "1" as Count, instead of leaving the unit out (emf spec 5).
        stats_only: Write histograms as minimum, maximum, sum and count, as the collector does:
            no percentiles (emf spec 2.1).
        drop_zeros: Leave out increments of 0, which observable counters report when idle.
        instrumentation_metrics: Metrics of OpenTelemetry's instrumentations that are written, as
            globs of their names; with `INSTRUMENTATION_DIMENSIONS` only.
    """

    default_dimensions: Mapping[str, str] = field(default_factory=_service)
    property_keys: Sequence[str] = ()
    metric_dimensions: Mapping[str, Sequence[Sequence[str]]] = field(default_factory=dict)
    resource_properties: Sequence[str] = RESOURCE_PROPERTIES
    rollup_zero: bool = False
    rollup_single: bool = False
    scale_units: bool = False
    one_as_count: bool = False
    stats_only: bool = False
    drop_zeros: bool = False
    instrumentation_metrics: Sequence[str] = ()


DEFAULTS = Options()


def unheard(topic: str, message: str) -> None:
    """Tell nobody."""
