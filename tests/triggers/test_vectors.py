"""The inbound test vectors of the specification, by their numbers: v01 to v57."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

import heliograph
from heliograph.journal import state
from heliograph.lab.daemon import XRayDaemon
from heliograph.testing import FakeContext, capture

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.sdk.trace import ReadableSpan

T = "00-5ce0e9a56015fec5aadfa328ae398115-ab54a98ceb1f0ad2-01"
E = "Root=1-5fb73311-05e8bb83207fa31d4d9cdb4c;Parent=3328b8445a6dbad2;Sampled=1"
E += ";Lineage=1:a87bd80c:3"
A = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
IDS = {
    (0x5CE0E9A56015FEC5AADFA328AE398115, 0xAB54A98CEB1F0AD2): "T",
    (0x5FB7331105E8BB83207FA31D4D9CDB4C, 0x3328B8445A6DBAD2): "E",
    (0x5759E988BD862E3FE1BE46A994272793, 0x53995C3F42CD8AD8): "A",
}
SAME = "Root=1-5ce0e9a5-6015fec5aadfa328ae398115;Parent=53995c3f42cd8ad8;Sampled=1"
X, ELSEWHERE = "xray", "none"


class Context(FakeContext):
    """A context of the function `fn`, with what an invoking client sent."""

    def __init__(self, w3c: Any = None) -> None:
        super().__init__(function_name="fn")
        if w3c is not None:
            self.w3c = w3c if callable(w3c) else lambda: w3c


class Seen:
    """What one invocation made.

    Attributes:
        spans: All spans.
        server: The handler's.
        baggage: What the handler found of it.
    """

    def __init__(self, spans: list[ReadableSpan], baggage: dict[str, object], result: Any) -> None:
        self.spans = spans
        self.baggage = baggage
        self.result = result

    @property
    def server(self) -> ReadableSpan:
        (found,) = [span for span in self.spans if span.kind.name == "SERVER"]
        return found

    @property
    def consumer(self) -> ReadableSpan | None:
        found = [span for span in self.spans if span.kind.name == "CONSUMER"]
        assert len(found) <= 1
        if found:
            assert found[0].parent.span_id == self.server.context.span_id
            assert (found[0].start_time, found[0].end_time) == (
                self.server.start_time,
                self.server.end_time,
            )
        return found[0] if found else None

    @property
    def trigger(self) -> Any:
        return self.of("heliograph.trigger")

    def of(self, name: str) -> Any:
        """Return an attribute of the SERVER span; None without it."""
        return self.server.attributes.get(name)

    @property
    def parent(self) -> str | None:
        """Name of the parent; None for a root."""
        return self._name(self.server.parent) if self.server.parent is not None else None

    @property
    def links(self) -> list[tuple[str, Any]]:
        """Names of the SERVER's links, with their sources."""
        return [
            (self._name(link.context), link.attributes.get("heliograph.link.source"))
            for link in self.server.links
        ]

    @property
    def consumed(self) -> list[str]:
        """Names of the CONSUMER's links."""
        assert self.consumer is not None
        assert not any("heliograph.link.source" in link.attributes for link in self.consumer.links)
        return [self._name(link.context) for link in self.consumer.links]

    @staticmethod
    def _name(context: Any) -> str:
        return IDS[context.trace_id, context.span_id]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Handle an event: `seen(event, X, result=, env=, w3c=, **settings)`."""

    def handle(
        event: Any, to: str = ELSEWHERE, *,
        result: Any = None, env: str | None = E, w3c: Any = None,
        context: Any = None, **settings: Any,
    ) -> Seen:  # fmt: skip
        found: dict[str, object] = {}

        @heliograph.wrap
        def handler(_event: Any, _context: Any) -> Any:
            found.update(state.baggage())
            if isinstance(result, BaseException):
                raise result
            return result

        if env is None:
            monkeypatch.delenv("_X_AMZN_TRACE_ID", raising=False)
        else:
            monkeypatch.setenv("_X_AMZN_TRACE_ID", env)
        monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "fn")
        given = {"traces_exporters": to, **settings}
        if to == X:
            given.setdefault("daemon_address", "127.0.0.1:9")
        before = copy.deepcopy(event)
        with capture(**given) as captured:
            try:
                returned = handler(event, context or Context(w3c))
            except type(result) as error:
                returned = error
            spans = captured.spans
        assert event == before
        return Seen(spans, found, returned)

    yield handle
    state.declined.clear()


@pytest.fixture
def event(sample: Callable[[str], Any]) -> Any:
    """Return a reader of a sample with a change made to it."""

    def read(name: str, change: Callable[[Any], object] | None = None) -> Any:
        found = sample(name)
        if change is not None:
            change(found)
        return found

    return read


def headers(**values: Any) -> Callable[[Any], object]:
    """Return a change that adds headers, and takes those of traces away."""

    def change(found: Any) -> None:
        kept = {k: v for k, v in found["headers"].items() if k.lower() != "x-amzn-trace-id"}
        found["headers"] = kept | {name.replace("_", "-"): one for name, one in values.items()}
        found.pop("multiValueHeaders", None)

    return change


def queue(*messages: tuple[Any, Any], body: Any = "plain") -> dict[str, Any]:
    """Return an event of SQS whose messages carry (`AWSTraceHeader`, `traceparent`) each."""
    records = []
    for index, (header, context) in enumerate(messages):
        attributes = {"SentTimestamp": "1757524564000", "ApproximateReceiveCount": "1"}
        record: dict[str, Any] = {
            "messageId": f"m{index}", "body": body, "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:eu-west-1:111122223333:orders",
            "attributes": attributes | ({"AWSTraceHeader": header} if header else {}),
            "messageAttributes": {},
        }  # fmt: skip
        if context:
            record["messageAttributes"] = {
                "traceparent": {"stringValue": context, "dataType": "String"}
            }
        records.append(record)
    return {"Records": records}


def test_v01(seen: Any, event: Any) -> None:
    """A REST route names the span; Lambda's segment is the parent."""
    found = seen(event("rest_api"), X)
    assert (found.trigger, found.of("faas.trigger"), found.server.name) == (
        "rest_api", "http", "GET /user/{id}",
    )  # fmt: skip
    assert (found.of("http.route"), found.parent, found.links) == ("/user/{id}", "E", [])
    assert found.consumer is None


