"""A plain process: `opentelemetry-instrument` or `configure`, the SDK in the ordinary way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap

import pytest

from heliograph.lab.invocation import Invocation
from heliograph.lab.wire import HttpServer, Reply

SHOP = """
    import boto3, requests, sys
    from opentelemetry import trace
    import heliograph

    keys = {"aws_access_key_id": "id", "aws_secret_access_key": "secret"}
    sqs = boto3.client("sqs", endpoint_url=sys.argv[1:] and sys.argv[1] or MOTO, **keys)
    tracer = trace.get_tracer("shop")
    with tracer.start_as_current_span("checkout", kind=trace.SpanKind.SERVER):
        heliograph.annotate("order", "7")
        with heliograph.span("price") as priced:
            priced.metadata("cart", {"items": 2})
            heliograph.metric("price", 12.5, unit="None", currency="EUR")
            with tracer.start_as_current_span("tax"):
                sqs.list_queues()
        requests.get(SERVER, timeout=5)
"""

CONFIGURED = """
    import heliograph
    heliograph.configure(service_name="shop")
"""


@pytest.fixture
def server():
    """An HTTP server that keeps what it was asked."""
    asked = []
    running = HttpServer(lambda request: asked.append(request) or Reply(200, b"ok"))
    running.asked = asked
    yield running
    running.close()


def tree(documents):
    """Each document's name below its parent's, segments below nothing."""
    names = {document["id"]: document["name"] for document in documents}
    return {document["name"]: names.get(document.get("parent_id")) for document in documents}


@pytest.mark.parametrize("instrumented", [True, False], ids=["opentelemetry-instrument", "code"])
def test_one_trace_of_everything(program, moto, daemon, server, instrumented):
    """The API's spans, the door's, boto3's and requests' are one X-Ray trace, sent by the exit."""
    constants = f'    MOTO, SERVER = "{moto}", "http://{server.address}/tax"\n'
    source = constants + ("" if instrumented else CONFIGURED) + SHOP
    done = program(
        source,
        instrumented=instrumented,
        OTEL_SERVICE_NAME="shop",
        AWS_XRAY_DAEMON_ADDRESS=daemon.address,
    )

    documents = daemon.wait_documents(5)
    netloc = server.address  # names are those of the host that was asked
    assert tree(documents) == {
        "shop": None,
        "price": "shop",
        "tax": "price",
        "SQS": "tax",
        netloc: "shop",
    }
    assert len({document["trace_id"] for document in documents}) == 1
    (segment,) = [document for document in documents if document["name"] == "shop"]
    assert segment["annotations"] == {"order": "7"}
    assert "type" not in segment
    (price,) = [document for document in documents if document["name"] == "price"]
    assert price["metadata"]["default"]["cart"] == {"items": 2}
    (record,) = [json.loads(line) for line in done.stdout.splitlines() if '"price"' in line]
    assert record["currency"] == "EUR"
    assert record["price"] == 12.5 or record["price"]["Values"] == [12.5]
    (asked,) = server.asked
    (get,) = [document for document in documents if document["name"] == netloc]
    header = {name.lower(): value for name, value in asked.headers.items()}
    assert header["x-amzn-trace-id"] == (f"Root={segment['trace_id']};Parent={get['id']};Sampled=1")
    assert header["traceparent"].split("-")[2] == get["id"]


def test_container_function_queue(program, moto, daemon, function, one_runtime, server):
    """A container that calls a function that calls a queue: one trace, each below its caller."""
    source = f"""
        import heliograph
        heliograph.configure(service_name="shop")
        import requests
        with heliograph.span("checkout", kind="server"):
            requests.get("http://{server.address}/pay", timeout=5)
    """
    program(source, AWS_XRAY_DAEMON_ADDRESS=daemon.address)
    (asked,) = server.asked
    header = {name.lower(): value for name, value in asked.headers.items()}["x-amzn-trace-id"]
    daemon.wait_documents(2)

    running = function(
        one_runtime,
        f"""
