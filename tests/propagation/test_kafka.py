"""From a Kafka producer with its official instrumentor to the event of the function that consumes.

The client is a double: the broker keeps headers as they were sent, and Lambda writes them into the
event as lists of bytes (triggers spec 8.3: such clients carry by themselves).
"""

from __future__ import annotations

import json
import sys
from types import ModuleType, SimpleNamespace

import pytest

import heliograph
from heliograph import testing
from heliograph.propagation import w3c


class KafkaProducer:
    """What kafka-python's has: `send`, with headers as pairs of a text and bytes."""

    def __init__(self):
        self.config = {"bootstrap_servers": ["broker:9092"]}
        self.log = []

    def send(self, topic, value=None, key=None, headers=None, partition=None):
        assert all(type(name) is str and type(text) is bytes for name, text in headers)
        self.log.append({"topic": topic, "value": value, "headers": list(headers)})
        return SimpleNamespace()


class KafkaConsumer:
    """The class that the instrumentor wraps besides."""

    def __next__(self):
        raise StopIteration


@pytest.fixture
def instrumented(monkeypatch):
    """The official instrumentor on that client."""
    for name in ("kafka", "kafka.record", "kafka.record.abc"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    sys.modules["kafka.record.abc"].ABCRecord = object
    sys.modules["kafka"].KafkaProducer = KafkaProducer
    sys.modules["kafka"].KafkaConsumer = KafkaConsumer
    from opentelemetry.instrumentation.kafka import KafkaInstrumentor

    KafkaInstrumentor().instrument(skip_dep_check=True)
    yield
    KafkaInstrumentor().uninstrument()
    for name in list(sys.modules):
        if name.startswith("opentelemetry.instrumentation.kafka"):
            del sys.modules[name]  # it has the double's classes


def event_of(log):
    """The event that Lambda makes of what a topic keeps."""
    records = [
        {
            "topic": one["topic"],
            "partition": 0,
            "offset": offset,
            "headers": [{name: list(text)} for name, text in one["headers"]],
        }
        for offset, one in enumerate(log)
    ]
    return {"eventSource": "aws:kafka", "records": {"orders-0": records}}


def test_producer_to_event(instrumented, in_lambda):
    """The record's headers in the event name the producer's span, of the invocation's trace."""
    producer = KafkaProducer()

    def act():
        with heliograph.span("work"):
            producer.send("orders", b"value", headers=[("kind", b"order")])
            producer.send("orders", b"value")

    with testing.capture() as captured:
        in_lambda(act)
        function, work, *sends = captured.spans
    assert [(one.name, one.kind.name) for one in sends] == [("orders send", "PRODUCER")] * 2
    assert {one.parent.span_id for one in sends} == {work.context.span_id}
    event = json.loads(json.dumps(event_of(producer.log)))
    records = event["records"]["orders-0"]
    assert records[0]["headers"][0] == {"kind": list(b"order")}
    found = [
        w3c.traceparent(bytes(header["traceparent"]).decode())
        for record in records
        for header in record["headers"]
        if "traceparent" in header
    ]
    trace = function.context.trace_id
    assert found == [(trace, one.context.span_id, 1) for one in sends]
