"""The lab's own AWS beside moto's: boto3 is told the same, and the same arrives."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from heliograph.lab.pipeline.description import described
from heliograph.lab.pipeline.endpoint import Endpoint
from heliograph.lab.pipeline.services import Services

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Client = Callable[[str], Any]

HEADER = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
TOPIC = "arn:aws:sns:us-east-1:123456789012:orders"
NEW = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.]+Z|\b1[789]\d{11}\b"
)
"""What differs from call to call: ids and times."""
SIGNED = (
    "MD5OfBody", "ResponseMetadata", "Signature", "SignatureVersion", "SigningCertURL",
    "UnsubscribeURL",
)  # fmt: skip
ATTRIBUTES = {
    "kind": {"DataType": "String", "StringValue": "é"},
    "size": {"DataType": "Number", "StringValue": "7"},
    "raw": {"DataType": "Binary", "BinaryValue": b"\0\1"},
}
TEXTS = {name: one for name, one in ATTRIBUTES.items() if name != "raw"}
"""moto fails on binary attributes of a notice that is delivered raw."""
TWELVE = {f"a{n}": {"DataType": "String", "StringValue": "x"} for n in range(12)}
PIPELINE = {
    "gateway": "f",
    "functions": {"f": {"handler": "app.handler"}},
    "topics": {"orders": [{"queue": "wrapped"}, {"queue": "raw", "raw": True}]},
    "queues": {"plain": {}, "wrapped": {}, "raw": {}, "events": {}},
    "rules": {
        "packed": {
            "pattern": {"source": ["shop"], "detail": {"kind": ["lens", 7]}},
            "targets": [{"queue": "events"}],
        }
    },
}


def client_of(url: str) -> Client:
    """Make clients of a server."""

    def client(service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    return client


@pytest.fixture
def services() -> Services:
    """What the lab plays."""
    return Services(described(Path(), PIPELINE))


@pytest.fixture
def ours(services: Services) -> Iterator[Client]:
    """Clients of the lab."""
    with Endpoint(services) as endpoint:
        yield client_of(endpoint.url)


@pytest.fixture
def theirs(moto: str) -> Iterator[Client]:
    """Clients of moto's server, which has the same queues, topic and rule."""
    client = client_of(moto)
    sqs, sns, events = client("sqs"), client("sns"), client("events")
    urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in PIPELINE["queues"]}
    topic = sns.create_topic(Name="orders")["TopicArn"]
    for name in ("wrapped", "raw"):
        arn = f"arn:aws:sqs:us-east-1:123456789012:{name}"
        raw = {"RawMessageDelivery": "true"} if name == "raw" else {}
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=raw)
    pattern = PIPELINE["rules"]["packed"]["pattern"]
    events.put_rule(Name="packed", EventPattern=json.dumps(pattern))
    target = {"Id": "1", "Arn": "arn:aws:sqs:us-east-1:123456789012:events"}
    events.put_targets(Rule="packed", Targets=[target])
    yield client
    events.remove_targets(Rule="packed", Ids=["1"])
    events.delete_rule(Name="packed")
    sns.delete_topic(TopicArn=topic)
    for url in urls.values():
        sqs.delete_queue(QueueUrl=url)


def send(client: Client) -> list[Any]:
    """Send by every call that the lab plays; returns the answers."""
    sqs, sns, events = client("sqs"), client("sns"), client("events")
    url = sqs.get_queue_url(QueueName="plain")["QueueUrl"]
    entries = [{"Id": "a", "MessageBody": "one"}, {"Id": "b", "MessageBody": "two"}]
    entries[1] |= {"MessageAttributes": ATTRIBUTES}
    told = [{"Id": "x", "Message": "first"}, {"Id": "y", "Message": "second", "Subject": "s"}]
    detail = {"Source": "shop", "DetailType": "Packed"}
    return [
        sqs.send_message(QueueUrl=url, MessageBody="zero", MessageAttributes=ATTRIBUTES),
        sqs.send_message_batch(QueueUrl=url, Entries=entries),
        sns.publish(TopicArn=TOPIC, Message="hello", MessageAttributes=TEXTS),
        sns.publish_batch(TopicArn=TOPIC, PublishBatchRequestEntries=told),
        events.put_events(
            Entries=[
                {**detail, "Detail": json.dumps({"kind": "lens", "more": [1]})},
                {**detail, "Detail": json.dumps({"kind": "mirror"})},
                {**detail, "Detail": "no JSON"},
                {**detail, "Source": "other", "Detail": json.dumps({"kind": "lens"})},
            ]
        ),
    ]


