"""What is kept between checkouts: made once, whole or not at all, whoever asks at the same time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from scripts.places import kept, named

ROOT = Path(__file__).parents[1]
RUN = """
import sys, time
from scripts.places import kept, named

def make(folder):
    print("made", flush=True)
    time.sleep(0.3)
    (folder / "file").write_text("whole")

print((kept(named("thing", b"input"), make) / "file").read_text())
"""


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "heliograph"


def test_made_once(cache):
    """Of two runs at the same time one makes it, and the other waits and finds it."""
    runs = [
        subprocess.Popen([sys.executable, "-c", RUN], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [run.communicate()[0].split() for run in runs]

    assert sorted(said) == [["made", "whole"], ["whole"]]


def test_whole_or_not_at_all(cache):
    """What was begun and failed is not there, and is made by the next."""
    target = named("thing", b"input")

    def half(folder):
        (folder / "half").write_text("")
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        kept(target, half)
    assert [path.name for path in cache.iterdir() if path.is_dir()] == []

    assert kept(target, lambda folder: (folder / "file").write_text("")) == target
    assert [path.name for path in target.iterdir()] == ["file"]


def test_named_by_its_inputs():
    """Other inputs are another folder."""
    names = {named("thing", b"one"), named("thing", b"two"), named("other", b"one")}
    assert len(names) == 3
