"""Metrics over many invocations: what was recorded is told, once, and nothing grows."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest
from opentelemetry import metrics

import heliograph
from heliograph import testing
from heliograph.develop import metering
from heliograph.exporters.emf import EmfMetricExporter


@pytest.fixture
def lines() -> list[dict[str, Any]]:
    """What an EMF exporter has written."""
    return []


def exporter(lines: list[dict[str, Any]]) -> EmfMetricExporter:
    return EmfMetricExporter(lambda line: lines.append(json.loads(line)), namespace="shop")


def stored(lines: list[dict[str, Any]]) -> list[tuple[str, Any, list[str]]]:
    """The metrics of lines: name, value, names of dimensions."""
    return [
        (metric["Name"], line[metric["Name"]], sorted(sets[0]))
        for line in lines
        for directive in line["_aws"]["CloudWatchMetrics"]
        for sets in [directive["Dimensions"]]
        for metric in directive["Metrics"]
    ]


def test_a_gauge_is_told_once(lines: list[dict[str, Any]]) -> None:
    """A gauge tells what was set since the last time, not all that ever was."""
    with testing.capture(metric_exporters=[exporter(lines)]):
        gauge = metrics.get_meter("m").create_gauge("queue")
        for number in range(50):
            gauge.set(number, {"order": f"A-{number}"})
            lines.clear()
            heliograph.flush()
            assert [(line["order"], line["queue"]) for line in lines] == [(f"A-{number}", number)]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["before", "after"])
@pytest.mark.parametrize("beside", [True, False])
def test_dimensions_are_a_metrics_own(
    lines: list[dict[str, Any]], order: tuple[int, int], beside: bool
) -> None:
    """Whatever a neighbour is called, a metric has the same dimensions."""
    acts = [
        lambda: beside and heliograph.metric("tier", 3, tier="gold"),
        lambda: heliograph.metric("orders", 1, unit="Count", tier="gold"),
    ]
    with testing.capture(metric_exporters=[exporter(lines)]):
        for number in order:
            acts[number]()
        heliograph.flush()
    own = [dimensions for name, _, dimensions in stored(lines) if name == "orders"]
    assert own == [["service", "tier"]]
    assert len(stored(lines)) == 1 + beside


def test_names_that_hold_an_id(
    lines: list[dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    """Every value of every name is written, one line tells it, and memory stays flat (13, F13)."""
    meter = metrics.get_meter("m")
    with testing.capture(metric_exporters=[exporter(lines)]):

        def invocation(number: int) -> None:
            lines.clear()
            for one in range(60):
                heliograph.metric(f"order {number * 60 + one}", one)
                meter.create_counter(f"c{number * 60 + one}").add(1)
            heliograph.metric("steady", 1)
            heliograph.flush()
            assert len(stored(lines)) in (121, 122)  # in two collections where room was made

        for number in range(40):
            invocation(number)
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            for number in range(40, 80):
                invocation(number)
            grown = tracemalloc.get_traced_memory()[0] - before
        finally:
            tracemalloc.stop()
    assert grown < 8_000_000, "a thousand instruments take so much, and no more are kept"
    said = f"{metering.MAX_INSTRUMENTS} metrics have been made by now"
    assert len([line for line in caplog.messages if said in line]) == 1


def test_values_of_every_name_are_counted(lines: list[dict[str, Any]]) -> None:
    """None is lost where room is made in the middle of a collection."""
    with testing.capture(metric_exporters=[exporter(lines)]):
        for number in range(2500):
            heliograph.metric(f"order {number}", number)
        heliograph.flush()
    assert {name: value for name, value, _ in stored(lines)} == {
        f"order {number}": number for number in range(2500)
    }
