"""Spans to a real socket: every document arrives, and nothing that fails reaches the function."""

import contextlib
import errno
import json
import logging
import os
import socket
import subprocess
import sys
import threading

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, TraceFlags
from opentelemetry.trace import set_span_in_context as with_span

from heliograph.exporters.daemon import Daemon
from heliograph.exporters.xray import XRaySpanExporter

SUCCESS, FAILURE = SpanExportResult.SUCCESS, SpanExportResult.FAILURE
TRACE = 0x5759E988BD862E3FE1BE46A994272793


@pytest.fixture
def told(caplog):
    """Return the log, whose `messages` are its lines."""
    caplog.set_level(logging.WARNING, "heliograph")
    return caplog


@pytest.fixture
def exporter(receiver):
    """Return a function that makes an exporter to the receiver, and close them all."""
    with contextlib.ExitStack() as stack:

        def make(address=receiver.address, **options):
            made = XRaySpanExporter(address, **options)
            stack.callback(made.shutdown)
            return made

        yield make


@pytest.fixture
def spans():
    """Return a function that makes ended spans: a root with a remote parent, and inner ones."""

    def make(*attributes, trace=TRACE):
        memory = InMemorySpanExporter()
        provider = TracerProvider(
            resource=Resource({}),
            shutdown_on_exit=False,
            span_limits=SpanLimits(max_span_attributes=SpanLimits.UNSET),
        )
        provider.add_span_processor(SimpleSpanProcessor(memory))
        above = SpanContext(trace, 0xA, is_remote=True, trace_flags=TraceFlags(1))
        tracer = provider.get_tracer("tests")
        root = tracer.start_span("root", with_span(NonRecordingSpan(above)), SpanKind.SERVER)
        for one in attributes:
            tracer.start_span("inner", with_span(root), attributes=one).end()
        root.end()
        return list(memory.get_finished_spans())

    return make


def test_datagram(exporter, receiver, spans):
    """One datagram a span: the header line, then one document without a newline."""
    assert exporter(lambda_traces={TRACE}).export(spans()) is SUCCESS
    (data,) = receiver.datagrams(1)
    header, _, document = data.partition(b"\n")
    assert header == b'{"format":"json","version":1}'
    assert b"\n" not in document
    assert json.loads(document)["type"] == "subsegment"


def test_two_hundred_at_once(exporter, receiver, spans):
    """200 documents in one call all arrive, the process's first span before the others."""
    made = exporter(lambda_traces={TRACE})
    assert made.export(spans(*({"n": n} for n in range(199)))) is SUCCESS
    documents = receiver.documents(200)
    assert [one["name"] for one in documents] == ["root"] + ["inner"] * 199
    assert [one["metadata"]["default"]["n"] for one in documents[1:]] == list(range(199))
    assert (made.sent, made.failed) == (200, 0)


def test_large_documents_arrive(exporter, receiver, spans):
    """A span that is too large arrives smaller, in a datagram that UDP takes."""
    exporter(lambda_traces={TRACE}).export(spans({"big": "x" * 500_000}, {"k" * 63_000: 1}))
    assert len(receiver.documents(3)) == 3


def test_facades_are_live(exporter, receiver, spans):
    """The set of Lambda's traces belongs to the pipeline: what it adds counts at once."""
    lambda_traces = set()
    made = exporter(lambda_traces=lambda_traces)
    made.export(spans())
    lambda_traces.add(TRACE)
    made.export(spans())
    assert [one.get("type") for one in receiver.documents(2)] == [None, "subsegment"]


def test_handler_as_segment(exporter, receiver, spans):
    """The collector's way: the handler's span is a segment below Lambda's."""
    exporter(lambda_traces={TRACE}, handler_as_segment=True).export(spans())
    (document,) = receiver.documents(1)
    assert ("type" in document, document["parent_id"]) == (False, f"{0xA:016x}")


def test_annotations_of_a_trace(exporter, receiver, spans, told):
    """Fifty annotations a trace over all its documents; the ones over are metadata, told once."""
    made = exporter(annotations=["all"])
    made.export(spans(*({f"k{n}.{i}": i for i in range(20)} for n in range(3))))
    made.export(spans({"late": 1}))
    made.export(spans({"other": 1}, trace=2))
    documents = receiver.documents(8)
    counts = [len(one.get("annotations", {})) for one in documents]
    assert counts == [0, 20, 20, 10, 0, 0, 0, 1]
    default = [one.get("metadata", {}).get("default", {}) for one in documents]
    assert [len(one) for one in default] == [0, 0, 0, 10, 0, 1, 0, 0]
    (line,) = told.messages
    assert line == (
        "heliograph: trace 1-5759e988-bd862e3fe1be46a994272793 has more than 50 annotations, "
        "X-Ray's limit; those over are metadata and cannot be searched for."
    )


