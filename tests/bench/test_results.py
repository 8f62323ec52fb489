"""Many starts become figures, and figures the page and the chart."""

from __future__ import annotations

import ast
import json
from xml.etree import ElementTree as ET

import pytest

from bench import __main__ as main
from bench import chart, locks, quota, results, sizes, tree
from bench.figures import NAMES, Figure, added, figure
from bench.peers import ALL, BARE, LAYERS, PEERS
from bench.referee import Start
from bench.tree import HERE
from scripts import pythons
from scripts.locks import read


def row(init: float, modules: int, spans: int) -> dict:
    """Figures of a variant, all alike but for init, which adds what is over 30."""
    names = {column.figure for column in (*results.BEFORE, *results.AFTER)}
    figures = {**dict.fromkeys(names, (1, 2, 0.5)), "init": (init, init + 1, 0.25)}
    more = {**dict.fromkeys(names, (1, 2, 0.5)), "init": (init - 30, init - 28, 0.25)}
    counts = {"modules": modules, "spans": spans, "points": 0, "starts": 25}
    return {**figures, "added": more, **counts}


RUN = {
    "title": "Python 3.13.0, full core",
    "machine": "2 cores",
    "figures": {
        "hello": {
            "bare": row(30, 100, 0),
            "heliograph": row(34.5, 130, 2),
            "adot": row(330, 900, 4),
        }
    },
    "sizes": {"Heliograph": (1_670_000, 5_000_000)},
    "instructions": {"hello": {"bare": 131_800_000, "heliograph": 162_800_000, "adot": 10**9}},
}


def test_figure():
    """The least, the median, and half the distance of the quartiles."""
    assert figure([5.0, 1.0, 3.0, 2.0, 4.0]) == Figure(1.0, 3.0, 1.0)
    assert figure([7.0]) == Figure(7.0, 7.0, 0.0)


def starts(*inits: float) -> list[Start]:
    """Return starts, a round each, that differ by their init."""
    return [Start(**{**dict.fromkeys(NAMES, 1.0), "init": init}) for init in inits]


def test_added():
    """What a peer adds is told round by round; the bare function's other rounds do not count.

    The machine is slow in the second round and half of the third: the medians are 40 apart.
    """
    over = added(starts(30, 105, 100), starts(20, 100, 60, 5))
    assert over["init"] == Figure(30 - 20, 10, figure([10, 5, 40]).spread)
    assert over["warm"] == Figure(0, 0, 0)


def test_section():
    """Each peer is told over the bare function, which comes first with its own figures."""
    lines = results.section(RUN).splitlines()
    assert lines[:3] == ["## Python 3.13.0, full core", "", "2 cores."]
    first = lines.index("### hello")
    named = ("| bare", "| Hel", "| ADOT")
    rows = [line.split(" | ") for line in lines[first:] if line.startswith(named)]
    assert [cells[:2] for cells in rows[:3]] == [
        ["| bare function", "**30.0** (31.0 ± 0.2)"],
        ["| Heliograph", "**+4.5** (+6.5 ± 0.2)"],
        ["| ADOT", "**+300.0** (+302.0 ± 0.2)"],
    ]
    assert [cells[-3:] for cells in rows[:3]] == [
        ["100", "131.8", "25 |"],
        ["+30", "+31.0", "25 |"],
        ["+800", "+868.2", "25 |"],
    ]
    assert [cells[-2] for cells in rows[3:6]] == ["0", "2", "4"]
    assert rows[-1] == ["| Heliograph", "1.67", "5.0 |"]


def test_points_of_the_metric():
    """What arrived of the function's metric is told where a peer sent any, for all peers."""
    silent = {"bare": row(30, 1, 0), "heliograph": row(31, 1, 2)}
    measured = {**silent, "heliograph": {**silent["heliograph"], "points": 20}}
    assert [*results.sent(silent)] == ["spans of two invocations"]
    assert results.sent(measured)["their points of the metric"] == {"bare": "0", "heliograph": "20"}