import boto3
sqs = boto3.client("sqs", endpoint_url="{moto}", region_name="eu-central-1")
def handler(event, context):
    url = sqs.create_queue(QueueName="paid")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="7")
    got = sqs.receive_message(QueueUrl=url, MessageSystemAttributeNames=["AWSTraceHeader"])
    return got["Messages"][0].get("Attributes", {{}})
""",
        env={"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"},
    )
    answer = running.invoke(Invocation({}, trace_header=header))

    assert answer.kind == "response"
    documents = daemon.wait_documents(6)
    daemon.settle()
    root = dict(part.split("=") for part in header.split(";"))
    assert {document["trace_id"] for document in daemon.documents} == {root["Root"]}
    names = {document["id"]: document for document in documents}
    (handler,) = [d for d in documents if d.get("parent_id") == root["Parent"]]
    assert names[root["Parent"]]["name"] == server.address
    calls = [d for d in documents if d["name"] == "SQS"]
    assert len(calls) == 3
    assert {d["parent_id"] for d in calls} == {handler["id"]}


def test_a_forked_worker_sends_its_own(program, daemon):
    """What a forked child records leaves it, once, and below the parent's span."""
    source = """
        import multiprocessing
        import heliograph
        heliograph.configure(service_name="shop", metrics_exporters="none")

        def work():
            with heliograph.span("in the child"):
                pass

        with heliograph.span("in the parent"):
            child = multiprocessing.get_context("fork").Process(target=work)
            child.start()
            child.join()
    """
    program(source, AWS_XRAY_DAEMON_ADDRESS=daemon.address)

    assert sorted(d["name"] for d in daemon.wait_documents(2)) == ["in the child", "shop"]
    daemon.settle()
    assert len(daemon.documents) == 2
    assert tree(daemon.documents)["in the child"] == "shop"


def test_a_long_lived_process_sends_as_it_goes(tmp_path, daemon):
    """A server does not wait for its end: what has ended leaves within the batch's delay."""
    path = tmp_path / "app.py"
    path.write_text(
        textwrap.dedent("""
            import os, sys
            import heliograph
            heliograph.configure(service_name="shop", metrics_exporters="none")
            with heliograph.span("request"):
                pass
            sys.stdin.read()
            os._exit(0)
        """)
    )
    env = {"AWS_XRAY_DAEMON_ADDRESS": daemon.address, "OTEL_BSP_SCHEDULE_DELAY": "200"}
    with subprocess.Popen(
        [sys.executable, str(path)], env={**os.environ, **env}, stdin=subprocess.PIPE
    ) as server:
        # a root is a segment, named after its service
        assert [d["name"] for d in daemon.wait_documents(1)] == ["shop"]
        assert server.poll() is None
        server.stdin.close()
    assert server.returncode == 0


def test_flush_sends_all(program, daemon):
    """`flush` sends what the door recorded and what waits in the batches, before an `os._exit`."""
    source = """
        import os
        import heliograph
        from opentelemetry import trace
        heliograph.configure(service_name="shop", metrics_exporters="none")
        with heliograph.span("door"):
            trace.get_tracer("shop").start_span("api").end()
        assert heliograph.flush()
        os._exit(0)
    """
    program(source, AWS_XRAY_DAEMON_ADDRESS=daemon.address)

    assert tree(daemon.wait_documents(2)) == {"shop": None, "api": "shop"}


@pytest.mark.parametrize(
    ("env", "told"),
    [
        pytest.param({"OTEL_TRACES_SAMPLER": "mine"}, "OTEL_TRACES_SAMPLER", id="sampler"),
        pytest.param({"OTEL_PROPAGATORS": "xray,ours"}, "OTEL_PROPAGATORS", id="propagator"),
        pytest.param(
            {"OTEL_TRACES_EXPORTER": "xray,nowhere"}, "OTEL_TRACES_EXPORTER", id="exporter"
        ),
    ],
)
def test_what_is_not_installed_is_told(program, daemon, env, told):
    """A name that nothing provides is told with the choices; everything else works."""
    source = """
        import heliograph
        heliograph.configure(service_name="shop", metrics_exporters="none")
        with heliograph.span("request"):  # a root is a segment, named after its service
            pass
    """
    done = program(source, AWS_XRAY_DAEMON_ADDRESS=daemon.address, **env)

    (line,) = [line for line in done.stderr.splitlines() if told in line]
    assert "available: " in line
    assert [d["name"] for d in daemon.wait_documents(1)] == ["shop"]


