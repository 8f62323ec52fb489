"""`make demo-jaeger`'s script: its examples, as Jaeger has them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scripts import demo_jaeger
from scripts import jaeger as jaeger_build
from tests.backends.building import built

if TYPE_CHECKING:
    from scripts.jaeger import Jaeger

ROOT = Path(__file__).parents[2]
NODE = re.compile(r"^ *[│├└─ ]*── (\S.*?) +\+\d+\.\d +\d+\.\d ms +(\w+)((?: +ERROR)?)$")
ORDER = [
    "POST /orders server", "DynamoDB.PutItem client", "price internal", "GET client", "GET client",
    "in_stock internal", "DynamoDB.GetItem client", "in_stock internal", "DynamoDB.GetItem client",
    "reserve internal",
]  # fmt: skip

NOTIFIED = ["notify server", "process shop.parcels consumer", "POST client"]
PIPELINE = [
    "wait http_api internal", "POST /orders server", *["orders send producer"] * 3,
    "wait parcels internal", "fulfil server ERROR", "process parcels consumer ERROR",
    "pack internal", "pack internal ERROR", "pack internal", "EventBridge.PutEvents client",
    *NOTIFIED, *NOTIFIED,
    "wait parcels internal", "fulfil server ERROR", "process parcels consumer ERROR",
    "pack internal ERROR",
    "wait unpackable internal", "notify server", "process unpackable consumer", "POST client",
]  # fmt: skip
LINK = re.compile(r"^[│ ]*⇠ (.+) in trace (\w+) *$", re.MULTILINE)


def tree(text: str) -> list[str]:
    """Return the lines of spans, without their times."""
    found = [match for line in text.splitlines() if (match := NODE.match(line))]
    return [" ".join(filter(None, map(str.strip, match.groups()))) for match in found]


@pytest.mark.runtime
def test_the_demo(layer: Path) -> None:
    """Both orders are in Jaeger: every span below its parent, attributes, and the error.

    The pipeline's traces are, too, with links that lead from one to the other. The bus tells its
    time in seconds, so its waits may be anywhere among the spans.
    """
    built(jaeger_build.build)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    done = subprocess.run(
        [sys.executable, "-m", "scripts.demo_jaeger"],
        cwd=ROOT,
        env={**kept, "PYTHONIOENCODING": "utf-8", "OTEL_TRACES_EXPORTER": "none"},
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stderr) == (0, "")
    parts = re.split(r"^\w+\.json → |^examples/pipeline: ", done.stdout, flags=re.MULTILINE)
    _, priced, refused, pipeline = parts
    assert tree(priced) == ORDER
    assert tree(refused) == [*ORDER[:-1], "reserve internal ERROR"]
    assert "order.id = ORD-001\n" in priced
    assert "app.OutOfStock: out of stock: mirror\n" in refused
    waits = [line for line in tree(pipeline) if line == "wait shop.parcels internal"]
    assert len(waits) == 2
    assert [line for line in tree(pipeline) if line not in waits] == PIPELINE
    placed, packed, *_ = re.findall(r"^trace (\w+) in Jaeger", pipeline, re.MULTILINE)
    sent, put = ("orders send", placed), ("EventBridge.PutEvents", packed)
    assert LINK.findall(pipeline) == [sent, sent, sent, put, put, sent, sent]


def test_what_is_not_there(jaeger: Jaeger, monkeypatch: pytest.MonkeyPatch) -> None:
    """A trace that never arrives is told after a while, with the server's last words."""
    monkeypatch.setattr("scripts.servers.ARRIVAL_SECONDS", 0.1)

    with pytest.raises(TimeoutError, match=r"(?s)0 of 1 arrived; it said:.*level"):
        jaeger.spans("6921a000a1b2c3d4e5f60718293a4b5c")


def test_without_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without Go is told so, in a line."""
    monkeypatch.setattr("scripts.golang.find", lambda: None)

    with pytest.raises(SystemExit, match="Jaeger is built with Go, which is not installed here"):
        demo_jaeger.main()
