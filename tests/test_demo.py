"""`make demo`'s script: it runs, and prints what the README shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NODE = re.compile(r"^ *[│├└─ ]*── (?P<what>.*?) +\+\d+\.\d +\d+\.\d ms(?P<facts>.*)$")
PRICED = [
    "POST /orders 201", "DynamoDB PutItem orders aws 200", "price",
    "127.0.0.1:PORT GET /prices/lens remote 200", "127.0.0.1:PORT GET /prices/tripod remote 200",
    "in_stock", "DynamoDB GetItem orders aws 200", "in_stock", "DynamoDB GetItem orders aws 200",
    "reserve",
]  # fmt: skip
REFUSED = [
    "POST /orders 409 ERROR", *PRICED[1:4], "127.0.0.1:PORT GET /prices/mirror remote 200",
    *PRICED[5:9], "reserve FAULT",
]  # fmt: skip
METRICS = [
    "orders.value 1 26 26 26 26 None lab currency=EUR, service=lab",
    "orders.articles 1 2 2 2 2 Count lab service=lab",
]


def run(**env: str) -> subprocess.CompletedProcess[str]:
    """Run the demo in an environment with nothing for AWS in it but what is given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    return subprocess.run(
        [sys.executable, "-m", "scripts.demo"],
        cwd=ROOT,
        env={**kept, "PYTHONIOENCODING": "utf-8", **env},
        capture_output=True,
        text=True,
    )


def tree(text: str) -> list[str]:
    """Return the lines of a tree, what and facts, without times and ports."""
    found = [match for line in text.splitlines() if (match := NODE.match(line))]
    whole = [" ".join(f"{match['what']} {match['facts']}".split()) for match in found]
    return [re.sub(r"(127\.0\.0\.1):\d+", r"\1:PORT", line) for line in whole]


def table(text: str) -> list[str]:
    """Return the rows of the metrics."""
    rows = re.findall(r"^metric +count.*\n((?:\S.*\n?)+)", text, re.MULTILINE)
    return [" ".join(row.split()) for part in rows for row in part.splitlines()]


def costs(text: str) -> list[str]:
    """Return the labels of the rows of the cost table."""
    figure = r" +-?\d+\.\d\d"
    return re.findall(rf"^(\S.*?){figure}{figure} +[+-]\d+\.\d\d *$", text, re.MULTILINE)


def test_the_demo(one_runtime, layer):
    """Whatever is set for AWS here, both orders are traced and measured, and the cost is told.

    The README shows what the demo prints.
    """
    done = run(AWS_PROFILE="nobody", HTTP_PROXY="http://127.0.0.1:1", COLUMNS="100")

    assert (done.returncode, done.stderr) == (0, "")
    assert "failed while" not in done.stdout
    _, cold, warm, refused = re.split(r"^\d · ", done.stdout, flags=re.MULTILINE)
    for part, title in ((cold, "cold"), (warm, "warm")):
        assert part.startswith(f"{title} · ok ")
        assert (tree(part), table(part)) == (PRICED, METRICS)
        assert "annotation order.id = ORD-001\n" in part
    assert (tree(refused), table(refused)) == (
        REFUSED,
        ["orders.refused 1 1 1 1 1 Count lab service=lab"],
    )
    assert "app.OutOfStock: out of stock: mirror\n" in refused
    assert len(costs(done.stdout)) == 5

    shown = (ROOT / "README.md").read_text()
    assert (tree(shown), table(shown)) == (PRICED, METRICS)
    assert costs(shown) == costs(done.stdout)


def test_the_demo_fails_with_its_function(tmp_path, monkeypatch, one_runtime, layer):
    """A function that fails makes the demo fail: `make demo` says so by its exit status."""
    from scripts import demo

    (tmp_path / "app.py").write_text("def handler(event, context):\n    raise ValueError('no')\n")
    monkeypatch.setattr(demo, "EXAMPLE", tmp_path)
    for name in ("event.json", "refused.json"):
        (tmp_path / name).write_text("{}")

    with pytest.raises(SystemExit, match="an invocation of the comparison failed"):
        demo.main()


def test_the_demo_needs_a_runtime(tmp_path, monkeypatch):
    """A machine without a usable Python is told so, in a line."""
    from scripts import demo

    monkeypatch.setattr(demo, "RUNTIMES", tmp_path / "none.json")

    with pytest.raises(SystemExit, match="there is no Python from"):
        demo.main()
