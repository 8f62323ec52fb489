"""What the exporter tests share: a provider that writes EMF, a reader that plays CloudWatch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource

from heliograph.exporters.emf import EmfMetricExporter
from tests.encode.emf.schema import validate_lines
from tests.exporters.emf.cloudwatch import Key, Series, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from opentelemetry.sdk.metrics.view import View


@dataclass
class Metering:
    """A meter provider whose metrics leave as EMF lines."""

    provider: MeterProvider
    lines: list[bytes]

    def flush(self) -> list[bytes]:
        """Collect and return the new lines."""
        self.lines.clear()
        assert self.provider.force_flush()
        return list(self.lines)


@pytest.fixture
def cloudwatch() -> Callable[..., dict[Key, Series]]:
    """The reader that plays CloudWatch; every line keeps to the schema, too."""

    def checked(lines: Iterable[bytes], now_ms: int | None = None) -> dict[Key, Series]:
        lines = list(lines)
        validate_lines(lines)
        return read(lines, now_ms)

    return checked


@pytest.fixture
def metering() -> Callable[..., Metering]:
    """Make meter providers with the real periodic reader, collecting only when flushed."""
    return meter_provider


def meter_provider(
    views: Iterable[View] = (), resource: dict[str, str] | None = None, **exporting: Any
) -> Metering:
    """Make a meter provider: views and resource of the SDK, the rest is the exporter's."""
    lines: list[bytes] = []
    reader = PeriodicExportingMetricReader(
        EmfMetricExporter(lines.append, **exporting), export_interval_millis=math.inf
    )
    attributes = {"service.name": "orders"} if resource is None else resource
    provider = MeterProvider(
        [reader], resource=Resource(attributes), views=list(views), shutdown_on_exit=False
    )
    return Metering(provider, lines)
