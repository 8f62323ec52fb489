"""The same function under the X-Ray SDK and under Heliograph: one tree, told alike."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from heliograph.lab.daemon import XRayDaemon
from tests.collector.comparing import ABSENT, flat, table

PROGRAM = Path(__file__).with_name("program.py")
LAMBDA_SEGMENT = "53995c3f42cd8ad8"
HEADER = f"Root=1-5759e988-bd862e3fe1be46a994272793;Parent={LAMBDA_SEGMENT};Sampled=1"
COMPARED = ("name", "namespace", "error", "fault", "throttle", "http", "aws", "annotations",
            "metadata", "sql")  # fmt: skip
RANDOM = (("aws", "request_id"), ("aws", "message_id"))


def documents(kind: str, url: str) -> list[dict[str, Any]]:
    """Run the program in a process of its own; return what reached the daemon."""
    with XRayDaemon() as daemon:
        env = {
            "PATH": os.environ["PATH"],
            "AWS_LAMBDA_FUNCTION_NAME": "orders",
            "AWS_XRAY_DAEMON_ADDRESS": daemon.address,
            "LAMBDA_TASK_ROOT": str(PROGRAM.parent),
            "_X_AMZN_TRACE_ID": HEADER,
        }
        subprocess.run([sys.executable, PROGRAM, kind, url], env=env, check=True, timeout=120)
        daemon.settle()
        assert (daemon.rejected, daemon.unreadable) == (0, 0)
        return daemon.documents


def tree(found: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the handler's document, each with its children in the order they began."""
    below: dict[str, list[dict[str, Any]]] = {}
    for document in found:
        below.setdefault(document["parent_id"], []).append(document)

    def node(document: dict[str, Any]) -> dict[str, Any]:
        inner = [*document.get("subsegments", ()), *below.get(document["id"], ())]
        ordered = sorted(inner, key=lambda one: one["start_time"])
        return {**shown(document), "children": [node(one) for one in ordered]}

    (handler,) = below[LAMBDA_SEGMENT]
    return node(handler)


def shown(document: dict[str, Any]) -> dict[str, Any]:
    """Return what is compared of a document, by path; of causes their types, outermost first."""
    leaves = flat({key: document[key] for key in COMPARED if key in document})
    for index, one in enumerate(document.get("cause", {}).get("exceptions", ())):
        leaves["cause", index] = one["type"]
        leaves["remote", index] = one["remote"]
    return {"leaves": {path: "any" if path in RANDOM else v for path, v in leaves.items()}}


def pairs(ours: dict[str, Any], theirs: dict[str, Any]) -> Any:
    """Yield each document with the SDK's at the same place of the tree."""
    yield ours["leaves"], theirs["leaves"]
    assert len(ours["children"]) == len(theirs["children"]), ours["leaves"]
    for one, other in zip(ours["children"], theirs["children"], strict=True):
        yield from pairs(one, other)


def differences(ours: dict[str, Any], theirs: dict[str, Any]) -> Any:
    """Yield (path, ours, the SDK's, our document) of every field that is not alike."""
    for mine, other in pairs(ours, theirs):
        for path in {**mine, **other}:
            if mine.get(path, ABSENT) != other.get(path, ABSENT):
                yield path, mine.get(path, ABSENT), other.get(path, ABSENT), mine


RULES = {
    "service-names": lambda p, o, t, _: p == ("name",) and o.lower() == t,
    "ports": lambda p, o, t, _: p == ("name",) and re.fullmatch(rf"{re.escape(t)}:\d+", o),
    "local": lambda p, o, t, _: (p, o, t) == (("namespace",), ABSENT, "local"),
    "method-case": lambda p, o, t, _: p == ("http", "request", "method") and o == t.upper(),
    "queries": lambda p, o, t, _: p == ("http", "request", "url") and o.partition("?")[0] == t,
    "request-fields": lambda p, o, t, _: p[:2] == ("http", "request") and t == ABSENT,
    "client-errors": lambda p, o, t, d: p == ("fault",) and d.get(("error",)) and o == ABSENT,
    "failed-calls": lambda p, o, t, d: (
        d.get(("namespace",)) == "aws" and ("http", "response", "status") not in d and t == ABSENT
    ),
    "qualified-types": lambda p, o, t, _: p == ("cause", 0) and o.rpartition(".")[2] == t,
    "chained-causes": lambda p, o, t, _: p[0] in ("cause", "remote") and p[1] > 0 and t == ABSENT,
    "remote-causes": lambda p, o, t, d: p == ("remote", 0) and (o, t) == (True, False),
    "call-parameters": lambda p, o, t, _: p[0] == "aws" and o == ABSENT and p[1] in PARAMETERS,
    "table-lists": lambda p, o, t, _: p[:2] == ("aws", "table_names"),
    "more-of-calls": lambda p, o, t, _: (
        p[0] == "aws" and t == ABSENT and p[1] in ("retries", "topic_arn", "account_id")
    ),
    "sdk": lambda p, o, t, _: p[:2] == ("aws", "xray") and t == ABSENT,
    "attributes": lambda p, o, t, _: p[:2] == ("metadata", "default") and t == ABSENT,
}
PARAMETERS = ("bucket_name", "key", "queue_name", "message_id", "consumed_capacity")


@pytest.fixture(scope="module")
def both(moto) -> tuple[dict[str, Any], dict[str, Any]]:
    """The tree under Heliograph, and under the SDK."""
    return tree(documents("ours", moto)), tree(documents("sdk", moto))


def rule_of(difference: Any) -> str:
    return next((name for name, covers in RULES.items() if covers(*difference)), "")


def test_same_tree(both):
    """Names, namespaces, flags, `http`, `aws`, cause types: alike, up to the table."""
    assert [found[:3] for found in differences(*both) if not rule_of(found)] == []


def test_table(both):
    """Each row of the table is a difference that is still there, and has a rule of its own."""
    used = {rule_of(found) for found in differences(*both)}
    assert [sorted(set(RULES) - used), sorted(used ^ table("The X-Ray SDK"))] == [[], []]
