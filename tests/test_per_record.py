"""`heliograph.record` and `heliograph.records`: a span for each record of a batch."""

from __future__ import annotations

import json
from typing import Any

import pytest

import heliograph
from heliograph.testing import FakeContext, capture
from tests.triggers.conftest import EVENTS

LINKED = "ab54a98ceb1f0ad2"


def sample(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text())


def handled(handler: Any, event: Any, **settings: Any) -> tuple[list[Any], Any]:
    """Handle an event; returns the spans and the result."""
    with capture(**settings) as captured:
        result = heliograph.wrap(handler)(event, FakeContext())
        return captured.spans, result


def each(event: Any, _context: Any) -> list[Any]:
    return list(heliograph.records(event))


NAMES = {
    "sqs_attributes": "process orders", "pipe_sqs": "process orders",
    "sns_attributes": "process orders", "eventbridge_traced": "process shop.orders",
    "kinesis_fan_out": "process clicks", "pipe_kinesis_one": "process clicks",
    "dynamodb_insert": "process orders", "s3_encoded": "process uploads",
    "kafka_self_managed": "process orders", "pipe_kafka_one": "process orders",
    "activemq_amq": "process orders", "pipe_rabbitmq": "process pizzaQueue",
    "rabbitmq_traced": "process",
}  # fmt: skip
WITHOUT = {"kinesis_fan_out", "pipe_kinesis_one", "dynamodb_insert", "s3_encoded"}


@pytest.mark.parametrize("name", NAMES)
def test_each_source(name: str) -> None:
    """A record of each source has its span, below the message's, linked to what it carries."""
    spans, records = handled(each, sample(name))
    assert len(records) == 1
    consumers = [span for span in spans if span.kind.name == "CONSUMER"]
    (server,) = [span for span in spans if span.kind.name == "SERVER"]
    above, (mine,) = consumers[:-1], consumers[-1:]
    if len(consumers) == 2:
        (mine,) = [span for span in consumers if span.parent.span_id != server.context.span_id]
        (above,) = [span for span in consumers if span is not mine]
        assert above.parent.span_id == server.context.span_id
        assert mine.parent.span_id == above.context.span_id
    else:
        assert mine.parent.span_id == server.context.span_id
    assert mine.name == NAMES[name]
    linked = [] if name in WITHOUT else [LINKED] if name != "pipe_sqs" else ["53995c3f42cd8ad8"]
    assert [f"{link.context.span_id:x}" for link in mine.links] == linked


def test_a_block() -> None:
    """`with heliograph.record(record)`: what is done in it is below it, what it raises fails it."""

    def handler(event: Any, _context: Any) -> None:
        for record in event["Records"]:
            with heliograph.record(record) as span:
                span.annotate("n", 1)
                with heliograph.span("inner"):
                    pass
        with heliograph.record(event["Records"][0]):
            raise ValueError("mine")

    with capture() as captured:
        with pytest.raises(ValueError, match="mine"):
            heliograph.wrap(handler)(sample("sqs"), FakeContext())
        spans = captured.spans
    inner = [span for span in spans if span.name == "inner"]
    records = {span.context.span_id: span for span in spans if "n" in span.attributes}
    assert {span.parent.span_id for span in inner} == set(records)
    assert len(records) == 2
    failed = [span for span in spans if span.name == "process orders" and span.events]
    assert len(failed) == 1
    assert failed[0].status.status_code.name == "ERROR"


def failing(event: Any, _context: Any) -> Any:
    batch = heliograph.records(event)
    for number, _ in enumerate(batch):
        with batch:
            if number == 1:
                raise ValueError("poison")
    return batch.failures


def queue(count: int, name: str = "orders") -> Any:
    record = sample("sqs_attributes")["Records"][0]
    arn = f"arn:aws:sqs:eu-west-1:111122223333:{name}"
    return {
        "Records": [record | {"messageId": f"m{n}", "eventSourceARN": arn} for n in range(count)]
    }


def test_failures() -> None:
    """What a record raises fails its span and is given back; the others go on."""
    spans, result = handled(failing, queue(3))
    assert result == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    mine = [span for span in spans if "messaging.message.id" in span.attributes]
    assert [span.status.status_code.name for span in mine] == ["UNSET", "ERROR", "UNSET"]
    (server,) = [span for span in spans if span.kind.name == "SERVER"]
    assert server.attributes["heliograph.batch.failures"] == 1