def test_v02(seen: Any, event: Any) -> None:
    """A caller's context is linked where traces go to X-Ray."""
    found = seen(event("rest_api", headers(Traceparent=T)), X)
    assert (found.parent, found.links) == ("E", [("T", "w3c.headers")])


def test_v03(seen: Any, event: Any) -> None:
    """Elsewhere it is the parent."""
    found = seen(event("rest_api", headers(Traceparent=T)))
    assert (found.parent, found.links) == ("T", [("E", "xray.env")])
    assert found.server.context.trace_flags.sampled


def test_v04(seen: Any, event: Any) -> None:
    """Under `link` nobody is."""
    found = seen(event("rest_api", headers(Traceparent=T)), parent="link")
    assert found.parent is None
    assert found.links == [("T", "w3c.headers"), ("E", "xray.env")]


def test_v05(seen: Any, event: Any) -> None:
    """X-Ray's header of another trace is a parent too."""
    found = seen(event("rest_api", headers(X_Amzn_Trace_Id=A)))
    assert (found.parent, found.links) == ("A", [("E", "xray.env")])


def test_v06(seen: Any, event: Any) -> None:
    """In the same trace Lambda's segment is below it: no link."""
    own = A.partition(";")[0] + ";Parent=3328b8445a6dbad2;Sampled=1"
    IDS[0x5759E988BD862E3FE1BE46A994272793, 0x3328B8445A6DBAD2] = "E'"
    call = event("rest_api", headers(X_Amzn_Trace_Id=A))
    others, xray = seen(call, env=own), seen(call, X, env=own)
    assert (others.parent, others.links) == ("A", [])
    assert (xray.parent, xray.links) == ("E'", [])


