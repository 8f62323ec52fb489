"""Many starts become figures, and figures the page and the chart."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from bench import chart, locks, quota, results, sizes
from bench.figures import Figure, figure, over
from bench.peers import ALL, LAYERS, PEERS, layer_of
from bench.tree import HERE
from scripts.locks import read


def row(init: float) -> dict:
    """Figures of a variant, all alike but for init."""
    names = {column.figure for column in (*results.BEFORE, *results.AFTER)}
    return {**dict.fromkeys(names, (1, 2, 0.5)), "init": (init, init + 1, 0.25), "starts": 25}


RUN = {
    "title": "Python 3.13.0, full core",
    "machine": "2 cores",
    "figures": {
        "hello": {
            "bare": {**row(30), "modules": 100},
            "heliograph": {**row(34.5), "modules": 130},
            "adot": {**row(330), "modules": 900},
        }
    },
    "sizes": {"Heliograph": (1_670_000, 5_000_000)},
    "instructions": {"hello": {"bare": 131_800_000, "heliograph": 162_800_000, "adot": 10**9}},
}


def test_figure():
    """The least, the median, and half the distance of the quartiles."""
    assert figure([5.0, 1.0, 3.0, 2.0, 4.0]) == Figure(1.0, 3.0, 1.0)
    assert figure([7.0]) == Figure(7.0, 7.0, 0.0)


def test_over():
    """Least over least and median over median; the wider spread of the two is the difference's."""
    assert over(Figure(5, 7, 1), Figure(2, 3, 2)) == Figure(3, 4, 2)


def test_section():
    """Each peer is told over the bare function, which comes first with its own figures."""
    lines = results.section(RUN).splitlines()
    assert lines[:3] == ["## Python 3.13.0, full core", "", "2 cores."]
    rows = [line.split(" | ") for line in lines if line.startswith(("| bare", "| Hel", "| ADOT"))]
    assert [cells[:2] for cells in rows[:3]] == [
        ["| bare function", "**30.0** (31.0 ± 0.2)"],
        ["| Heliograph", "**+4.5** (+4.5 ± 0.2)"],
        ["| ADOT", "**+300.0** (+300.0 ± 0.2)"],
    ]
    assert [cells[-3:] for cells in rows[:3]] == [
        ["100", "131.8", "25 |"],
        ["+30", "+31.0", "25 |"],
        ["+800", "+868.2", "25 |"],
    ]
    assert rows[-1] == ["| Heliograph", "1.67", "5.0 |"]


def test_record_replaces_its_own_section(tmp_path, monkeypatch):
    """A run takes the place of the one under the same conditions; others stay."""
    monkeypatch.setattr(results, "DATA", tmp_path / "results.json")
    monkeypatch.setattr(results, "PAGE", tmp_path / "RESULTS.md")
    results.record("b", {**RUN, "title": "small"})
    results.record("a", {**RUN, "title": "old"})
    results.record("a", {**RUN, "title": "new"})
    titles = [t for t in (tmp_path / "RESULTS.md").read_text().splitlines() if t[:3] == "## "]
    assert titles == ["## new", "## small"]


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
    used = {layer_of(peer, workload) for peer in PEERS for workload in peer.workloads}
    assert used - {"", "ours"} == LAYERS.keys() - {"task"}


def test_no_quota_is_told(tmp_path, monkeypatch):
    """A machine without control groups says so, instead of measuring at full speed."""
    monkeypatch.setattr(quota, "ROOT", tmp_path)
    with pytest.raises(quota.QuotaError, match="has no cpu controller"), quota.quota(0.29):
        pass
