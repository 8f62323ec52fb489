"""Which attributes of a data point become dimensions, and which properties (emf spec 4)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..._limits import EMF_DIMENSION_VALUE, EMF_DIMENSIONS, EMF_RECORD_BYTES
from . import names
from .members import Members
from .properties import text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .options import Options, Tell

RESOLUTION = "aws.emf.storage_resolution"
"""The attribute that asks for high resolution; it is never written itself (emf spec 4)."""

NEVER = frozenset(
    {
        "faas.instance",
        "faas.invocation_id",
        "aws.request_id",
        "aws_request_id",
        "function_request_id",
        "trace_id",
        "span_id",
        "xray_trace_id",
        "aws.log.stream.names",
        "log_stream",
        "log_stream_name",
    }
)
"""Attributes with a value of its own for each environment or invocation: as a dimension every one
of them would be a metric to pay for, so they are properties always (emf spec 4)."""

LAYOUT_BYTES = EMF_RECORD_BYTES // 2
"""The most that dimensions and properties take of a record; the rest is for metrics."""


@dataclass(frozen=True)
class Frame:
    """What all points of a resource have in common.

    Attributes:
        resource: The resource's attributes.
        sets: Templates of dimension sets, `None` for the default set.
        properties: The invocation's own properties.
        options: The choices of the format.
        tell: Who is told about what had to be changed.
    """

    resource: Mapping[str, object]
    sets: Sequence[Sequence[str]] | None
    properties: Mapping[str, object]
    options: Options
    tell: Tell


@dataclass(frozen=True)
class Layout:
    """A record without its metrics: the dimension sets, and the members that they point to.

    Attributes:
        sets: Dimension sets, by the names of the record's members.
        members: Dimensions and properties.
        key: Equal for two points that may share a record.
    """

    sets: tuple[tuple[str, ...], ...]
    members: dict[str, object]
    key: str


def layouts(attributes: Mapping[str, object], metric: str, frame: Frame) -> list[Layout]:
    """Return the layout of the records for a point, or several if its sets are too large for one.

    Args:
        attributes: The point's attributes.
        metric: The metric's name as written; no other member may have it.
        frame: What the point shares with others.
    """
    given = {k: v for k, v in attributes.items() if k != RESOLUTION and v is not None}
    for name, key in frame.options.resource_dimensions.items():
        if name not in given and text(frame.resource.get(key) or "").strip():
            given[name] = frame.resource[key]
    sets = _chosen(given, metric, frame)
    return _built(sets, given, metric, frame)


def _built(
    sets: list[tuple[str, ...]], given: Mapping[str, object], metric: str, frame: Frame
) -> list[Layout]:
    layout = _layout(sets, given, metric, frame)
    if len(layout.key) > LAYOUT_BYTES and len(sets) > 1:
        half = len(sets) // 2
        return [
            *_built(sets[:half], given, metric, frame),
            *_built(sets[half:], given, metric, frame),
        ]
    return [layout]


def _layout(
    sets: list[tuple[str, ...]], given: Mapping[str, object], metric: str, frame: Frame
) -> Layout:
    members = Members(metric, frame.tell)
    used = sorted({key for keys in sets for key in keys})
    sources = {**frame.resource, **given}
    named = {key: members.dimension(key, sources[key]) for key in used}
    for key, value in frame.properties.items():
        members.property(str(key), value)
    for key in sorted(given.keys() - named.keys()):
        members.property(key, given[key])
    for key in used:
        value = text(sources[key])
        if not value.isascii():
            members.property(f"{key}.raw", value)
    kept = frame.options.resource_properties
    for key in sorted(frame.resource) if kept is None else kept:
        if key in frame.resource and (key in given or key not in named):
            members.property(key, frame.resource[key])
    written = tuple(tuple(named[key] for key in keys) for keys in sets)
    return Layout(written, members.held, members.trimmed(written, LAYOUT_BYTES))


# -- which sets ------------------------------------------------------------------------------------


def _chosen(given: Mapping[str, object], metric: str, frame: Frame) -> list[tuple[str, ...]]:
    """Return the sets of attribute keys, each of at most 30, none twice."""
    templates = _templates(metric, frame)
    if templates is None:
        return _default(given, frame)
    sources = {**frame.resource, **given}
    usable = [keys for keys in templates if all(_eligible(k, sources.get(k)) for k in keys)]
    if not usable:
        frame.tell(
            f"emf dimensions {metric}",
            f"no dimension set fits metric {metric!r}, whose attributes are {sorted(given)}: "
            "it is written with the dimensions of the resource alone.",
        )
        usable = [tuple(n for n in frame.options.resource_dimensions if n in given)]
    return _distinct(_cut(keys, metric, frame.tell) for keys in usable)


def _templates(metric: str, frame: Frame) -> Sequence[Sequence[str]] | None:
    for pattern, sets in frame.options.metric_dimensions.items():
        if re.fullmatch(pattern, metric):
            return sets
    return frame.sets


def _default(given: Mapping[str, object], frame: Frame) -> list[tuple[str, ...]]:
    allowed, always = frame.options.dimension_keys, frame.options.resource_dimensions
    keys = [
        key
        for key in sorted(given)
        if (allowed is None or key in allowed or key in always) and _eligible(key, given[key])
    ]
    full = _cut(keys, "", frame.tell)
    rollup = frame.options.rollup
    zero = [()] if rollup in ("zero", "zero+single") else []
    singles = [(key,) for key in full] if rollup in ("single", "zero+single") else []
    return _distinct([full, *zero, *singles])


def _eligible(key: str, value: object) -> bool:
    """Whether CloudWatch would take it as a dimension; a blank one costs the whole record."""
    return (
        key not in NEVER
        and value is not None
        and bool(names.dimension(key))
        and bool(names.ascii_text(text(value))[:EMF_DIMENSION_VALUE].strip())
    )


def _cut(keys: Sequence[str], metric: str, tell: Tell) -> tuple[str, ...]:
    if len(keys) > EMF_DIMENSIONS:
        tell(
            f"emf dimension count {metric}",
            f"a set has {len(keys)} dimensions and CloudWatch takes {EMF_DIMENSIONS}: "
            f"{list(keys[EMF_DIMENSIONS:])} are written as properties.",
        )
    return tuple(keys[:EMF_DIMENSIONS])


def _distinct(sets: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Leave out a set with the same keys as one before: it would count every value twice."""
    found: dict[frozenset[str], tuple[str, ...]] = {}
    for keys in sets:
        found.setdefault(frozenset(keys), tuple(dict.fromkeys(keys)))
    return list(found.values())
