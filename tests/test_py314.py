"""The tests that need no process, socket or thread, on Python 3.14 as WebAssembly."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import py314, webassembly

ROOT = Path(__file__).parents[1]


@pytest.mark.minutes
@pytest.mark.runtime
def test_under_3_14(record_property):
    """They pass there, and how many were run is in the output; without Node, not in CI."""
    if "CI" not in os.environ:
        try:
            webassembly.node()
        except webassembly.UnavailableError as missing:
            pytest.skip(str(missing))
    done = subprocess.run(
        [sys.executable, "-m", "scripts.py314"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    said = done.stdout.splitlines()[-1]
    record_property("told", f"python {webassembly.FULL} as WebAssembly: {said}")
    assert int(re.search(r"(\d+) passed", said)[1]) > 500


def test_what_is_left_out_is_there():
    """No name in the list of what is left out is of a test that is gone."""
    names = [name for group in py314.LEFT_OUT.values() for name in group]
    gone = []
    for name in names:
        file, _, function = name.partition("::")
        path = ROOT / "tests" / file
        defined = f"def {function.partition('[')[0]}" if function else ""
        if not path.is_file() or defined not in path.read_text():
            gone.append(name)
    assert gone == []
