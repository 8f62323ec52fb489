"""The function sets a tracer provider of its own: theirs wins, the handler is wrapped on it."""

from __future__ import annotations

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import heliograph
from heliograph.journal import current
from heliograph.libraries.botocore import recorder
from heliograph.propagation import xray
from heliograph.testing import FakeContext, capture

HEADER = (
    "Root=1-6b0121d0-d42d886c791602ec6d4263c8;Parent=49b993bb9d11f70b;Sampled=1;"
    "Lineage=1:a87bd80c:0"
)


class Theirs:
    """A provider as a user sets it up, and what it was asked for."""

    def __init__(self):
        self.exporter = InMemorySpanExporter()
        self.provider = TracerProvider(shutdown_on_exit=False)
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.flushed = []
        flush = self.provider.force_flush

        def force_flush(timeout_millis=30_000):
            self.flushed.append((timeout_millis, [span.name for span in self.spans]))
            return flush(timeout_millis)

        self.provider.force_flush = force_flush

    @property
    def spans(self):
        return sorted(self.exporter.get_finished_spans(), key=lambda span: span.start_time)


@pytest.fixture
def theirs(clean_provider):
    return Theirs()


def test_the_handlers_span_is_on_their_provider(monkeypatch, theirs):
    """Live, below Lambda's segment, their spans below it; ours has none of it."""
    monkeypatch.setenv("_X_AMZN_TRACE_ID", HEADER)
    seen = {}
    with capture() as captured:
        trace.set_tracer_provider(theirs.provider)

        @heliograph.wrap
        def handler(event, context):
            seen["span"] = trace.get_current_span()
            seen["recording"] = recorder.recording
            headers = {xray.XRAY: HEADER}
            xray.onto_aws_call(current.span(), headers)
            seen["header"] = headers[xray.XRAY]
            with trace.get_tracer("app").start_as_current_span("price"):
                return {"statusCode": 500}

        event = {"httpMethod": "GET", "requestContext": {"elb": {}}, "path": "/"}
        assert handler(event, FakeContext()) == {"statusCode": 500}
        assert captured.spans == []

    handled, price = theirs.spans
    assert seen["span"].context == handled.context
    assert seen["recording"] is False
    assert (handled.name, handled.kind.name) == ("function", "SERVER")
    assert f"{handled.context.trace_id:032x}" == "6b0121d0d42d886c791602ec6d4263c8"
    assert (handled.parent.span_id, handled.parent.is_remote) == (0x49B993BB9D11F70B, True)
    assert price.parent.span_id == handled.context.span_id
    assert handled.attributes["faas.coldstart"] is True
    assert handled.attributes["error.type"] == "500"
    assert handled.status.status_code.name == "ERROR"
    assert seen["header"] == (
        f"Root=1-6b0121d0-d42d886c791602ec6d4263c8;Parent={handled.context.span_id:016x};"
        "Sampled=1;Lineage=1:a87bd80c:0"
    )
    ((timeout, names),) = theirs.flushed
    assert 0 < timeout <= 30_000
    assert names == ["function", "price"]


def test_an_exception_is_told_to_their_span(theirs):
    """What the handler raises is their span's error, and leaves it untouched."""
    trace.set_tracer_provider(theirs.provider)

    @heliograph.wrap
    def handler(event, context):
        raise ValueError("no stock")

    with capture(), pytest.raises(ValueError, match="no stock"):
        handler({}, FakeContext())

    (handled,) = theirs.spans
    assert handled.status.description == "ValueError: no stock"
    assert [event.name for event in handled.events] == ["exception"]
    assert trace.get_current_span() is trace.INVALID_SPAN


def test_secrets_stay(theirs):
    """What we say to their span has no secret of a URL."""
    event = {
        "version": "2.0", "rawPath": "/", "rawQueryString": "a=1&token=s3cr3t",
        "requestContext": {"http": {"method": "GET"}, "domainName": "h"},
    }  # fmt: skip

    def handler(event, context):
        raise ValueError("no answer from https://h/a?b=1&token=s3cr3t")

    with capture():
        trace.set_tracer_provider(theirs.provider)
        with pytest.raises(ValueError, match="s3cr3t"):
            heliograph.wrap(handler)(event, FakeContext())
        heliograph.flush()
    (span,) = theirs.spans
    assert span.attributes["url.query"] == "a=1&token=REDACTED"
    assert "s3cr3t" not in span.to_json()
    assert "b=1&token=REDACTED" in span.events[0].attributes["exception.stacktrace"]


