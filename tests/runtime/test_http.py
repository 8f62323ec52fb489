"""The handler's span of every HTTP trigger, whole: as OpenTelemetry has it and as X-Ray gets it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import heliograph
from heliograph.lab.daemon import XRayDaemon
from heliograph.testing import FakeContext, capture

TESTS = Path(__file__).parents[1]
GOLD = TESTS / "gold" / "handler"
ACCEPT = "HELIOGRAPH_ACCEPT" in os.environ
HEADER = "Root=1-6b0121d0-d42d886c791602ec6d4263c8;Parent=49b993bb9d11f70b;Sampled=1"
AGE = "heliograph.event.age_ms"
EVENTS = (
    "rest_api", "http_api", "http_api_default_route", "http_api_v1", "function_url", "alb",
    "alb_multi_value", "vpc_lattice_v1", "vpc_lattice_v2", "websocket_connect", "websocket_message",
)  # fmt: skip


def shown(span, document):
    """What is promised of a span and its document: all but random ids, times and versions."""
    document["metadata"]["default"].pop("otel.resource.telemetry.sdk.version")
    document["metadata"]["default"].pop("otel.resource.telemetry.distro.version")
    document["aws"]["xray"].pop("sdk_version")
    attributes, metadata = dict(span.attributes), document["metadata"]["default"]
    assert attributes.pop(AGE, None) == metadata.pop(AGE, None)  # by the clock of this moment
    assert document.pop("id") == f"{span.context.span_id:016x}"
    assert abs(document.pop("start_time") - span.start_time / 1e9) < 1e-5
    assert abs(document.pop("end_time") - span.end_time / 1e9) < 1e-5
    return {
        "name": span.name,
        "kind": span.kind.name,
        "trace_id": f"{span.context.trace_id:032x}",
        "parent_id": f"{span.parent.span_id:016x}",
        "status": span.status.status_code.name,
        "attributes": attributes,
        "document": document,
    }


@pytest.mark.parametrize("name", EVENTS)
def test_span_and_document(monkeypatch, name):
    """The whole span and the whole document are those of the gold file."""
    event = json.loads((TESTS / "events" / f"{name}.json").read_text())
    monkeypatch.setenv("_X_AMZN_TRACE_ID", HEADER)
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "orders")
    settings = {"traces_exporters": "xray", "handler": "app.handler"}
    with XRayDaemon() as daemon:
        with capture(daemon_address=daemon.address, **settings) as captured:
            heliograph.wrap(lambda e, c: {"statusCode": 201})(event, FakeContext())
            (span,) = captured.spans
        (document,) = daemon.wait_documents(1)

    actual = json.loads(json.dumps(shown(span, document)))
    gold = GOLD / f"{name}.json"
    if ACCEPT:
        gold.parent.mkdir(exist_ok=True)
        gold.write_text(json.dumps(actual, indent=2) + "\n")
    assert json.loads(gold.read_text()) == actual


def test_every_gold_file_has_an_event():
    """A gold file that nothing is compared with would promise what is not tested."""
    assert sorted(path.stem for path in GOLD.iterdir()) == sorted(EVENTS)


def test_a_name_of_the_function_alone(monkeypatch):
    """`HELIOGRAPH_SPAN_NAME=function` names every span after the function."""
    event = json.loads((TESTS / "events" / "rest_api.json").read_text())
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "orders")
    with capture(span_name="function") as captured:
        heliograph.wrap(lambda e, c: None)(event, FakeContext())

        assert captured.span("orders").attributes["http.route"] == "/user/{id}"
