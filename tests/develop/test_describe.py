"""Describers: where the official instrumentor cannot be had, or fails, a span has the basics."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError
from opentelemetry.trace import SpanKind, StatusCode

import heliograph
from heliograph import testing


@pytest.fixture
def stub():
    """A server whose answers are scripted by the path."""
    path = Path(__file__).parents[1] / "parity" / "stub.py"
    spec = importlib.util.spec_from_file_location("parity_stub", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    server = module.Stub()
    yield server
    server.close()


def calls(stub):
    """A call that is answered, one that is refused, and the same of HTTP."""
    table = boto3.client(
        "dynamodb", region_name="eu-central-1", endpoint_url=stub.url + "/fail/0/200/none",
        aws_access_key_id="id", aws_secret_access_key="secret",
    )  # fmt: skip
    refusing = boto3.client(
        "sqs", region_name="eu-central-1", endpoint_url=stub.url + "/fail/9/400/Refused",
        aws_access_key_id="id", aws_secret_access_key="secret",
        config=Config(retries={"total_max_attempts": 1}),
    )  # fmt: skip
    with heliograph.span("outer"):
        table.list_tables()
        with pytest.raises(ClientError):
            refusing.list_queues()
        host = stub.url.replace("//", "//user:pass@")
        requests.post(host + "/status/404?Signature=secret", timeout=5)
        with pytest.raises(requests.ConnectionError):
            requests.get("http://absent.invalid/", timeout=5)


def summary(span):
    events = [event.attributes["exception.type"] for event in span.events]
    return span.name, span.kind, dict(span.attributes), span.status.status_code, events


def basics(stub):
    """What the spans of `calls` have without an instrumentor."""
    aws = {"rpc.system": "aws-api", "cloud.region": "eu-central-1"}
    return [
        ("outer", SpanKind.INTERNAL, {}, StatusCode.UNSET, []),
        (
            "DynamoDB.ListTables",
            SpanKind.CLIENT,
            {**aws, "rpc.service": "DynamoDB", "rpc.method": "ListTables",
             "aws.request_id": "request-1", "http.status_code": 200},
            StatusCode.UNSET,
            [],
        ),
        (
            "SQS.ListQueues",
            SpanKind.CLIENT,
            {**aws, "rpc.service": "SQS", "rpc.method": "ListQueues",
             "aws.request_id": "request-2", "http.status_code": 400},
            StatusCode.ERROR,
            ["botocore.exceptions.ClientError"],
        ),
        (
            "POST",
            SpanKind.CLIENT,
            {"http.method": "POST", "http.url": stub.url + "/status/404", "http.status_code": 404},
            StatusCode.ERROR,
            [],
        ),
        (
            "GET",
            SpanKind.CLIENT,
            {"http.method": "GET", "http.url": "http://absent.invalid/"},
            StatusCode.ERROR,
            ["requests.exceptions.ConnectionError"],
        ),
    ]  # fmt: skip


def test_instrumentors_are_missing(stub, monkeypatch):
    """Without the official packages a span has its name, kind, times and the basic attributes."""
    for library in "botocore", "requests":
        monkeypatch.setitem(sys.modules, f"opentelemetry.instrumentation.{library}", None)
    with testing.capture() as captured:
        calls(stub)
        spans = captured.spans
    assert [summary(span) for span in spans] == basics(stub)
    (outer, *others) = spans
    assert {span.parent.span_id for span in others} == {outer.context.span_id}
    assert all(span.start_time < span.end_time for span in spans)


def test_instrumentors_make_no_span(stub, monkeypatch):
    """A describer that starts no span for a call loses none."""
    import opentelemetry.instrumentation.botocore as official
    import opentelemetry.instrumentation.requests as http

    monkeypatch.setattr(official, "_determine_call_context", lambda *_: None)
    monkeypatch.setattr(http, "is_http_instrumentation_enabled", lambda: False)
    with testing.capture() as captured:
        calls(stub)
        assert [summary(span) for span in captured.spans] == basics(stub)


@pytest.mark.guarded
def test_instrumentor_fails(stub, monkeypatch):
    """A describer that fails before it starts the span costs the description, not the span."""
    import opentelemetry.instrumentation.botocore as official
    import opentelemetry.instrumentation.requests as http

    def fail(*_, **__):
        raise RuntimeError("a release with another shape")

    monkeypatch.setattr(official, "_determine_call_context", fail)
    monkeypatch.setattr(http, "redact_url", fail)
    with testing.capture() as captured:
        calls(stub)
        assert [summary(span) for span in captured.spans] == basics(stub)


def test_class_of_the_library_is_left_alone(stub):
    """Building and using describers replaces nothing in the libraries or the instrumentors."""
    import opentelemetry.instrumentation.botocore as official
    import opentelemetry.instrumentation.requests as http
    from botocore.client import BaseClient

    def state():
        return (
            BaseClient._make_api_call, requests.Session.send, http.Session,
            official.wrap_function_wrapper,
        )  # fmt: skip

    before = state()
    with testing.capture():
        calls(stub)
    assert state() == before
    assert not official.BotocoreInstrumentor().is_instrumented_by_opentelemetry


def test_attributes_are_the_instrumentors(stub):
    """With the official packages the attributes are theirs, redacted by their rules."""
    with testing.capture() as captured:
        calls(stub)
        span = captured.span("POST")
    place = stub.url.replace("//", "//REDACTED:REDACTED@")
    assert span.attributes["http.url"] == f"{place}/status/404?Signature=REDACTED"
    assert span.instrumentation_scope.name == "opentelemetry.instrumentation.requests"