def test_v07(seen: Any, event: Any) -> None:
    """Headers may be lists only, or those of the console's test button."""

    def lists(found: Any) -> None:
        found.update(headers=None, multiValueHeaders={"traceparent": [T]})

    assert seen(event("rest_api", lists)).parent == "T"
    found = seen(event("rest_api_console_test"))
    assert (found.trigger, found.of("url.scheme")) == ("rest_api", "https")
    assert found.of("server.address") == "testPrefix.testDomainName"
    assert found.of("client.port") is None


def test_v08(seen: Any, event: Any) -> None:
    """Payload 1.0 is an HTTP API's; 2.0 has its path apart from its route."""
    assert seen(event("http_api_v1")).trigger == "http_api_v1"
    found = seen(event("http_api"))
    assert (found.trigger, found.server.name) == ("http_api", "GET /user/{id}")
    assert found.of("url.path") == "/user/42"


def test_v09(seen: Any, event: Any) -> None:
    """A greedy route stays; `$default` is none."""

    def greedy(found: Any) -> None:
        found["routeKey"] = "ANY /x/{proxy+}"
        found["requestContext"]["http"]["method"] = "POST"

    assert seen(event("http_api", greedy)).server.name == "POST /x/{proxy+}"
    found = seen(event("http_api_default_route"))
    assert (found.server.name, found.of("http.route")) == ("fn", None)


def test_v10(seen: Any, event: Any) -> None:
    """A URL and a load balancer know no template."""
    found = seen(event("function_url"))
    assert (found.trigger, found.server.name, found.of("http.route")) == (
        "function_url", "fn", None,
    )  # fmt: skip
    assert found.of("heliograph.trigger.arn") == "arn:aws:lambda:eu-central-1:123456789012:url:fn"
    found = seen(event("alb"))
    assert (found.trigger, found.server.name, found.of("http.route")) == ("alb", "fn", None)
    assert (found.parent, found.of("client.address")) == ("E", "203.0.113.7")


def test_v11(seen: Any, event: Any) -> None:
    """A load balancer's lists are read; its own header has no context."""

    def traced(found: Any) -> None:
        found["multiValueHeaders"]["traceparent"] = [T]

    assert seen(event("alb_multi_value", traced)).parent == "T"
    own = "Self=1-5759e988-bd862e3fe1be46a994272794;Root=1-5759e988-bd862e3fe1be46a994272793"
    found = seen(event("alb", headers(x_amzn_trace_id=own)))
    assert (found.parent, found.links) == ("E", [])


def test_v12(seen: Any, event: Any) -> None:
    """Lattice's first structure has a query in its path; its second counts microseconds."""
    found = seen(event("vpc_lattice_v1"))
    assert (found.trigger, found.of("url.path")) == ("vpc_lattice_v1", "/user/42")
    found = seen(event("vpc_lattice_v2"))
    assert found.trigger == "vpc_lattice_v2"
    since = found.server.start_time // 10**6 - 1757524564123
    assert abs(found.of("heliograph.event.age_ms") - since) <= 1


def test_v13(seen: Any, event: Any) -> None:
    """A connection is no REST request, though it may look like one."""

    def looks_like_rest(found: Any) -> None:
        found.update(resource="/", httpMethod="GET")

    found = seen(event("websocket_connect", looks_like_rest))
    assert found.trigger == "websocket"
    assert found.of("heliograph.websocket.event_type") == "CONNECT"


def test_v14(seen: Any, event: Any) -> None:
    """A message has no method."""
    found = seen(event("websocket_message"))
    assert (found.trigger, found.of("http.request.method")) == ("websocket", None)
    assert found.parent == "E"