@pytest.mark.parametrize(
    ("given", "names"),
    [
        pytest.param('sampler="always_off"', [], id="always_off"),
        pytest.param('sampler="traceidratio", sampler_argument=0', [], id="ratio-0"),
        pytest.param(
            'sampler="parentbased_traceidratio", sampler_argument=1', ["shop", "shop"], id="ratio-1"
        ),
        pytest.param('sampler="always_on"', ["shop", "shop"], id="always_on"),
        pytest.param("disabled=True", [], id="disabled"),
    ],
)
def test_samplers(program, daemon, given, names):
    """The configured sampler decides for spans of the API and of the door alike."""
    source = f"""
        import heliograph
        from opentelemetry import trace
        heliograph.configure(service_name="shop", metrics_exporters="none", {given})
        trace.get_tracer("shop").start_span("api").end()
        with heliograph.span("door"):
            pass
        assert heliograph.flush()
    """
    program(source, AWS_XRAY_DAEMON_ADDRESS=daemon.address)

    if names:
        daemon.wait_documents(len(names))
    daemon.settle()
    assert sorted(d["name"] for d in daemon.documents) == names


def test_a_provider_set_before_stays(program):
    """A provider of the program's own is not replaced, and a line says what that means."""
    source = """
        from opentelemetry import trace
        from opentelemetry.sdk.trace import TracerProvider
        theirs = TracerProvider()
        trace.set_tracer_provider(theirs)
        import heliograph
        heliograph.configure(traces_exporters="none", metrics_exporters="none")
        assert trace.get_tracer_provider() is theirs
    """
    done = program(source)

    assert "a tracer or meter provider was set before heliograph.configure()" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_official_providers(program):
    """Providers are the SDK's own with its batch processor behind ours, and the global ones."""
    source = """
        import heliograph
        heliograph.configure(traces_exporters="console", metrics_exporters="none")
        from opentelemetry import metrics, trace
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        provider = trace.get_tracer_provider()
        assert type(provider) is TracerProvider
        _redacting, batch = provider._active_span_processor._span_processors
        assert type(batch) is BatchSpanProcessor
        assert type(metrics.get_meter_provider()) is MeterProvider
        trace_id = trace.get_tracer("shop").start_span("now").get_span_context().trace_id
        import time
        assert abs((trace_id >> 96) - time.time()) < 60, "an X-Ray trace id begins with the time"
    """
    assert program(source).stderr == ""


def test_resource_of_a_container(program):
    """In ECS the official detector's attributes are there, and the settings win over them."""
    container = {"DockerId": "d0", "ContainerARN": "arn:aws:ecs:eu-central-1:1:container/c/1/2"}
    task = {
        "Cluster": "shop", "TaskARN": "arn:aws:ecs:eu-central-1:1:task/c/1", "Family": "f",
        "Revision": "3", "LaunchType": "FARGATE", "AvailabilityZone": "eu-central-1a",
    }  # fmt: skip
    metadata = HttpServer(
        lambda request: Reply(
            200, json.dumps(task if "/task" in request.path else container).encode()
        )
    )
    source = """
        import heliograph
        heliograph.configure(traces_exporters="none", metrics_exporters="none", service_name="shop")
        from opentelemetry import trace
        print(trace.get_tracer_provider().resource.to_json(indent=None))
    """
    try:
        done = program(source, ECS_CONTAINER_METADATA_URI_V4=f"http://{metadata.address}")
    finally:
        metadata.close()

    attributes = json.loads(done.stdout)["attributes"]
    assert attributes["cloud.platform"] == "aws_ecs"
    assert attributes["aws.ecs.task.arn"] == task["TaskARN"]
    assert attributes["service.name"] == "shop"
    assert attributes["telemetry.distro.name"] == "heliograph"
