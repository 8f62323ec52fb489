"""Metrics of one long invocation have the time at which they were measured."""

from __future__ import annotations

import json
from time import time_ns
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry import metrics
from opentelemetry.metrics import Observation

import heliograph
from heliograph import testing
from heliograph.develop import periods
from heliograph.develop.periods import MINUTE, SECOND, arrange
from heliograph.exporters.emf import EmfMetricExporter

if TYPE_CHECKING:
    from collections.abc import Iterator

MILLISECOND = SECOND // 1000


class Clock:
    """The time at which measurements are recorded, set by a test."""

    def __init__(self) -> None:
        self.now = time_ns() // MINUTE * MINUTE - 5 * MINUTE

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("heliograph.journal.time_ns", clock)
    return clock


@pytest.fixture
def lines() -> Iterator[list[dict[str, Any]]]:
    found: list[dict[str, Any]] = []
    exporter = EmfMetricExporter(lambda line: found.append(json.loads(line)), namespace="shop")
    with testing.capture(metric_exporters=[exporter]):
        yield found


def stored(lines: list[dict[str, Any]], name: str) -> list[tuple[int, Any]]:
    """The times, in milliseconds, and values of a metric."""
    return [(line["_aws"]["Timestamp"], line[name]) for line in lines if name in line]


def test_each_minute_has_its_own_time(lines: list[dict[str, Any]], clock: Clock) -> None:
    """What was measured 62 seconds apart is stored 62 seconds apart."""
    counter = metrics.get_meter("m").create_counter("orders")
    times = []
    for value in (1, 2, 3):
        times.append(clock.now // MILLISECOND)
        heliograph.metric("took", value)
        counter.add(value)
        clock.now += 62 * SECOND
    heliograph.flush()
    assert stored(lines, "took") == list(zip(times, (1, 2, 3), strict=True))
    assert stored(lines, "orders") == list(zip(times, (1, 2, 3), strict=True))


def test_each_second_of_high_resolution(lines: list[dict[str, Any]], clock: Clock) -> None:
    """A high-resolution metric has the time of its second, another that of its minute."""
    began = clock.now
    for second in range(3):
        clock.now = began + second * SECOND
        heliograph.metric("fine", second, resolution=1)
        heliograph.metric("coarse", second)
    heliograph.flush()
    at = began // MILLISECOND
    assert stored(lines, "fine") == [(at, 0), (at + 1000, 1), (at + 2000, 2)]
    assert len(stored(lines, "coarse")) == 1  # one record: CloudWatch has one minute of it


def test_within_a_minute_there_is_one_line(lines: list[dict[str, Any]], clock: Clock) -> None:
    """A short invocation has one line, as before."""
    heliograph.metric("coarse", 1)
    heliograph.metric("fine", 1, resolution=1)
    clock.now += 20 * MILLISECOND
    heliograph.metric("coarse", 2)
    heliograph.flush()
    assert len([line for line in lines if "coarse" in line or "fine" in line]) == 1


def test_observed_values_are_of_the_present(lines: list[dict[str, Any]], clock: Clock) -> None:
    """An observable instrument is asked at the end only, and its value has that time."""
    asked: list[int] = []

    def observe(_: object) -> list[Observation]:
        asked.append(clock.now)
        return [Observation(7)]

    metrics.get_meter("m").create_observable_gauge("load", [observe])
    for value in (1, 2):
        heliograph.metric("took", value)
        clock.now += 2 * MINUTE
    before = time_ns() // MILLISECOND
    heliograph.flush()
    assert len(asked) == 2  # once by each reader: the exporter's and that of `capture`
    [(at, value)] = stored(lines, "load")
    assert at >= before
    assert value == 7
    assert len(stored(lines, "took")) == 2


def test_periods_keep_every_measurement() -> None:
    """Whatever the order of the times, every measurement is in one period, the latest one last."""
    times = [3 * MINUTE, 1, 2 * MINUTE + 5, 2, 3 * MINUTE + 70 * MILLISECOND, 2 * MINUTE]
    wanted: list[tuple[Any, ...]] = [
        (number, number, {periods.RESOLUTION: 1} if number % 2 else None, None, time)
        for number, time in enumerate(times)
    ]
    measurements = list(wanted)
    found = arrange(measurements)
    assert sorted(measurements) == sorted(wanted)
    assert [(period.end, period.latest) for period in found] == [
        (2, 2),
        (3, 2 * MINUTE),
        (4, 2 * MINUTE + 5),
        (6, 3 * MINUTE + 70 * MILLISECOND),
    ]
    assert found[-1].end == len(wanted)
    assert arrange([]) == []