def test_v15(seen: Any, event: Any) -> None:
    """Nothing of a token is told."""
    found = seen(event("authorizer_token_route"))
    assert (found.trigger, found.server.name) == ("authorizer", "fn")
    assert "SECRET" not in found.server.to_json()


@pytest.mark.parametrize("kind", ["request_v1", "request_v2", "websocket"])
def test_v16(seen: Any, event: Any, kind: str) -> None:
    """An authorizer's request is not the target's."""
    found = seen(event(f"authorizer_{kind}"))
    assert (found.trigger, found.of("http.request.method")) == ("authorizer", None)


def test_v17(seen: Any, event: Any) -> None:
    """What an authorizer handed on is linked; of another request, it is marked."""
    found = seen(event("rest_api_authorized"), X)
    assert (found.parent, found.links) == ("E", [("T", "authorizer")])
    assert found.server.links[0].attributes["heliograph.link.cached"] is False
    found = seen(event("http_api_authorized"))
    assert (found.parent, found.links) == ("E", [("T", "authorizer")])
    assert found.server.links[0].attributes["heliograph.link.cached"] is True
    assert seen(event("appsync_authorizer")).trigger == "appsync_authorizer"


def test_v18(seen: Any, event: Any) -> None:
    """A resolver is named after its field."""
    found = seen(event("appsync"))
    assert (found.trigger, found.server.name) == ("appsync", "Query.getPost")
    assert found.of("graphql.operation.type") == "query"
    assert seen(event("appsync_amplify")).trigger == "appsync"


def test_v19(seen: Any, event: Any) -> None:
    """A batch of resolvers, and AppSync's events."""
    found = seen(event("appsync_batch"))
    assert (found.trigger, found.of("heliograph.batch.size")) == ("appsync", 2)
    found = seen(event("appsync_events_publish"))
    assert found.trigger == "appsync_events"
    assert found.of("messaging.destination.name") == "default"


def test_v20(seen: Any) -> None:
    """One message of a queue: a span of its own with the link."""
    found = seen(queue((A, None)), X)
    assert (found.trigger, found.of("faas.trigger"), found.server.name) == ("sqs", "pubsub", "fn")
    assert (found.parent, found.links, found.consumed) == ("E", [], ["A"])
    assert found.consumer.name == "process orders"
    assert dict(found.consumer.links[0].attributes) == {"messaging.message.id": "m0"}
    assert "messaging.batch.message_count" not in found.consumer.attributes


def test_v21(seen: Any) -> None:
    """A message is no parent by itself."""
    found = seen(queue((None, T)))
    assert (found.parent, found.consumed) == ("E", ["T"])


def test_v22(seen: Any) -> None:
    """Under `event` the only message is."""
    found = seen(queue((None, T)), parent="event")
    assert (found.parent, found.links, found.consumed) == ("T", [("E", "xray.env")], ["T"])
    several = seen(queue((None, T), (A, None)), parent="event")
    assert (several.parent, several.consumed) == ("E", ["T", "A"])
    assert seen(queue((A, None)), parent="event").parent == "A"


def test_v23(seen: Any) -> None:
    """X-Ray's header counts beside W3C's if it is of another trace."""
    assert seen(queue((A, T))).consumed == ["T", "A"]
    assert seen(queue((SAME, T))).consumed == ["T"]


def test_v24(seen: Any) -> None:
    """The same context is linked once."""
    found = seen(queue((A, None), (A, None), (None, None)))
    assert found.consumed == ["A"]
    assert found.consumer.attributes["messaging.batch.message_count"] == 3
    assert "messaging.message.id" not in found.consumer.attributes


def test_v25(seen: Any) -> None:
    """Of ten thousand records 128 are linked, the others counted."""
    carried = [(f"Root=1-5759e988-{index:024x};Parent=53995c3f42cd8ad8", None)
               for index in range(1, 10_001)]  # fmt: skip
    found = seen(queue(*carried))
    assert len(found.consumer.links) == 128
    assert found.consumer.attributes["heliograph.links.dropped"] == 9872
    assert found.consumer.attributes["messaging.batch.message_count"] == 10_000


