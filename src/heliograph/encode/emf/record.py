"""Records: which metrics share one, and when another begins (emf spec 1, 3)."""

from __future__ import annotations

from opentelemetry.sdk.metrics.export import AggregationTemporality, Sum

from ..._limits import EMF_METRICS, EMF_RECORD_BYTES
from . import names, options, units, values
from .dimensions import RESOLUTION, Frame, layouts
from .properties import encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from opentelemetry.sdk.metrics.export import Metric, MetricsData

    from .dimensions import Layout
    from .options import Options, Tell
    from .values import DataPoint, Target

    Record = dict[str, object]

OLDEST_MS = 14 * 24 * 3600 * 1000
"""How old a record may be; metrics of an older one are not stored (emf spec 1)."""
NEWEST_MS = 2 * 3600 * 1000
"""How far in the future a record may be (emf spec 1)."""


def records(
    data: MetricsData,
    *,
    now_ms: int,
    namespace: str | None = None,
    dimension_sets: Sequence[Sequence[str]] | None = None,
    properties: Mapping[str, object] | None = None,
    options: Options = options.DEFAULTS,
    tell: Tell = options.unheard,
) -> list[Record]:
    """Turn what a reader collected into EMF records, each within every limit of CloudWatch.

    Args:
        data: The metrics as the SDK collected them.
        now_ms: The time, in milliseconds since the epoch: for points without a usable one.
        namespace: The namespace; by default the resource's `service.namespace/service.name`.
        dimension_sets: Dimension sets by attribute names, of which those are used whose
            attributes a point has; by default one set of all attributes and `service`.
        properties: The invocation's own members, such as its trace id.
        options: Further choices of the format.
        tell: Called with a topic and a line for whatever had to be renamed, cut or left out.
    """
    made: list[Record] = []
    for part in data.resource_metrics:
        resource = part.resource.attributes
        space = names.namespace(namespace, resource, tell)
        frame = Frame(resource, dimension_sets, properties or {}, options, tell)
        groups: dict[tuple[int, str], _Group] = {}
        for metric in (metric for scope in part.scope_metrics for metric in scope.metrics):
            for point in metric.data.data_points:
                for stamp, layout, definition, target in _entries(metric, point, frame, now_ms):
                    group = groups.get((stamp, layout.key))
                    if group is None:
                        group = groups[stamp, layout.key] = _Group(space, stamp, layout)
                    group.add(definition, target)
        for group in groups.values():
            made.extend(group.records)
    return made


def to_lines(made: Iterable[Mapping[str, object]]) -> list[bytes]:
    """Return each record as one line of compact JSON, its newline included."""
    return [encode(record).encode("ascii") + b"\n" for record in made]


def _entries(
    metric: Metric, point: DataPoint, frame: Frame, now_ms: int
) -> Iterator[tuple[int, Layout, dict[str, object], Target]]:
    """Yield where each part of a point belongs: time, layout, definition and values."""
    tell = frame.tell
    unit, factor = units.convert(metric.unit, frame.options, tell)
    targets, lost = values.targets(point, factor, stats_only=frame.options.stats_only)
    if lost:
        tell(
            f"emf value {metric.name}",
            f"metric {metric.name!r} has values that CloudWatch cannot store (NaN, infinite or "
            "beyond 2^360): they are left out.",
        )
    idle = frame.options.drop_zeros and isinstance(metric.data, Sum) and targets == [0]
    if idle or not targets:
        return
    _tell_cumulative(metric, tell)
    name = names.metric(metric.name, tell)
    attributes = point.attributes or {}
    definition: dict[str, object] = {"Name": name}
    if unit:
        definition["Unit"] = unit
    if _high_resolution(attributes.get(RESOLUTION), tell):
        definition["StorageResolution"] = 1
    stamp = _stamp(point.time_unix_nano, now_ms, tell)
    for layout in layouts(attributes, name, frame):
        for target in targets:
            yield stamp, layout, definition, target


class _Group:
    """Records with the same time, dimensions and properties, filled one after the other."""

    def __init__(self, namespace: str, stamp: int, layout: Layout) -> None:
        self.records: list[Record] = []
        self._namespace, self._stamp, self._layout = namespace, stamp, layout
        self._definitions: list[list[dict[str, object]]] = []
        self._sizes: list[int] = []
        self._next: dict[str, int] = {}
        self._open = 0

    def add(self, definition: dict[str, object], target: Target) -> None:
        """Put a metric into the first record that has room and does not have its name yet."""
        name = str(definition["Name"])
        size = len(encode([definition, name, target]))
        index = max(self._open, self._next.get(name, 0))
        while index < len(self.records) and not self._fits(index, size):
            index += 1
        if index == len(self.records):
            self._start()
        self.records[index][name] = target
        self._definitions[index].append(definition)
        self._sizes[index] += size
        self._next[name] = index + 1
        while self._open < len(self.records) and not self._fits(self._open, 0):
            self._open += 1

    def _fits(self, index: int, size: int) -> bool:
        return (
            len(self._definitions[index]) < EMF_METRICS
            and self._sizes[index] + size <= EMF_RECORD_BYTES
        )

    def _start(self) -> None:
        definitions: list[dict[str, object]] = []
        directive = {
            "Namespace": self._namespace,
            "Dimensions": [list(keys) for keys in self._layout.sets],
            "Metrics": definitions,
        }
        record: Record = {
            "_aws": {"Timestamp": self._stamp, "CloudWatchMetrics": [directive]},
            **self._layout.members,
        }
        self._definitions.append(definitions)
        self._sizes.append(len(encode(record)) + 1)
        self.records.append(record)


def _stamp(nanoseconds: int | None, now_ms: int, tell: Tell) -> int:
    """Return a point's time in milliseconds, or now for one that CloudWatch would not take."""
    if not nanoseconds:
        return now_ms
    stamp = nanoseconds // 1_000_000
    if now_ms - OLDEST_MS <= stamp <= now_ms + NEWEST_MS:
        return stamp
    tell(
        "emf timestamp",
        "a metric's time is more than 14 days ago or 2 hours ahead, which CloudWatch does not "
        "store: it is written with the present time.",
    )
    return now_ms


def _high_resolution(wanted: object, tell: Tell) -> bool:
    """Whether an attribute asks for a resolution of one second; 60 is the default."""
    if wanted is None or wanted in (1, 60, "1", "60"):
        return wanted in (1, "1")
    tell(
        "emf storage resolution",
        f"{RESOLUTION} is {wanted!r}, and CloudWatch knows 1 and 60 (seconds): 60 is used.",
    )
    return False


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
