"""Spans that are never ended are told, once, when the next invocation has ended."""

from __future__ import annotations

NEVER = """
import heliograph, threading
from opentelemetry import trace
kept = []
go = threading.Event()
def late():
    with heliograph.span("late"):
        go.wait(10)
def handler(event, context):
    if event["n"] == 1:
        kept.append(heliograph.span("entered").__enter__())
        kept.append(trace.get_tracer("t").start_span("started"))
        threading.Thread(target=late).start()
    if event["n"] == 3:
        go.set()
        kept[1].end()
    with heliograph.span("ended"):
        pass
    return event["n"]
"""


def unfinished(document):
    return document.get("metadata", {}).get("default", {}).get("heliograph.unfinished")


def test_told_once(one_runtime, run):
    """They arrive as unfinished, below the span that they began in; nothing arrives twice."""
    ran = run(one_runtime, NEVER, [{"n": n} for n in (1, 2, 3, 4)])

    assert [answer[2] for answer in ran.seen.answers] == [1, 2, 3, 4]
    found = {document["name"]: unfinished(document) for document in ran.documents}
    assert {name: found[name] for name in ("entered", "started", "late")} == dict.fromkeys(
        ("entered", "started", "late"), True
    )
    ids = [document["id"] for document in ran.documents]
    assert len(ids) == len(set(ids)) == 4 + 4 + 3
    [line] = [line for line in ran.ours if "have not been ended" in line]
    assert "3 spans" in line
    assert not [line for line in ran.ours if "memory" in line]