def test_v26(seen: Any) -> None:
    """Names in any case, and a header with a piece too many, are read."""
    call = queue((None, T))
    attributes = call["Records"][0]["messageAttributes"]
    attributes["TraceParent"] = attributes.pop("traceparent")
    assert seen(call).consumed == ["T"]
    assert seen(queue((A + ";", None))).consumed == ["A"]


def test_v27(seen: Any, event: Any) -> None:
    """A topic's envelope is searched, and one of a bus within it."""
    found = seen(event("sqs_of_sns"))
    assert found.consumed == ["T"]
    topic = "arn:aws:sns:eu-west-1:111122223333:orders"
    assert found.consumer.links[0].attributes["heliograph.trigger.arn"] == topic
    inner = json.dumps({"version": "0", "detail-type": "d", "detail": {"traceparent": T}})
    body = json.dumps({"Type": "Notification", "TopicArn": topic, "Message": inner})
    assert seen(queue((None, None), body=body)).consumed == ["T"]
    assert seen(queue((None, None), body=body + " " * 100_000)).consumed == ["T"]


def test_v28(seen: Any, event: Any) -> None:
    """So is a bus's envelope."""
    assert seen(event("sqs_of_eventbridge")).consumed == ["T"]


@pytest.mark.parametrize("body", [json.dumps({"traceparent": T}), {"traceparent": T}, None])
def test_v29(seen: Any, body: Any) -> None:
    """The user's own body is not read."""
    found = seen(queue((None, None), body=body))
    assert (found.trigger, found.consumed) == ("sqs", [])


def test_v30(seen: Any, event: Any) -> None:
    """A redrive is told; a notification of S3 in a queue is a message."""
    found = seen(event("sqs_redriven"))
    assert found.of("heliograph.sqs.redriven") is True
    assert found.of("heliograph.sqs.receive_count") == 4
    found = seen(queue((None, None), body=json.dumps(event("s3"))))
    assert found.trigger == "sqs"
    assert not [name for name in found.server.attributes if name.startswith("faas.document")]


def test_v31(seen: Any, event: Any) -> None:
    """A topic's attributes carry a context."""
    found = seen(event("sns_attributes"))
    assert (found.trigger, found.parent, found.consumed) == ("sns", "E", ["T"])
    assert found.consumer.name == "process orders"
    assert found.consumer.attributes["messaging.system"] == "aws.sns"


def test_v32(seen: Any, event: Any) -> None:
    """A replayed notice, and an alarm, are notices like others."""
    assert seen(event("sns_replayed")).trigger == "sns"
    found = seen(event("sns_replayed_alarm"))
    assert found.trigger == "sns"
    assert not [one for one in found.spans if "ALARM" in one.to_json()]


def test_v33(seen: Any, event: Any) -> None:
    """A bus's detail carries a context, if it is a table."""
    found = seen(event("eventbridge_traced"))
    assert (found.trigger, found.parent, found.consumed) == ("eventbridge", "E", ["T"])
    assert found.consumer.name == "process shop.orders"
    for detail in ("traceparent", ["traceparent"], None):
        found = seen(event("eventbridge", lambda one, detail=detail: one.update(detail=detail)))
        assert (found.trigger, found.consumed) == ("eventbridge", [])


def test_v34(seen: Any, event: Any) -> None:
    """A schedule has its time; one of 1970 has no age."""
    found = seen(event("scheduled_rule_sample"))
    assert (found.trigger, found.of("faas.trigger")) == ("schedule", "timer")
    assert found.of("faas.time") == "1970-01-01T00:00:00Z"
    assert found.of("heliograph.event.age_ms") is found.of("faas.cron") is None
    found = seen(event("scheduler"), faas_cron="rate(1 day)")
    assert ":schedule/" in found.of("heliograph.trigger.arn")
    assert found.of("faas.cron") == "rate(1 day)"


