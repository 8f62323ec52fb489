"""Spans of the official instrumentations, of calls really made: ours and the collector's."""

from __future__ import annotations

import contextlib

import boto3
import pytest
import requests
from botocore.exceptions import ClientError, EndpointConnectionError
from opentelemetry.instrumentation import _semconv
from opentelemetry.instrumentation.botocore import BotocoreInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from tests.collector.comparing import differences
from tests.collector.content_rules import rule
from tests.collector.spans import documents_of
from tests.xray_sdk.program import messages, storage, tables


@pytest.fixture(params=["", "http", "http/dup"])
def traced(request, monkeypatch):
    """Return a provider and its memory, with both instrumentations on, for each convention."""
    monkeypatch.setenv("OTEL_SEMCONV_STABILITY_OPT_IN", request.param)
    stability = _semconv._OpenTelemetrySemanticConventionStability
    monkeypatch.setattr(stability, "_initialized", False)  # read once in a process otherwise
    memory = InMemorySpanExporter()
    provider = TracerProvider(
        resource=Resource.create({"service.name": "orders"}), shutdown_on_exit=False
    )
    provider.add_span_processor(SimpleSpanProcessor(memory))
    kinds = (BotocoreInstrumentor, RequestsInstrumentor)
    for kind in kinds:
        kind().instrument(tracer_provider=provider)
    yield provider, memory
    for kind in kinds:
        kind().uninstrument()


def aws(url):
    """Return a function that makes clients of moto's server."""

    def client(service, endpoint=url):
        return boto3.client(
            service,
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    return client


def calls(client, url):
    """Make calls to several services, good and bad ones, and requests."""
    sqs = client("sqs")
    storage(client("s3"))
    sqs.receive_message(QueueUrl=messages(sqs, client("sns")))
    tables(client("dynamodb"))
    with contextlib.suppress(ClientError):
        client("lambda").invoke(FunctionName="nobody")
    with contextlib.suppress(EndpointConnectionError):
        unreachable = client("kinesis", "http://127.0.0.1:9")
        unreachable.meta.events.register("needs-retry.*", lambda **_: None)
        unreachable.list_streams()
    requests.get(f"{url}/moto-api/", timeout=30)
    requests.get(f"{url}/nothing?a=b", timeout=30)
    with contextlib.suppress(requests.ConnectionError):
        requests.get("http://user:secret@127.0.0.1:9/", timeout=1)


def test_real_calls(traced, collector, moto):
    """Documents of real calls differ from the collector's only where the table says so."""
    provider, memory = traced
    tracer = provider.get_tracer("tests")
    with tracer.start_as_current_span("handler", kind=SpanKind.SERVER):
        calls(aws(moto), moto)
        with contextlib.suppress(ValueError), tracer.start_as_current_span("broken"):
            raise ValueError("no stock") from KeyError("lens")
    spans = memory.get_finished_spans()
    assert len(spans) == 22
    theirs = {document["id"]: document for document in collector.documents(spans)}
    for one in spans:
        mine = documents_of(one)
        found = differences(mine, [theirs[document["id"]] for document in mine], one)
        assert [str(d) for d in found if not rule.of(d)] == []