def test_counted_traces_are_bounded(exporter, receiver, spans):
    """An environment that lives for a million traces does not remember them all."""
    made = exporter()
    for trace in range(1, 100):
        made.export(spans(trace=trace))
    assert len(made._budgets) == 64
    receiver.datagrams(99)


class RecordOnly(Sampler):
    """Records spans that are not sampled."""

    def should_sample(self, *arguments, **more):
        return SamplingResult(Decision.RECORD_ONLY)

    def get_description(self):
        return "record only"


def test_unsampled_spans_are_not_sent(exporter, receiver, spans):
    """X-Ray gets what was sampled and nothing else."""

    provider = TracerProvider(sampler=RecordOnly(), shutdown_on_exit=False)
    span = provider.get_tracer("tests").start_span("x")
    span.end()
    made = exporter()
    assert made.export([span]) is SUCCESS
    assert (made.sent, made.failed) == (0, 0)
    assert receiver.is_empty()


@pytest.mark.parametrize(
    ("address", "parsed"),
    [
        pytest.param("169.254.79.129:2000", ("169.254.79.129", 2000), id="one part"),
        pytest.param("localhost:2001", ("localhost", 2001), id="host name"),
        pytest.param("tcp:127.0.0.1:2000 udp:127.0.0.2:2001", ("127.0.0.2", 2001), id="tcp, udp"),
        pytest.param("udp:127.0.0.2:2001 tcp:127.0.0.1:2000", ("127.0.0.2", 2001), id="udp, tcp"),
    ],
)
def test_address(address, parsed, told):
    """Every form of AWS_XRAY_DAEMON_ADDRESS is understood, without a word."""
    assert Daemon(address).address == parsed
    assert told.messages == []


@pytest.mark.parametrize(
    "address",
    ["", "localhost", ":2000", "a:b", "a:0", "a:65536", "a:1:2", "a:1 b:2", "udp:a:1 udp:b:2",
     "tcp:a:1 udp:b:2 c:3", "a:٣", "[::1]:2000"],
)  # fmt: skip
def test_wrong_address(address, told):
    """A wrong address names itself and its form once, and the default is used."""
    assert Daemon(address).address == ("127.0.0.1", 2000)
    (line,) = told.messages
    assert line == (
        f"heliograph: AWS_XRAY_DAEMON_ADDRESS is {address!r}, which is no address: use "
        "'host:port' or 'tcp:host:port udp:host:port'. Using 127.0.0.1:2000."
    )


def test_host_name(exporter, receiver, spans):
    """A name is looked up when the socket is opened."""
    made = exporter(f"localhost:{receiver.address.partition(':')[2]}")
    assert made.export(spans()) is SUCCESS
    assert len(receiver.datagrams(1)) == 1


def test_nobody_listens(exporter, receiver, spans, told):
    """A daemon that is gone is told once; when it is back, documents arrive again."""
    made = exporter()
    host, _, port = receiver.address.partition(":")
    receiver.socket.close()
    assert [made.export(spans({}, {})) for _ in range(2)] == [FAILURE, FAILURE]
    (line,) = told.messages
    assert "could not be reached" in line
    receiver.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.socket.bind((host, int(port)))
    receiver.socket.settimeout(10)
    assert made.export(spans({})) is SUCCESS
    assert [one["name"] for one in receiver.documents(2)] == ["root", "inner"]


def test_unknown_host(exporter, spans, told):
    """A name that does not exist loses the spans, counted, told once, and nothing else."""
    made = exporter("daemon.invalid:2000")
    assert made.export(spans({})) is FAILURE
    assert made.failed == 2
    (line,) = told.messages
    assert line.startswith("heliograph: the X-Ray daemon at daemon.invalid:2000")


def test_failed_send_leaves_the_next_one_whole(exporter, receiver, spans):
    """A socket that went bad between two documents is replaced, and the next one is clean."""
    made = exporter()
    made.export(spans())
    made._daemon._socket.close()
    assert made.export(spans()) is SUCCESS
    assert [one["name"] for one in receiver.documents(2)] == ["root", "root"]