def test_v35(seen: Any, event: Any) -> None:
    """S3 through a bus, and straight."""
    found = seen(event("s3_eventbridge_deleted"))
    assert (found.trigger, found.of("faas.trigger")) == ("s3_eventbridge", "datasource")
    assert found.of("faas.document.operation") == "delete"
    assert seen(event("s3_eventbridge")).of("faas.document.name") == "a b+c%20.txt"
    found = seen(event("s3_encoded"))
    assert [found.of(f"faas.document.{one}") for one in ("collection", "name", "operation")] == [
        "uploads", "a b c", "insert",
    ]  # fmt: skip
    assert found.consumer is None


def test_v36(seen: Any, event: Any) -> None:
    """Restored objects, an object's reader, and a job."""
    found = seen(event("s3_restored"))
    assert (found.trigger, found.of("faas.document.operation")) == ("s3", "edit")
    found = seen(event("s3_object_lambda_list"))
    assert found.trigger == "s3_object_lambda"
    assert "inputS3Url" not in found.server.to_json()
    found = seen(event("s3_batch_v2"))
    assert (found.trigger, found.of("faas.document.collection")) == ("s3_batch", "uploads")


def test_v37(seen: Any, event: Any) -> None:
    """Several operations are none."""
    found = seen(event("dynamodb"))
    assert (found.trigger, found.of("faas.trigger")) == ("dynamodb", "datasource")
    assert found.of("faas.document.collection") == "orders"
    assert (found.of("faas.document.operation"), found.consumer) == (None, None)


def test_v38(seen: Any, event: Any) -> None:
    """A shard's records, and the end of a window."""
    found = seen(event("kinesis"))
    assert (found.consumer.name, found.consumed) == ("process clicks", [])
    assert found.consumer.attributes["messaging.batch.message_count"] == 2
    partition = found.consumer.attributes["messaging.destination.partition.id"]
    assert partition == "shardId-000000000003"
    found = seen(event("kinesis_window_end"))
    assert (found.trigger, found.of("heliograph.window.final")) == ("kinesis", True)
    assert found.of("messaging.batch.message_count") is None


def test_v39(seen: Any, event: Any) -> None:
    """Firehose waits for its answer; an edge's path is its URI."""
    found = seen(event("firehose_of_kinesis"))
    assert (found.trigger, found.of("faas.trigger"), found.consumer) == (
        "firehose", "pubsub", None,
    )  # fmt: skip
    found = seen(event("lambda_edge"))
    assert (found.trigger, found.of("faas.trigger")) == ("lambda_edge", "http")
    assert found.of("url.path") == "/user/42"


def kafka(header: Any) -> dict[str, Any]:
    """Return an event of one record with this `headers`."""
    record = {"topic": "mytopic", "partition": 0, "offset": 15, "timestamp": 1757524564123,
              "timestampType": "CREATE_TIME", "value": "x", "headers": header}  # fmt: skip
    return {"eventSource": "aws:kafka", "records": {"mytopic-0": [record]}}


def test_v40(seen: Any) -> None:
    """A record's headers are lists of bytes."""
    found = seen(kafka([{"traceparent": list(T.encode())}]))
    assert (found.trigger, found.consumer.name, found.consumed) == (
        "kafka", "process mytopic", ["T"],
    )  # fmt: skip
    assert found.consumer.attributes["messaging.kafka.offset"] == 15
    assert found.consumer.attributes["messaging.destination.partition.id"] == "0"


def test_v41(seen: Any, event: Any) -> None:
    """Bytes may be written with a sign, by index, or not at all."""
    signed = [{"traceparent": [*T.encode()]}, {"tracestate": [-61, 49]}]
    table = [{"traceparent": {str(index): str(byte) for index, byte in enumerate(T.encode())}}]
    texts = [{"traceparent": [str(byte) for byte in T.encode()]}]
    assert [seen(kafka(one)).consumed for one in (signed, table, texts, None)] == [
        ["T"], ["T"], ["T"], [],
    ]  # fmt: skip
    assert seen(event("kafka_self_managed")).trigger == "kafka"


