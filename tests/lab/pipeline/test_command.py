"""`heliograph pipeline`, in this process: what it prints, and how it ends."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from heliograph.lab.cli import command
from heliograph.lab.pipeline import running

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

ROOT = Path(__file__).parents[3]
ASYNC = {
    "gateway": "take",
    "functions": {"take": {"handler": "app.take"}, "fail": {"handler": "app.fail"}},
    "topics": {"orders": [{"function": "fail"}]},
}
CODE = """
import os
import urllib.request

def take(event, context):
    form = "Action=Publish&Message=hello&TopicArn=arn:aws:sns:us-east-1:123456789012:orders"
    for _ in range(event.get("times", 1)):
        urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"], form.encode()).close()
    return context.function_name

def fail(event, context):
    print("asked as", context.aws_request_id)
    raise ValueError("no stock")
"""


@pytest.fixture
def run(tmp_path: Path, one_runtime: dict[str, str]) -> Callable[..., Result]:
    """Run the command on functions and a description of one's own."""

    def run(description: Any, *options: str) -> Result:
        (tmp_path / "app.py").write_text(textwrap.dedent(CODE))
        (tmp_path / "pipeline.json").write_text(json.dumps(description))
        where = [
            f"--python={one_runtime['python']}",
            f"--runtime={ROOT / one_runtime['runtime_dir']}",
        ]
        return CliRunner().invoke(command, ["pipeline", str(tmp_path), *where, *options])

    return run


def test_an_event_is_tried_three_times(run) -> None:
    """Nobody waits for it: Lambda tries twice more, with the id that it had."""
    done = run(ASYNC, "--event={}", "--json")

    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert told["failed"]
    assert [(step["function"], step["source"], step["start"]) for step in told["steps"]] == [
        ("take", "gateway", "cold"),
        ("fail", "topic orders", "cold"),
        ("fail", "topic orders, try 2", "warm"),
        ("fail", "topic orders, try 3", "warm"),
    ]
    assert json.loads(told["steps"][0]["answer"]["body"]) == "take"
    assert len({step["request_id"] for step in told["steps"][1:]}) == 1
    assert [(one["name"], one.get("fault")) for one in told["documents"]] == [
        ("take", None), *[("fail", True)] * 3
    ]  # fmt: skip


def test_what_failed_is_told(run) -> None:
    """A failed invocation is shown with its error and its log, the others with their answer."""
    done = run(ASYNC, "--event={}")

    assert done.exit_code == 1
    assert '1 · take · cold · ok  ← gateway\n    response  "take"\n' in done.stdout
    assert (
        "2 · fail · cold · failed  ← topic orders\n    error  ValueError: no stock" in done.stdout
    )
    assert "\nlog\n  asked as " in done.stdout
    assert done.stdout.count("Lambda fail") == 3


def test_a_circle_ends(run, monkeypatch) -> None:
    """What would go on for ever is ended, and told."""
    monkeypatch.setattr(running, "MAX_INVOCATIONS", 2)

    done = run(ASYNC, "--event={}")

    assert done.exit_code == 2
    assert "Error: the pipeline did not end after 2 invocations" in done.output


def test_without_a_layer(tmp_path: Path) -> None:
    """The package of this Python instruments the functions, as in a container image."""
    (tmp_path / "app.py").write_text(textwrap.dedent(CODE))
    (tmp_path / "pipeline.json").write_text(json.dumps({**ASYNC, "topics": {"orders": []}}))

    done = CliRunner().invoke(command, ["pipeline", str(tmp_path), "--event={}", "--json"])

    documents = json.loads(done.stdout)["documents"]
    assert [(one["name"], "origin" in one) for one in documents] == [
        ("take", True), ("app.take", False)
    ]  # fmt: skip
    assert documents[1]["parent_id"] == documents[0]["id"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "cannot be read (No such file or directory); a pipeline is a directory"),
        (["examples/pipeline", "--event={"], "the event is not JSON"),
        (["examples/pipeline", "--event=none.json"], "event file 'none.json' cannot be read"),
        (["examples/pipeline", "--env=A"], "--env 'A' is no NAME=VALUE"),
        (["examples/pipeline", "--layer=none"], "function 'accept': layer 'none' is no directory"),
        (["examples/pipeline", "--times=0"], "Invalid value for '--times'"),
        ([], "Missing argument 'DIR'"),
    ],
)
def test_what_is_wrong(arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is given and cannot be is told, with exit status 2."""
    monkeypatch.chdir(ROOT)

    done = CliRunner().invoke(command, ["pipeline", *arguments])

    assert done.exit_code == 2
    assert said in " ".join(done.output.split())


def test_the_options_are_explained() -> None:
    """docs/pipeline.md explains every option of the command, and no other."""
    import re

    from heliograph.lab.pipeline.command import pipeline

    page = (ROOT / "docs" / "pipeline.md").read_text()
    rows = "\n".join(re.findall(r"^\| (`--.*?) \|", page, re.MULTILINE))
    known = [name for option in pipeline.params for name in (*option.opts, *option.secondary_opts)]

    assert sorted(re.findall(r"`(--[a-z-]+)`", rows)) == sorted(
        name for name in known if name.startswith("--")
    )