def test_a_fifo_queue() -> None:
    """Behind a failed message of a FIFO queue none is handled, and all are given back."""
    spans, result = handled(failing, queue(4, "orders.fifo"))
    assert [one["itemIdentifier"] for one in result["batchItemFailures"]] == ["m1", "m2", "m3"]
    assert len([span for span in spans if "messaging.message.id" in span.attributes]) == 2


@pytest.mark.parametrize(
    ("name", "identifier"),
    [("kinesis", "kinesis"), ("dynamodb", "dynamodb"), ("pipe_kinesis", ""), ("kafka", "offset")],
)
def test_identifiers(name: str, identifier: str) -> None:
    """Each source has its own way to name a record."""
    event = sample(name)
    result = failing(event, None)
    (failure,) = result["batchItemFailures"]
    assert failure["itemIdentifier"]
    records = event if isinstance(event, list) else event.get("Records")
    if identifier in ("kinesis", "dynamodb"):
        known = {key.lower(): value for key, value in records[1][identifier].items()}
        assert failure["itemIdentifier"] == known["sequencenumber"]


def test_without_telemetry() -> None:
    """What a handler does by them it does without telemetry, too."""
    assert failing(queue(2), None) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    with heliograph.record({}) as span:
        span.annotate("n", 1)


def test_merged() -> None:
    """With the message's span on the handler's, records hang below that."""
    spans, _ = handled(each, queue(2), messaging_span="merge")
    assert [span.kind.name for span in spans].count("CONSUMER") == 2
    (server,) = [span for span in spans if span.kind.name == "SERVER"]
    assert {span.parent.span_id for span in spans if span is not server} == {server.context.span_id}


@pytest.mark.parametrize(
    "event", [None, 5, "x", [], [None], {}, {"Records": None}, {"Records": [5]}]
)
def test_anything(event: Any) -> None:
    """What is no record has a span without attributes, and nothing is raised."""
    spans, _ = handled(each, event)
    assert {span.name for span in spans} <= {"function", "process"}
    with capture(), heliograph.record(event):
        pass


def test_base_exceptions_pass() -> None:
    """A time limit, or the end of the process, is no failure of a record."""

    def handler(event: Any, _context: Any) -> None:
        batch = heliograph.records(event)
        for _ in batch:
            with batch:
                raise KeyboardInterrupt

    with capture(), pytest.raises(KeyboardInterrupt):
        heliograph.wrap(handler)(queue(1), FakeContext())


def powertools(event: Any, kind: str) -> tuple[list[Any], Any]:
    """Handle an event by Powertools' batch utility, the second record being poison."""
    from aws_lambda_powertools.utilities import batch

    seen: list[Any] = []

    def poison(record: Any) -> None:
        seen.append(record)
        with heliograph.span("inner"):
            pass
        if len(seen) == 2:
            raise ValueError("poison")

    async def later(record: Any) -> None:
        poison(record)

    def handler(event: Any, context: Any) -> Any:
        if kind == "async":
            processor: Any = batch.AsyncBatchProcessor(event_type=batch.EventType.SQS)
            return batch.async_process_partial_response(event, later, processor, context)
        fifo = kind == "fifo"
        processor = (
            batch.SqsFifoPartialProcessor() if fifo
            else batch.BatchProcessor(event_type=batch.EventType.SQS)
        )  # fmt: skip
        return batch.process_partial_response(event, poison, processor, context)

    return handled(handler, event)


@pytest.mark.parametrize("kind", ["sync", "async", "fifo"])
def test_powertools(kind: str) -> None:
    """Without code of the function's each record that Powertools takes has its span."""
    spans, result = powertools(queue(3, "orders.fifo" if kind == "fifo" else "orders"), kind)
    left = ["m1", "m2"] if kind == "fifo" else ["m1"]
    assert [one["itemIdentifier"] for one in result["batchItemFailures"]] == left
    mine = {
        span.attributes["messaging.message.id"]: span
        for span in spans
        if "messaging.message.id" in span.attributes
    }
    assert sorted(mine) == (["m0", "m1"] if kind == "fifo" else ["m0", "m1", "m2"])
    assert mine["m1"].status.status_code.name == "ERROR"
    assert mine["m1"].events[0].attributes["exception.message"] == "poison"
    assert mine["m0"].status.status_code.name == "UNSET"
    assert [f"{link.context.span_id:x}" for link in mine["m0"].links] == [LINKED]
    inner = {span.parent.span_id for span in spans if span.name == "inner"}
    assert inner == {span.context.span_id for span in mine.values()}
