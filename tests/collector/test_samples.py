"""Spans made by hand, one or more for every section: ours and the official exporter's documents."""

from __future__ import annotations

import pytest

from tests.collector.comparing import differences, table
from tests.collector.content_rules import rule
from tests.collector.sample_blocks import BLOCKS
from tests.collector.sample_contents import CONTENTS
from tests.collector.sample_parts import PARTS
from tests.collector.spans import documents_of, span

SAMPLES = {**PARTS, **BLOCKS, **CONTENTS}


@pytest.mark.parametrize("name", SAMPLES)
def test_sample(name, collector):
    """A document differs from the collector's only where the table says so."""
    one = span(**SAMPLES[name])
    found = differences(documents_of(one), collector.documents([one]), one)
    assert [str(d) for d in found if not rule.of(d)] == []


def test_table(collector):
    """Each row of the table is a difference that is still there, and has a rule of its own."""
    used = set()
    for sample in SAMPLES.values():
        one = span(**sample)
        used |= {
            rule.of(d) for d in differences(documents_of(one), collector.documents([one]), one)
        }
    assert [sorted(set(rule) - used), sorted(used ^ table("The collector"))] == [[], []]


HANDLERS = [
    name
    for name, sample in SAMPLES.items()
    if (sample.get("kind"), sample.get("parent")) == ("SERVER", "remote")
]


@pytest.mark.parametrize("name", HANDLERS)
def test_handler_as_segment(name, collector):
    """`HELIOGRAPH_HANDLER_AS_SEGMENT` makes of the handler in Lambda's trace what they make."""
    one = span(**SAMPLES[name])
    ours = documents_of(one, lambda_segment=True, as_segment=True)
    found = differences(ours, collector.documents([one]), one)
    assert [str(d) for d in found if not rule.of(d)] == []
