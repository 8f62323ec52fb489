"""Delivery as part of development: who is delivered how, and what it leaves alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from opentelemetry import context
from opentelemetry.sdk.metrics import Counter
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    MetricExporter,
    MetricExportResult,
)
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import heliograph
from heliograph.exporters import is_remote
from heliograph.exporters.emf import EmfMetricExporter
from heliograph.exporters.xray import XRaySpanExporter
from heliograph.exporters.xray_otlp import XRayOtlpSpanExporter
from heliograph.journal import current, journal
from heliograph.testing import capture
from scripts.places import packages

ROOT = Path(__file__).parents[2]
FAILURE = SpanExportResult.FAILURE


class Metrics(MetricExporter):
    """Takes sums by increments, as planned: results, or an event to wait for."""

    def __init__(self, *plan):
        super().__init__(preferred_temporality={Counter: AggregationTemporality.DELTA})
        self.plan = list(plan)
        self.got = []
        self.shut = False

    def export(self, metrics_data, timeout_millis=10_000, **kwargs):
        step = self.plan.pop(0) if self.plan else MetricExportResult.SUCCESS
        if step is MetricExportResult.SUCCESS:
            (resource,) = metrics_data.resource_metrics
            self.got += [
                (metric.name, point.value)
                for scope in resource.scope_metrics
                for metric in scope.metrics
                for point in metric.data.data_points
            ]
        return step

    def force_flush(self, timeout_millis=10_000):
        return True

    def shutdown(self, timeout_millis=30_000, **kwargs):
        self.shut = True


def count(amount):
    from opentelemetry import metrics

    metrics.get_meter("test").create_counter("orders").add(amount)
    heliograph.flush()


@pytest.mark.parametrize(
    ("make", "remote"),
    [
        pytest.param(lambda _: XRaySpanExporter(), False, id="xray"),
        pytest.param(lambda _: XRayOtlpSpanExporter(), False, id="xray-otlp"),
        pytest.param(lambda _: EmfMetricExporter(), False, id="emf"),
        pytest.param(lambda _: ConsoleSpanExporter(), False, id="console"),
        pytest.param(lambda _: InMemorySpanExporter(), False, id="memory"),
        pytest.param(lambda planned: planned(), True, id="users-spans"),
        pytest.param(lambda _: Metrics(), True, id="users-metrics"),
    ],
)
def test_who_is_remote(planned, make, remote):
    """What writes to this machine goes in line; what is not known to may be dead."""
    assert is_remote(make(planned)) is remote


def test_local_first(planned, hang):
    """What is local is out before anything is delivered, and while a backend hangs."""
    dead = planned(hang())
    seen = []

    class Local(planned):
        remote = False

        def export(self, spans):
            seen.append((dead.tried, threading.get_ident()))
            return super().export(spans)

    local = Local()
    with capture(span_exporters=[dead, local], flush_timeout=50):
        with heliograph.span("order"):
            pass
        heliograph.flush()

        assert seen == [(0, threading.get_ident())]
        assert local.got == [["order"]]
        assert (dead.tried, dead.got) == (1, [])


@pytest.mark.guarded
def test_a_local_one_that_fails(planned):
    """A local exporter that raises keeps no other from working, remote or not."""

    class Broken(planned):
        remote = False

    others = [planned(), planned()]
    with capture(span_exporters=[Broken(OSError("full")), *others], flush_timeout=30_000):
        with heliograph.span("order"):
            pass
        heliograph.flush()
    assert [other.got for other in others] == [[["order"]]] * 2


def test_flush_delivers_what_was_kept(planned):
    """`heliograph.flush()` tries again without a new span."""
    exporter = planned(FAILURE)
    with capture(span_exporters=[exporter], flush_timeout=30_000):
        with heliograph.span("order"):
            pass
        heliograph.flush()
        assert exporter.tried == 1
        heliograph.flush()

        assert exporter.got == [["order"]]


def test_flush_does_not_wait_for_the_interval(planned):
    """`heliograph.flush()` sends now, whatever `HELIOGRAPH_FLUSH` says."""
    exporter = planned()
    with capture(span_exporters=[exporter], flush="interval:10m", flush_timeout=30_000):
        for name in ("a", "b"):
            with heliograph.span(name):
                pass
            heliograph.flush()

        assert exporter.got == [["a"], ["b"]]


def test_reconfigured(planned):
    """What waits for an exporter goes out before another configuration takes its place."""
    exporter = planned(FAILURE)
    with capture(span_exporters=[exporter], flush_timeout=30_000) as captured:
        with heliograph.span("order"):
            pass
        heliograph.flush()
        captured.start()

        assert exporter.got == [["order"]]
        assert exporter.shut


def test_the_worker_is_nowhere(planned):
    """An export is no part of the function: no current span, and instrumentation is suppressed."""
    where = []

    class Looking(planned):
        def export(self, spans):
            where.append((current.here.get(), current.span(), current.span_for(http=True)))
            where.append(context.get_value(context._SUPPRESS_INSTRUMENTATION_KEY))
            where.append(context.get_value("suppress_instrumentation"))
            return super().export(spans)

    with capture(span_exporters=[Looking()], flush_timeout=30_000), heliograph.span("outer"):
        with heliograph.span("order"):
            pass
        heliograph.flush()
        (_, span, (parent, recorded)), *suppressed = where

    assert (span, parent, recorded) == (None, None, False)
    assert suppressed == [True, True]


class Answering(BaseHTTPRequestHandler):
    """Answers 200, and keeps the headers."""

    def do_POST(self):
        self.server.headers.append({name.lower() for name in self.headers})
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        """Keep quiet."""


@pytest.fixture
def server():
    """An HTTP server."""
    made = HTTPServer(("127.0.0.1", 0), Answering)
    made.headers = []
    thread = threading.Thread(target=made.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def test_its_requests_are_not_recorded(planned, server):
    """HTTP done by an exporter, here with `requests`, is no span and carries no trace header."""
    import requests

    class Posting(planned):
        def export(self, spans):
            requests.post(f"http://127.0.0.1:{server.server_port}", b"{}").close()
            return super().export(spans)

    exporter = Posting()
    with capture(span_exporters=[exporter], flush_timeout=30_000) as captured:
        for _ in range(2):
            with heliograph.span("order"):
                pass
            heliograph.flush()
        with heliograph.span("own"):
            requests.post(f"http://127.0.0.1:{server.server_port}", b"{}").close()
        names = [span.name for span in captured.spans]

    assert sorted(names) == ["POST", "order", "order", "own"]
    assert ["traceparent" in headers for headers in server.headers[:3]] == [False, False, True]


# -- metrics ---------------------------------------------------------------------------------------


def test_metrics_are_delivered():
    """A metric exporter is delivered by a worker: once for each flush with a measurement."""
    exporter = Metrics()
    with capture(metric_exporters=[exporter], flush_timeout=30_000):
        count(1)
        count(2)
        heliograph.flush()
        assert exporter.got == [("orders", 1), ("orders", 2)]
    assert exporter.shut


def test_metrics_of_a_dead_backend_add_up():
    """While a collection waits no other is made: the SDK adds up, and no increment is lost."""
    exporter = Metrics(*[MetricExportResult.FAILURE] * 2)
    with capture(metric_exporters=[exporter], flush_timeout=30_000):
        for amount in (1, 10, 100, 1000):
            count(amount)
        heliograph.flush()

    assert exporter.plan == []
    assert exporter.got == [("orders", 1), ("orders", 1110)]


def test_metrics_wait_for_the_interval():
    """Between flushes nothing is collected; the end of the process sends the rest."""
    exporter = Metrics()
    settings = {"flush": "interval:10m", "flush_timeout": 30_000}
    with capture(metric_exporters=[exporter], **settings) as captured:
        from opentelemetry import metrics

        counter = metrics.get_meter("test").create_counter("orders")
        for amount in (1, 10, 100):
            counter.add(amount)
            journal.flush()
        before = list(exporter.got)
        captured.start()  # shuts the pipeline down

    assert before == [("orders", 1)]
    assert exporter.got == [("orders", 1), ("orders", 110)]


# -- processes -------------------------------------------------------------------------------------


def run(program, **env):
    """Run a program; return what it printed last."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), **env},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


