"""An invocation of 10,000 calls: each costs what the first ones cost, and memory has a bound."""

from __future__ import annotations

import json
import shutil

import pytest

from bench.counting import CALL, INVOKED, RUNTIME, Place, Step, instructions
from heliograph.journal import MAX_ENTRIES

BLOCKS = 4
"""Of as many calls as the journal holds, after a first one: 10,000 calls in all."""

GROWTH = (
    RUNTIME
    + "import tracemalloc\n"
    + INVOKED
    + CALL.partition("for _ in range(times)")[0]
    + f"""
entered = 0
def count(code, offset):
    global entered
    entered += 1
counting = sys.monitoring
counting.use_tool_id(counting.PROFILER_ID, "growth")
counting.register_callback(counting.PROFILER_ID, counting.events.PY_START, count)
def block():
    global entered
    entered = 0
    tracemalloc.reset_peak()
    counting.set_events(counting.PROFILER_ID, counting.events.PY_START)
    for _ in range({MAX_ENTRIES}):
        client._make_api_call("GetItem", params)
    counting.set_events(counting.PROFILER_ID, 0)
    return entered, tracemalloc.get_traced_memory()[1]
block()
tracemalloc.start()
blocks = [block() for _ in range(times)]
lifecycle.switch_off()
print(json.dumps(blocks))
"""
)
"""Counts the functions entered, and the most bytes that were held, in each block of calls. At the
end of each the journal is full and developed in line; the first one imports the SDK for it."""


@pytest.fixture
def blocks(place: Place, one_runtime: dict[str, str]) -> list[tuple[int, int]]:
    """What each block of calls took: functions entered, peak of the bytes held."""
    if one_runtime["version"] in ("3.10", "3.11"):
        pytest.skip("no sys.monitoring to count with")
    told = place.run(GROWTH, BLOCKS).strip().rpartition("\n")[2]
    return [(entered, peak) for entered, peak in json.loads(told)]


def test_cost_is_linear_and_memory_flat(blocks: list[tuple[int, int]]) -> None:
    """Each block of calls enters as many functions as the last, and holds as much at its most."""
    (entered, peak), *later = blocks
    assert len(later) == BLOCKS - 1
    for functions, bytes_held in later:
        assert functions == pytest.approx(entered, rel=0.01)
        assert bytes_held == pytest.approx(peak, rel=0.05)


@pytest.mark.skipif(not shutil.which("valgrind"), reason="no valgrind to count with")
def test_a_call_costs_the_same_however_many_came_before(place: Place) -> None:
    """The first hundreds of calls and the last that the journal holds take as many instructions."""
    program = RUNTIME + INVOKED + CALL
    first = instructions(place, Step(program, 100, 300))
    last = instructions(place, Step(program, MAX_ENTRIES - 300, MAX_ENTRIES - 100))
    assert last == pytest.approx(first, rel=0.15)  # Python's garbage collector has more to look at
