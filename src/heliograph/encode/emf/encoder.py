"""What a reader collected, as lines: each metric's points, each in the records it belongs to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from opentelemetry.sdk.metrics.export import AggregationTemporality, NumberDataPoint, Sum

from ..._limits import EMF_NUMBER as MOST
from . import hints, names, options, units, values
from .layouts import Extra, Frame
from .page import Page
from .point import DistributionDataPoint
from .properties import encode, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from opentelemetry.sdk.metrics.export import Metric, MetricsData
    from opentelemetry.sdk.resources import Resource

    from .options import Options, Tell
    from .values import DataPoint

KNOWN_METRICS = 1_000
"""Names and units that are remembered from one collection to the next."""


@dataclass(frozen=True)
class Named:
    """A metric as records have it.

    Attributes:
        name: Its name.
        member: Its name as the start of a member, as JSON.
        definition: Its definition, as JSON; `fine` with a resolution of one second.
        factor: What its values are multiplied with.
    """

    name: str
    member: str
    definition: str
    fine: str
    factor: float


class Encoder:
    """Turns metrics into EMF lines, and remembers what is the same in every collection.

    Args:
        namespace: The namespace; by default the resource's `service.namespace/service.name`.
        dimension_sets: Dimension sets by attribute names, of which those are used whose
            attributes a point has; by default one set of all attributes and `service`.
        options: Further choices of the format.
        extract: Whether CloudWatch shall store metrics; without, lines have no `_aws` (emf spec 8).
        tell: Called with a topic and a line for whatever had to be renamed, cut or left out.
    """

    def __init__(
        self,
        *,
        namespace: str | None = None,
        dimension_sets: Sequence[Sequence[str]] | None = None,
        options: Options = options.DEFAULTS,
        extract: bool = True,
        tell: Tell = options.unheard,
    ) -> None:
        self._namespace = namespace
        self._dimension_sets = dimension_sets
        self._options = options
        self._extract = extract
        self._tell = tell
        self._named: dict[tuple[str, str], Named] = {}
        self._resource: Resource | None = None
        self._own: Frame | None = None
        self._theirs: Frame | None = None

    def lines(
        self,
        data: MetricsData,
        *,
        now_ms: int,
        measured_ms: int = 0,
        properties: Mapping[str, object] | None = None,
    ) -> list[bytes]:
        """Return the lines of what was collected, each within every limit of CloudWatch.

        Args:
            data: The metrics as the SDK collected them.
            now_ms: The time, in milliseconds since the epoch: for points without a usable one.
            measured_ms: When all of it was measured, if that is not the points' own time.
            properties: The invocation's own members, such as its trace id.
        """
        made: list[bytes] = []
        for part in data.resource_metrics:
            extra = Extra(properties or {}, self._tell)
            own = Page(self._frame_of(part.resource), extra, now_ms, measured_ms)
            theirs: Page | None = None
            for scope in part.scope_metrics:
                if not scope.scope.name.startswith(options.INSTRUMENTATIONS):
                    for metric in scope.metrics:
                        self._add(metric, own)
                elif wanted := [one for one in scope.metrics if self._is_wanted(one.name)]:
                    if theirs is None:
                        frame = self._frame_of_instrumentations(part.resource)
                        theirs = Page(frame, extra, now_ms, measured_ms)
                    for metric in wanted:
                        self._add(metric, theirs)
            for page in (own, theirs):
                for group in page.groups.values() if page is not None else ():
                    made.extend(group.lines(self._extract))
        return made

    def _is_wanted(self, name: str) -> bool:
        """Tell whether a metric of an instrumentation is written: each costs money."""
        return any(fnmatchcase(name, glob) for glob in self._options.instrumentation_metrics)

    def _frame_of_instrumentations(self, resource: Resource) -> Frame:
        """Return the frame of their metrics, with the dimensions that have few values."""
        if self._theirs is None or resource is not self._resource:
            few = [f"!{key}" for key in options.INSTRUMENTATION_DIMENSIONS]
            wanted = ("*", *few, *self._options.property_keys)
            self._theirs = self._frame(resource, replace(self._options, property_keys=wanted))
        return self._theirs

    def _frame_of(self, resource: Resource) -> Frame:
        if self._own is None or resource is not self._resource:
            self._resource, self._theirs = resource, None
            self._own = self._frame(resource, self._options)
        return self._own

    def _frame(self, resource: Resource, choices: Options) -> Frame:
        space = names.namespace(self._namespace, resource.attributes, self._tell)
        return Frame(space, resource.attributes, self._dimension_sets, choices, self._tell)

    def _add(self, metric: Metric, page: Page) -> None:
        named = self._named.get((metric.name, metric.unit or "")) or self._name(metric)
        name, member, factor = named.name, named.member, named.factor
        plain = factor == 1 and not self._options.drop_zeros
        for point in _parted(metric.data.data_points):
            targets: Sequence[str] = ()
            if plain and isinstance(point, NumberDataPoint):
                value = point.value
                if (type(value) is int or type(value) is float) and -MOST <= value <= MOST:
                    targets = (repr(value),)
            if not targets:
                targets = self._targets(metric, point, factor)
                if not targets:
                    continue
            attributes = point.attributes or {}
            fine = hints.RESOLUTION in attributes and hints.fine(attributes, self._tell)
            definition = named.fine if fine else named.definition
            for group in page.find(attributes, name, point.time_unix_nano):
                for target in targets:
                    group.add(name, definition, member + target)

    def _targets(self, metric: Metric, point: DataPoint, factor: float) -> Sequence[str]:
        """Return what records hold for a point, as JSON: a text for each record."""
        targets, lost = values.targets(point, factor, stats_only=self._options.stats_only)
        if lost:
            self._tell(
                f"emf value {metric.name}",
                f"metric {metric.name!r} has values that CloudWatch cannot store (NaN, infinite or "
                "beyond 2^360): they are left out.",
            )
        idle = self._options.drop_zeros and isinstance(metric.data, Sum) and targets == ["0"]
        return () if idle else targets

    def _name(self, metric: Metric) -> Named:
        """Name a metric as CloudWatch does, and tell what is not as it should be."""
        tell = self._tell
        _tell_cumulative(metric, tell)
        unit, factor = units.convert(metric.unit, self._options, tell)
        name = names.metric(metric.name, tell)
        definition = {"Name": name, "Unit": unit} if unit else {"Name": name}
        fine = {**definition, "StorageResolution": 1}
        named = Named(name, f"{quoted(name)}:", encode(definition), encode(fine), factor)
        if len(self._named) < KNOWN_METRICS:
            self._named[metric.name, metric.unit or ""] = named
        return named


def _parted(points: Sequence[DataPoint]) -> Iterator[DataPoint]:
    """Yield points, or their parts with what was asked for as attributes."""
    for point in points:
        parts = point.parts if isinstance(point, DistributionDataPoint) else ()
        for asked, part in parts:
            yield replace(part, attributes={**(point.attributes or {}), **asked})
        if not parts:
            yield point


def _tell_cumulative(metric: Metric, tell: Tell) -> None:
    """Tell of totals where CloudWatch expects increments: it adds up what it is sent."""
    temporality = getattr(metric.data, "aggregation_temporality", None)
    level = isinstance(metric.data, Sum) and not metric.data.is_monotonic
    if temporality is AggregationTemporality.CUMULATIVE and not level:
        tell(
            f"emf temporality {metric.name}",
            f"metric {metric.name!r} is cumulative: CloudWatch adds up every total it is sent. "
            "Its reader or view should collect increments (delta temporality).",
        )