def test_v42(seen: Any, event: Any) -> None:
    """A broker's queue without its virtual host; its time is text, and no age."""
    found = seen(event("rabbitmq_traced"))
    assert (found.trigger, found.consumer.name, found.consumed) == (
        "rabbitmq", "process pizzaQueue", ["T"],
    )  # fmt: skip
    assert found.of("heliograph.event.age_ms") is None


def test_v43(seen: Any, event: Any) -> None:
    """Both spellings of ActiveMQ; DocumentDB."""
    assert [seen(event(name)).trigger for name in ("activemq", "activemq_amq")] == ["activemq"] * 2
    found = seen(event("documentdb"))
    assert (found.trigger, found.of("faas.document.operation")) == ("documentdb", "insert")
    assert found.of("faas.document.collection") == "shop"


def test_v44(seen: Any, event: Any) -> None:
    """A pipe's list is as the event of one record."""
    found = seen(event("pipe_sqs"))
    assert (found.trigger, found.consumer.name, found.consumed) == (
        "pipe:sqs", "process orders", ["A"],
    )  # fmt: skip
    assert found.of("heliograph.pipe") is True


def test_v45(seen: Any, event: Any) -> None:
    """A destination, straight and through a bus."""
    found = seen(event("destination_retries_exhausted"))
    assert (found.trigger, found.of("faas.trigger")) == ("destination", "other")
    request_id = found.of("heliograph.destination.source_request_id")
    assert request_id == "e4b46cbf-b738-xmpl-8880-a18cdf61200e"
    assert seen(event("destination_bus_failure")).trigger == "destination"


def test_v46(seen: Any, event: Any) -> None:
    """A state machine that passes its context on."""
    found = seen(event("stepfunctions_payload"))
    assert (found.trigger, found.parent) == ("stepfunctions", "E")
    arn = found.of("aws.step_functions.state_machine.arn")
    assert arn == "arn:aws:states:eu-west-1:111122223333:stateMachine:order"


def test_v47(seen: Any, event: Any) -> None:
    """A durable execution's replay."""
    found = seen(event("durable_replay"))
    assert (found.trigger, found.of("heliograph.durable.replay"), found.parent) == (
        "durable", True, "E",
    )  # fmt: skip
    assert seen(event("durable")).of("heliograph.durable.replay") is False


def test_v48(seen: Any) -> None:
    """An invoking client's context."""
    sent = {"traceparent": T, "baggage": "a=1"}
    found = seen({}, w3c=sent)
    assert (found.parent, found.links, found.baggage) == ("T", [("E", "xray.env")], {"a": "1"})
    found = seen({}, X, w3c=sent)
    assert (found.parent, found.links) == ("E", [("T", "w3c.context")])


def test_v49(seen: Any) -> None:
    """One that is missing, or a list."""
    found = [seen({}, w3c=sent) for sent in (None, [T], lambda: [T])]
    assert [(one.parent, one.links) for one in found] == [("E", [])] * 3


@pytest.mark.guarded
def test_v49_raising(seen: Any) -> None:
    """One that raises."""

    def raising() -> Any:
        raise RuntimeError("asked")

    assert seen({}, w3c=raising).parent == "E"


def test_v50(seen: Any) -> None:
    """Headers of a payload of one's own; what keeps an environment warm."""
    found = seen({"headers": {"traceparent": T}})
    assert (found.trigger, found.parent) == ("direct", "T")
    for event in ({"source": "serverless-plugin-warmup"}, {"warmer": True}, {"mine": 1}):
        assert seen(event, warmup_keys="mine").trigger == "warmup"
        assert seen(event, warmup_keys="mine", warmup="drop").spans == []


