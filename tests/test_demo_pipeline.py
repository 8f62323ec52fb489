"""`make demo-pipeline`'s script: one tree of three functions, as docs/pipeline.md shows it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
TIMES = re.compile(r" +[+-]\d+\.\d +\d+\.\d ms")
ITEM = re.compile(r'"[0-9a-f]{8}-[0-9a-f-]{27}"')


def lines(text: str) -> list[str]:
    """Return what is printed, from the first invocation on, without times, ids and ports."""
    found = []
    for line in text[text.index("1 · accept") :].splitlines():
        kept = ITEM.sub('"…"', TIMES.sub("", re.sub(r" at [+-]\d+\.\d$", "", line.rstrip())))
        kept = re.sub(r"(127\.0\.0\.1):\d+", r"\1:PORT", kept)
        found.append(re.sub(r"^trace 1-.*", "trace", re.sub(r"(\S) {2,}", r"\1  ", kept)))
    return [line for line in found if line]


def test_the_demo(one_runtime, layer) -> None:
    """It runs, nothing fails, and the page shows what it prints, line by line."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    done = subprocess.run(
        [sys.executable, "-m", "scripts.demo_pipeline"],
        cwd=ROOT,
        env={**kept, "PYTHONIOENCODING": "utf-8", "COLUMNS": "100", "AWS_PROFILE": "nobody"},
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stderr) == (0, "")
    page = (ROOT / "docs" / "pipeline.md").read_text()
    shown = re.search(r"```text\n(.*?)```", page, re.DOTALL)
    assert shown
    assert len(lines(shown[1])) > 50
    assert lines(done.stdout) == lines(shown[1])