def test_without_a_parent_theirs_has_the_ids(theirs):
    """Without Lambda's header their span is a root; what names the trace names theirs."""
    with capture() as captured:
        trace.set_tracer_provider(theirs.provider)

        @heliograph.wrap
        def handler(event, context):
            with heliograph.span("ours"):
                pass

        handler({}, FakeContext())

        (handled,) = theirs.spans
        assert handled.parent is None
        (ours,) = captured.spans
        assert ours.parent.span_id == handled.context.span_id
        assert ours.context.trace_id == handled.context.trace_id


def test_a_provider_without_flush(clean_provider):
    """A provider that is no SDK's serves as well: the handler's result is untouched."""
    trace.set_tracer_provider(trace.NoOpTracerProvider())
    with capture():
        assert heliograph.wrap(lambda e, c: "fine")({}, FakeContext()) == "fine"


@pytest.mark.guarded
def test_a_provider_that_raises(clean_provider):
    """A provider that raises costs its span and is told; the handler runs."""

    class Broken(trace.TracerProvider):
        def get_tracer(self, *scope, **more):
            raise RuntimeError("broken")

    trace.set_tracer_provider(Broken())
    with capture():
        assert heliograph.wrap(lambda e, c: "fine")({}, FakeContext()) == "fine"


SOURCE = """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter
provider = TracerProvider()
def line(span):
    return "SPAN %s %x %x\\n" % (span.name, span.parent.span_id, span.context.span_id)
provider.add_span_processor(BatchSpanProcessor(ConsoleSpanExporter(formatter=line)))
trace.set_tracer_provider(provider)
def handler(event, context):
    with trace.get_tracer("app").start_as_current_span("price"):
        return event
"""


def test_under_the_runtime(runtime, run):
    """Theirs is flushed before each freeze, with the handler's span on it; the log says so once."""
    ran = run(runtime, SOURCE, [1, 2])

    assert [answer[2] for answer in ran.seen.answers] == [1, 2]
    spans = [line.split()[1:] for line in ran.seen.stdout if line.startswith("SPAN")]
    assert [span[0] for span in spans] == ["price", "lab"] * 2
    for price, handled in (spans[:2], spans[2:]):
        assert price[1] == handled[2]
    assert ran.documents == []
    said = [line for line in ran.ours if "tracer provider" in line]
    assert len(said) == 1
    assert len(ran.ours) == 2


def test_the_door_speaks_to_their_open_span(theirs):
    """An annotation, metadata and an event made within a span of theirs are on that span."""
    with capture():
        trace.set_tracer_provider(theirs.provider)
        with trace.get_tracer("app").start_as_current_span("price") as span:
            heliograph.annotate("order", "7")
            heliograph.annotate("tier", "gold")
            heliograph.metadata("cart", {"items": 2})
            heliograph.metadata("total", 9, namespace="default")
            heliograph.event("priced", amount=9)
        assert not span.is_recording()
        heliograph.annotate("late", True)

    (price,) = theirs.spans
    assert dict(price.attributes) == {
        "order": "7",
        "tier": "gold",
        "aws.xray.annotations": ("order", "tier"),
        "aws.xray.metadata.default": '{"cart": {"items": 2}, "total": 9}',
    }
    assert [(e.name, dict(e.attributes)) for e in price.events] == [("priced", {"amount": 9})]


def test_the_door_leaves_an_unsampled_span_alone(theirs):
    """A span of theirs that does not record takes nothing, and nothing fails."""
    with capture():
        trace.set_tracer_provider(theirs.provider)
        with trace.use_span(trace.NonRecordingSpan(trace.SpanContext(1, 2, is_remote=True))):
            heliograph.annotate("order", "7")

    assert theirs.spans == []
