"""What a call's parameters carry on, by the numbered vectors of the triggers spec's section 8."""

from __future__ import annotations

import base64
import copy
import json
import re
from types import SimpleNamespace

import boto3
import pytest
from opentelemetry.trace import SpanKind

from heliograph import testing
from heliograph.propagation import (
    xray,
)

LINEAGE = (
    "Root=1-5fb73311-05e8bb83207fa31d4d9cdb4c;Parent=3328b8445a6dbad2;Sampled=1;"
    "Lineage=1:a87bd80c:3"
)
ROOT = "5fb7331105e8bb83207fa31d4d9cdb4c"
THEIRS = "00-5ce0e9a56015fec5aadfa328ae398115-ab54a98ceb1f0ad2-01"
ACCESS = {
    "region_name": "eu-central-1",
    "aws_access_key_id": "id",
    "aws_secret_access_key": "secret",
}


def attribute(value="v"):
    return {"DataType": "String", "StringValue": value}


def many(number):
    return {f"a{index}": attribute() for index in range(number)}


def ids(span):
    return f"{span.context.trace_id:032x}-{span.context.span_id:016x}"


def linked(span):
    return [
        f"00-{link.context.trace_id:032x}-{link.context.span_id:016x}-"
        f"{link.context.trace_flags:02x}"
        for link in span.links
    ]


class Sent:
    """A client whose requests end here: what is sent, and what the function passed."""

    def __init__(self, service, **more):
        self.client = boto3.client(service, **ACCESS)
        self.params = []
        self.headers = []
        self.answer = more
        events = self.client.meta.events
        events.register("before-parameter-build", lambda params, **_: self.params.append(params))
        events.register("before-send", self.send)

    def send(self, request, **_):
        """Answer in the place of the service."""
        from botocore.awsrequest import AWSResponse

        self.headers.append({name.lower(): text(value) for name, value in request.headers.items()})
        body = json.dumps(self.answer).encode()
        raw = SimpleNamespace(stream=lambda *_, **__: iter([body]), close=lambda: None)
        if self.client.meta.service_model.metadata["protocol"] == "query":
            raw.stream = lambda *_, **__: iter([b"<R><PublishResult/><ResponseMetadata/></R>"])
        return AWSResponse(request.url, 200, {"content-type": "application/json"}, raw)

    def __call__(self, operation, **params):
        """Call it; fails if that changed the parameters."""
        before = copy.deepcopy(params)
        kept = list(objects(params))
        result = getattr(self.client, operation)(**params)
        assert params == before
        assert all(one is other for one, other in zip(objects(params), kept, strict=True))
        return result


def text(value):
    return value.decode() if isinstance(value, bytes) else value


def objects(value):
    """Every container within a value: their identity is the caller's too."""
    yield value
    for member in value.values() if isinstance(value, dict) else value:
        if isinstance(member, (dict, list)):
            yield from objects(member)


@pytest.fixture
def called(in_lambda):
    """Makes one call in an invocation; returns what was sent, and the span of the call."""

    def call(service, operation, params, *, header=LINEAGE, within=None, answer=None, **settings):
        with testing.capture(**settings) as captured:
            sent = Sent(service, **(answer or {}))

            def act():
                return sent(operation, **params)

            in_lambda((lambda: within(act)) if within else act, header)
            spans = [one for one in captured.spans if "rpc.method" in one.attributes]
        [span] = spans or [None]
        return SimpleNamespace(params=sent.params[0], headers=sent.headers[0], span=span)

    return call


def queue(**more):
    return {
        "QueueUrl": "https://sqs.eu-central-1.amazonaws.com/1/orders",
        "MessageBody": "b",
    } | more


# -- the vectors ---------------------------------------------------------------------------------


def test_vector_58(called):
    """Header with Lineage, an attribute more, and the caller's dicts as they were."""
    done = called("sqs", "send_message", queue(MessageAttributes={"a": attribute()}))
    span = done.span
    parent = f"{span.context.span_id:016x}"
    expected = LINEAGE.replace("3328b8445a6dbad2", parent)
    assert done.headers["x-amzn-trace-id"] == expected
    assert done.params["MessageAttributes"] == {
        "a": attribute(),
        "traceparent": attribute(f"00-{ROOT}-{parent}-01"),
    }
    assert span.kind is SpanKind.PRODUCER
    assert span.attributes["messaging.operation.name"] == "send"
    assert span.attributes["messaging.operation.type"] == "send"
    assert span.attributes["messaging.destination.name"] == "orders"
    assert span.attributes["aws.sqs.queue.url"] == queue()["QueueUrl"]
    assert "messaging.batch.message_count" not in span.attributes


