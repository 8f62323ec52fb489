"""The X-Ray rules' vectors of the environment's header: what is sent, what goes on, in gold files.

Without a parent or a decision in the header the sampler decides, and a sampled span is a segment of
its own; the X-Ray SDK sends nothing then.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import heliograph
from heliograph.journal import current
from heliograph.lab.daemon import XRayDaemon
from heliograph.propagation import xray
from heliograph.testing import FakeContext, capture

GOLD = Path(__file__).parents[1] / "gold" / "xray"
ROOT = "Root=1-5759e988-bd862e3fe1be46a994272793"
HEADERS = {
    "31_header": f"{ROOT};Parent=53995c3f42cd8ad8;Sampled=1;Foo=Bar",
    "32_pass_through": f"{ROOT};Lineage=10:1234abcd:3",
    "33_no_header": None,
    "34_undecided": f"{ROOT};Sampled=?",
}
KEPT = ("name", "id", "trace_id", "parent_id", "type", "origin")


@pytest.mark.parametrize("name", HEADERS)
def test_header(name, monkeypatch):
    """What X-Ray gets of an invocation under each header, and the header of a call it makes."""
    carried = []

    @heliograph.wrap
    def handler(event, context):
        headers = {xray.XRAY: HEADERS[name]} if HEADERS[name] else {}
        xray.onto_aws_call(current.span(), headers)
        carried.append(headers[xray.XRAY])

    monkeypatch.delenv("_X_AMZN_TRACE_ID", raising=False)
    if HEADERS[name]:
        monkeypatch.setenv("_X_AMZN_TRACE_ID", HEADERS[name])
    with (
        XRayDaemon() as daemon,
        capture(traces_exporters="xray", daemon_address=daemon.address, service_name="orders"),
    ):
        handler({}, FakeContext())
        daemon.settle()
    (document,) = daemon.documents
    text = json.dumps(
        {
            "vector": int(name[:2]),
            "about": name[3:].replace("_", " "),
            "header": HEADERS[name],
            "document": {key: document[key] for key in KEPT if key in document},
            "carried": carried[0],
        }
    ).replace(document["id"], "its own id")
    if HEADERS[name] is None:
        text = text.replace(document["trace_id"], "a new trace id")
    actual = json.loads(text)

    file = GOLD / f"{name}.json"
    if os.environ.get("HELIOGRAPH_ACCEPT"):
        file.write_text(json.dumps(actual, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    assert json.loads(file.read_text(encoding="utf-8")) == actual
