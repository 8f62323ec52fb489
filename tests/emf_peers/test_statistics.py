"""The same measurements through Powertools, aws-embedded-metrics and Heliograph: one statistic.

What CloudWatch would store of the lines of each is read by `tests.exporters.emf.cloudwatch`. Every
difference that is meant has a rule here, and a row of the table in `docs/metrics.md`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.emf_peers.program import BATCHES
from tests.encode.emf.schema import validate_lines
from tests.exporters.emf.cloudwatch import DroppedError, Series, read

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.exporters.emf.cloudwatch import Key

    Stored = dict[Key, Series]

PROGRAM = Path(__file__).with_name("program.py")
PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"
PEERS, OURS = ("powertools", "embedded"), ("door", "otel")


class Played:
    """What a door made of one case.

    Attributes:
        lines: Its EMF lines.
        refused: The exceptions that it raised.
    """

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.refused: list[str] = []

    def stored(self) -> tuple[Stored, int]:
        """What CloudWatch would store, and how many of the lines it would not."""
        stored: Stored = {}
        lost = 0
        for line in self.lines:
            try:
                found = read([line])
            except DroppedError:
                lost += 1
                continue
            for key, series in found.items():
                add(stored, key, series)
        return stored, lost


def add(stored: Stored, key: Key, more: Series) -> None:
    """Add a series to what is stored under a key."""
    series = stored.setdefault(key, Series())
    series.values += more.values
    series.count += more.count
    series.sum += more.sum
    series.min, series.max = min(series.min, more.min), max(series.max, more.max)


def play(kind: str) -> dict[str, Played]:
    """Run the program in a process of its own."""
    env = {"PATH": os.environ["PATH"], "AWS_LAMBDA_FUNCTION_NAME": "orders"}
    command = [sys.executable, str(PROGRAM), kind]
    done = subprocess.run(
        command, env=env, cwd=PROGRAM.parents[2], capture_output=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr.decode()
    played: dict[str, Played] = {}
    for line in done.stdout.splitlines(keepends=True):
        if line.startswith(b"#"):
            here = played[line[2:-1].decode()] = Played()
        elif line.startswith(b"!"):
            here.refused.append(line[2:-1].decode())
        elif line.strip():
            here.lines.append(line)
    return played


@pytest.fixture(scope="module")
def played() -> dict[str, dict[str, Played]]:
    """What each door made of each case."""
    return {kind: play(kind) for kind in (*PEERS, *OURS)}


# -- the differences that are meant ----------------------------------------------------------------


def keyed(stored: Stored, change: Callable[[Key], Key]) -> Stored:
    """Put series under other keys; those that meet are one."""
    found: Stored = {}
    for key, series in stored.items():
        add(found, change(key), series)
    return found


def without_defaults(stored: Stored) -> Stored:
    names = {"LogGroup", "ServiceName", "ServiceType", "service"}
    return keyed(stored, lambda k: (k[0], frozenset(d for d in k[1] if d[0] not in names), *k[2:]))


def sums(stored: Stored) -> Stored:
    """Leave of each series what counting does not change."""
    return {key: Series(sum=series.sum) for key, series in stored.items()}


def no_negatives(stored: Stored) -> Stored:
    found: Stored = {}
    for key, series in stored.items():
        kept = Counter({value: n for value, n in series.values.items() if value >= 0})
        total = sum(value * n for value, n in kept.items())
        found[key] = Series(kept, sum(kept.values()), total, min(kept), max(kept))
    return found


def nothing(stored: Stored) -> Stored:
    return {}


def not_odd(stored: Stored) -> Stored:
    return {key: series for key, series in stored.items() if key[2] != "odd"}


RULES: dict[str, Callable[[Stored], Stored]] = {
    "default-dimensions": without_defaults,
    "units": lambda stored: keyed(stored, lambda k: (*k[:3], "", k[4])),
    "resolutions": lambda stored: keyed(stored, lambda k: (*k[:4], 0)),
    "counters": sums,
    "negative-values": no_negatives,
    "instrument-names": lambda stored: keyed(stored, lambda k: (*k[:2], k[2].lower(), *k[3:])),
    "refused-metrics": not_odd,
    "refused-dimensions": nothing,
    "lost-lines": nothing,
}
"""What is made of the statistics of both before they are compared, by row of the table."""

MEANT: dict[tuple[str, str], tuple[str, str]] = {
    ("default dimensions", "embedded"): ("", "default-dimensions"),
    ("two units", "powertools"): ("", "units"),
    ("two units", "embedded"): ("", "units"),
    ("two resolutions", "powertools"): ("", "resolutions"),
    ("two resolutions", "embedded"): ("InvalidMetricError", "refused-metrics"),
    ("unknown unit", "powertools"): ("MetricUnitError", "refused-metrics"),
    ("unknown unit", "embedded"): ("InvalidMetricError", "refused-metrics"),
    ("not a number", "powertools"): ("", "lost-lines"),
    ("not a number", "embedded"): ("InvalidMetricError", ""),
    ("beyond 2^360", "powertools"): ("", "lost-lines"),
    ("beyond 2^360", "embedded"): ("", "lost-lines"),
    ("a set twice", "powertools"): ("", "lost-lines"),
    ("a set twice", "embedded"): ("", "lost-lines"),
    ("a dimension named like the metric", "powertools"): ("", "lost-lines"),
    ("a dimension named like the metric", "embedded"): ("", "lost-lines"),
    ("a dimension that is not ASCII", "powertools"): ("", "lost-lines"),
    ("a dimension that is not ASCII", "embedded"): ("InvalidDimensionError", "refused-dimensions"),
    ("31 dimensions", "powertools"): ("SchemaValidationError", "refused-dimensions"),
    ("31 dimensions", "embedded"): ("DimensionSetExceededError", "refused-dimensions"),
}
"""By case and peer: what the peer raises, and the rule of the difference."""

OF_OTEL = {
    "counted": "counters",
    "several values": "negative-values",
    "numbers": "negative-values",
    "capitals": "instrument-names",
}
"""By case: the rule of a difference that OpenTelemetry's own API makes."""

