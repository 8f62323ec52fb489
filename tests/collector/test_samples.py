"""Spans made by hand, one or more for every section: ours and the official exporter's documents."""

from __future__ import annotations

import json
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from heliograph.encode import xray
from tests.collector.comparing import differences, table
from tests.collector.conftest import INDEXED
from tests.collector.content_rules import rule
from tests.collector.samples import SAMPLES
from tests.collector.spans import span

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan


def ours(one: ReadableSpan) -> list[dict[str, Any]]:
    ids = count(0xE0)
    made = xray.documents(
        one,
        facade=False,
        new_id=lambda: f"{next(ids):016x}",
        annotate=xray.AnnotationRule(INDEXED),
    )
    return [json.loads(xray.to_bytes(document)) for document in made]


@pytest.mark.parametrize("name", SAMPLES)
def test_sample(name, collector):
    """A document differs from the collector's only where the table says so."""
    one = span(**SAMPLES[name])
    found = differences(ours(one), collector.documents([one]), one)
    assert [str(d) for d in found if not rule.of(d)] == []


def test_table(collector):
    """Each row of the table is a difference that is still there, and has a rule of its own."""
    used = set()
    for sample in SAMPLES.values():
        one = span(**sample)
        used |= {rule.of(d) for d in differences(ours(one), collector.documents([one]), one)}
    assert sorted(used) == sorted(rule) == sorted(table("The collector"))