class SmallSocket(socket.socket):
    """A socket of a system that takes no large datagrams, as macOS."""

    def send(self, data):
        if len(data) > 9216:
            raise OSError(errno.EMSGSIZE, os.strerror(errno.EMSGSIZE))
        return super().send(data)


def test_system_with_smaller_datagrams(exporter, receiver, spans, told):
    """Where the system refuses 64 KB, a smaller document is sent in its place."""
    made = exporter()
    made.export(spans())
    small = SmallSocket(socket.AF_INET, socket.SOCK_DGRAM)
    small.connect(made._daemon.address)
    made._daemon.close()
    made._daemon._socket = small
    assert made.export(spans({f"k{n}": "x" * 1000 for n in range(60)})) is SUCCESS
    documents = receiver.documents(3)
    assert documents[2]["metadata"]["default"]["xray.truncated"] is True
    assert told.messages == []


class FullSocket(socket.socket):
    """A socket whose buffer never empties."""

    def send(self, data):
        raise TimeoutError("timed out")


def test_buffer_that_stays_full(exporter, receiver, spans, told):
    """A send waits a bounded time for room; the document is then counted and given up."""
    made = exporter()
    made.export(spans())
    full = FullSocket(socket.AF_INET, socket.SOCK_DGRAM)
    made._daemon.close()
    made._daemon._socket = full
    assert made.export(spans({})) is FAILURE
    assert (made.sent, made.failed, len(told.messages)) == (1, 2, 1)


def test_socket_waits_briefly(exporter, spans):
    """The socket is non-blocking with a wait of milliseconds, never a blocking one."""
    made = exporter()
    made.export(spans())
    assert made._daemon._socket.gettimeout() == 0.005
    assert not os.get_blocking(made._daemon._socket.fileno())


@pytest.mark.guarded
def test_span_that_cannot_be_encoded(exporter, receiver, spans, told):
    """A span that makes no document is counted and told; the others are sent."""
    made = exporter()
    broken = ReadableSpan("broken", SpanContext(0, 0, False, TraceFlags(1)), resource=Resource({}))
    assert made.export([broken, *spans()]) is FAILURE
    assert (made.sent, made.failed) == (1, 1)
    assert len(receiver.documents(1)) == 1
    (line,) = told.messages
    assert "failed while encoding a span for X-Ray: ValueError: span 'broken'" in line


def test_export_from_many_threads(exporter, receiver, spans):
    """Spans end on any thread; every document is whole."""
    made = exporter()
    batches = [spans(trace=trace) for trace in range(1, 41)]
    threads = [threading.Thread(target=made.export, args=(batch,)) for batch in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one["trace_id"] for one in receiver.documents(40)}) == 40


FORK = """
import os, sys
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from heliograph.exporters.xray import XRaySpanExporter
exporter = XRaySpanExporter(sys.argv[1])
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
tracer = provider.get_tracer("tests")
tracer.start_span("parent").end()
mine = exporter._daemon._socket.getsockname()
exporter._lock.acquire()
child = os.fork()
if not child:
    tracer.start_span("child").end()
    os._exit(exporter._daemon._socket.getsockname() == mine)
exporter._lock.release()
_, status = os.waitpid(child, 0)
tracer.start_span("after").end()
sys.exit(os.waitstatus_to_exitcode(status))
"""


def test_forked_child(receiver):
    """A child has a socket of its own, and no lock that a thread of the parent held."""
    done = subprocess.run(
        [sys.executable, "-c", FORK, receiver.address],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=60,
        check=False,
    )
    assert done.returncode == 0
    assert [one["name"] for one in receiver.documents(3)] == ["parent", "child", "after"]


def test_shutdown(exporter, receiver, spans):
    """After shutdown nothing is sent, nothing raises; flushing has nothing to wait for."""
    made = exporter()
    made.export(spans())
    assert made.force_flush(1) is True
    made.shutdown()
    made.shutdown()
    assert made.export(spans()) is FAILURE
    receiver.datagrams(1)
    assert receiver.is_empty()


LOADED = """
import opentelemetry.sdk.trace.export, sys
before = set(sys.modules)
import heliograph.exporters.xray
print(*sorted(name for name in set(sys.modules) - before if not name.startswith("heliograph")))
"""


def test_import_is_cheap():
    """Beside the SDK's trace part only small parts of the standard library are loaded."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=60,
        check=True,
        capture_output=True,
        text=True,
    )
    assert set(done.stdout.split()) <= {"_socket", "array", "select", "selectors", "socket"}
