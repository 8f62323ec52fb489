"""Lines of the embedded metric format → rows of a table, as CloudWatch would count them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


@dataclass
class Row:
    """One metric with one set of dimensions, all its values together."""

    namespace: str
    metric: str
    unit: str
    dimensions: dict[str, str]
    count: float = 0
    total: float = 0
    minimum: float | None = None
    maximum: float | None = None
    values: list[tuple[float, float]] | None = field(default_factory=list)
    """Values with their counts; `None` once statistics without values came in: no percentiles."""

    @property
    def average(self) -> float | None:
        """Return sum by count."""
        return self.total / self.count if self.count else None

    @property
    def p50(self) -> float | None:
        """Return the smallest value that half of all are not above; `None` if nobody can know."""
        if not self.values:
            return None
        left = self.count / 2
        for value, count in sorted(self.values):
            left -= count
            if left <= 0:
                return value
        return max(self.values)[0]


@dataclass
class Metrics:
    """What a log says in the embedded metric format."""

    rows: list[Row] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """What CloudWatch would leave out without a word (emf spec 0.3), and why."""


def is_record(line: str) -> bool:
    """Whether a line of the log is a record of metrics, right or wrong."""
    return _record(line) is not None


def metrics(lines: Iterable[str]) -> Metrics:
    """Read the metrics of a function's log; lines that are no records are passed over."""
    found = Metrics()
    rows: dict[object, Row] = {}
    for line in lines:
        record = _record(line)
        for directive in _directives(record, found) if record else ():
            for dimensions in _dimensions(directive, record or {}, found):
                _read(directive, dimensions, record or {}, rows, found)
    found.rows = list(rows.values())
    return found


def _record(line: str) -> dict[str, Any] | None:
    if not line.startswith("{") or '"_aws"' not in line:
        return None
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) and "_aws" in record else None


def _directives(record: Mapping[str, Any], found: Metrics) -> list[dict[str, Any]]:
    meta = record["_aws"]
    directives = meta.get("CloudWatchMetrics") if isinstance(meta, dict) else None
    if not isinstance(directives, list) or not all(isinstance(one, dict) for one in directives):
        found.problems.append("_aws.CloudWatchMetrics is no list of objects")
        return []
    if type(meta.get("Timestamp")) is not int:
        found.problems.append(f"_aws.Timestamp {meta.get('Timestamp')!r} is no whole number")
        return []
    return directives


def _dimensions(
    directive: Mapping[str, Any], record: Mapping[str, Any], found: Metrics
) -> Iterator[dict[str, str]]:
    sets = directive.get("Dimensions") or [[]]
    if not isinstance(sets, list) or not all(isinstance(names, list) for names in sets):
        found.problems.append(f"Dimensions {sets!r} is no list of lists")
        return
    for names in sets:
        wrong = [name for name in names if not isinstance(record.get(name), str)]
        if wrong:
            found.problems.append(f"dimension {wrong[0]!r} is {record.get(wrong[0])!r}, no string")
        else:
            yield {name: record[name] for name in names}


def _read(
    directive: Mapping[str, Any],
    dimensions: dict[str, str],
    record: Mapping[str, Any],
    rows: dict[object, Row],
    found: Metrics,
) -> None:
    namespace = str(directive.get("Namespace"))
    definitions = directive.get("Metrics")
    for definition in definitions if isinstance(definitions, list) else ():
        if not isinstance(definition, dict):
            found.problems.append(f"metric definition {definition!r} is no object")
            continue
        name, unit = str(definition.get("Name")), str(definition.get("Unit") or "None")
        key = (namespace, name, unit, *sorted(dimensions.items()))
        row = rows.get(key) or Row(namespace, name, unit, dimensions)
        if _count(row, record.get(name)):
            rows[key] = row
        else:
            found.problems.append(f"metric {name!r} is {record.get(name)!r}, no number or numbers")


def _count(row: Row, target: object) -> bool:
    """Add what a metric's member says: a number, numbers, or an object of statistics."""
    if isinstance(target, dict) and not target.get("Values"):
        return _count_statistics(row, target)
    given: Mapping[str, Any] = {}
    values: object = target if isinstance(target, list) else [target]
    counts: object = None
    if isinstance(target, dict):
        given, values, counts = target, target["Values"], target.get("Counts")
    if not isinstance(values, list) or not values or not all(map(_number, values)):
        return False
    counts = counts or [1] * len(values)
    if not isinstance(counts, list) or len(counts) != len(values) or not all(map(_number, counts)):
        return False
    pairs = list(zip(values, counts, strict=True))
    total = sum(value * count for value, count in pairs)
    said = {"Sum": total, "Min": min(values), "Max": max(values), **given}
    if not all(_number(said[name]) for name in ("Sum", "Min", "Max")):
        return False
    row.count += sum(counts)
    row.total += said["Sum"]
    _widen(row, said["Min"], said["Max"])
    if row.values is not None:
        row.values += pairs
    return True


def _count_statistics(row: Row, target: Mapping[str, Any]) -> bool:
    if not all(_number(target.get(name)) for name in ("Count", "Sum", "Min", "Max")):
        return False
    row.count += target["Count"]
    row.total += target["Sum"]
    row.values = None
    _widen(row, target["Min"], target["Max"])
    return True


def _widen(row: Row, low: float, high: float) -> None:
    row.minimum = low if row.minimum is None else min(row.minimum, low)
    row.maximum = high if row.maximum is None else max(row.maximum, high)


def _number(value: object) -> bool:
    return (
        isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= 2.0**360
    )