@pytest.mark.parametrize(
    ("given", "with_state", "added"),
    [(10, False, 0), (9, False, 1), (9, True, 1), (8, True, 2), (0, True, 2)],
)
def test_vector_59(called, given, with_state, added, caplog):
    """Ten attributes are the most, and `traceparent` is the first of what fits."""
    params = queue(MessageAttributes=many(given))
    done = called("sqs", "send_message", params, within=in_remote if with_state else None)
    names = list(done.params["MessageAttributes"])
    assert names[given:] == ["traceparent", "tracestate"][:added]
    told = [line for line in caplog.messages if "a message has 10 attributes" in line]
    assert len(told) == (given == 10)


def in_remote(act):
    """Within a context that came over a wire, with a state of its own."""
    from opentelemetry import context, propagate

    token = context.attach(propagate.extract({"traceparent": THEIRS, "tracestate": "x=1"}))
    try:
        return act()
    finally:
        context.detach(token)


@pytest.mark.parametrize(("size", "carried"), [(200_000, False), (60_001, False), (59_000, True)])
def test_vector_60(called, size, carried):
    """A long body goes out with the header alone; attributes count too."""
    done = called("sqs", "send_message", queue(MessageBody="x" * size))
    assert ("MessageAttributes" in done.params) is carried
    assert done.headers["x-amzn-trace-id"].endswith(";Sampled=1;Lineage=1:a87bd80c:3")
    binary = {"a": {"DataType": "Binary", "BinaryValue": b"x" * size}}
    done = called("sqs", "send_message", queue(MessageAttributes=binary))
    assert ("traceparent" in done.params["MessageAttributes"]) is carried


def test_vector_61(called):
    """Each entry has the one context, ids are untouched; a user's own attribute stays, linked."""
    entries = [
        {"Id": str(n), "MessageBody": "b", "MessageGroupId": "g", "MessageDeduplicationId": f"d{n}"}
        for n in range(9)
    ]
    entries.append({"Id": "9", "MessageBody": "b", "MessageAttributes": {
        "TraceParent": attribute(THEIRS)}})  # fmt: skip
    params = {"QueueUrl": "https://sqs/1/orders.fifo", "Entries": entries}
    done = called("sqs", "send_message_batch", params)
    context = {"traceparent": attribute(f"00-{ids(done.span)}-01")}
    assert done.params["Entries"][:9] == [
        {**entry, "MessageAttributes": context} for entry in entries[:9]
    ]
    assert done.params["Entries"][9] is entries[9]
    assert linked(done.span) == [THEIRS]
    assert done.span.attributes["messaging.batch.message_count"] == 10
    assert done.span.kind is SpanKind.PRODUCER


def test_vector_62(called):
    """Header only where attributes are not delivered, and in events."""
    topic = "arn:aws:sns:eu-central-1:123456789012:orders"
    whole = '{"default": "m"}'
    for params in (
        {"TopicArn": topic, "Message": whole, "MessageStructure": "json"},
        {"PhoneNumber": "+4915112345678", "Message": "m"},
    ):
        done = called("sns", "publish", params)
        assert "MessageAttributes" not in done.params
        assert done.headers["x-amzn-trace-id"].startswith("Root=1-5fb73311-")
        assert done.span.kind is SpanKind.PRODUCER
    entries = [{"Source": "s", "DetailType": "t", "Detail": "{}"} for _ in range(3)]
    done = called("events", "put_events", {"Entries": entries})
    assert all(one is other for one, other in zip(done.params["Entries"], entries, strict=True))
    assert done.headers["x-amzn-trace-id"].startswith("Root=1-5fb73311-")
    assert done.span.kind is SpanKind.CLIENT


def encoded(value):
    return base64.b64encode(json.dumps(value).encode()).decode()


