"""What an event adds to the trace: the message's span, waits, ages, hooks, headers, authorizers."""

from __future__ import annotations

import copy
import json
import time
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import heliograph
from heliograph.lab.daemon import XRayDaemon
from heliograph.runtime import ages
from heliograph.testing import FakeContext, capture
from tests.triggers.conftest import EVENTS

E = "Root=1-5fb73311-05e8bb83207fa31d4d9cdb4c;Parent=3328b8445a6dbad2;Sampled=1"
T = "00-5ce0e9a56015fec5aadfa328ae398115-ab54a98ceb1f0ad2-01"


def sample(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text())


@pytest.fixture(autouse=True)
def header(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", E)


def handle(event: Any, result: Any = None, context: Any = None, **settings: Any) -> Any:
    """Handle an event; returns the spans by name, what was returned, and the metrics."""

    @heliograph.wrap
    def handler(_event: Any, _context: Any) -> Any:
        if isinstance(result, BaseException):
            raise result
        return result

    with capture(**settings) as captured:
        returned = handler(event, context or FakeContext())
        return {span.name: span for span in captured.spans}, returned, captured.metrics


def ids(span: Any) -> tuple[int, int]:
    return span.context.trace_id, span.context.span_id


def test_merged() -> None:
    """`merge` puts the message's attributes and links on the handler's span."""
    spans, _, _ = handle(sample("sqs_attributes"), messaging_span="merge")
    (span,) = spans.values()
    assert span.attributes["messaging.destination.name"] == "orders"
    assert [f"{link.context.span_id:x}" for link in span.links] == ["ab54a98ceb1f0ad2"]


def test_a_failed_handler_fails_the_messages_span() -> None:
    """Both spans have the error; the exception is on the handler's."""
    with capture() as captured:
        with pytest.raises(KeyError):
            heliograph.wrap(lambda event, context: {}["x"])(sample("sqs"), FakeContext())
        server, consumer = captured.spans
    assert server.attributes["error.type"] == consumer.attributes["error.type"] == "KeyError"
    assert consumer.status.status_code.name == "ERROR"
    assert (len(server.events), len(consumer.events)) == (1, 0)


def test_the_link_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """`OTEL_SPAN_LINK_COUNT_LIMIT` bounds the links; the rest is counted."""
    monkeypatch.setenv("OTEL_SPAN_LINK_COUNT_LIMIT", "1")
    event = sample("sqs")
    event["Records"][1]["attributes"]["AWSTraceHeader"] = E
    spans, _, _ = handle(event)
    assert len(spans["process orders"].links) == 1
    assert spans["process orders"].attributes["heliograph.links.dropped"] == 1


def test_formats_that_are_not_asked_for() -> None:
    """Only formats of `OTEL_PROPAGATORS` count."""
    spans, _, _ = handle(sample("sqs_attributes"), propagators="xray")
    assert not spans["process orders"].links
    spans, _, _ = handle(sample("pipe_sqs"), propagators="tracecontext")
    assert not spans["process orders"].links


def test_kinesis_data() -> None:
    """Where asked for, the data of a record is searched."""
    assert not handle(sample("kinesis_fan_out"))[0]["process clicks"].links
    spans, _, _ = handle(sample("kinesis_fan_out"), kinesis_json="on")
    (link,) = spans["process clicks"].links
    assert f"{link.context.span_id:x}" == "ab54a98ceb1f0ad2"


def fresh_queue(age_ms: int) -> Any:
    event = sample("sqs_attributes")
    sent = time.time_ns() // 1_000_000 - age_ms
    event["Records"][0]["attributes"]["SentTimestamp"] = str(sent)
    return event, sent


def test_the_wait() -> None:
    """An inferred span leads from the producer's time to the invocation, beside the handler's."""
    event, sent = fresh_queue(1500)
    spans, _, _ = handle(event, inferred_spans="on")
    wait, server = spans["wait orders"], spans["function"]
    assert (wait.start_time, wait.end_time) == (sent * 10**6, server.start_time)
    assert wait.parent.span_id == server.parent.span_id
    assert wait.attributes["heliograph.inferred"] is True
    assert wait.attributes["messaging.destination.name"] == "orders"


@pytest.mark.parametrize("name", ["rabbitmq", "scheduled_rule_sample", "direct_headers"])
def test_no_wait_without_a_time(name: str) -> None:
    """A time that is not known is not invented."""
    spans, _, _ = handle(sample(name), inferred_spans="on")
    assert not [one for one in spans if one.startswith("wait")]


def test_a_time_of_the_future() -> None:
    """Clocks differ: an age is never negative, nor a wait."""
    event, _ = fresh_queue(-60_000)
    spans, _, _ = handle(event, inferred_spans="on")
    assert spans["function"].attributes["heliograph.event.age_ms"] == 0
    assert spans["wait orders"].start_time == spans["wait orders"].end_time


def test_the_wait_of_a_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Below the handler's span where that is the root: a trace has one."""
    monkeypatch.delenv("_X_AMZN_TRACE_ID")
    spans, _, _ = handle(fresh_queue(10)[0], inferred_spans="on")
    assert spans["wait orders"].parent.span_id == spans["function"].context.span_id


def test_the_age_as_a_metric() -> None:
    """Where asked for, with the trigger as its dimension."""
    _, _, metrics = handle(fresh_queue(1500)[0], event_age_metric="on")
    (point,) = metrics["heliograph.event.age_ms"]
    assert dict(point.attributes) == {"trigger": "sqs"}
    assert point.sum >= 1500
    assert "heliograph.event.age_ms" not in handle(fresh_queue(5)[0])[2]


@pytest.mark.parametrize(
    ("form", "value", "found"),
    [
        ("ms", 1757524564123, 1757524564123000000), ("ms", "1757524564123", 1757524564123000000),
        ("us", "1757524564123456", 1757524564123456000), ("s", 1757524564.5, 1757524564500000000),
        ("iso", "2025-09-10T17:16:04Z", 1757524564000000000),
        ("iso", "2025-09-10T17:16:04.123Z", 1757524564123000000),
        ("iso", "2025-09-10T17:16:04.056+0000", 1757524564056000000),
        ("iso", "2025-09-10T19:16:04+02:00", 1757524564000000000),
        ("iso", "2025-09-10T12:16:04.123456789-05:00", 1757524564123456789),
        ("iso", "1970-01-01T00:00:00Z", None), ("iso", "Sep 10, 2025, 5:16:04 PM", None),
        ("iso", "2025-13-10T17:16:04Z", None), ("iso", "2025-09-10T17:16:04*0000", None),
        ("iso", "2025-09-10T17:16:0é", None), ("iso", "", None), ("iso", None, None),
        ("ms", "soon", None), ("ms", -5, None), ("ms", True, None), ("ms", 10**30, None),
        ("s", float("nan"), None), ("s", float("inf"), None), ("ms", None, None), ("ms", [], None),
    ],
)  # fmt: skip
def test_times(form: str, value: Any, found: Any) -> None:
    """A time in any form that AWS writes, and none that cannot be read."""
    start = 1_800_000_000 * 10**9
    assert ages.oldest_ns((form, value, None), start) == found
    assert ages.attributes((form, value, value), start) == (
        {} if found is None
        else dict.fromkeys(
            ("heliograph.event.age_ms", "heliograph.event.newest_age_ms"),
            (start - found) // 10**6,
        )
    )  # fmt: skip


def test_hooks() -> None:
    """The user's hooks get span, event, context and result; what they set is on the span."""
    seen: list[Any] = []

    def before(span: Any, *given: Any) -> None:
        seen.append(given)
        span.attribute("before", 1)

    def after(span: Any, *given: Any) -> None:
        seen.append(given)
        span.annotate("after", 2)

    event, context = {"n": 1}, FakeContext()
    spans, _, _ = handle(event, "done", context, request_hook=before, response_hook=after)
    assert seen == [(event, context), (event, context, "done")]
    found = spans["function"].attributes
    assert (found["before"], found["after"]) == (1, 2)


@pytest.mark.guarded
def test_hooks_that_raise() -> None:
    """They cost themselves."""

    def broken(*_: Any) -> None:
        raise RuntimeError("mine")

    spans, returned, _ = handle({}, "done", request_hook=broken, response_hook=broken)
    assert (list(spans), returned) == (["function"], "done")


def test_headers() -> None:
    """Headers of request and response by names or expressions; credentials are never told."""
    event = sample("http_api")
    event["headers"] |= {"x-shop": "a", "X-Secret": "hidden", "Authorization": "Bearer hidden"}
    result = {
        "statusCode": 200,
        "headers": {"ETag": "b", "Set-Cookie": "hidden"},
        "multiValueHeaders": {"x-many": ["1", "2", 3]},
    }
    spans, _, _ = handle(
        event, result, capture_request_headers="x-.*,authorization,absent",
        capture_response_headers=".*", sanitize_headers="x-secret",
    )  # fmt: skip
    (span,) = spans.values()
    found = {name: value for name, value in span.attributes.items() if ".header." in name}
    assert found["http.request.header.x-shop"] == ("a",)
    assert found["http.response.header.etag"] == ("b",)
    assert found["http.response.header.x-many"] == ("1", "2")
    for name in (
        "request.header.x-secret",
        "request.header.authorization",
        "response.header.set-cookie",
    ):
        assert found[f"http.{name}"] == ("[REDACTED]",)
    assert "hidden" not in span.to_json()


@pytest.mark.parametrize("name", ["alb_multi_value", "lambda_edge", "appsync", "rest_api"])
def test_headers_of_other_shapes(name: str) -> None:
    """Lists, an edge's tables, a resolver's request."""
    spans, _, _ = handle(sample(name), {}, capture_request_headers="host,(")
    spans, _, _ = handle(sample(name), {}, capture_request_headers="host")
    (span,) = spans.values()
    assert len(span.attributes["http.request.header.host"][0]) > 3


def test_no_headers_of_others() -> None:
    """Of an authorizer, and of what is no request, none is told."""
    for name in ("authorizer_request_v1", "sqs"):
        spans, _, _ = handle(sample(name), {}, capture_request_headers=".*")
        assert not [k for one in spans.values() for k in one.attributes if ".header." in k]


POLICY = {"principalId": "p", "policyDocument": {"Statement": [{"Effect": "Allow"}]}}


@pytest.mark.parametrize(
    ("name", "answer", "key"),
    [
        ("authorizer_request_v1", POLICY, "context"),
        ("authorizer_token", {**POLICY, "context": {"mine": "x"}}, "context"),
        ("authorizer_request_v2", {"isAuthorized": True}, "context"),
        ("appsync_authorizer", {"isAuthorized": True, "resolverContext": {}}, "resolverContext"),
    ],
)
def test_an_authorizer_hands_its_context_on(name: str, answer: Any, key: str) -> None:
    """Where asked for: in a copy, beside the function's own values, as plain texts."""
    before = copy.deepcopy(answer)
    event = sample(name)
    spans, returned, _ = handle(event, answer, authorizer_context="on")
    (span,) = spans.values()
    trace_id, span_id = ids(span)
    added = returned[key].pop("traceparent")
    assert added == f"00-{trace_id:032x}-{span_id:016x}-01"
    asked = event.get("requestContext", {}).get("requestId")
    assert returned[key].pop("traceparent_request_id", None) == asked
    assert returned[key] == before.get(key, {})
    assert answer == before
    assert handle(event, answer)[1] is answer


@pytest.mark.parametrize("answer", [None, "x", {}, {"isAuthorized": True, "context": "x"}])
def test_an_answer_of_another_shape_is_left_alone(answer: Any) -> None:
    """It is the function's, whatever it is."""
    assert handle(sample("authorizer_token"), answer, authorizer_context="on")[1] is answer


def test_the_caller() -> None:
    """A client's context, and where asked for the tenant."""
    context: Any = FakeContext()
    context.client_context, context.tenant_id = object(), "blue"
    (span,) = handle({}, context=context)[0].values()
    assert span.attributes["heliograph.invoke.client_context"] is True
    assert "blue" not in span.to_json()
    (span,) = handle({}, context=context, capture_tenant="on")[0].values()
    assert span.attributes["heliograph.tenant.id"] == "blue"


class SuspendExecution(BaseException):
    """As the durable functions' SDK raises it."""


def test_an_execution_of_five_invocations_is_one_trace() -> None:
    """By the header; a suspension is no error, and replays are marked."""
    with capture() as captured:
        for number in range(5):
            event = sample("durable_replay" if number else "durable")

            @heliograph.wrap
            def handler(_event: Any, _context: Any, last: bool = number == 4) -> str:
                if not last:
                    raise SuspendExecution("waiting")
                return "done"

            if number < 4:
                with pytest.raises(SuspendExecution):
                    handler(event, FakeContext())
            else:
                assert handler(event, FakeContext()) == "done"
        spans = captured.spans
    assert len(spans) == 5
    assert len({span.context.trace_id for span in spans}) == 1
    assert {span.status.status_code.name for span in spans} == {"UNSET"}
    replays = [span.attributes["heliograph.durable.replay"] for span in spans]
    assert replays == [False, True, True, True, True]
    assert [span.attributes.get("heliograph.suspended") for span in spans] == [*[True] * 4, None]


def test_on_a_provider_of_the_functions_own(clean_provider: Any) -> None:
    """The message's span is on it too, below the handler's."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with capture() as captured:
        trace.set_tracer_provider(provider)
        heliograph.wrap(lambda event, context: "x")(sample("sqs_attributes"), FakeContext())
        assert captured.spans == []
    found = {span.name: span for span in exporter.get_finished_spans()}
    server, consumer = found["function"], found["process orders"]
    assert consumer.parent.span_id == server.context.span_id
    assert [f"{link.context.span_id:x}" for link in consumer.links] == ["ab54a98ceb1f0ad2"]


@pytest.mark.parametrize("segment", [False, True])
def test_in_xray(segment: bool) -> None:
    """A subsegment below the handler's, with X-Ray's twenty links, the rest counted."""
    event = sample("sqs")
    (record,) = event["Records"][:1]
    event["Records"] = [copy.deepcopy(record) for _ in range(30)]
    for number, one in enumerate(event["Records"], 1):
        one["attributes"]["AWSTraceHeader"] = f"Root=1-5759e988-{number:024x};Parent={number:016x}"
    with XRayDaemon() as daemon:
        handle(
            event, traces_exporters="xray", daemon_address=daemon.address,
            handler_as_segment=segment,
        )  # fmt: skip
        daemon.settle()
        documents = {one["name"]: one for one in daemon.documents}
    consumer = documents["process orders"]
    (server,) = [one for one in documents.values() if one is not consumer]
    assert (consumer["type"], consumer["parent_id"]) == ("subsegment", server["id"])
    assert consumer["trace_id"] == server["trace_id"] == "1-5fb73311-05e8bb83207fa31d4d9cdb4c"
    assert len(consumer["links"]) == 20
    first = consumer["links"][0]
    assert first["trace_id"] == f"1-5759e988-{1:024x}"
    assert first["id"] == f"{1:016x}"
    assert first["attributes"] == {"messaging.message.id": record["messageId"]}
    assert "links" not in server
    assert consumer["metadata"]["default"]["xray.links_dropped"] == 10
    queue_url = "https://sqs.eu-west-1.amazonaws.com/111122223333/orders"
    assert consumer["aws"]["queue_url"] == queue_url