def test_against_the_best():
    """The top of a section has ours beside the peer that adds the least, which is never ours."""
    measured = {
        "bare": row(30, 1, 0),
        "heliograph": row(34.5, 1, 0),
        "eager": row(32, 1, 0),
        "xraysdk": row(50, 1, 0),
        "adot": row(48, 1, 0),
    }
    rows = list(results.against_the_best({"hello": measured}))[2:]
    assert rows == [
        "| init of hello, ms | +4.5 | ADOT +18.0 | 0.25 | +6.5 | ADOT +20.0 | 0.33 | 2 of 2 |"
    ]


def test_no_peer_no_best():
    """A run of ours alone has nothing to be compared with, and says nothing."""
    measured = {name: row(30, 1, 0) for name in ("bare", "heliograph", "eager")}
    assert list(results.against_the_best({"hello": measured})) == []


@pytest.mark.parametrize(
    ("ours", "best", "said"),
    [
        pytest.param((3.0, 0.5), (12.0, 1.0), "0.25", id="both beyond noise"),
        pytest.param((30.0, 0.5), (12.0, 1.0), "2.50", id="ours is worse"),
        pytest.param((3.0, 0.5), (0.9, 1.0), "within noise", id="the best is noise"),
        pytest.param((3.0, 0.5), (-7.0, 1.0), "within noise", id="the best is negative"),
        pytest.param((1.0, 2.0), (12.0, 1.0), "below 0.25", id="ours is noise"),
        pytest.param((-4.0, 3.0), (12.0, 1.0), "below 0.25", id="ours is negative"),
    ],
)
def test_ratio(ours, best, said):
    """A ratio is told as far as it can be known: never of a figure that is noise."""
    assert results.ratio(*ours, *best) == said


def test_record_replaces_its_own_section(tmp_path, monkeypatch):
    """A run takes the place of the one under the same conditions; others stay."""
    monkeypatch.setattr(results, "DATA", tmp_path / "results.json")
    monkeypatch.setattr(results, "PAGE", tmp_path / "RESULTS.md")
    monkeypatch.setattr(results, "COLD_START", tmp_path / "cold-start.md")
    (tmp_path / "cold-start.md").write_text(f"before\n{results.BEGIN}{results.END}after\n")
    results.record("b", {**RUN, "title": "small"})
    results.record("a", {**RUN, "title": "old"})
    results.record("a", {**RUN, "title": "new"})
    other = {"orders": RUN["figures"]["hello"]}
    kept_run = results.record("a", {**RUN, "title": "new", "figures": other})
    assert list(kept_run["figures"]) == ["hello", "orders"]
    titles = [t for t in (tmp_path / "RESULTS.md").read_text().splitlines() if t[:3] == "## "]
    assert titles == ["## new", "## small"]
    kept = (tmp_path / "cold-start.md").read_text().splitlines()
    assert (kept[0], kept[-1]) == ("before", "after")
    assert [line for line in kept if line.startswith("| function")]


def test_deferred_or_eager():
    """Where init has more of a core than the rest, both starts are told, with their sum."""
    figures = {"init": (30, 31, 1), "first": (2, 3, 1), "first_after": (200.4, 210, 1)}
    measured = {"heliograph": figures, "eager": {**figures, "first_after": (3, 4, 1)}}
    runs = {
        "a": {**RUN, "title": "Python 3.13.0, 0.29 of a core", "figures": {"hello": measured}},
        "b": {
            **RUN, "title": "Python 3.13.0, 0.29 of a core after init",
            "figures": {"hello": measured},
        },
    }  # fmt: skip
    assert list(results.deferred_or_eager(runs))[2:] == [
        "| `hello`, 512 MB | deferred | 30 | 2 | 200 | 232 |",
        "| `hello`, 512 MB | eager | 30 | 2 | 3 | 35 |",
    ]


def test_pages_are_those_of_the_runs():
    """What is committed was written by the tool: page, chart and the table on cold starts."""
    runs = json.loads(results.DATA.read_text())
    assert results.PAGE.read_text() == results.page(runs)
    page = results.COLD_START.read_text()
    assert page == results.with_starts(page, runs)
    assert (results.HERE / "results.svg").read_text() == chart.chart(runs[min(runs)])


def test_chart():
    """The chart is an SVG with a bar for each peer, ours in its own colour, the shortest first."""
    svg = ET.fromstring(chart.chart(RUN))
    bars = [e for e in svg if e.tag.endswith("rect")]
    assert [bar.get("fill") for bar in bars] == [chart.OURS_COLOUR, chart.OTHERS_COLOUR]
    assert float(bars[0].get("width")) < float(bars[1].get("width"))
    assert "Heliograph" in [e.text for e in svg]