def test_vector_63(called):
    """A client context gets `w3c` beside what it has; one that cannot take it stays."""
    on = {"client_context": "w3c"}
    done = called("lambda", "invoke", {"FunctionName": "f", "ClientContext": encoded(
        {"custom": {"k": "v"}})}, **on)  # fmt: skip
    assert json.loads(base64.b64decode(done.params["ClientContext"])) == {
        "w3c": {"traceparent": f"00-{ids(done.span)}-01"},
        "custom": {"k": "v"},
    }
    long = encoded({"custom": {"k": "v" * 2604}})
    assert len(long) == 3500
    for given in ("no base64!", encoded([1]), encoded({"w3c": {}}), long, "e30"):
        done = called("lambda", "invoke", {"FunctionName": "f", "ClientContext": given}, **on)
        assert done.params["ClientContext"] == given
    done = called("lambda", "invoke", {"FunctionName": "f"}, **on)
    assert len(done.params["ClientContext"]) == 108
    for kind in ("Event", "DryRun"):
        given = {"FunctionName": "f", "InvocationType": kind}
        done = called("lambda", "invoke", given, **on)
        assert "ClientContext" not in done.params
    assert "ClientContext" not in called("lambda", "invoke", {"FunctionName": "f"}).params


def test_vector_64(in_lambda):
    """A presigned URL of a message has no attribute and no trace."""
    client = boto3.client("sqs", **ACCESS)
    topic = boto3.client("sns", **ACCESS)

    def presign():
        return [
            client.generate_presigned_url("send_message", queue()),
            topic.generate_presigned_url("publish", {"TopicArn": "a", "Message": "m"}),
        ]

    with testing.capture() as captured:
        urls = in_lambda(presign, LINEAGE)
        assert [span.name for span in captured.spans] == ["function"]
    assert not [url for url in urls if re.search("trace|attribute", url, re.IGNORECASE)]


def test_vector_65(called, in_lambda, monkeypatch):
    """A header of the user's stays; other propagators leave messages alone; off is off."""
    mine = "Root=1-00000001-000000000000000000000001;Parent=0000000000000001;Sampled=1"
    with testing.capture():
        sent = Sent("sqs")
        sent.client.meta.events.register_first(
            "before-call", lambda params, **_: params["headers"].update({xray.XRAY: mine})
        )
        in_lambda(lambda: sent("send_message", **queue()), LINEAGE)
    assert sent.headers[0]["x-amzn-trace-id"] == mine

    for name in ("xray", "baggage", "none"):
        done = called("sqs", "send_message", queue(), propagators=name)
        assert "MessageAttributes" not in done.params
        assert f";Parent={done.span.context.span_id:016x};" in done.headers["x-amzn-trace-id"]

    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    sent = Sent("sqs")
    in_lambda(lambda: sent("send_message", **queue()), LINEAGE)
    assert "MessageAttributes" not in sent.params[0]
    assert sent.headers[0]["x-amzn-trace-id"] == LINEAGE  # botocore's own


# -- settings --------------------------------------------------------------------------------------


def test_message_attributes_off(called):
    """`HELIOGRAPH_MESSAGE_ATTRIBUTES=off` leaves messages alone; the span stays a producer."""
    done = called("sqs", "send_message", queue(), message_attributes="off")
    assert "MessageAttributes" not in done.params
    assert done.span.kind is SpanKind.PRODUCER


@pytest.mark.parametrize(
    ("flag", "header", "sampler", "expected"),
    [
        ("own", LINEAGE.replace("Sampled=1", "Sampled=0"), "always_on", "1"),
        ("env", LINEAGE.replace("Sampled=1", "Sampled=0"), "always_on", "0"),
        ("env", LINEAGE, "always_off", "1"),
        ("own", LINEAGE, "always_off", "0"),
        ("env", LINEAGE.replace("Sampled=1", "Sampled=?"), "always_off", "0"),
    ],
)
def test_xray_flag(called, flag, header, sampler, expected):
    """`HELIOGRAPH_XRAY_FLAG=env` copies Lambda's flag, if it has decided; else it is our own."""
    settings = {"xray_flag": flag, "sampler": sampler, "header": header}
    done = called("sqs", "send_message", queue(), **settings)
    assert f";Sampled={expected};" in done.headers["x-amzn-trace-id"]
    recorded = sampler == "always_on"
    assert done.params["MessageAttributes"]["traceparent"]["StringValue"].endswith(
        "-01" if recorded else "-00"
    )
    assert (done.span is not None) is recorded


