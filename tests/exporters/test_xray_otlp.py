"""OTLP through the X-Ray daemon, to a real socket."""

import base64
import contextlib
import json
import logging
import os
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult

from heliograph.exporters import Setup, configured
from heliograph.exporters.daemon import Daemon
from heliograph.exporters.xray_otlp import XRayOtlpSpanExporter, enveloped
from heliograph.settings.config import Config

SUCCESS, FAILURE = SpanExportResult.SUCCESS, SpanExportResult.FAILURE
GOLD = Path(__file__).parents[1] / "gold" / "xray"
HEADER = b'{"format":"json","version":1}\n'


class Gathering:
    """Keeps spans, sampled or not, as a processor may."""

    def __init__(self):
        self.spans = []

    def on_start(self, span, parent_context=None):
        pass

    def on_end(self, span):
        self.spans.append(span)

    _on_ending = on_start


class ByName(Sampler):
    """Records every span; samples those whose name does not begin with `un`."""

    def should_sample(self, context, trace_id, name, kind=None, attributes=None, *rest, **more):
        chosen = Decision.RECORD_ONLY if name.startswith("un") else Decision.RECORD_AND_SAMPLE
        return SamplingResult(chosen, attributes)

    def get_description(self):
        return "by name"


@pytest.fixture
def spans():
    """Return a function that makes ended spans of the given names and text sizes."""

    def make(*specs, resource=None):
        gathering = Gathering()
        provider = TracerProvider(
            sampler=ByName(),
            resource=Resource(resource or {}),
            shutdown_on_exit=False,
            span_limits=SpanLimits(max_span_attributes=SpanLimits.UNSET),
        )
        provider.add_span_processor(gathering)
        for name, size in specs:
            provider.get_tracer("tests").start_span(name, attributes={"text": "x" * size}).end()
        return gathering.spans

    return make


@pytest.fixture
def exporter(receiver):
    """An exporter to the receiver."""
    made = XRayOtlpSpanExporter(receiver.address)
    yield made
    made.shutdown()


def read(datagram):
    """Return the prefix and the names of the spans of a datagram."""
    assert datagram.startswith(HEADER)
    payload = datagram[len(HEADER) :]
    request = ExportTraceServiceRequest.FromString(base64.b64decode(payload[3:], validate=True))
    (resource,) = request.resource_spans
    return payload[:3], [span.name for scope in resource.scope_spans for span in scope.spans]


def test_datagram(exporter, receiver, spans):
    """All spans of an export are in one datagram: header line, prefix, base64 of the request."""
    assert exporter.export(spans(("a", 1), ("b", 1))) is SUCCESS
    assert [read(one) for one in receiver.datagrams(1)] == [(b"T1S", ["a", "b"])]
    assert (exporter.sent, exporter.failed, receiver.is_empty()) == (2, 0, True)


def test_vector_40(receiver):
    """The envelope of the rules' vector, to the byte: header line, prefix, base64 with padding."""
    daemon = Daemon(receiver.address)
    daemon.send(enveloped(b"T1S", b"hello"))
    daemon.close()
    gold = (GOLD / "40_datagram").with_suffix(".json")
    (datagram,) = receiver.datagrams(1)
    actual = {"vector": 40, "about": "datagram", "datagram": datagram.decode("ascii")}
    if os.environ.get("HELIOGRAPH_ACCEPT"):
        gold.write_text(json.dumps(actual, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    assert json.loads(gold.read_text(encoding="utf-8")) == actual


def test_unsampled_apart(exporter, receiver, spans):
    """Sampled and unsampled spans never share a datagram."""
    assert exporter.export(spans(("a", 1), ("un1", 1), ("b", 1), ("un2", 1))) is SUCCESS
    told = [read(one) for one in receiver.datagrams(2)]
    assert told == [(b"T1S", ["a", "b"]), (b"T1U", ["un1", "un2"])]


def test_split(exporter, receiver, spans):
    """What is too much for one datagram goes in several; a span that is, is cut, never lost."""
    assert (
        exporter.export(spans(*((f"s{i}", 20_000) for i in range(5)), ("large", 90_000))) is SUCCESS
    )
    found = receiver.datagrams(3)
    assert all(len(one) <= 65_507 for one in found)
    assert [name for one in found for name in read(one)[1]] == [
        "s0",
        "s1",
        "s2",
        "s3",
        "s4",
        "large",
    ]


def test_small_datagrams(exporter, receiver, spans, monkeypatch):
    """Where the system takes no large datagram, spans go in small ones."""
    real, sizes = Daemon.send, []

    def send(self, payload):
        sizes.append(len(payload))
        return None if len(payload) > 9_000 else real(self, payload)

    monkeypatch.setattr(Daemon, "send", send)
    assert exporter.export(spans(*((f"s{i}", 4_000) for i in range(4)))) is SUCCESS
    assert [name for one in receiver.datagrams(4) for name in read(one)[1]] == [
        "s0",
        "s1",
        "s2",
        "s3",
    ]
    assert len(sizes) == 5


def test_resource_too_large(exporter, spans, caplog):
    """A resource that no datagram takes is told, and the spans are counted as failed."""
    caplog.set_level(logging.WARNING, "heliograph")
    assert exporter.export(spans(("a", 1), resource={"large": "x" * 70_000})) is FAILURE
    assert (exporter.sent, exporter.failed) == (0, 1)
    assert "resource alone exceeds a datagram" in caplog.text


def test_after_shutdown(exporter, receiver, spans):
    """Nothing is sent after the end."""
    exporter.shutdown()
    assert exporter.export(spans(("a", 1))) is FAILURE
    assert (exporter.force_flush(), receiver.is_empty()) == (True, True)


def test_in_a_forked_child(exporter, receiver, spans):
    """A child of a fork sends by a socket of its own, whatever held the lock."""
    made = spans(("a", 1))
    with exporter._lock:
        child = os.fork()
        if not child:
            with contextlib.suppress(BaseException):
                os._exit(0 if exporter.export(made) is SUCCESS else 1)
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert read(receiver.datagrams(1)[0]) == (b"T1S", ["a"])


def test_processor_of_the_sdk(exporter, receiver):
    """It works behind the SDK's own processors."""
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    provider.get_tracer("tests").start_span("a").end()
    assert read(receiver.datagrams(1)[0]) == (b"T1S", ["a"])


def test_setting(receiver, spans):
    """`OTEL_TRACES_EXPORTER=xray-otlp` sends to Lambda's daemon in this form."""
    env = {"OTEL_TRACES_EXPORTER": "xray-otlp", "AWS_XRAY_DAEMON_ADDRESS": receiver.address}
    (made,) = configured("traces", Setup(Config.read(env)))
    assert made.export(spans(("a", 1))) is SUCCESS
    made.shutdown()
    assert read(receiver.datagrams(1)[0]) == (b"T1S", ["a"])
