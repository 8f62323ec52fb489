"""Which attributes of a data point become dimensions, and in which sets (emf spec 4)."""

from __future__ import annotations

from ..._limits import EMF_DIMENSION_VALUE, EMF_DIMENSIONS
from . import names
from .properties import text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .layouts import Frame
    from .options import Tell

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


def dimension_sets(
    given: Mapping[str, object],
    metric: str,
    templates: Sequence[Sequence[str]] | None,
    frame: Frame,
) -> list[tuple[str, ...]]:
    """Return the sets of attribute keys, each of at most 30, none twice."""
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
        usable = [tuple(name for name in frame.defaults if _eligible(name, given[name]))]
    return _distinct(_cut(keys, metric, frame.tell) for keys in usable)


def _default(given: Mapping[str, object], frame: Frame) -> list[tuple[str, ...]]:
    keys = [
        key
        for key in sorted(given)
        if (key in frame.defaults or not frame.stays_apart(key)) and _eligible(key, given[key])
    ]
    full = _cut(keys, "", frame.tell)
    zero = [()] if frame.options.rollup_zero else []
    singles = [(key,) for key in full] if frame.options.rollup_single else []
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