def test_event_detail(called):
    """Asked for, an event's text gains the context, and nothing else of it changes."""
    odd = ' {"a":1.10, "a":1e400,"b":"\\u00e9"}'
    details = [odd, "{}", "[1]", '"text"', "no json", json.dumps({"TraceParent": THEIRS}), ""]
    entries = [{"Source": "s", "DetailType": "t", "Detail": detail} for detail in details]
    entries.append({"Source": "s"})
    done = called("events", "put_events", {"Entries": entries}, eventbridge_detail="on")
    context = f'"traceparent":"00-{ids(done.span)}-01"'
    sent = done.params["Entries"]
    assert [one.get("Detail") for one in sent] == [
        f' {{{context},{odd[2:]}', f"{{{context}}}", *details[2:], None,
    ]  # fmt: skip
    assert all(one is other for one, other in zip(sent[2:], entries[2:], strict=True))
    assert linked(done.span) == [THEIRS]


def test_event_detail_size(called):
    """Entries that would have more than 900 KB are sent as they are."""
    full = json.dumps({"a": "x" * 449_800})
    for detail, carried in ((full, True), (full.replace("xx", "é", 300), False)):
        entries = [{"Source": "s", "DetailType": "t", "Detail": detail} for _ in range(2)]
        entries[1]["Detail"] += " " * (0 if carried else 300)
        done = called("events", "put_events", {"Entries": entries}, eventbridge_detail="1")
        assert ("traceparent" in done.params["Entries"][0]["Detail"]) is carried


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, [{"traceparent": "T"}]),
        ([{"a": "b"}], [{"a": "b"}, {"traceparent": "T"}]),
        ('[{"a": "b"}]', '[{"a": "b"},{"traceparent":"T"}]'),
        ("[]", '[{"traceparent":"T"}]'),
        ('{"a": "b"}', None),
        ("text", None),
        ({"a": "b"}, None),
        ([{"Traceparent": THEIRS}], None),
    ],
)
def test_user_properties(called, given, expected):
    """Asked for, an MQTT message gains a property, if it has an array of them or none."""
    params = {"topic": "t"} if given is None else {"topic": "t", "userProperties": given}
    done = called("iot-data", "publish", params, iot_user_properties="on")
    sent = done.params.get("userProperties")
    context = f"00-{ids(done.span)}-01"
    if expected is None:
        assert sent is given
    else:
        assert json.loads(json.dumps(sent).replace(context, "T")) == expected
    assert linked(done.span) == ([THEIRS] if given == [{"Traceparent": THEIRS}] else [])
    assert "userProperties" not in called("iot-data", "publish", {"topic": "t"}).params


def test_agent_headers(called):
    """AgentCore's calls have W3C's headers, those that the function gave itself if it did."""
    params = {
        "agentRuntimeArn": "arn:aws:bedrock-agentcore:eu-central-1:1:runtime/a",
        "payload": b"",
    }
    done = called("bedrock-agentcore", "invoke_agent_runtime", params, within=in_remote)
    assert done.headers["traceparent"] == f"00-{ids(done.span)}-01"
    assert done.headers["tracestate"] == "x=1"
    done = called("bedrock-agentcore", "invoke_agent_runtime", {**params, "traceParent": THEIRS})
    assert done.headers["traceparent"] == THEIRS
    assert linked(done.span) == [THEIRS]
    done = called("bedrock-agentcore", "get_memory_record", {
        "memoryId": "m-0123456789", "memoryRecordId": "mem-" + "0" * 40})  # fmt: skip
    assert "traceparent" not in done.headers