RECORDING = """
import json, sys
import heliograph
from heliograph.testing import capture
class Exporter:
    got = []
    def export(self, spans): self.got += [span.name for span in spans]
    def shutdown(self): self.got.append("shut")
def order(name):
    with heliograph.span(name): pass
    heliograph.flush()
"""


@pytest.mark.parametrize(
    ("settings", "loaded"), [("", False), ("span_exporters=[Exporter()]", True)]
)
def test_loaded_when_needed(settings, loaded):
    """Without a remote exporter no module of delivery is loaded."""
    program = f"""
with capture({settings}):
    order("a")
    print(json.dumps(any(name.startswith("heliograph.delivery") for name in sys.modules)))
"""
    assert run(RECORDING + program) is loaded


def test_at_the_end_of_the_interpreter(runtime, layer):
    """What is left at exit is delivered there, though Python starts no thread any more (3.12)."""
    program = """
import atexit, json
from heliograph.delivery.workers import Workers
from heliograph.delivery.backlog import Item
class Exporter:
    def __init__(self): self.got = []
    def export(self, spans): self.got += spans
    def shutdown(self): self.got.append("shut")
used, unused = Exporter(), Exporter()
workers = Workers(10.0, 0.0)
first, second = workers.for_spans(used), workers.for_spans(unused)
first.offer([Item("a", 1)]); workers.flush(None)
first.offer([Item("b", 1)]); second.offer([Item("c", 1)])
def end():
    workers.close()
    print(json.dumps([used.got, unused.got]))
atexit.register(end)
"""
    sdk = packages(layer, runtime["version"])
    done = subprocess.run(
        [runtime["python"], "-c", program],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(sdk)])},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert (done.stdout, done.stderr) == ('[["a", "b", "shut"], ["c", "shut"]]\n', "")


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # of 3.12 and later
def test_a_child_of_fork(planned):
    """A forked child delivers nothing of what its parent keeps; its parent what is the child's."""
    exporter = planned(FAILURE)
    with capture(span_exporters=[exporter], flush_timeout=30_000):
        with heliograph.span("parent"):
            pass
        journal.flush()
        child = os.fork()
        if not child:
            with heliograph.span("child"):
                pass
            heliograph.flush()
            os._exit(0 if exporter.got == [] else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        heliograph.flush()

    assert exporter.got == [["parent", "child"]]
