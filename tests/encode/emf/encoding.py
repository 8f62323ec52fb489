"""Encode once, as lines or as what a reader makes of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from heliograph.encode.emf import Encoder

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics.export import MetricsData


def lines(
    data: MetricsData, *, now_ms: int, properties: dict[str, object] | None = None, **how: Any
) -> list[bytes]:
    """The lines of a new encoder; `how` is what it is made with."""
    return Encoder(**how).lines(data, now_ms=now_ms, properties=properties)


def records(data: MetricsData, **how: Any) -> list[dict[str, Any]]:
    """The same lines, read."""
    return [json.loads(line) for line in lines(data, **how)]
