"""A function whose only instruments are observable ones has its metrics."""

from __future__ import annotations

import json

import pytest

OBSERVED = """
from opentelemetry import metrics
def observe(options):
    return [metrics.Observation(7)]
metrics.get_meter("m").create_observable_gauge("load", [observe])
metrics.get_meter("m").create_observable_counter("seen", [observe])
def handler(event, context):
    return 1
"""


@pytest.mark.parametrize(
    "settings",
    [{}, {"OTEL_TRACES_EXPORTER": "none"}, {"OTEL_TRACES_SAMPLER": "always_off"}],
    ids=lambda settings: "".join(settings.values()) or "sampled",
)
def test_every_export_has_them(one_runtime, run, settings):
    """The first export has them and every later one, whether spans are sampled or not."""
    ran = run(one_runtime, OBSERVED, [{}, {}, {}], env=settings)

    assert [answer[2] for answer in ran.seen.answers] == [1, 1, 1]
    records = [json.loads(line) for line in ran.ours if line.startswith("{")]
    assert [record["load"] for record in records] == [7, 7, 7]  # and none in init
    assert [record["seen"] for record in records] == [7, 0, 0]
