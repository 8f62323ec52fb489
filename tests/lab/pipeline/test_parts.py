"""The parts of a pipeline by themselves: queues, batches, headers, patterns, events."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from heliograph.lab.invocation import Answer
from heliograph.lab.pipeline import batches, events, headers
from heliograph.lab.pipeline.description import described
from heliograph.lab.pipeline.queues import Message, Queue
from heliograph.lab.pipeline.services import Services, matches

ROOT = "1-5759e988-bd862e3fe1be46a994272793"
PARENT = "53995c3f42cd8ad8"


def test_a_message_is_received_until_it_is_moved() -> None:
    """It counts over both queues, keeps its id and time, and says where it came from."""
    dead = Queue("dead")
    queue = Queue("orders", dead, 2)
    queue.send(Message("one", header="Root=1-a"))

    seen = []
    for _ in range(2):
        (message,) = queue.receive(10)
        seen.append(message.system()["ApproximateReceiveCount"])
        queue.release()
    assert queue.receive(10) == []
    (moved,) = dead.receive(10)

    assert seen == ["1", "2"]
    assert moved.message_id == message.message_id
    assert moved.system() == {
        **message.system(),
        "ApproximateReceiveCount": "3",
        "DeadLetterQueueSourceArn": queue.arn,
        "AWSTraceHeader": "Root=1-a",
    }


def test_what_was_deleted_does_not_come_back() -> None:
    """Only what was received and not deleted is there again."""
    queue = Queue("orders")
    for body in "abc":
        queue.send(Message(body))

    first = queue.receive(2)
    queue.delete(first[0].receipt)
    queue.delete("never given out")
    queue.release()

    assert [message.body for message in queue.receive(10)] == ["c", "b"]


def answered(body: bytes, kind: Any = "response") -> Answer:
    """Return an answer that the service took."""
    return Answer(kind, 202, body, "id")


@pytest.mark.parametrize(
    ("answer", "reports", "done"),
    [
        (answered(b"null"), True, "ab"),
        (answered(b"{}"), True, "ab"),
        (answered(b'{"batchItemFailures": null}'), True, "ab"),
        (answered(b'{"batchItemFailures": []}'), True, "ab"),
        (answered(b'{"batchItemFailures": [{"itemIdentifier": "b"}]}'), True, "a"),
        (answered(b'{"batchItemFailures": [{"itemIdentifier": "b"}]}'), False, "ab"),
        (answered(b'{"batchItemFailures": [{"itemIdentifier": ""}]}'), True, ""),
        (answered(b'{"batchItemFailures": [{"itemIdentifier": "c"}]}'), True, ""),
        (answered(b'{"batchItemFailures": [{"wrong": "b"}]}'), True, ""),
        (answered(b'{"batchItemFailures": ["b"]}'), True, ""),
        (answered(b'{"batchItemFailures": "b"}'), True, ""),
        (answered(b'"done"'), True, ""),
        (answered(b"no JSON"), True, ""),
        (answered(b"no JSON"), False, "ab"),
        (answered(b"{}", "error"), True, ""),
        (answered(b"{}", "timeout"), False, ""),
    ],
)
def test_what_is_done_with(answer: Answer, reports: bool, done: str) -> None:
    """What is named as failed goes back; all of it if the answer is none (triggers spec 7)."""
    batch = [Message(body, message_id=body) for body in "ab"]

    assert "".join(one.body for one in batches.done(answer, batch, reports=reports)) == done


def test_a_caller_is_followed() -> None:
    """The invocation is in the caller's trace, below its span, and Lineage goes on."""
    given = f"Self=1-x;Root={ROOT};Parent={PARENT};Sampled=1;Lineage=1:a87bd80c:3; ;odd"

    found = headers.facade(given)

    assert found.header == (f"Root={ROOT};Parent={found.segment_id};Sampled=1;Lineage=1:a87bd80c:3")
    document = found.document("notify", 1.0, 2.5, fault=True)
    assert document == {
        "id": found.segment_id,
        "trace_id": ROOT,
        "parent_id": PARENT,
        "name": "notify",
        "origin": "AWS::Lambda",
        "resource_arn": "arn:aws:lambda:us-east-1:123456789012:function:notify",
        "start_time": 1.0,
        "end_time": 2.5,
        "fault": True,
    }


@pytest.mark.parametrize("given", [None, "", "no header", f"Parent={PARENT}"])
def test_without_a_caller_a_trace_begins(given: str | None) -> None:
    """A mapping, or a call without a trace: one that is new, and sampled."""
    found, again = headers.facade(given), headers.facade(given)

    assert found.sampled
    assert found.trace_id.startswith("1-")
    assert found.trace_id != again.trace_id