PAIRS: dict[str, list[tuple[str, str]]] = {
    **{case: [(theirs, ours) for theirs in PEERS for ours in OURS] for case in BATCHES},
    "a handler that fails": [("powertools", "door"), ("embedded", "door")],
    "a cold start": [("powertools", "door")],
    "default dimensions": [("embedded", "door")],
}
"""By case: a peer and a way of ours that both have it."""


@pytest.mark.parametrize("case", PAIRS)
def test_same_statistics(played: Any, case: str) -> None:
    """Values, counts, extremes, sums, units, resolutions, dimensions: alike, up to the table."""
    for theirs, ours in PAIRS[case]:
        compare(case, theirs, played[theirs][case], ours, played[ours][case])


def compare(case: str, theirs: str, by_them: Played, ours: str, by_us: Played) -> None:
    """Compare what two made of a case."""
    pair = f"{ours} beside {theirs}"
    (our, our_lost), (their, their_lost) = by_us.stored(), by_them.stored()
    assert our_lost == 0, pair
    raised, rule = MEANT.get((case, theirs), ("", ""))
    rules = [rule, OF_OTEL.get(case, "") if ours == "otel" else ""]
    assert (our == their) == (not any(rules)), (pair, rules)
    assert their_lost or rule != "lost-lines", pair
    assert not their_lost or rule in ("lost-lines", "refused-dimensions"), pair
    if RULES.get(rule) is nothing:
        assert their == {}, pair
    for name in filter(None, rules):
        our, their = RULES[name](our), RULES[name](their)
    assert our == their, pair
    assert set(by_them.refused) - {raised} == set(), pair


def test_every_case_is_compared(played: Any) -> None:
    """What a program plays is in one of the pairs, and the differences are of cases that are."""
    pairs = {(kind, case) for case, both in PAIRS.items() for pair in both for kind in pair}
    assert {(kind, case) for kind in played for case in played[kind]} == pairs
    assert {(peer, case) for case, peer in MEANT} <= pairs


@pytest.mark.parametrize("case", BATCHES)
@pytest.mark.parametrize("kind", OURS)
def test_ours_is_what_was_measured(played: Any, case: str, kind: str) -> None:
    """Under each of its dimension sets, every value that CloudWatch can store is stored."""
    stored, _ = played[kind][case].stored()
    by_set: dict[Any, dict[str, Counter[float]]] = {}
    for (_, dimensions, name, _, _), series in stored.items():
        by_set.setdefault(dimensions, {}).setdefault(name.lower(), Counter()).update(series.values)
    measured: dict[str, Counter[float]] = {}
    for name, value, _, _ in BATCHES[case].measurements:
        if abs(value) <= 2**360 and (value >= 0 or kind == "door"):
            measured.setdefault(name.lower(), Counter())[value] += 1
    if kind == "otel" and BATCHES[case].counted:
        measured = {name: Counter([sum(of.elements())]) for name, of in measured.items()}
    sets = BATCHES[case].sets or [[]]
    assert list(by_set.values()) == [measured] * len({frozenset(keys) for keys in sets})


def test_nothing_is_refused_or_lost(played: Any) -> None:
    """Every line of ours is stored, and no measurement raises in the function's code."""
    for kind in OURS:
        for case, what in played[kind].items():
            assert (what.stored()[1], what.refused) == (0, []), (kind, case)
            validate_lines(what.lines)


@pytest.mark.parametrize("kind", [*PEERS, *OURS])
def test_a_property_is_in_the_line(played: Any, kind: str) -> None:
    """What is no dimension is found in the log line of each."""
    [line] = played[kind]["a property"].lines
    assert b'"user":"u1"' in line.replace(b": ", b":")


def test_table() -> None:
    """Each rule has its row in the docs, and each row its rule."""
    page = PAGE.read_text().partition("## Beside Powertools and aws-embedded-metrics")[2]
    rows = set(re.findall(r"^\| `([a-z-]+)` \|", page.partition("\n## ")[0], re.MULTILINE))
    used = {rule for _, rule in MEANT.values() if rule} | set(OF_OTEL.values())
    assert (rows, used) == (set(RULES), set(RULES))