OTHERS = {
    "cognito_token_generation": "cognito", "lex_v1": "lex", "lex_v2": "lex",
    "connect_voice": "connect", "bedrock_agent_function": "bedrock_agent",
    "config_oversized": "config", "codepipeline": "codepipeline",
    "cloudformation_delete": "cloudformation", "secretsmanager_create": "secretsmanager",
    "cloudwatch_alarm_composite": "cloudwatch_alarm", "ses": "ses", "iot_thing": "iot",
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_v51(seen: Any, event: Any, name: str) -> None:
    """The others are `other`, and nothing that a user wrote is told."""
    found = seen(event(name))
    assert (found.trigger, found.of("faas.trigger")) == (OTHERS[name], "other")
    assert (len(found.spans), "SECRET" in found.server.to_json()) == (1, False)


JUNK: list[Any] = [
    None, True, 0, "", "x" * 1_000_000, [], [1], [[]], {}, {"Records": None}, {"Records": [None]},
    {"Records": ["x"]}, {"requestContext": "x"}, {"eventSource": 5},
    {"Records": [{"eventSource": {}}]}, {"source": ["aws.guardduty"]},
    {"detail-type": None, "source": None},
]  # fmt: skip


def test_v52(seen: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Junk is `direct`, its result as it was, and nothing is logged."""
    for event in JUNK:
        found = seen(event, result={"a": 1})
        assert (found.trigger, found.result, len(found.spans)) == ("direct", {"a": 1}, 1)
    assert "heliograph" not in capsys.readouterr().err.lower()


def test_v53(seen: Any) -> None:
    """A Root alone, no header, no flag, garbage."""
    found = seen({}, env="Root=1-5fb73311-05e8bb83207fa31d4d9cdb4c;Lineage=10:1234abcd:3")
    assert (found.parent, found.server.context.trace_id) == (
        None, 0x5FB7331105E8BB83207FA31D4D9CDB4C,
    )  # fmt: skip
    assert seen({}, env=None).parent is None
    assert seen({}, env=E.replace("Sampled=1", "Sampled=?")).parent == "E"
    assert seen({}, env="abc").parent is None


def test_v54(seen: Any) -> None:
    """`Sampled=0` binds X-Ray, and nobody else."""
    declined = E.replace("Sampled=1", "Sampled=0")
    found = seen({}, env=declined, sampler="always_on")
    assert (found.parent, found.server.context.trace_flags.sampled) == ("E", True)
    with XRayDaemon() as daemon:
        seen({}, X, env=declined, daemon_address=daemon.address)
        daemon.settle()
        assert daemon.documents == []


@pytest.mark.parametrize(
    ("code", "status", "told"),
    [("503", "ERROR", 503), (503.0, "ERROR", 503), (True, "UNSET", None), ("5xx", "UNSET", None),
     (404, "UNSET", 404)],
)  # fmt: skip
def test_v55(seen: Any, event: Any, code: Any, status: str, told: Any) -> None:
    """A status in any form that AWS takes."""
    found = seen(event("rest_api"), result={"statusCode": code})
    assert found.server.status.status_code.name == status
    assert found.of("http.response.status_code") == told


def test_v56(seen: Any, event: Any) -> None:
    """A REST API's client gets a 502, an HTTP API's a 200."""
    for result in (None, "ok"):
        found = seen(event("rest_api"), result=result)
        assert found.server.status.status_code.name == "ERROR"
        assert found.of("error.type") == "malformed_response"
        assert found.of("http.response.status_code") is None
    found = seen(event("http_api"), result="ok")
    assert (found.server.status.status_code.name, found.of("http.response.status_code")) == (
        "UNSET", 200,
    )  # fmt: skip


def test_v57(seen: Any) -> None:
    """An empty identifier fails the whole batch."""
    failures = {"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": ""}]}
    found = seen(queue(*[(None, None)] * 5), result=failures)
    for span in (found.server, found.consumer):
        assert span.attributes["heliograph.batch.failures"] == 5
        assert span.status.status_code.name == "ERROR"
        assert span.attributes["error.type"] == "batch_item_failures"
