"""Bedrock's models, called under the official instrumentation and under ours: nothing differs."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
OURS = "gen_ai.client.operation.time_to_first_chunk"
MOST = 2048


def load(name):
    spec = importlib.util.spec_from_file_location(f"parity_{name}", HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


comparing = load("comparing")


@pytest.fixture
def run_models(start):
    """Run the program both ways at the same time, each with a server of models of its own."""
    servers = [load("models").Models(), load("models").Models()]

    def run(**env):
        official = start("official", "bedrock", servers[0].url, env)
        ours = start("ours", "bedrock", servers[1].url, env)
        return official(), ours()

    yield run
    for server in servers:
        server.close()


def metrics(result):
    """The metrics, each with its attributes, how often it was measured, and what was counted."""
    for metric in result["metrics"]:
        metric[5]["server.port"] = "PORT"
    return sorted(map(repr, result["metrics"]))


def records(result):
    """The records of the logs API: name, body, attributes, the span that they are of, scope."""
    names = {span["id"]: span["name"] for span in result["spans"]}
    made = [[*one[:3], names[one[3]], one[4]] for one in result["records"]]
    return sorted(repr(cut(one)) for one in made)


def cut(value):
    """A value with its texts as long as the journal keeps them."""
    if isinstance(value, list):
        return [cut(one) for one in value]
    if isinstance(value, dict):
        return {key: cut(one) for key, one in value.items()}
    return value[:MOST].rstrip() if isinstance(value, str) else value


@pytest.mark.parametrize("content", ["false", "true"])
def test_bedrock(run_models, content):
    """Seven families of models, four operations, failures, odd bodies: spans, metrics, records."""
    official, ours = run_models(**{CAPTURE: content})

    assert ours["failures"] == [], ours["said"]
    left, right = comparing.tree(official), comparing.tree(ours)
    found = comparing.differences(left, right)
    assert not found, "\n".join(found[:40])
    calls = [span for span in ours["spans"] if "rpc.method" in span["attributes"]]
    assert len(calls) >= 90
    assert records(ours) == records(official)
    assert ("secret" in repr(ours["records"])) == (content == "true")
    measured = metrics(ours)
    assert [one for one in measured if OURS not in one] == metrics(official)
    assert len([one for one in measured if OURS in one]) >= 5
    assert "secret" not in repr(ours["spans"])
