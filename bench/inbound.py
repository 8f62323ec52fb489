"""`python -m bench.inbound`: what an event costs before the handler, source by source.

Each sample event of `tests/events/` is told apart and read, as an invocation does before it calls
the handler; so is an event of 6 MB with 10,000 messages. The best of many rounds counts, in
slices so short that some of them meet no other program. The table goes into
bench/INBOUND.md. The budget is 50 us for an event of one record, and 200 us at worst.
"""

from __future__ import annotations

import json
import platform
from collections import defaultdict
from functools import partial
from pathlib import Path
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

from heliograph import triggers

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
PAGE = HERE / "INBOUND.md"
EVENTS = HERE.parent / "tests" / "events"
FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:fn"
ROUNDS, TIMES = 60, 20
LARGE = "sqs, 10,000 messages of 6 MB"

HEAD = """\
# What an event costs before the handler

Written by `python -m bench.inbound`, on Python {python}: microseconds of the best of {rounds}
rounds of {times}. An event is told apart, and what is needed of it is copied; all else is done
after the response. Of a trigger's samples the slowest counts. The budget is 50 us for one record,
200 us at worst.

| trigger | told apart | told apart and read |
|---|---|---|
"""


def large() -> dict[str, Any]:
    """Return an event of 10,000 messages with contexts, 6 MB as JSON."""
    (record,) = json.loads((EVENTS / "sqs_attributes.json").read_text())["Records"]
    header = {"AWSTraceHeader": "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8"}
    attributes = record["attributes"] | header
    return {"Records": [record | {"attributes": attributes} for _ in range(10_000)]}


def best_us(step: Callable[[], object]) -> float:
    """Return the microseconds of a step, of the best round."""
    best = float("inf")
    for _ in range(ROUNDS):
        begun = perf_counter_ns()
        for _ in range(TIMES):
            step()
        best = min(best, (perf_counter_ns() - begun) / TIMES / 1000)
    return best


def inbound(event: Any) -> triggers.Request:
    """Do what an invocation does with an event before the handler."""
    return triggers.request(triggers.detect(event), event, function_arn=FUNCTION)


def measured() -> dict[str, tuple[float, float]]:
    """Return both figures by trigger, and of the large event."""
    found: dict[str, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
    events = [(None, json.loads(path.read_text())) for path in sorted(EVENTS.glob("*.json"))]
    for name, event in [*events, (LARGE, large())]:
        trigger = name or triggers.detect(event)
        told = best_us(partial(triggers.detect, event))
        read = best_us(partial(inbound, event))
        found[trigger] = max(found[trigger][0], told), max(found[trigger][1], read)
    return dict(found)


def main() -> None:
    """Measure, print and write the table."""
    rows = "".join(
        f"| {name} | {told:.1f} | {read:.1f} |\n" for name, (told, read) in measured().items()
    )
    head = HEAD.format(python=platform.python_version(), rounds=ROUNDS, times=TIMES)
    PAGE.write_text(head + rows)
    print(head + rows)


if __name__ == "__main__":
    main()
