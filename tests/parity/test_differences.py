"""The accepted differences are those of docs/parity.md, each of them real."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

HERE = Path(__file__).parent
spec = importlib.util.spec_from_file_location("comparing", HERE / "comparing.py")
comparing = importlib.util.module_from_spec(spec)
spec.loader.exec_module(comparing)


def rows() -> set[str]:
    """The first column of the first table."""
    text = (HERE.parents[1] / "docs" / "parity.md").read_text()
    table = text.partition("## Accepted differences")[2].partition("\n## ")[0]
    lines = [line for line in table.splitlines() if line.startswith("| ")]
    return {line.split("|")[1].strip() for line in lines[1:]}


def by_case(result):
    """The spans below the program's, by the case that they are named after."""
    (root,) = comparing.tree(result)
    cases = {}
    for span in root["children"]:
        name = next(row for row in sorted(rows()) if span["name"].startswith(row))
        cases[name] = span
    return cases


def test_table(run_beside):
    """Every row is a difference, and there is no difference that is not a row."""
    env = {"OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_REQUEST": "X-.*"}
    official, ours = run_beside("differences", **env)
    left, right = by_case(official), by_case(ours)
    differ = {name for name in left if comparing.differences(left[name], right[name])}
    expected = rows() if sys.version_info >= (3, 12) else rows() - {"suggestions"}
    assert differ == expected
    assert left.keys() == right.keys() == rows()
