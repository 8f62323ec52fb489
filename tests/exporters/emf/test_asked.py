"""What `metric` asks of EMF is beside the measurement: EMF follows it, nobody else sees it."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import heliograph
from heliograph import testing
from heliograph.exporters.distribution import ExactDistributionAggregation
from heliograph.exporters.emf import EmfMetricExporter

BOTH = [["service"], ["service", "tier"]]


def measured(measure: Any, **choices: Any) -> tuple[list[dict[str, Any]], testing.Captured]:
    """The records of what is measured, and what every other exporter gets."""
    lines: list[dict[str, Any]] = []
    exporter = EmfMetricExporter(
        lambda line: lines.append(json.loads(line)), namespace="shop", **choices
    )
    with testing.capture(metric_exporters=[exporter]) as captured:
        measure()
        heliograph.flush()
    return lines, captured


def wishes() -> None:
    """One metric, asked for in four ways."""
    for value in (5, 5, 6):
        heliograph.metric("latency", value, tier="gold")
    heliograph.metric("latency", 5, resolution=1, tier="gold")
    heliograph.metric("latency", 7, dimension_sets=BOTH, tier="gold")
    heliograph.metric("latency", 9, dimension_sets=BOTH, resolution=1, tier="gold")


def test_one_stream_for_others() -> None:
    """All measurements are one point elsewhere, with the call's own dimensions."""
    _, captured = measured(wishes)
    [point] = captured.metrics["latency"]
    assert dict(point.attributes) == {"tier": "gold"}
    assert (point.count, point.sum, point.min, point.max) == (6, 37, 5, 9)
    assert sum(point.bucket_counts) == 6


def test_each_as_it_asks() -> None:
    """EMF stores each value under its own sets and resolution, with its own sum."""
    lines, _ = measured(wishes)
    stored = {}
    for line in lines:
        [directive] = line["_aws"]["CloudWatchMetrics"]
        [definition] = directive["Metrics"]
        asked = str(directive["Dimensions"]), definition.get("StorageResolution", 60)
        stored[asked] = line["latency"]
    default, both = "[['service', 'tier']]", "[['service'], ['service', 'tier']]"
    assert stored == {
        (default, 60): {
            "Values": [5, 6], "Counts": [2, 1], "Max": 6, "Min": 5, "Count": 3, "Sum": 16,
        },
        (default, 1): 5,
        (both, 60): 7,
        (both, 1): 9,
    }  # fmt: skip
    assert all("aws.emf" not in json.dumps(line) for line in lines)


def test_statistics_of_each() -> None:
    """Without values, count, sum and extremes are those of what asked for the same."""
    from heliograph.encode.emf import Options

    lines, _ = measured(wishes, options=Options(stats_only=True))
    counted = Counter(line["latency"]["Count"] for line in lines)
    assert counted == {3: 1, 1: 3}
    assert sorted(line["latency"]["Sum"] for line in lines) == [5, 7, 9, 16]


def test_too_many_values() -> None:
    """A stream with more distinct values than are kept has its buckets, and loses no count."""

    def many() -> None:
        for value in range(40):
            heliograph.metric("latency", value, resolution=1)

    lines: list[dict[str, Any]] = []
    exporter = EmfMetricExporter(lambda line: lines.append(json.loads(line)), namespace="shop")
    aggregation = ExactDistributionAggregation(max_distinct=10)
    for kind in list(exporter._preferred_aggregation):
        exporter._preferred_aggregation[kind] = aggregation
    with testing.capture(metric_exporters=[exporter]):
        many()
        heliograph.flush()
    [line] = lines
    [directive] = line["_aws"]["CloudWatchMetrics"]
    assert directive["Metrics"] == [{"Name": "latency", "StorageResolution": 1}]
    assert sum(line["latency"]["Counts"]) == 40
