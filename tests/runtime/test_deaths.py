"""A process that dies, and what the next one of its environment tells of it."""

from __future__ import annotations

import json

import pytest

from heliograph.lab.invocation import Invocation

SOURCE = """
import os, signal, sys, threading, time
import heliograph
def hang_in_a_call():
    time.sleep(30)
def handler(event, context):
    if event == "plain":
        return "fine"
    with heliograph.span("outer", order=7):
        heliograph.annotate("customer", "c1")
        with heliograph.span("done"):
            pass
        with heliograph.span("inner"):
            if event == "exit": os._exit(7)
            if event == "kill": os.kill(os.getpid(), signal.SIGKILL)
            if event == "segv": os.kill(os.getpid(), signal.SIGSEGV)
            if event == "hang": hang_in_a_call()
    return "fine"
"""


ON = {"HELIOGRAPH_BLACK_BOX": "on", "HELIOGRAPH_DEADLINE": "auto"}

ASKING = """
import os, sys
import heliograph
def handler(event, context):
    with heliograph.span("work"):
        ours = [name for name in sys.modules if name.startswith("heliograph.")]
    return {
        "modules": [name for name in ours if name.split(".")[1] in ("blackbox", "deadline")],
        "recovery": [name for name in ours if "recover" in name],
        "threads": len(os.listdir("/proc/self/task")),
    }
"""


@pytest.fixture
def then(function, one_runtime, daemon, tmp_path):
    """Run one process until it ends, then another one in the same /tmp: what that one tells."""

    def ran(*events, seconds=30.0, **more):
        more = {"tmp": str(tmp_path), **more, "env": ON | more.get("env", {})}
        first = function(one_runtime, SOURCE, kill_at_deadline=True, **more)
        for event in events:
            first.invoke(Invocation(event, timeout=seconds))
        assert first.exit_code is not None
        before = len(daemon.documents)
        second = function(one_runtime, SOURCE, **more)
        assert second.invoke(Invocation("plain")).ok
        daemon.settle()
        documents = [
            one for one in daemon.documents[before:] if facts(one).get("heliograph.recovered")
        ]
        return {one["name"]: one for one in documents}, first, second

    return ran


def facts(document):
    return document.get("metadata", {}).get("default", {})


@pytest.mark.parametrize(
    ("event", "more", "death"),
    [
        ("exit", {}, ("killed", "unknown")),
        ("kill", {}, ("killed", "unknown")),
        ("segv", {}, ("killed", "unknown")),
        ("segv", {"env": {"HELIOGRAPH_BLACK_BOX": "full"}}, ("signal:SIGSEGV", "certain")),
    ],
)
def test_a_death(then, event, more, death):
    """Vectors 7, 8: each span once, with its ids; what was open is unfinished; how it died."""
    told, _, second = then("plain", event, **more)

    assert set(told) == {"app.handler", "outer", "done", "inner"}
    root = facts(told["app.handler"])
    assert (root["heliograph.death"], root["heliograph.death.confidence"]) == death
    open_ = [name for name, one in told.items() if facts(one).get("heliograph.unfinished")]
    assert sorted(open_) == ["app.handler", "inner", "outer"]
    assert told["outer"]["parent_id"] == told["app.handler"]["id"]
    assert told["inner"]["parent_id"] == told["done"]["parent_id"] == told["outer"]["id"]
    assert facts(told["outer"])["customer"] == "c1"
    assert all(told[name]["fault"] for name in open_)
    assert "fault" not in told["done"]
    if death[1] == "certain":
        assert "app.py" in json.dumps(told["app.handler"])
    [line] = [line for line in second.stdout.lines() if "recovered: " in line]
    assert f"ended by {death[0]} ({death[1]})" in line
    assert not any(name.startswith("dead-") for name in left(second))


def left(function):
    """Names in the folder of the boxes."""
    import os

    return os.listdir(function._env["_LAB_TMP"] + "/.heliograph")


def test_a_timeout(then):
    """Vector 19: marked before the deadline, the open call named in the log, its stack told."""
    told, first, _ = then("plain", "hang", seconds=2.5)

    root = facts(told["app.handler"])
    assert (root["heliograph.death"], root["heliograph.death.confidence"]) == ("timeout", "likely")
    assert root["error.type"] == "timeout"
    assert facts(told["inner"])["heliograph.unfinished"]
    assert "in hang_in_a_call" in json.dumps(told["inner"])
    [line] = [
        line for line in first.stdout.lines() if "ms are left of the invocation; open:" in line
    ]
    assert "'outer' for" in line
    assert "'inner' for" in line


def test_a_kill_after_the_response(then, function, one_runtime, tmp_path):
    """Vector 10: idle, nothing is told, and the box is gone."""
    idle = function(one_runtime, SOURCE, tmp=str(tmp_path), env=ON)
    assert idle.invoke(Invocation("plain")).ok
    idle.api.wait_next(2, 30)
    idle.kill()
    idle.wait_exit()
    again = function(one_runtime, SOURCE, tmp=str(tmp_path), env=ON)
    assert again.invoke(Invocation("plain")).ok
    assert left(again) == [f"box-{again.pid}"]
    assert not any("recovered" in line for line in again.stdout.lines())


OFF = {"HELIOGRAPH_BLACK_BOX": "off", "HELIOGRAPH_DEADLINE": "off"}


@pytest.mark.parametrize("env", [{}, OFF], ids=["unset", "off"])
def test_switched_off(function, one_runtime, tmp_path, env):
    """Without the variables no module of it is loaded, no thread runs, nothing is written."""
    running = function(one_runtime, ASKING, tmp=str(tmp_path / "tmp"), env=env)
    for _ in range(2):
        answer = running.invoke(Invocation({})).json()
        assert answer == {"modules": [], "recovery": [], "threads": 1}
    running.api.wait_next(3, 30)
    assert not (tmp_path / "tmp").exists()


def test_it_switches_on(function, one_runtime, tmp_path):
    """The same function with them: what the test above looks for is there."""
    running = function(one_runtime, ASKING, tmp=str(tmp_path), env=ON)
    answer = running.invoke(Invocation({})).json()
    assert {"heliograph.blackbox", "heliograph.deadline"} <= set(answer["modules"])
    assert answer["threads"] == 2
    assert left(running) == [f"box-{running.pid}"]


def test_a_death_without_a_box(then):
    """What a process without one had recorded is not told of."""
    told, _, second = then("plain", "exit", env=OFF)
    assert told == {}
    assert "recovered" not in "".join(second.stdout.lines())


def test_two_deaths(then, function, one_runtime, tmp_path):
    """Vector 17: what dies before it has told of another leaves both to the next."""
    function(one_runtime, SOURCE, tmp=str(tmp_path), env=ON).invoke(Invocation("exit"))
    _, _, last = then("kill")
    assert sum("recovered: " in line for line in last.stdout.lines()) == 2


@pytest.mark.parametrize("what", ["file", "read-only"])
def test_no_box(function, one_runtime, tmp_path, what):
    """Vector 14: the function is as without it, with one line."""
    place = tmp_path / "tmp"
    if what == "file":
        place.mkdir()
        (place / ".heliograph").write_text("")
    running = function(one_runtime, SOURCE, tmp=str(place), env=ON)
    assert running.invoke(Invocation("plain")).ok
    assert sum("the black box is off" in line for line in running.stdout.lines()) == 1