def test_sizes_count_one_python(tmp_path):
    """Of the .pyc of several Pythons only those of the one asked for count."""
    (tmp_path / "a.py").write_text("a = 1\n" * 50)
    cached = tmp_path / "__pycache__"
    cached.mkdir()
    for tag in ("cpython-312", "cpython-313"):
        (cached / f"a.{tag}.pyc").write_bytes(b"x" * 100)
    assert sizes.size(tmp_path, "cpython-313").unpacked == 300 + 100


def test_every_peer_has_its_parts():
    """Each layer has a lock with hashes, each workload a file, and each name is used once."""
    assert {path.stem for path in locks.FOLDER.glob("*.txt")} == LAYERS.keys()
    assert all(pin.hashes for layer in LAYERS for pin in read(locks.path(layer)))
    assert {path.stem for path in (HERE / "workloads").glob("*.py")} == set(ALL)
    assert len({peer.name for peer in PEERS}) == len(PEERS)
    assert set(results.ABOUT) == set(ALL)
    used = {peer.layer for peer in PEERS}
    assert used - {"", "ours"} == LAYERS.keys() - {"task", "clients", "otelapi"}


def test_a_peers_lines_fit_every_workload():
    """The lines of a peer take no name from a workload, and give `busy` its `metric`."""
    theirs = {peer.name: bound(peer.before + peer.metric) for peer in PEERS}
    assert [name for name, names in theirs.items() if "metric" not in names] == []
    for workload in ALL:
        own = bound((HERE / "workloads" / f"{workload}.py").read_text())
        assert {name: names & own for name, names in theirs.items() if names & own} == {}
        whole = {peer.name: bound(tree.source(peer, workload)) for peer in PEERS}
        assert [name for name, names in whole.items() if not names >= own] == []


def bound(code: str) -> set[str]:
    """Return the names that a module binds, but for what it imports under its own name."""
    names: set[str] = set()
    for line in ast.parse(code).body:
        if isinstance(line, ast.FunctionDef):
            names.add(line.name)
        elif isinstance(line, ast.Assign):
            targets = [node for target in line.targets for node in ast.walk(target)]
            names |= {node.id for node in targets if isinstance(node, ast.Name)}
        elif isinstance(line, ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in line.names}
    return names


def test_the_api_is_brought_where_no_layer_has_it():
    """A function that uses OpenTelemetry brings the API itself, unless its layer has it."""
    bringing = {p.name for p in PEERS if "otelapi" in tree.packages(p, "otel_api")}
    assert bringing == {"bare", "xraysdk", "powertools"}
    others = {workload: tree.packages(BARE, workload) for workload in ALL}
    assert others.pop("clients") == ("task", "clients")
    del others["otel_api"]
    assert set(others.values()) == {("task",)}


def test_no_quota_is_told(tmp_path, monkeypatch):
    """A machine without control groups says so, instead of measuring at full speed."""
    monkeypatch.setattr(quota, "ROOT", tmp_path)
    with pytest.raises(quota.QuotaError, match="has no cpu controller"), quota.quota(0.29):
        pass


def test_conditions_have_sections_of_their_own():
    """No two conditions share a key or a title, and the newest Python at full core comes first."""
    usual = {"python": "3.13", "cores": None, "boost": False, "cold_cache": False, "frozen": False}
    conditions = [
        usual, *({**usual, **other} for other in (
            {"frozen": True}, {"cold_cache": True}, {"frozen": True, "cold_cache": True},
            {"cores": 0.29}, {"cores": 0.29, "boost": True}, {"cores": 0.07}, {"python": "3.10"},
        )),
    ]  # fmt: skip
    keys = [main.key(given) for given in conditions]
    python = pythons.Python("3.13", "3.13.0", "python", "linux-x86_64")
    assert len(set(keys)) == len(keys)
    assert min(keys) == keys[0]
    assert len({main.title(given, python) for given in conditions}) == len(keys) - 1  # one Python
    assert [main.is_usual(given) for given in conditions] == [True] + [False] * 7
