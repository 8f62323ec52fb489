"""The `heliograph` command in a process of its own: exit statuses and messages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import heliograph

SOURCE = str(Path(heliograph.__file__).parents[1])
ROOT = Path(__file__).parents[2]

CODE = """
import json, os, socket, sys, time
address = os.environ["_AWS_XRAY_DAEMON_ADDRESS"], int(os.environ["_AWS_XRAY_DAEMON_PORT"])
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
print("init")
count = 0
def handler(event, context):
    global count
    count += 1
    print("event", event)
    header = dict(part.split("=") for part in os.environ["_X_AMZN_TRACE_ID"].split(";"))
    document = {"id": "a" * 16, "parent_id": header["Parent"], "trace_id": header["Root"],
                "name": "app.handler", "start_time": 1.0, "end_time": 1.5, "type": "subsegment"}
    sender.sendto(b'{"format": "json", "version": 1}\\n' + json.dumps(document).encode(), address)
    if event == {"do": "raise"}:
        raise ValueError("no stock")
    if event == {"do": "exit"}:
        os._exit(3)
    if event == {"do": "hang"}:
        time.sleep(600)
    return {"count": count, "table": os.environ.get("TABLE"), "event": event}
"""


@pytest.fixture
def run(one_runtime, task):
    """Run `heliograph invoke app.handler` with arguments; returns the finished process."""
    root = task(CODE)

    def run(*arguments: str, stdin: str = "", handler: str = "app.handler"):
        where = ["--python", one_runtime["python"], "--runtime", one_runtime["runtime_dir"]]
        command = [sys.executable, "-m", "heliograph.lab", "invoke", handler, *where]
        command += ["--task", str(root), *arguments]
        return subprocess.run(
            command, input=stdin, capture_output=True, text=True, env=environment(), cwd=ROOT
        )

    return run


def environment() -> dict[str, str]:
    """Return the present environment with our source, and no width."""
    env = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    return {**env, "PYTHONPATH": SOURCE, "PYTHONIOENCODING": "utf-8"}


def test_shows_cold_and_warm(run):
    """Two invocations in one environment: each with its start, answer, trace and lines."""
    done = run("--times", "2", "--env", "TABLE=orders", "--event", '{"id": 1}')

    assert (done.returncode, done.stderr) == (0, "")
    titles = [line for line in done.stdout.split("\n") if " · ok " in line]
    assert [title.rstrip("─ ") for title in titles] == ["1 · cold · ok", "2 · warm · ok"]
    assert all(len(line) <= 100 for line in done.stdout.split("\n"))
    first, second = done.stdout.split("2 · warm")
    assert '{"count": 1, "table": "orders", "event": {"id": 1}}' in first
    assert '{"count": 2, "table": "orders", "event": {"id": 1}}' in second
    assert "\nlog\n  init\n  event {'id': 1}\n" in first
    assert "\nlog\n  event {'id': 1}\n" in second
    for part in (first, second):
        assert "\n    └── app.handler      +0.0    500.0 ms\n" in part
    assert "init " in first.split("\n")[1]
    assert second.split("\n")[1].startswith("response ")


@pytest.mark.parametrize(
    ("do", "options", "expected"),
    [
        pytest.param("raise", [], "error  ValueError: no stock", id="raises"),
        pytest.param("exit", [], "Runtime exited with error: exit status 3", id="exits"),
        pytest.param(
            "hang", ["--timeout", "1"], "Error: Task timed out after 1.00 seconds", id="hangs"
        ),
    ],
)
def test_exit_status_of_a_failure(run, do, options, expected):
    """A function that fails makes the command fail, and its trace up to then is shown."""
    done = run("--event", json.dumps({"do": do}), *options)

    assert (done.returncode, done.stderr) == (1, "")
    assert expected in done.stdout.replace("\n", " ")
    assert "app.handler " in done.stdout


def test_exit_status_of_a_failed_init(run):
    """A handler that is not there is the runtime's own error."""
    done = run(handler="app.nope")

    assert done.returncode == 1
    assert "init error  Runtime.HandlerNotFound: Handler 'nope' missing on module" in done.stdout