def test_baggage(called):
    """Baggage goes along where its propagator is on, last, and only as far as there is room."""

    def within(value):
        def run(act):
            from opentelemetry import baggage, context

            token = context.attach(baggage.set_baggage("k", value))
            try:
                return act()
            finally:
                context.detach(token)

        return run

    done = called("sqs", "send_message", queue(), within=within("v w"))
    assert done.params["MessageAttributes"]["baggage"] == attribute("k=v+w")
    done = called("sqs", "send_message", queue(), within=within("v"), propagators="tracecontext")
    assert list(done.params["MessageAttributes"]) == ["traceparent"]
    entries = [{"Id": str(n), "MessageBody": "b"} for n in range(10)]
    params = {"QueueUrl": "https://sqs/1/orders", "Entries": entries}
    done = called("sqs", "send_message_batch", params, within=within("v" * 3000))
    assert list(done.params["Entries"][0]["MessageAttributes"]) == ["traceparent"]


# -- what came back --------------------------------------------------------------------------------


def message(name, traceparent=None, header=None):
    made = {"MessageId": name, "Body": "b"}
    if traceparent is not None:
        made["MessageAttributes"] = {"traceparent": attribute(traceparent)}
    if header is not None:
        made["Attributes"] = {"AWSTraceHeader": header}
    return made


def test_received(called):
    """`ReceiveMessage` links to what came back; what it asks for stays the function's choice."""
    same = "Root=1-5ce0e9a5-6015fec5aadfa328ae398115;Parent=ab54a98ceb1f0ad3;Sampled=1"
    messages = [
        message("1", THEIRS, same),
        message("2", THEIRS),
        message("3", None, LINEAGE),
        message("4", THEIRS.replace("5ce0", "5ce1"), LINEAGE.replace("3328", "3329")),
        message("5"),
        message("6", "junk", "junk"),
    ]
    params = {"QueueUrl": "https://sqs/1/orders", "MaxNumberOfMessages": 10}
    done = called("sqs", "receive_message", params, answer={"Messages": messages})
    assert done.params == params
    assert linked(done.span) == [
        THEIRS,
        f"00-{ROOT}-3328b8445a6dbad2-01",
        THEIRS.replace("5ce0", "5ce1"),
        f"00-{ROOT}-3329b8445a6dbad2-01",
    ]
    about = [dict(link.attributes) for link in done.span.links]
    assert about == [{"messaging.message.id": name} for name in ("1", "3", "4", "4")]
    assert done.span.kind is SpanKind.CLIENT
    done = called("sqs", "receive_message", params, answer={"Messages": messages},
                  propagators="xray")  # fmt: skip
    assert linked(done.span)[0] == f"00-{same[7:15]}{same[16:40]}-ab54a98ceb1f0ad3-01"


# -- where nothing is described --------------------------------------------------------------------


def test_without_an_instrumentor():
    """A span that no official instrumentor describes has the conventions' attributes too."""
    from heliograph.journal.entry import Call
    from heliograph.libraries.botocore import fallback

    call = Call("botocore", ("sqs", "SQS", "1", "r", "https://e"), ("SendMessage", queue()))
    name, attributes, _ = fallback.facts(call)
    assert name == "SQS.SendMessage"
    assert attributes["messaging.system"] == "aws_sqs"
    assert attributes["messaging.destination.name"] == "orders"
    topic = {"TopicArn": "arn:aws:sns:r:1:orders"}
    call = Call("botocore", ("sns", "SNS", "1", "r", "https://e"), ("Publish", topic))
    assert fallback.facts(call)[1]["messaging.destination.name"] == "orders"
    call = Call("botocore", ("sqs", "SQS", "1", "r", "https://e"), ("ReceiveMessage", queue()))
    assert "messaging.system" not in fallback.facts(call)[1]


def test_suppressed(called):
    """A call that is not recorded carries the context of the span around it."""
    from opentelemetry.instrumentation.utils import suppress_instrumentation

    def within(act):
        with suppress_instrumentation():
            return act()

    done = called("sqs", "send_message", queue(), within=within)
    assert done.span is None
    sent = done.params["MessageAttributes"]["traceparent"]["StringValue"]
    assert sent.startswith("00-")
    assert f";Parent={sent[36:52]};" in done.headers["x-amzn-trace-id"]


def test_left_to_others(called):
    """Where other code instruments botocore, messages are left to that."""
    from heliograph.libraries.botocore import recorder

    def within(act):
        recorder.recording = False
        return act()

    done = called("sqs", "send_message", queue(), within=within)
    assert "MessageAttributes" not in done.params
