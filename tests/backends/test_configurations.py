"""The collector's configurations, each run by the real collector, with a real function's trace."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.backends import expected, reading
from tests.backends.collecting import ABROAD, CONFIGURATIONS, Collector, Service, available, read

NAMES = sorted(path.stem for path in CONFIGURATIONS.glob("*.yaml") if path.stem != "builder")
VARIABLES = {
    "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true", "TELEMETRY_FILE": "/dev/null",
    "BACKEND_ENDPOINT": "http://127.0.0.1:1", "BACKEND_KEY": "key-1",
    "VENDOR_ENDPOINT": "http://127.0.0.1:1", "VENDOR_KEY": "key-2",
}  # fmt: skip
DECOUPLE = {"max_queue_size": int}
"""Its keys: opentelemetry-lambda, collector/processor/decoupleprocessor/README.md and config.go."""


def sent(order, collector):
    """Run the function with the collector as its backend; return the trace that is expected."""
    invocation, _ = order(
        {
            "OTEL_TRACES_EXPORTER": "otlp",
            "OTEL_METRICS_EXPORTER": "otlp",
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint,
        }
    )
    return invocation, expected.trace(invocation)


def received(collector, service, path="/v1/traces"):
    """Return the headers and the documents of the requests to a path, once there is one."""
    requests = collector.until(lambda: [one for one in service.requests if one[0] == path], 1)
    return [headers for _, headers, _ in requests], [json.loads(body) for _, _, body in requests]


def is_open(connection):
    """Tell whether the other side of a connection has not closed it; what it sent is read."""
    connection.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while connection.recv(65_536):
            pass
        return False
    return True


@pytest.mark.parametrize("name", NAMES)
def test_short_and_explained(name):
    """A configuration has forty lines at most, says when to use it, and names its variables."""
    text = (CONFIGURATIONS / f"{name}.yaml").read_text()
    comment = text[: text.index("receivers:")]

    assert len(text.splitlines()) <= 40
    assert all(line.startswith("#") for line in comment.splitlines())
    assert set(re.findall(r"\$\{env:(\w+)\}", text)) <= set(re.findall(r"\w+", comment))


@pytest.mark.parametrize("name", NAMES)
def test_valid(name, collector_binary, tmp_path):
    """The real collector takes it, without the components that only Lambda's collector has."""
    path = tmp_path / f"{name}.yaml"
    path.write_text(available(name))
    done = subprocess.run(
        [collector_binary, "validate", f"--config={path}"],
        env=VARIABLES,
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_components_of_lambda_s_collector():
    """`decouple` is used as documented: with its own keys, last in every pipeline, in one file."""
    using = {name for name in NAMES if set(ABROAD) & set(read(name).get("processors", {}))}
    config = read("lambda")
    said = {key: type(value) for key, value in config["processors"]["decouple"].items()}
    pipelines = config["service"]["pipelines"].values()

    assert using == {"lambda"}
    assert said == DECOUPLE
    assert {pipeline["processors"][-1] for pipeline in pipelines} == {"decouple"}


@pytest.mark.parametrize("name", ["lambda", "sidecar"])
def test_to_a_backend(name, order, collector_binary, tmp_path):
    """What the function sent is at the backend, whole, with its key."""
    with Service() as backend:
        env = {**VARIABLES, "BACKEND_ENDPOINT": backend.url}
        change = "exporters::otlphttp::encoding: json"
        with Collector(collector_binary, name, tmp_path, env, change) as collector:
            _, trace = sent(order, collector)
            headers, spans = received(collector, backend)
            more_headers, measured = received(collector, backend, "/v1/metrics")

    assert reading.otlp(spans) == trace
    assert reading.metrics(measured) == expected.METRICS
    assert {one["authorization"] for one in headers + more_headers} == {"key-1"}


def test_local(order, collector_binary, tmp_path):
    """The console shows every span, attribute, event and link that arrived."""
    with Collector(collector_binary, "local", tmp_path, VARIABLES) as collector:
        invocation, _ = sent(order, collector)
        log = tmp_path / "local.log"
        collector.until(lambda: re.findall("Name: orders.refused", log.read_text()), 1)

    text = log.read_text()
    names = re.findall(r"^    Name +: (.*)$", text, re.MULTILINE)
    assert sorted(names) == ["lab", "look up", "price", "reserve"]
    assert f"Trace ID       : {expected.trace_id_of(invocation)}" in text
    for line in (
        "-> order.id: Str(ORD-001)",
        "-> cents: Int(1250)",
        '-> tags: Slice(["a","b"])',
        "-> Name: priced",
        "-> articles: Int(2)",
        f"-> Trace ID: {expected.EARLIER[0]}",
        "-> messaging.message.id: Str(m-1)",
        f"Status message : {expected.FAULT}",
    ):
        assert line in text


def test_fan_out(order, collector_binary, tmp_path):
    """The vendor has the trace whole; X-Ray has a document of each span, under the same ids."""
    with Service() as service:
        env = {**VARIABLES, "VENDOR_ENDPOINT": service.url}
        changes = [
            "exporters::otlphttp/vendor::encoding: json",
            f"exporters::awsxray::endpoint: {service.url}",
        ]
        with Collector(collector_binary, "fan-out", tmp_path, env, *changes) as collector:
            invocation, trace = sent(order, collector)
            headers, vendor = received(collector, service)
            _, segments = received(collector, service, "/TraceSegments")
            _, measured = received(collector, service, "/v1/metrics")

    assert reading.otlp(vendor) == trace
    assert reading.metrics(measured) == expected.METRICS
    assert {one["x-api-key"] for one in headers} == {"key-2"}
    documents = [
        json.loads(document)
        for segment in segments
        for document in segment["TraceSegmentDocuments"]
    ]
    spans = [
        span
        for document in vendor
        for resource in document["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ]
    trace_id = expected.trace_id_of(invocation)
    assert {one["trace_id"] for one in documents} == {f"1-{trace_id[:8]}-{trace_id[8:]}"}
    assert {(one["id"], one["parent_id"]) for one in documents} >= {
        (span["spanId"], span["parentSpanId"]) for span in spans
    }


def test_fan_out_while_x_ray_is_silent(order, collector_binary, tmp_path):
    """The vendor gets the trace while X-Ray has taken the connection and says nothing."""
    with Service() as vendor, socket.create_server(("127.0.0.1", 0)) as silent:
        env = {**VARIABLES, "VENDOR_ENDPOINT": vendor.url}
        changes = [
            "exporters::otlphttp/vendor::encoding: json",
            f"exporters::awsxray::endpoint: http://127.0.0.1:{silent.getsockname()[1]}",
            "exporters::awsxray::max_retries: 0",
        ]
        with Collector(collector_binary, "fan-out", tmp_path, env, *changes) as collector:
            _, trace = sent(order, collector)
            held, _ = silent.accept()
            _, spans = received(collector, vendor)
            still_waiting = is_open(held)
            held.close()

    assert reading.otlp(spans) == trace
    assert still_waiting


def test_file(order, collector_binary, tmp_path):
    """What arrived is in the file, whole."""
    file = tmp_path / "lifecycle.jsonl"
    env = {**VARIABLES, "TELEMETRY_FILE": str(file)}
    with Collector(collector_binary, "file", tmp_path, env) as collector:
        _, trace = sent(order, collector)

    documents = [json.loads(line) for line in file.read_text().splitlines()]
    assert reading.otlp(documents) == trace
    assert reading.metrics(documents) == expected.METRICS


def test_manifest():
    """The slim build has what the configurations use and nothing else; the README lists it all."""
    manifest = yaml.safe_load((CONFIGURATIONS / "builder.yaml").read_text())
    used = {
        (kind, name.split("/")[0])
        for config in map(read, NAMES)
        for kind in ("receivers", "processors", "exporters")
        for name in config.get(kind, {})
        if name not in ABROAD
    }
    built = {
        (kind, Path(row["gomod"].split()[0]).name.removesuffix(kind[:-1]).replace("_", ""))
        for kind in ("receivers", "processors", "exporters")
        for row in manifest[kind]
    }

    assert built == {(kind, name.replace("_", "")) for kind, name in used}
    page = (CONFIGURATIONS / "README.md").read_text()
    assert set(re.findall(r"\[`([\w-]+)\.yaml`\]", page)) == {*NAMES, "builder"}
