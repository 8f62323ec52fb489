"""One program for each library, under the official SDK and under ours: the spans are equal."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
spec = importlib.util.spec_from_file_location("comparing", HERE.parent / "parity" / "comparing.py")
comparing = importlib.util.module_from_spec(spec)
spec.loader.exec_module(comparing)

PROGRAMS = sorted(path.stem.partition("_")[2] for path in HERE.glob("programs/program_*.py"))
if sys.version_info[:2] != (3, 11):
    PROGRAMS.remove("mysqlclient")  # Debian's is of Debian's Python
RANDOM = {"messaging.message.id", "process.pid"}
IDS = re.compile(r"[0-9a-f]{32}|[0-9a-f]{16}|[0-9a-f]{8}-[0-9a-f]{24}")


def compared(official: dict[str, Any], ours: dict[str, Any], name: str) -> list[str]:
    """The differences between the two runs of a program."""
    left, right = (shown(result, name) for result in (official, ours))
    if name in ("fastapi", "starlette"):
        left["spans"] = without_single_messages(left["spans"])
    right["spans"] = without_links_of_sqs(comparing.without_messaging(right["spans"]))
    return comparing.differences(left, right)


def without_single_messages(nodes: list[Any]) -> list[Any]:
    """The official trees without the spans that are left out (docs/libraries.md)."""
    kept = [one for one in nodes if not one["name"].endswith((" http send", " http receive"))]
    return [{**one, "children": without_single_messages(one["children"])} for one in kept]


def without_links_of_sqs(nodes: list[Any]) -> list[Any]:
    """Our trees without the links to contexts that messages had or came with (docs/parity.md)."""
    for one in nodes:
        if one["attributes"].get("rpc.service") == "SQS":
            one["links"] = []
        without_links_of_sqs(one["children"])
    return nodes


def shown(result: dict[str, Any], name: str) -> dict[str, Any]:
    """The spans and what servers told, without what every run has its own of."""
    text = json.dumps(result["ran"][name])
    for server, place in result["at"].items():
        text = re.sub(rf"\b{place.rpartition(':')[2]}\b", f"<{server}>", text)
    ran = json.loads(text)
    names = {}
    for span in ran["spans"]:
        names[span["id"]] = f"<{span['name']}>"
        names[span["trace"]] = names[f"{span['trace'][:8]}-{span['trace'][8:]}"] = "<the trace>"
        for key in RANDOM & span["attributes"].keys():
            span["attributes"][key] = key
    told = json.dumps(ran["told"], sort_keys=True)
    told = IDS.sub(lambda found: names.get(found[0], found[0]), told)
    spans = comparing.tree({"spans": ran["spans"], "endpoint": ":"})
    return {"spans": spans, "told": json.loads(told)}


@pytest.mark.parametrize("name", PROGRAMS)
def test_spans_are_equal(both, name):
    """Names, kinds, attributes, events, status, links, parents, scopes; and what servers got."""
    official, ours = both
    for result in both:
        assert result["ran"][name]["error"] is None, result["ran"][name]["error"]
    found = compared(official, ours, name)
    assert not found, "\n".join(found[:40])
    assert len(ours["ran"][name]["spans"]) > 1


def test_nothing_was_swallowed(both):
    """No library meets a failure of ours."""
    assert both[1]["failures"] == []


def test_no_sdk_before_the_response(both, packages):
    """No instrumentor loads an SDK; redis does by itself, where there is one, without us too."""
    loaded = {name: ran["sdk"] for name, ran in both[1]["ran"].items() if ran["sdk"]}
    assert set(loaded) == {"redis"}
    look = "import redis, sys; print(*(one for one in sys.modules if 'opentelemetry.sdk.' in one))"
    bare = subprocess.run(
        [sys.executable, "-c", look],
        env={**os.environ, "PYTHONPATH": str(packages)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(loaded["redis"]) == set(bare.stdout.split())
