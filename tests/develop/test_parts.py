"""A part of the load that fails costs itself, is tried again, and is given up at last."""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING, Any

import pytest
import requests
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

import heliograph
from heliograph import testing
from heliograph._guard import observers
from heliograph.develop.development import SdkObjects
from heliograph.develop.lambda_pipeline import TRIES
from heliograph.libraries.requests import describe
from heliograph.runtime import lifecycle, wrapping
from heliograph.settings.config import Config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.guarded


class Spans:
    """An exporter whose making fails as often as planned."""

    remote = False
    failures = 0
    got: list[str] = []  # noqa: RUF012 - emptied by the fixture
    tries = 0

    def __init__(self) -> None:
        Spans.tries += 1
        if Spans.tries <= Spans.failures:
            raise OSError(24, "Too many open files")

    def export(self, spans: Any) -> None:
        """Keep the names."""
        Spans.got += [span.name for span in spans]

    def shutdown(self) -> None:
        """Hold nothing."""


class Metrics:
    """The same of metrics."""

    remote = False
    failures = 0
    got: list[str] = []  # noqa: RUF012
    tries = 0
    _preferred_temporality = None
    _preferred_aggregation = None

    def __init__(self) -> None:
        Metrics.tries += 1
        if Metrics.tries <= Metrics.failures:
            raise OSError(24, "Too many open files")

    def export(self, data: Any, **_: Any) -> None:
        """Keep the name as often as it was counted: the SDK adds up."""
        for scope in data.resource_metrics[0].scope_metrics:
            for metric in scope.metrics:
                Metrics.got = [metric.name] * metric.data.data_points[0].count

    def shutdown(self, **_: Any) -> None:
        """Hold nothing."""


@pytest.fixture
def exporters(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Set up with exporters that packages provide: `exporters(spans=failures)`."""

    class Point:
        def __init__(self, made: type) -> None:
            self.made = made

        def load(self) -> type:
            return self.made

    def entry_points(*, group: str, name: str) -> list[Point]:
        made = {"opentelemetry_traces_exporter": Spans, "opentelemetry_metrics_exporter": Metrics}
        return [Point(made[group])] if name == "mine" else []

    monkeypatch.setattr(importlib.metadata, "entry_points", entry_points)

    def start(spans: int = 0, metrics: int = 0, **settings: Any) -> None:
        Spans.failures, Spans.tries, Spans.got = spans, 0, []
        Metrics.failures, Metrics.tries, Metrics.got = metrics, 0, []
        given = {"traces_exporters": "mine", "metrics_exporters": "mine", **settings}
        wrapping.record(Config.read({}, given), SdkObjects())

    yield start
    lifecycle.switch_off()


def work(number: int) -> None:
    """An invocation, and its development."""
    with heliograph.span(f"span {number}"):
        heliograph.metric("orders", number)
    heliograph.flush()


@pytest.mark.parametrize("failures", range(1, TRIES))
def test_an_exporter_of_spans_is_made_again(exporters: Callable[..., None], failures: int) -> None:
    """It gets the spans that it missed, and the metrics did not wait for it."""
    exporters(spans=failures)
    for number in range(1, 5):
        work(number)
        assert len(Metrics.got) == number
    assert Spans.got == ["span 1", "span 2", "span 3", "span 4"]
    assert Spans.tries == failures + 1


def test_an_exporter_that_is_never_made_is_given_up(exporters: Callable[..., None]) -> None:
    """It costs what it would have exported, and no try more."""
    exporters(spans=100, metrics=100)
    for number in range(1, 9):
        work(number)
    assert Spans.tries == Metrics.tries == TRIES
    assert Spans.got == Metrics.got == []


@pytest.mark.parametrize("failures", range(1, TRIES))
def test_an_exporter_of_metrics_is_made_again(
    exporters: Callable[..., None], failures: int
) -> None:
    """What was measured meanwhile is counted then, and the spans did not wait for it."""
    exporters(metrics=failures)
    for number in range(1, 5):
        work(number)
        assert len(Spans.got) == number
    assert len(Metrics.got) == 4


def test_an_exporter_of_metrics_beside_one_that_stands(exporters: Callable[..., None]) -> None:
    """The other has all of them; the late one has those from then on, at least."""
    exporters(metrics=2, metrics_exporters="console,mine")
    for number in range(1, 5):
        work(number)
    assert len(Metrics.got) >= 2


def test_an_instrumentor_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it raises, its spans have the basic attributes, and all others are whole."""

    def fails(provider: object) -> Any:
        raise RuntimeError("broken")

    monkeypatch.setattr(describe, "describer", fails)
    with testing.capture() as captured:
        with heliograph.span("outer"), pytest.raises(requests.ConnectionError):
            requests.get("http://absent.invalid/", timeout=5)
        assert [span.name for span in captured.spans] == ["outer", "GET"]


def test_metrics_that_cannot_be_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spans arrive; metrics are tried again, and given up at last."""
    tries = []

    def fails(*_: object, **__: object) -> None:
        tries.append(1)
        raise ImportError("broken")

    monkeypatch.setattr(MeterProvider, "__init__", fails)
    with testing.capture(metric_readers=[InMemoryMetricReader()]) as captured:
        for number in range(1, 9):
            work(number)
        assert len(captured.spans) == 8
    assert len(tries) == TRIES
    assert observers