def received(client: Client, queue: str, **asked: Any) -> list[Any]:
    """Take all that is in a queue."""
    sqs = client("sqs")
    url, found = sqs.get_queue_url(QueueName=queue)["QueueUrl"], []
    while messages := sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=10,
        MessageAttributeNames=["All"],
        AttributeNames=["ApproximateReceiveCount", "SentTimestamp", "AWSTraceHeader"],
        **asked,
    ).get("Messages"):
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message.pop("ReceiptHandle"))
        found += messages
    return found


def same(value: Any) -> Any:
    """Return a value without ids and times."""
    if isinstance(value, dict):
        return {name: same(one) for name, one in value.items() if name not in SIGNED}
    if isinstance(value, list):
        return [same(one) for one in value]
    if isinstance(value, str) and value.startswith("{"):
        return same(json.loads(value))
    return NEW.sub("…", value) if isinstance(value, str) else value


def test_answers_are_motos(ours: Client, theirs: Client) -> None:
    """Calls are answered as moto answers them, digests included."""
    assert same(send(ours)) == same(send(theirs))


def test_what_arrives_is_what_motos_queues_have(ours: Client, theirs: Client) -> None:
    """Messages, notices with and without an envelope, and events are as moto delivers them."""
    found = {}
    for name, client in {"ours": ours, "theirs": theirs}.items():
        send(client)
        found[name] = {queue: same(received(client, queue)) for queue in PIPELINE["queues"]}

    for message in found["ours"]["events"]:
        assert message["Body"].pop("account") == "123456789012"  # which moto leaves out

    assert found["ours"] == found["theirs"]


def traced(client: Any) -> Any:
    """Have a client send the header that a recorded call has."""
    client.meta.events.register_first(
        "before-call", lambda params, **_: params["headers"].update({"X-Amzn-Trace-Id": HEADER})
    )
    return client


def headers(client: Client, queue: str) -> list[Any]:
    """Return what the messages of a queue carry on."""
    return [one["Attributes"].get("AWSTraceHeader") for one in received(client, queue)]


def test_the_header_is_carried_on(ours: Client) -> None:
    """Queues keep the header of the call, topics and the bus hand it on; without one is none."""
    sqs, sns, events = (traced(ours(name)) for name in ("sqs", "sns", "events"))
    url = sqs.get_queue_url(QueueName="plain")["QueueUrl"]
    entry = {"Source": "shop", "DetailType": "Packed", "Detail": json.dumps({"kind": 7})}

    sqs.send_message(QueueUrl=url, MessageBody="one")
    sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": "a", "MessageBody": "two"}])
    ours("sqs").send_message(QueueUrl=url, MessageBody="three")
    sns.publish(TopicArn=TOPIC, Message="hello")
    events.put_events(Entries=[entry])

    assert headers(ours, "plain") == [HEADER, HEADER, None]
    assert headers(ours, "wrapped") == headers(ours, "raw") == [HEADER]
    assert headers(ours, "events") == [HEADER]


def test_the_callers_own_beats_the_header(ours: Client) -> None:
    """A message's `AWSTraceHeader` and an event's `TraceHeader` stay (triggers spec 8.3)."""
    sqs, events = traced(ours("sqs")), traced(ours("events"))
    url, own = sqs.get_queue_url(QueueName="plain")["QueueUrl"], "Root=1-own"
    system = {"AWSTraceHeader": {"DataType": "String", "StringValue": own}}
    entry = {"Source": "shop", "DetailType": "Packed", "Detail": json.dumps({"kind": 7})}

    sqs.send_message(QueueUrl=url, MessageBody="one", MessageSystemAttributes=system)
    events.put_events(Entries=[{**entry, "TraceHeader": own}])

    assert headers(ours, "plain") == headers(ours, "events") == [own]


