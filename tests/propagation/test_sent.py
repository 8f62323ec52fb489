"""What arrives at the services, as moto has them, of what calls carry on."""

from __future__ import annotations

import hashlib
import json
import struct

import boto3
import pytest

from heliograph import testing

ROOT = "5759e988bd862e3fe1be46a994272793"
PAIR = ["traceparent", "tracestate"]


@pytest.fixture(scope="module")
def client(moto):
    """Makes clients of moto's services."""

    def make(service):
        return boto3.client(
            service,
            region_name="eu-central-1",
            endpoint_url=moto,
            aws_access_key_id="id",
            aws_secret_access_key="secret",
        )

    return make


def hashed(attributes):
    """SQS's MD5 of attributes: each with the length of name, type and value before them."""
    packed = b""
    for name, attribute in sorted(attributes.items()):
        kind, value = attribute["DataType"], attribute["StringValue"]
        for text in (name, kind):
            packed += struct.pack("!I", len(text)) + text.encode()
        packed += b"\1" + struct.pack("!I", len(value)) + value.encode()
    return hashlib.md5(packed).hexdigest()


def ids(span):
    return f"{span.context.trace_id:032x}-{span.context.span_id:016x}"


def contexts(got):
    return [one.get("MessageAttributes", {}).get("traceparent", {}).get("StringValue")
            for one in got["Messages"]]  # fmt: skip


def test_queue(client, in_lambda):
    """A message arrives with its context, by which who receives it is linked to who sent it."""
    sqs = client("sqs")
    url = sqs.create_queue(QueueName="carried")["QueueUrl"]

    def act():
        kind = {"kind": {"DataType": "String", "StringValue": "order"}}
        sent = sqs.send_message(QueueUrl=url, MessageBody="b", MessageAttributes=kind)
        entries = [{"Id": str(n), "MessageBody": f"b{n}"} for n in range(3)]
        batch = sqs.send_message_batch(QueueUrl=url, Entries=entries)
        got = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=[*PAIR, "kind"]
        )
        plain = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        return sent, batch, got, plain

    with testing.capture() as captured:
        sent, batch, got, plain = in_lambda(act)
        one, several = captured.span("SQS.SendMessage"), captured.span("SQS.SendMessageBatch")
        received = next(span for span in captured.spans if span.name == "SQS.ReceiveMessage")
    expected = [f"00-{ids(one)}-01", *[f"00-{ids(several)}-01"] * 3]
    assert contexts(got) == expected
    first = got["Messages"][0]
    assert sent["MD5OfMessageAttributes"] == hashed(first["MessageAttributes"])
    assert first["MessageAttributes"]["kind"]["StringValue"] == "order"
    assert len(batch["Successful"]) == 3
    assert plain.get("Messages") is None
    links = [f"{link.context.trace_id:032x}-{link.context.span_id:016x}" for link in received.links]
    assert links == [ids(one), ids(several)]
    assert received.links[0].attributes == {"messaging.message.id": sent["MessageId"]}


def test_fifo(client, in_lambda):
    """Deduplication by content is what it was: two calls with one body are one message."""
    sqs = client("sqs")
    attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    url = sqs.create_queue(QueueName="carried.fifo", Attributes=attributes)["QueueUrl"]
    message = {"QueueUrl": url, "MessageBody": "same", "MessageGroupId": "g"}

    def act():
        for _ in range(2):
            sqs.send_message(**message)

    with testing.capture():
        in_lambda(act)
    got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=PAIR)
    assert len(contexts(got)) == 1


@pytest.mark.parametrize("raw", ["true", "false"])
def test_topic_to_queue(client, in_lambda, raw):
    """What is published arrives in a subscribed queue, raw as attributes, else in the envelope."""
    sns, sqs = client("sns"), client("sqs")
    url = sqs.create_queue(QueueName=f"subscribed-{raw}")["QueueUrl"]
    arn = sns.create_topic(Name=f"carried-{raw}")["TopicArn"]
    of_queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    sns.subscribe(
        TopicArn=arn,
        Protocol="sqs",
        Endpoint=of_queue["Attributes"]["QueueArn"],
        Attributes={"RawMessageDelivery": raw},
    )

    def act():
        sns.publish(TopicArn=arn, Message="m")
        entries = [{"Id": str(n), "Message": f"m{n}"} for n in range(2)]
        sns.publish_batch(TopicArn=arn, PublishBatchRequestEntries=entries)

    with testing.capture() as captured:
        in_lambda(act)
        one, several = captured.spans[1:]
    got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=PAIR)
    if raw == "true":
        arrived = contexts(got)
    else:
        bodies = [json.loads(message["Body"]) for message in got["Messages"]]
        arrived = [body["MessageAttributes"]["traceparent"]["Value"] for body in bodies]
    assert arrived == [f"00-{ids(one)}-01", *[f"00-{ids(several)}-01"] * 2]
    assert several.attributes["messaging.batch.message_count"] == 2
    assert several.attributes["messaging.operation.name"] == "send"


def test_bus_to_queue(client, in_lambda):
    """An event arrives with the context in its detail, where that was asked for."""
    events, sqs = client("events"), client("sqs")
    url = sqs.create_queue(QueueName="events")["QueueUrl"]
    of_queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    events.put_rule(Name="carried", EventPattern=json.dumps({"source": ["shop"]}))
    target = {"Id": "1", "Arn": of_queue["Attributes"]["QueueArn"]}
    events.put_targets(Rule="carried", Targets=[target])
    entry = {"Source": "shop", "DetailType": "order", "Detail": '{"order": 7}'}
    arrived = []
    for asked in ("off", "on"):
        with testing.capture(eventbridge_detail=asked) as captured:
            in_lambda(lambda: events.put_events(Entries=[entry]))
            span = captured.span("EventBridge.PutEvents")
        [message] = sqs.receive_message(QueueUrl=url)["Messages"]
        arrived.append(json.loads(message["Body"])["detail"])
    assert arrived == [{"order": 7}, {"order": 7, "traceparent": f"00-{ids(span)}-01"}]