def test_a_caller_that_is_not_sampled() -> None:
    """Its flag goes on."""
    found = headers.facade(f"Root={ROOT};Parent={PARENT};Sampled=0")

    assert not found.sampled
    assert found.header == f"Root={ROOT};Parent={found.segment_id};Sampled=0"


EVENT = {"source": "shop", "detail": {"kind": "lens", "tags": ["new", "red"], "size": 7}}


@pytest.mark.parametrize(
    ("pattern", "taken"),
    [
        ({}, True),
        ({"source": ["shop", "other"]}, True),
        ({"source": ["other"]}, False),
        ({"detail": {"kind": ["lens"], "size": [7]}}, True),
        ({"detail": {"kind": ["lens"], "size": [8]}}, False),
        ({"detail": {"tags": ["red"]}}, True),
        ({"detail": {"tags": ["blue"]}}, False),
        ({"detail": {"absent": ["x"]}}, False),
        ({"source": {"deeper": ["x"]}}, False),
    ],
)
def test_patterns(pattern: dict[str, Any], taken: bool) -> None:
    """A rule takes an event that has one of the values for each member."""
    assert matches(pattern, EVENT) is taken


def test_functions_are_told_by_topics_and_rules() -> None:
    """A topic's notice and a bus's event wait for their functions, with the caller's header."""
    services = Services(
        described(
            Path(),
            {
                "gateway": "f",
                "functions": {"f": {"handler": "app.handler"}},
                "topics": {"orders": [{"function": "f"}]},
                "rules": {"all": {"pattern": {}, "targets": [{"function": "f"}]}},
            },
        )
    )
    kind = {"kind": {"DataType": "String", "StringValue": "new"}}

    services.publish("orders", "hello", subject="s", attributes=kind, header="Root=1-a")
    entry = {"Source": "shop", "DetailType": "Packed", "Detail": "{}", "Time": 1757524564}
    services.put_event(entry, "Root=1-b")

    notice, event = services.next_delivery(), services.next_delivery()
    assert services.next_delivery() is None
    assert notice is not None
    assert event is not None
    (record,) = notice.event["Records"]
    assert (notice.source, notice.header) == ("topic orders", "Root=1-a")
    assert record["EventSource"] == "aws:sns"
    assert {name: record["Sns"][name] for name in ("Message", "Subject", "MessageAttributes")} == {
        "Message": "hello",
        "Subject": "s",
        "MessageAttributes": {"kind": {"Type": "String", "Value": "new"}},
    }
    assert (event.source, event.header) == ("rule all", "Root=1-b")
    assert event.event["time"] == "2025-09-10T17:16:04Z"


SAMPLES = Path(__file__).parents[2] / "events"


def keys(value: Any) -> Any:
    """Return the names in a value, and how they are nested."""
    if isinstance(value, list):
        return [keys(one) for one in value[:1]]
    return {name: keys(one) for name, one in value.items()} if isinstance(value, dict) else None


def test_events_are_shaped_as_samples() -> None:
    """A queue's record and a topic's have the members of the sample events."""
    attributes = {"traceparent": {"DataType": "String", "StringValue": "00-"}}
    queue = Queue("orders")
    queue.send(Message("one", attributes))
    made = {
        "sqs_attributes": events.of_queue(queue, queue.receive(1)),
        "sns": events.of_topic(notice()),
    }

    for name, event in made.items():
        sample = keys(json.loads((SAMPLES / f"{name}.json").read_text()))
        shape = keys(event)
        shape["Records"][0].pop("md5OfMessageAttributes", None)  # which samples leave out
        assert shape == sample, name


def notice() -> dict[str, Any]:
    """Return a notice of a topic."""
    pipeline = {"gateway": "f", "functions": {"f": {"handler": "a.b"}}}
    services = Services(described(Path(), {**pipeline, "topics": {"orders": [{"function": "f"}]}}))
    services.publish("orders", "hello")
    delivery = services.next_delivery()
    assert delivery is not None
    told: dict[str, Any] = delivery.event["Records"][0]["Sns"]
    return {**told, "MessageAttributes": {}}


def test_a_request_gets_its_time_and_trace() -> None:
    """What a file cannot know is added to a request: time, id, the Root of its trace."""
    given = {"headers": {"host": "h"}, "requestContext": {"stage": "$default"}, "body": "b"}

    found = events.of_gateway(given, f"Root={ROOT};Parent={PARENT};Sampled=1")

    assert found["headers"] == {"host": "h", "x-amzn-trace-id": f"Root={ROOT}"}
    assert found["requestContext"]["stage"] == "$default"
    assert found["requestContext"]["timeEpoch"] > 1.7e12
    assert given == {"headers": {"host": "h"}, "requestContext": {"stage": "$default"}, "body": "b"}
    assert set(events.of_gateway({"headers": None}, "Root=x")) == {"headers", "requestContext"}
