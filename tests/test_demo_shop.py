"""The shop example, which has no line about telemetry: its demo, as docs/libraries.md shows it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from heliograph.lab.function import Function
from heliograph.lab.invocation import Invocation
from scripts import debian, demo_shop
from tests.backends.building import made

ROOT = Path(__file__).parents[1]
NODE = re.compile(r"^[ │├└─]*── (?P<what>.*?) +\+\d+\.\d +\d+\.\d ms(?P<facts>.*)$")
PLACED = [
    "POST /orders 201", "shop.example.com 201", "shop.db connect remote", "sqlite PRAGMA remote",
    "shop.db SELECT remote", "sqlite SELECT remote", "shop.db UPDATE remote",
    "sqlite UPDATE remote", "127.0.0.1 GET remote",
    "127.0.0.1:PORT GET /prices/lens remote 200", "127.0.0.1 SET remote",
]  # fmt: skip
COLD = ("PRAGMA", "/prices/", " SET ")
WARM = [line for line in PLACED if not any(part in line for part in COLD)]
REFUSED = [f"{line.replace('201', '409')} ERROR" for line in PLACED[:2]] + PLACED[2:6]
LOADED = """
import sys
original = handler
def handler(event, context):
    result = original(event, context)
    return {**result, "loaded": [name for name in sys.modules if "opentelemetry.sdk." in name]}
"""


@pytest.fixture(scope="module", autouse=True)
def redis() -> None:
    """There is a Redis to be had."""
    if missing := debian.lacking():
        pytest.skip(f"this is not {missing}")
    made(debian.build)


def tree(text: str) -> list[str]:
    """The lines of a tree, what and facts, without times and ports."""
    found = [match for line in text.splitlines() if (match := NODE.match(line))]
    whole = [" ".join(f"{match['what']} {match['facts']}".split()) for match in found]
    return [re.sub(r"(127\.0\.0\.1):\d+", r"\1:PORT", line) for line in whole]


def test_the_demo(one_runtime, layer):
    """Every library's calls are spans, cold and warm; the page shows what the demo prints."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    done = subprocess.run(
        [sys.executable, "-m", "scripts.demo_shop"],
        cwd=ROOT,
        env={**kept, "PYTHONIOENCODING": "utf-8", "COLUMNS": "100"},
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert "failed while" not in done.stdout
    _, cold, warm, refused = re.split(r"^\d · ", done.stdout, flags=re.MULTILINE)
    assert [tree(part) for part in (cold, warm, refused)] == [PLACED, WARM, REFUSED]
    page = (ROOT / "docs" / "libraries.md").read_text()
    assert tree(page) == PLACED


def test_no_sdk_before_its_response(one_runtime, layer, daemon, tmp_path):
    """Its libraries are instrumented while the caller waits, and no SDK is loaded for it."""
    with demo_shop.surroundings(tmp_path, one_runtime["python"]) as (where, env):
        source = (where / "app.py").read_text()
        assert not re.search(r"opentelemetry|heliograph|\b(trace|span|metric)", source)
        (where / "app.py").write_text(source + LOADED)
        with Function(
            where,
            "app.handler",
            python=one_runtime["python"],
            runtime_dir=ROOT / one_runtime["runtime_dir"],
            env={"PYTHONDONTWRITEBYTECODE": "1", **env},
            layers=[layer],
            daemon=daemon,
        ) as function:
            event = json.loads((demo_shop.EXAMPLE / "event.json").read_text())
            answer = function.invoke(Invocation(event)).json()

    assert answer["statusCode"] == 201
    assert answer["loaded"] == []