def test_an_environment_that_ended_is_followed_by_a_cold_one(run):
    """As in Lambda, the invocation after a crash starts a new process."""
    done = run("--event", '{"do": "exit"}', "--times", "2", "--json")

    invocations = json.loads(done.stdout)["invocations"]
    assert done.returncode == 1
    assert [(one["start"], one["exit_code"]) for one in invocations] == [("cold", 3), ("cold", 3)]
    assert invocations[0]["trace_header"] != invocations[1]["trace_header"]


def test_json(run):
    """`--json` prints one JSON value and nothing else."""
    done = run("--json", "--no-freeze", "--memory", "256")

    value = json.loads(done.stdout)
    (one,) = value["invocations"]
    assert (done.returncode, value["failed"], one["start"]) == (0, False, "cold")
    assert json.loads(one["answer"]["body"]) == {"count": 1, "table": None, "event": {}}
    assert one["documents"][0]["trace_id"] in one["trace_header"]
    assert one["trace_header"].endswith(";Sampled=1;Lineage=1:a87bd80c:0")


def test_event_from_a_file_and_from_stdin(run, tmp_path):
    """An event may be a file or come by a pipe."""
    (tmp_path / "event.json").write_text('{"from": "file"}')

    by_file = run("--event", str(tmp_path / "event.json"))
    by_pipe = run("--event", "-", stdin='{"from": "pipe"}')

    assert "event {'from': 'file'}" in by_file.stdout
    assert "event {'from': 'pipe'}" in by_pipe.stdout


@pytest.mark.parametrize("event", ["null", "1", "true", "-2.5", '"text"', "[1]"])
def test_any_json_value_is_an_event(run, event):
    """Not only objects."""
    done = run("--event", event, "--json")

    [one] = json.loads(done.stdout)["invocations"]
    assert json.loads(one["answer"]["body"])["event"] == json.loads(event)


def test_version():
    """`heliograph --version` says which."""
    command = [sys.executable, "-m", "heliograph.lab", "--version"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env=environment(), cwd=ROOT
    )
    assert done.stdout == f"heliograph, version {heliograph.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(
            ["--event", "nope.json"],
            "event file 'nope.json' cannot be read (No such file or directory); give a file, "
            "JSON such as '{\"id\": 1}', or - for stdin",
            id="no-event-file",
        ),
        pytest.param(
            ["--event", '{"a": }'],
            "the event is not JSON: line 1 column 7: Expecting value",
            id="event-not-json",
        ),
        pytest.param(
            ["--event", "app.py"],
            "event file 'app.py' is not JSON: line 2 column 1: Expecting value",
            id="file-not-json",
        ),
        pytest.param(
            ["--event", "-"],
            "the event on stdin is not JSON: line 1 column 1: Expecting value",
            id="stdin-empty",
        ),
        pytest.param(["--env", "TABLE"], "--env 'TABLE' is no NAME=VALUE", id="env"),
        pytest.param(
            ["--layer", "."],
            "layer '.' holds neither python/ nor heliograph; a layer is the tree that goes "
            "under /opt, such as build/layer",
            id="layer",
        ),
        pytest.param(["--layer", "nope"], "layer 'nope' is no directory", id="no-layer"),
        pytest.param(
            ["--python", "nope"],
            "python 'nope' was not found; give the path of a Python executable",
            id="python",
        ),
        pytest.param(["--task", "nope"], "task 'nope' is no directory", id="task"),
        pytest.param(
            ["--times", "0"], "Invalid value for '--times': 0 is not in the range x>=1.", id="times"
        ),
        pytest.param(
            ["--memory", "64"],
            "Invalid value for '--memory': 64 is not in the range 128<=x<=10240.",
            id="memory",
        ),
    ],
)
def test_names_what_cannot_be_used(task, arguments, message):
    """A wrong argument ends with status 2, and the message names it and what would be right."""
    done = subprocess.run(
        [sys.executable, "-m", "heliograph.lab", "invoke", "app.handler", *arguments],
        cwd=task(CODE), input="", capture_output=True, text=True, env=environment(),
    )  # fmt: skip

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.split("\n")[-2] == f"Error: {message}"


def test_names_the_extra_that_is_missing():
    """Without the extra's packages the command says what to install, and shows no traceback."""
    done = subprocess.run(
        [sys.executable, "-S", "-m", "heliograph.lab", "invoke", "app.handler"],
        capture_output=True, text=True, env={"PYTHONPATH": SOURCE},
    )  # fmt: skip

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "heliograph: this command needs click and rich; "
        "install them with: pip install 'heliograph[lab]'\n"
    )
