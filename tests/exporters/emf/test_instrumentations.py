"""Metrics that instrumentations make by themselves cost money: they are written where named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource

from heliograph.encode.emf.combinations import MOST
from heliograph.exporters import Setup
from heliograph.exporters.emf import metric_exporter
from heliograph.settings.config import Config

if TYPE_CHECKING:
    from collections.abc import Callable

HTTPX = "opentelemetry.instrumentation.httpx"
CALL: dict[str, Any] = {
    "http.method": "GET", "http.status_code": 200, "http.url": "http://shop/orders/7",
    "net.peer.port": 8080,
}  # fmt: skip


@pytest.fixture
def measured(capfd: pytest.CaptureFixture[str]) -> Callable[..., list[dict[str, Any]]]:
    """Measure under some variables of the environment; return the records on standard output."""

    def measure(environ: dict[str, str], record: Callable[[Any], object]) -> list[dict[str, Any]]:
        exporter = metric_exporter(Setup(Config.read(environ)))
        reader = PeriodicExportingMetricReader(exporter, export_interval_millis=float("inf"))
        resource = Resource({"service.name": "orders"})
        provider = MeterProvider([reader], resource=resource, shutdown_on_exit=False)
        record(provider)
        assert provider.force_flush()
        return [json.loads(line) for line in capfd.readouterr().out.splitlines() if line]

    return measure


def calls(provider: MeterProvider) -> None:
    """What httpx's instrumentation measures, and a metric of the function's own."""
    meter = provider.get_meter(HTTPX, "0.66b2")
    meter.create_histogram("http.client.duration", "ms").record(12, CALL)
    meter.create_counter("http.client.requests").add(1, CALL)
    provider.get_meter("app").create_counter("orders").add(1, {"http.url": "mine"})


def test_none_by_default(measured: Any) -> None:
    """The function's own metrics are written, with all of their attributes."""
    [record] = measured({}, calls)
    assert (record["orders"], record["http.url"]) == (1, "mine")


def test_those_that_are_named(measured: Any) -> None:
    """With the dimensions of few values; what else they say is a property."""
    records = measured({"HELIOGRAPH_EMF_INSTRUMENTATION_METRICS": "*.duration"}, calls)
    assert [name for one in records for name in ("orders", "http.client.duration") if name in one]
    [record] = [one for one in records if "http.client.duration" in one]
    [directive] = record["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["http.method", "http.status_code", "service"]]
    assert record["http.url"] == CALL["http.url"]
    assert not any("http.client.requests" in one for one in records)


def test_chosen_dimensions_win(measured: Any) -> None:
    """`HELIOGRAPH_EMF_METRIC_DIMENSIONS` names others."""
    environ = {
        "HELIOGRAPH_EMF_INSTRUMENTATION_METRICS": "http.client.duration",
        "HELIOGRAPH_EMF_METRIC_DIMENSIONS": "http.client.*=[[net.peer.port]]",
    }
    records = measured(environ, calls)
    [record] = [one for one in records if "http.client.duration" in one]
    assert record["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["net.peer.port"]]


def test_other_exporters_get_all() -> None:
    """The choice is EMF's alone."""
    reader = InMemoryMetricReader()
    calls(MeterProvider([reader], shutdown_on_exit=False))
    data: Any = reader.get_metrics_data()
    found = {
        metric.name: dict(metric.data.data_points[0].attributes)
        for part in data.resource_metrics
        for scope in part.scope_metrics
        for metric in scope.metrics
    }
    assert found["http.client.duration"] == CALL


def orders(number: int) -> Callable[[MeterProvider], None]:
    """One metric with an id among its attributes."""

    def record(provider: MeterProvider) -> None:
        histogram = provider.get_meter("app").create_histogram("latency")
        for order in range(number):
            histogram.record(1, {"order.id": f"o-{order}", "tier": "gold"})

    return record


@pytest.mark.parametrize(("number", "told"), [(MOST, 0), (MOST + 1, 1), (MOST + 300, 1)])
def test_too_many_combinations(
    measured: Any, caplog: pytest.LogCaptureFixture, number: int, told: int
) -> None:
    """One line names the metric, the attribute that has most values, and the remedy."""
    assert len(measured({}, orders(number))) == number
    lines = [line for line in caplog.messages if "combinations of dimensions" in line]
    assert len(lines) == told
    assert all(
        "'latency'" in line and "HELIOGRAPH_EMF_PROPERTIES=order.id" in line for line in lines
    )


def test_the_remedy(measured: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Kept as a property, the id makes no metric, and nothing is told."""
    measured({"HELIOGRAPH_EMF_PROPERTIES": "order.id"}, orders(MOST + 300))
    assert not [line for line in caplog.messages if "combinations" in line]
