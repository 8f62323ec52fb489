"""pipeline.json: what is wrong with it is said by name."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from heliograph.errors import ConfigurationError
from heliograph.lab.pipeline.description import NAME, Target, described, read

EXAMPLE = Path(__file__).parents[3] / "examples" / "pipeline"
GOOD: dict[str, Any] = {
    "env": {"EVERYWHERE": "1"},
    "gateway": "take",
    "functions": {
        "take": {"handler": "app.take", "env": {"TOPIC": "${topics.orders} ${partners.carrier}"}}
    },
    "topics": {"orders": [{"queue": "orders", "raw": True}]},
    "queues": {"orders": {"function": "take"}, "dead": {}},
    "rules": {"all": {"pattern": {"detail": {"n": [1]}}, "targets": [{"function": "take"}]}},
    "partners": {"carrier": {}},
}


def test_what_is_said() -> None:
    """Every part is read, with its defaults."""
    found = described(Path("where"), GOOD)

    assert found.functions["take"].env == {
        "EVERYWHERE": "1",
        "TOPIC": "${topics.orders} ${partners.carrier}",
    }
    assert found.topics == {"orders": (Target(queue="orders", raw=True),)}
    queue = found.queues["orders"]
    assert (queue.function, queue.batch_size, queue.max_receive_count) == ("take", 10, 3)
    assert not queue.report_batch_item_failures
    assert found.rules["all"].targets == (Target(function="take"),)
    assert found.partners == {"carrier": 200}


def test_the_least() -> None:
    """A gateway and its function are enough."""
    found = described(Path(), {"gateway": "f", "functions": {"f": {"handler": "app.handler"}}})

    assert (found.topics, found.queues, found.rules, found.partners) == ({}, {}, {}, {})


WRONG = {
    "pipeline.json has no 'gateway'": ("gateway", None),
    "'gateway' of pipeline.json is no text: 1": ("gateway", 1),
    "'gateway' names the function 'none', which is not there": ("gateway", "none"),
    "pipeline.json has no functions": ("functions", {}),
    "'functions' of pipeline.json is no table: []": ("functions", []),
    "'take' in 'functions' is no table": ("functions.take", "app.take"),
    "'take' in 'functions' has no 'handler'": ("functions.take.handler", None),
    "'A' in 'env' of 'take' in 'functions' is no text: 1": ("functions.take.env", {"A": 1}),
    "A of 'take' has ${topics.x}, which is not there; there are ${partners.carrier}, "
    "${queues.dead}, ${queues.orders}, ${topics.orders}": (
        "functions.take.env", {"A": "${topics.x}"},
    ),
    "A of 'take' has ${functions.take}": ("functions.take.env", {"A": "${functions.take}"}),
    "pipeline.json has 'buckets', which is not known; it takes env, functions, gateway, partners,"
    " queues, rules, topics": ("buckets", {}),
    "'orders' in 'queues' has 'delay', which is not known": ("queues.orders.delay", 1),
    "'batch_size' of 'orders' in 'queues' is no number from 1 to 10000: 0": (
        "queues.orders.batch_size", 0,
    ),
    "'batch_size' of 'orders' in 'queues' is no whole number: True": (
        "queues.orders.batch_size", True,
    ),
    "'orders' in 'queues' names the function 'none'": ("queues.orders.function", "none"),
    "'orders' in 'queues' names the queue 'none'": ("queues.orders.dead_letter_queue", "none"),
    "'a.fifo' in 'queues': FIFO queues are not played here": ("queues.a.fifo", {}),
    "'orders' in 'topics' is no list of targets": ("topics.orders", {}),
    "a target of 'orders' in 'topics' has to name a 'function' or a 'queue'": (
        "topics.orders", [{}],
    ),
    "'orders' in 'topics' names the queue 'none'": ("topics.orders", [{"queue": "none"}]),
    "a target of 'orders' in 'topics' is no table": ("topics.orders", ["orders"]),
    "'all' in 'rules' has no 'pattern'": ("rules.all.pattern", None),
    "'source' in 'pattern' of 'all' in 'rules' is no list of exact values": (
        "rules.all.pattern", {"source": [{"prefix": "shop"}]},
    ),
    "'n' in 'detail' in 'pattern' of 'all' in 'rules' is no list": (
        "rules.all.pattern", {"detail": {"n": 1}},
    ),
    "'all' in 'rules' names the function 'none'": ("rules.all.targets", [{"function": "none"}]),
    "'carrier' in 'partners' has 'url', which is not known; it takes status": (
        "partners.carrier.url", "http://x",
    ),
}  # fmt: skip


@pytest.mark.parametrize("said", WRONG)
def test_what_is_wrong(said: str) -> None:
    """Each mistake is told with its place and what would be right."""
    place, value = WRONG[said]
    whole = copy.deepcopy(GOOD)
    path, _, end = place.rpartition(".") if place != "queues.a.fifo" else ("queues", "", "a.fifo")
    table = whole
    for part in filter(None, path.split(".")):
        table = table[part]
    if value is None:
        del table[end]
    else:
        table[end] = value

    with pytest.raises(ConfigurationError) as error:
        described(Path(), whole)

    assert said in str(error.value)


def test_no_object() -> None:
    """The whole has to be a table."""
    with pytest.raises(ConfigurationError, match=r"pipeline\.json is no table"):
        described(Path(), [])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read (No such file or directory); a pipeline is a directory with a"),
        (b"\xff", "cannot be read (it is no UTF-8)"),
        (b"{", "is not JSON: line 1 column 2"),
    ],
)
def test_the_file(tmp_path: Path, content: bytes | None, said: str) -> None:
    """A file that is not there, is no text or no JSON."""
    if content is not None:
        (tmp_path / NAME).write_bytes(content)

    with pytest.raises(ConfigurationError) as error:
        read(tmp_path)

    assert said in str(error.value)


def test_the_example() -> None:
    """The example is a pipeline, whose handlers are there."""
    found = read(EXAMPLE)

    for function in found.functions.values():
        module, _, name = function.handler.partition(".")
        assert f"def {name}(" in (EXAMPLE / f"{module}.py").read_text()
    assert json.loads((EXAMPLE / "event.json").read_text())["routeKey"] == "POST /orders"
