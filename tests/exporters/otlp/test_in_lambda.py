"""Functions in the real runtime, with the real layer, that send to a backend of OTLP."""

from __future__ import annotations

import json
import platform
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from heliograph.lab.invocation import Invocation
from layer import budget, build, wheels
from scripts import pythons
from scripts.places import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from heliograph.lab.daemon import XRayDaemon
    from heliograph.lab.function import Function
    from tests.exporters.otlp.conftest import Backend, GrpcBackend

    New = Callable[..., Function]

APP = """
import sys
import boto3
import heliograph
def handler(event, context):
    given = dict(aws_access_key_id="a", aws_secret_access_key="b", region_name="eu-west-1")
    with heliograph.span("price"):
        heliograph.metric("orders", 1)
        boto3.client("lambda", endpoint_url=event, **given).invoke(FunctionName="other")
    return sorted(sys.modules)
"""
OF_EXPORTING = (
    "heliograph.exporters", "heliograph.settings.export", "opentelemetry", "grpc",
    "google.protobuf",
)  # fmt: skip


def bodies(backend: Backend, path: str) -> list[Any]:
    """What arrived at a path, from JSON."""
    return [json.loads(request.body) for request in backend.requests if request.path == path]


def names(document: Any) -> list[str]:
    """The names of all spans of a request."""
    return [
        span["name"]
        for resource in document["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ]


def test_json(runtime: dict[str, str], function: New, backend: Backend) -> None:
    """Traces and metrics go out as JSON from the plain layer, once an invocation each.

    Nothing of exporting is loaded when the response is made; our own requests are not recorded and
    carry no header of the trace, the user's do.
    """
    env = {
        "OTEL_TRACES_EXPORTER": "otlp",
        "OTEL_METRICS_EXPORTER": "otlp",
        "OTEL_EXPORTER_OTLP_ENDPOINT": backend.url,
        "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
        "HELIOGRAPH_FLUSH_TIMEOUT": "20000",  # this machine is busy, and no deadline is tested
    }
    running = function(runtime, APP, env=env)
    first, second = (running.invoke(Invocation(backend.url)).json() for _ in range(2))
    assert [name for name in first if name.startswith(OF_EXPORTING)] == []
    assert "heliograph.exporters.otlp" in second
    traces = bodies(backend, "/v1/traces")
    assert [names(document) for document in traces] == [["lab", "price", "Lambda.Invoke"]] * 2
    assert len(bodies(backend, "/v1/metrics")) == 2
    for request in backend.requests:
        ours = request.path.startswith("/v1/")
        assert ("x-amzn-trace-id" in request.headers) is not ours
        assert "traceparent" not in request.headers
        assert (request.headers.get("content-encoding") == "gzip") is ours
    assert [line for line in running.stdout.lines() if "ERROR" in line or "WARN" in line] == []


@pytest.mark.parametrize(
    ("protocol", "sent"), [("http/protobuf", "http/json to {url}/v1/traces"), ("grpc", None)]
)
def test_not_in_the_layer(
    protocol: str, sent: str | None, one_runtime: dict[str, str], function: New, backend: Backend
) -> None:
    """A protocol that the plain layer has not is told in one line, and spans go out as JSON."""
    url = backend.url if sent else "http://127.0.0.1:4317"
    env = {
        "OTEL_TRACES_EXPORTER": "otlp",
        "OTEL_EXPORTER_OTLP_ENDPOINT": url,
        "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
    }
    running = function(one_runtime, "def handler(event, context): pass", env=env)
    for _ in range(2):
        running.invoke(Invocation({}))
    told = [line for line in running.stdout.lines() if "is not installed" in line]
    then = (
        f"Used instead: {sent.format(url=backend.url)}."
        if sent
        else f"The endpoint {url} is one of gRPC: traces are not exported by otlp."
    )
    assert len(told) == 1
    assert told[0].endswith(then)
    assert len(bodies(backend, "/v1/traces")) == (2 if sent else 0)


def test_several(
    one_runtime: dict[str, str], function: New, backend: Backend, daemon: XRayDaemon
) -> None:
    """Two exporters at once: each gets every span."""
    env = {"OTEL_TRACES_EXPORTER": "xray,otlp", "OTEL_EXPORTER_OTLP_ENDPOINT": backend.url}
    running = function(one_runtime, "def handler(event, context): pass", env=env)
    running.invoke(Invocation({}))
    assert [names(document) for document in bodies(backend, "/v1/traces")] == [["lab"]]
    assert len(daemon.documents) == 1


@pytest.fixture
def otlp_layer(one_runtime: dict[str, str]) -> Path:
    """The layer with OTLP for this machine and the newest Python; built if its inputs changed."""
    version = one_runtime["version"]
    here = wheels.Platform(version, platform.machine())
    build.build(ROOT, pythons.find(), [version], platform=here)
    tree, archive, _ = build.paths(ROOT, here)
    assert budget.complaint(archive, budget.OTLP) == ""
    return tree


def test_the_layer_with_otlp(
    one_runtime: dict[str, str], function: New, otlp_layer: Path, backend: Backend,
    grpc_backend: GrpcBackend,
) -> None:  # fmt: skip
    """Traces as protobuf over HTTP and metrics over gRPC, without requests or urllib3."""
    source = """
import sys, heliograph
def handler(event, context):
    heliograph.metric("orders", 1)
    return sorted(sys.modules)
"""
    env = {
        "OTEL_TRACES_EXPORTER": "otlp",
        "OTEL_METRICS_EXPORTER": "otlp",
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{backend.url}/v1/traces",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{grpc_backend.port}",
        "HELIOGRAPH_FLUSH_TIMEOUT": "20000",  # this machine is busy, and no deadline is tested
    }
    running = function(one_runtime, source, layers=[otlp_layer], env=env)
    first, second = (running.invoke(Invocation({})).json() for _ in range(2))
    assert [name for name in first if name.startswith(OF_EXPORTING)] == []
    assert {"requests", "urllib3"} & set(second) == set()
    traces = [ExportTraceServiceRequest.FromString(one.body) for one in backend.requests]
    spans = [one.resource_spans[0].scope_spans[0].spans[0].name for one in traces]
    assert spans == ["lab", "lab"]
    metrics = [one for one in grpc_backend.requests if isinstance(one, ExportMetricsServiceRequest)]
    found = [one.resource_metrics[0].scope_metrics[0].metrics[0].name for one in metrics]
    assert found == ["orders", "orders"]
    said = [*running.stdout.lines(), *running.stderr.lines()]
    assert [line for line in said if "ERROR" in line or "WARN" in line] == []
