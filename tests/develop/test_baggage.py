"""Members of the baggage as attributes of spans: whose baggage, which members, of which spans."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import boto3
import pytest
from botocore.stub import Stubber
from opentelemetry import baggage, context, trace
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import heliograph
from heliograph import testing
from heliograph.journal import journal
from heliograph.runtime import forks

HTTP = json.loads((Path(__file__).parents[1] / "events" / "http_api.json").read_text())
ENVIRONMENT = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
WANTED = "session.id,tenant.*"


@pytest.fixture
def attached():
    """Makes members of the baggage current."""
    tokens = []

    def attach(**members):
        made = context.get_current()
        for name, value in members.items():
            made = baggage.set_baggage(name.replace("_", "."), value, made)
        tokens.append(context.attach(made))
        return made

    yield attach
    for token in reversed(tokens):
        context.detach(token)


def carried(captured):
    """The members on each span, by its name."""
    names = "session.id", "tenant.name", "other"
    return {
        span.name: {name: span.attributes[name] for name in names if name in span.attributes}
        for span in captured.spans
    }


def sts():
    made = boto3.client(
        "sts", region_name="eu-central-1", aws_access_key_id="id", aws_secret_access_key="secret"
    )
    stubber = Stubber(made)
    stubber.add_response("get_caller_identity", {})
    stubber.activate()
    return made


def test_what_came_with_the_event(monkeypatch):
    """The handler's span has it and all that is below, in threads too; the next one has not."""
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "function")
    monkeypatch.setenv("_X_AMZN_TRACE_ID", ENVIRONMENT)
    event = {**HTTP, "headers": {**HTTP["headers"], "baggage": "session.id=5,other=6"}}
    client = sts()

    def handler(event, context):
        with heliograph.span("work"):
            client.get_caller_identity()
        thread = threading.Thread(target=in_thread)
        thread.start()
        thread.join()

    def in_thread():
        with heliograph.span("thread"):
            pass

    with testing.capture(baggage_attributes=WANTED) as captured:
        heliograph.wrap(handler)(event, testing.FakeContext())
        heliograph.wrap(lambda event, context: None)({}, testing.FakeContext())
        found = [carried(captured)[span.name] for span in captured.spans]
        names = [span.name for span in captured.spans]
    assert names[:4] == [names[0], "work", "STS.GetCallerIdentity", "thread"]
    assert found == [{"session.id": "5"}] * 4 + [{}]


def test_what_code_sets(attached):
    """What is current when a span starts; what is set later is for later spans."""
    tracer = trace.get_tracer("app")
    with testing.capture(baggage_attributes=WANTED) as captured:
        with heliograph.span("before"):
            attached(session_id="1", tenant_name="blue", other="x")
            with tracer.start_as_current_span("api"):
                sts().get_caller_identity()
                elsewhere = baggage.set_baggage("session.id", "2")
                tracer.start_span("elsewhere", context=elsewhere).end()
                tracer.start_span("nowhere", context=context.Context()).end()
            with heliograph.span("ours"):
                pass
        found = carried(captured)
    both = {"session.id": "1", "tenant.name": "blue"}
    assert found == {
        "before": {}, "api": both, "STS.GetCallerIdentity": both, "ours": both,
        "elsewhere": {**both, "session.id": "2"}, "nowhere": {},
    }  # fmt: skip


def test_the_spans_own_attributes_win(attached):
    """As with the official processor, what is set on the span afterwards stays."""
    attached(session_id="1")
    with testing.capture(baggage_attributes="*") as captured:
        with trace.get_tracer("app").start_as_current_span("set") as span:
            span.set_attribute("session.id", "own")
        assert carried(captured) == {"set": {"session.id": "own"}}


def test_nothing_without_the_setting(attached):
    """By default nothing of the baggage is on a span."""
    attached(session_id="1")
    with testing.capture() as captured:
        with heliograph.span("plain"):
            pass
        assert carried(captured) == {"plain": {}}


def test_any_members():
    """Values of any type are taken as attributes are; names that are no text are left out."""
    members = {"session.id": 5, "tenant.name": ["a", None], "other": "x" * 5000}
    made = context.get_current()
    for name, value in members.items():
        made = baggage.set_baggage(name, value, made)
    token = context.attach(baggage.set_baggage(7, "number", made))
    try:
        with testing.capture(baggage_attributes="*") as captured:
            with heliograph.span("odd"):
                pass
            [span] = captured.spans
    finally:
        context.detach(token)
    assert (span.attributes["session.id"], len(span.attributes["other"])) == (5, 2048)
    assert span.attributes["tenant.name"] == ("a", None)


def test_in_a_forked_child(attached):
    """What a child hands over has them with it: its baggage stays behind."""
    attached(session_id="1")
    with testing.capture(baggage_attributes=WANTED):
        with heliograph.span("in the child"):
            pass
        [entry] = journal.entries
        forks._complete(entry)
        assert entry.ops == [("set_attributes", {"session.id": "1"})]
        entry.outer = None


def test_in_any_other_process(attached):
    """Where no function runs, live spans have them as well."""
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor

    from heliograph.develop.process import Carrying

    memory, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(Carrying(("session.*",)))
    provider.add_span_processor(SimpleSpanProcessor(memory))
    attached(session_id="1", other="x")
    provider.get_tracer("app").start_span("live").end()
    [span] = memory.get_finished_spans()
    assert dict(span.attributes) == {"session.id": "1"}
