"""What a peer sends is counted, whatever form it has: one that sends nothing is found out."""

from __future__ import annotations

import base64
import gzip
import json
import socket
import urllib.request

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from bench.arrived import METRIC, Arrived, count
from bench.services import DATAGRAM, Services

HEADER = b'{"format":"json","version":1}\n'


def traces(number: int) -> bytes:
    """Return an OTLP request of some spans."""
    request = ExportTraceServiceRequest()
    scope = request.resource_spans.add().scope_spans.add()
    for _ in range(number):
        scope.spans.add()
    return request.SerializeToString()


def metrics(name: str, points: int) -> bytes:
    """Return an OTLP request of a counter."""
    request = ExportMetricsServiceRequest()
    metric = request.resource_metrics.add().scope_metrics.add().metrics.add(name=name)
    for _ in range(points):
        metric.sum.data_points.add()
    return request.SerializeToString()


DOCUMENT = {"name": "a", "subsegments": [{"name": "b", "subsegments": [{"name": "c"}]}]}
BEGUN = {"name": "a", "in_progress": True, "subsegments": [{"name": "b"}]}


@pytest.mark.parametrize(
    ("kind", "data", "arrived"),
    [
        pytest.param(DATAGRAM, HEADER + json.dumps(DOCUMENT).encode(), (3, 0), id="document"),
        pytest.param(DATAGRAM, HEADER + json.dumps(BEGUN).encode(), (1, 0), id="in progress"),
        pytest.param(
            DATAGRAM, HEADER + b"T1S" + base64.b64encode(traces(2)), (2, 0), id="OTLP to the daemon"
        ),
        pytest.param("/v1/traces", traces(4), (4, 0), id="traces"),
        pytest.param("/v1/metrics", metrics(METRIC, 3), (0, 3), id="metrics"),
        pytest.param("/v1/metrics", metrics("http.duration", 3), (0, 0), id="other metrics"),
        pytest.param("/v1/logs", b"x", (0, 0), id="logs"),
    ],
)
def test_what_the_services_take(kind, data, arrived):
    """Documents and OTLP, to the daemon and over HTTP."""
    assert count([(kind, data)], "") == Arrived(*arrived)


@pytest.mark.parametrize(
    ("line", "arrived"),
    [
        pytest.param({"_aws": {}, METRIC: [1.0, 2.0]}, (0, 2), id="EMF"),
        pytest.param({"_aws": {}, METRIC: 5}, (0, 1), id="EMF, one value"),
        pytest.param(
            {"_aws": {}, METRIC: {"Values": [1, 2, 3], "Counts": [1, 1, 1]}}, (0, 3), id="counts"
        ),
        pytest.param({"_aws": {}, "ColdStart": [1.0]}, (0, 0), id="EMF, not the function's"),
        pytest.param({"traces": [[{}, {}], [{}]]}, (3, 0), id="Datadog's spans"),
        pytest.param({"m": METRIC, "v": 1}, (0, 1), id="Datadog's metric"),
        pytest.param({"m": "aws.lambda.enhanced.invocations", "v": 1}, (0, 0), id="enhanced"),
        pytest.param(
            {
                "__otel_otlp_stdout": "1",
                "payload": base64.b64encode(gzip.compress(traces(2))).decode(),
            },
            (2, 0),
            id="lambda-otel-lite",
        ),
    ],
)
def test_what_a_function_writes(line, arrived):
    """Lines of telemetry count, those of the function itself do not."""
    assert count([], f"hello\n{json.dumps(line)}\n") == Arrived(*arrived)


def test_what_is_taken_is_taken_once():
    """OTLP and datagrams are kept until they are asked for; calls to AWS are no telemetry."""
    services = Services()
    address = services.environment["AWS_ENDPOINT_URL"]
    for path in ("/", "/v1/traces"):
        urllib.request.urlopen(urllib.request.Request(address + path, data=b"sent")).close()
    host, port = services.environment["AWS_XRAY_DAEMON_ADDRESS"].split(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"datagram", (host, int(port)))
    assert sorted(services.taken()) == [("/v1/traces", b"sent"), (DATAGRAM, b"datagram")]
    assert services.taken() == []
