"""A reader that plays CloudWatch: what it would store of EMF lines.

It knows nothing of the encoder. It is written from section 1 of the emf spec: for every rule under
which CloudWatch would keep the line but lose its metrics, it raises.
"""

from __future__ import annotations

import json
import math
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_AMOUNTS = {
    *("Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes"),
    *("Bits", "Kilobits", "Megabits", "Gigabits", "Terabits"),
}
UNITS = {"Seconds", "Microseconds", "Milliseconds", "Percent", "Count", "Count/Second", "None"}
UNITS |= _AMOUNTS | {f"{amount}/Second" for amount in _AMOUNTS}
PRINTABLE = re.compile(r"[\x20-\x7e]+")


class DroppedError(AssertionError):
    """CloudWatch would keep this line and lose its metrics."""


@dataclass
class Series:
    """What CloudWatch has of one metric with one set of dimensions."""

    values: Counter[float] = field(default_factory=Counter)
    count: float = 0
    sum: float = 0
    min: float = math.inf
    max: float = -math.inf


Key = tuple[str, frozenset[tuple[str, str]], str, str, int]


def read(lines: Iterable[bytes], now_ms: int | None = None) -> dict[Key, Series]:
    """Return what CloudWatch would store of some lines.

    Keys are namespace, dimensions, metric name, unit and resolution.
    """
    now = time.time_ns() // 1_000_000 if now_ms is None else now_ms
    stored: dict[Key, Series] = {}
    for line in lines:
        for key, target in _metrics(line, now):
            _add(stored.setdefault(key, Series()), target)
    return stored


def _check(rule: bool, *what: object) -> None:
    if not rule:
        raise DroppedError(*what)


def _metrics(line: bytes, now: int) -> Iterator[tuple[Key, Any]]:
    _check(line.startswith(b"{") and line.endswith(b"}\n") and line.count(b"\n") == 1, line[:99])
    _check(len(line.decode().splitlines()) == 1, "not one line for every reader of lines", line)
    _check(len(line) + 26 <= 256 * 1024, "size", len(line))
    record = json.loads(line, object_pairs_hook=_object, parse_constant=_no_constant)
    head = record["_aws"]
    stamp = head["Timestamp"]
    _check(type(stamp) is int, "timestamp", stamp)
    _check(now - 14 * 86_400_000 <= stamp <= now + 7_200_000, "timestamp", stamp)
    _check(len(head["CloudWatchMetrics"]) >= 1, head)
    for directive in head["CloudWatchMetrics"]:
        yield from _directive(directive, record)


def _directive(directive: dict[str, Any], record: dict[str, Any]) -> Iterator[tuple[Key, Any]]:
    space = directive["Namespace"]
    _check(1 <= len(space) <= 255 and bool(PRINTABLE.fullmatch(space)), "namespace", space)
    _check(not space.startswith((":", "AWS/")) and bool(space.strip()), "namespace", space)
    _check(len(directive["Dimensions"]) >= 1, "no dimension set")
    _check(1 <= len(directive["Metrics"]) <= 100, "definitions", len(directive["Metrics"]))
    names = [definition["Name"] for definition in directive["Metrics"]]
    _check(len(set(names)) == len(names), "a name twice", names)
    sets = [_dimensions(keys, record) for keys in directive["Dimensions"]]
    _check(len(set(sets)) == len(sets), "a set twice: stored twice", sets)
    for definition in directive["Metrics"]:
        _check(definition.keys() <= {"Name", "Unit", "StorageResolution"}, definition)
        name, unit = definition["Name"], definition.get("Unit", "None")
        resolution = definition.get("StorageResolution", 60)
        _check(1 <= len(name) <= 255 and bool(name.strip()), "name", name)
        _check(bool(PRINTABLE.fullmatch(name)) and name != "_aws", "name", name)
        _check(unit in UNITS, "unit", unit)
        _check(type(resolution) is int and resolution in (1, 60), "resolution", resolution)
        for dimensions in sets:
            yield (space, dimensions, name, unit, resolution), record[name]


def _dimensions(keys: list[str], record: dict[str, Any]) -> frozenset[tuple[str, str]]:
    _check(len(keys) <= 30 and len(set(keys)) == len(keys), "dimensions", keys)
    for key in keys:
        _check(1 <= len(key) <= 250 and bool(PRINTABLE.fullmatch(key)), "dimension", key)
        _check(bool(key.strip()) and not key.startswith(":"), "dimension", key)
        value = record[key]
        _check(isinstance(value, str) and 1 <= len(value) <= 1024, "dimension value", key, value)
        _check(bool(PRINTABLE.fullmatch(value)) and bool(value.strip()), "dimension", key, value)
    return frozenset((key, record[key]) for key in keys)


def _add(series: Series, target: Any) -> None:
    if isinstance(target, dict):
        _check(
            target.keys() <= {"Values", "Counts", "Max", "Min", "Count", "Sum"}, "target", target
        )
        values, counts = target.get("Values", []), target.get("Counts", [])
        _check(len(values) == len(counts) <= 100, "target", target)
        _check(all(_is_number(part) for part in [*values, *counts]), "target", target)
        rest = {key: part for key, part in target.items() if key not in ("Values", "Counts")}
        _check(all(_is_number(part) for part in rest.values()), "target", target)
        _check("Count" in rest and "Sum" in rest, "target", target)
        least, most = rest.get("Min", math.inf), rest.get("Max", -math.inf)
        count, total = rest["Count"], rest["Sum"]
    else:
        values = target if isinstance(target, list) else [target]
        counts = [1] * len(values)
        _check(1 <= len(values) <= 100, "values", len(values))
        _check(all(_is_number(value) for value in values), "values", values)
        least, most, count, total = min(values), max(values), len(values), sum(values)
    for value, often in zip(values, counts, strict=True):
        series.values[value] += often
    series.count += count
    series.sum += total
    series.min, series.max = min(series.min, least), max(series.max, most)


def _is_number(value: object) -> bool:
    return type(value) in (int, float) and -(2**360) <= value <= 2**360  # type: ignore[operator]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    _check(len(dict(pairs)) == len(pairs), "a member twice", pairs)
    return dict(pairs)


def _no_constant(name: str) -> None:
    raise DroppedError(f"{name} is not JSON")