def test_too_many_attributes(ours: Client, services: Services) -> None:
    """A topic discards what it would deliver raw; a queue refuses (triggers spec 8.4)."""
    sqs = ours("sqs")
    url = sqs.get_queue_url(QueueName="plain")["QueueUrl"]

    ours("sns").publish(TopicArn=TOPIC, Message="hello", MessageAttributes=TWELVE)
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        sqs.send_message(QueueUrl=url, MessageBody="one", MessageAttributes=TWELVE)

    assert services.discarded == 1
    assert [len(services.queues[name]) for name in ("wrapped", "raw")] == [1, 0]


def test_a_message_for_each_protocol(ours: Client) -> None:
    """A structured message arrives as its protocol's text, without attributes."""
    told = json.dumps({"default": "for others", "sqs": "for queues"})

    ours("sns").publish(
        TopicArn=TOPIC, Message=told, MessageStructure="json", MessageAttributes=ATTRIBUTES
    )

    (message,) = received(ours, "raw")
    assert message["Body"] == "for queues"
    assert "MessageAttributes" not in message
    assert "MessageAttributes" not in json.loads(received(ours, "wrapped")[0]["Body"])


def test_only_what_is_asked_for(ours: Client) -> None:
    """A message comes with the attributes that the call names."""
    sqs = ours("sqs")
    url = sqs.get_queue_url(QueueName="plain")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="one", MessageAttributes=ATTRIBUTES)
    sqs.send_message(QueueUrl=url, MessageBody="two", MessageAttributes=ATTRIBUTES)

    (one,) = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["size"])["Messages"]
    (two,) = sqs.receive_message(QueueUrl=url)["Messages"]

    assert list(one["MessageAttributes"]) == ["size"]
    assert "MessageAttributes" not in two


CALLS = {
    "QueueDoesNotExist": ("sqs", "get_queue_url", {"QueueName": "nowhere"}),
    "The lab does not play AmazonSQS.ListQueues": ("sqs", "list_queues", {}),
    "The lab does not play AWSEvents.ListRules": ("events", "list_rules", {}),
    "The pipeline has no topic 'nowhere'": (
        "sns", "publish", {"TopicArn": f"{TOPIC[:-6]}nowhere", "Message": "hello"},
    ),
    "The lab does not play ListTopics of SNS": ("sns", "list_topics", {}),
}  # fmt: skip


@pytest.mark.parametrize("said", CALLS)
def test_refused(ours: Client, said: str) -> None:
    """What the pipeline has not, and what the lab does not play, is refused by name."""
    service, call, given = CALLS[said]

    with pytest.raises(ClientError, match=said):
        getattr(ours(service), call)(**given)


def test_a_call_that_is_not_whole(services: Services) -> None:
    """A call made by hand may lack what boto3 asks for: it is refused, and no more."""
    with Endpoint(services) as endpoint:

        def call(body: bytes, **headers: str) -> str:
            request = urllib.request.Request(endpoint.url, body, headers)
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(request)
            with refused.value as answer:
                assert answer.code == 400
                return answer.read().decode()

        target = {"X-Amz-Target": "AWSEvents.PutEvents"}
        assert "The call lacks 'Entries'" in call(b"{}", **target)
        assert "The call is malformed" in call(b"{", **target)
        assert "The call lacks 'Message'" in call(f"Action=Publish&TopicArn={TOPIC}".encode())
        structured = f"Action=Publish&TopicArn={TOPIC}&MessageStructure=json&Message=x"
        assert "The call is malformed" in call(structured.encode())


@pytest.mark.parametrize("missing", ["Source", "DetailType", "Detail"])
def test_an_event_lacks_something(ours: Client, missing: str) -> None:
    """An event that is not whole fails by itself."""
    entry = {"Source": "shop", "DetailType": "Packed", "Detail": "{}"}
    entries = [{name: one for name, one in entry.items() if name != missing}, entry]

    result = ours("events").put_events(Entries=entries)

    assert result["FailedEntryCount"] == 1
    assert [one.get("ErrorCode") for one in result["Entries"]] == ["InvalidArgument", None]
