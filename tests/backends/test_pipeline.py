"""The pipeline in Jaeger: its traces lead to each other by links."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from heliograph.lab.pipeline.description import read
from heliograph.lab.pipeline.environments import Options
from heliograph.lab.pipeline.running import Running
from tests.lab.pipeline.reaching import unreached

if TYPE_CHECKING:
    from scripts.jaeger import Jaeger

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "pipeline"
RUNS = 50
TRACES = [5, 15, 4, 4]
"""Spans of each trace of a run: of the order, of the batch with both parcels' events, of the retry,
of what was given up."""

LINKS = 3 + 2 + 1 + 1
"""Links of a run: of the batch, of both events, of the retry, of what was given up."""


def trace_ids(steps: list[Any]) -> list[str]:
    """Return the traces of a run in OpenTelemetry's form, in the order in which they began."""
    roots = [step.outcome.trace_header.partition(";")[0] for step in steps]
    return list(dict.fromkeys(root.removeprefix("Root=1-").replace("-", "") for root in roots))


@pytest.mark.runtime
def test_every_span_is_reached(jaeger: Jaeger, one_runtime: dict[str, str], layer: Path) -> None:
    """From the first span every other is reached by parents and links, fifty times of fifty.

    Lambda's own segments are not in Jaeger: spans that have one as their parent meet there.
    """
    options = Options(
        layers=[layer],
        python=one_runtime["python"],
        runtime_dir=ROOT / one_runtime["runtime_dir"],
        env={
            "OTEL_TRACES_EXPORTER": "otlp",
            "OTEL_EXPORTER_OTLP_ENDPOINT": jaeger.endpoint,
            "PYTHONDONTWRITEBYTECODE": "1",
        },
    )
    event = json.loads((EXAMPLE / "event.json").read_text())
    with Running(read(EXAMPLE), options) as running:
        runs = [list(running.request(event)) for _ in range(RUNS + 1)]
        runs.pop()  # what a run could not send in time leaves with the next one's
        for steps in runs:
            ids = trace_ids(steps)
            assert len(ids) == len(TRACES)
            spans = [
                span
                for trace_id, count in zip(ids, TRACES, strict=True)
                for span in jaeger.spans(trace_id, count)
            ]
            edges = {
                (span["traceID"], span["spanID"]): {
                    (other["traceID"], other["spanID"]) for other in span["references"]
                }
                for span in spans
            }
            kinds = Counter(one["refType"] for span in spans for one in span["references"])
            (first,) = (span for span in spans if span["operationName"] == "POST /orders")

            assert unreached(edges, (first["traceID"], first["spanID"])) == set()
            assert kinds == {"CHILD_OF": sum(TRACES), "FOLLOWS_FROM": LINKS}
