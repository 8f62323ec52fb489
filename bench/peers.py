"""The peers: what each one is made of, and how a function is instrumented with it."""

from __future__ import annotations

from dataclasses import dataclass, field

_INSTRUMENTORS = (
    "aws-lambda", "botocore", "boto3sqs", "requests", "aiohttp-client", "asgi", "dbapi", "django",
    "fastapi", "flask", "grpc", "jinja2", "psycopg2", "pymongo", "pymysql", "redis", "sqlalchemy",
    "sqlite3", "starlette", "wsgi",
)  # fmt: skip

LAYERS: dict[str, tuple[str, ...]] = {
    "otelapi": ("opentelemetry-api",),
    "task": ("requests",),
    "clients": ("httpx", "redis", "sqlalchemy<2.1"),
    "xraysdk": ("aws-xray-sdk",),
    "powertools": ("aws-lambda-powertools[tracer]",),
    "lite": ("lambda-otel-lite",),
    "lite-instrumented": (
        "lambda-otel-lite",
        "opentelemetry-instrumentation-botocore",
        "opentelemetry-instrumentation-requests",
    ),
    "datadog": ("datadog-lambda",),
    "upstream": (
        "opentelemetry-distro",
        "opentelemetry-exporter-otlp-proto-http",
        "opentelemetry-propagator-aws-xray",
        *(f"opentelemetry-instrumentation-{library}" for library in _INSTRUMENTORS),
    ),
    "adot": ("aws-opentelemetry-distro",),
}
"""What is installed for each layer, into every function (`task`), and into the one that uses these
libraries (`clients`); pinned in `locks/`."""

LEFT_OUT: dict[str, tuple[str, ...]] = {
    "adot": (
        "grpcio",
        "opentelemetry-exporter-otlp-proto-grpc",
        "opentelemetry-instrumentation-system-metrics",
        "psutil",
    ),
}
"""What a vendor's own layer leaves out of its package's dependencies."""

SINCE = {"lite": "3.12", "lite-instrumented": "3.12"}
"""The oldest Python of a layer that does not serve all of ours."""

_ADOT_OFF = (
    "aio-pika,aiohttp-client,aiohttp-server,aiopg,asgi,asyncio,asyncpg,boto,boto3,cassandra,celery,"
    "confluent_kafka,dbapi,django,falcon,fastapi,flask,grpc_client,grpc_server,httpx,jinja2,kafka,"
    "logging,mysql,mysqlclient,pika,psycopg,psycopg2,pymemcache,pymongo,pymysql,pyramid,redis,"
    "remoulade,requests,sqlalchemy,sqlite3,starlette,system_metrics,threading,tornado,tortoiseorm,"
    "wsgi,openai_agents,aws-lambda"
)
"""`OTEL_PYTHON_DISABLED_INSTRUMENTATIONS` as the exec wrapper of its layer sets it."""

_LITE = """\
from lambda_otel_lite import create_traced_handler, init_telemetry
_, completion = init_telemetry()
"""
_LITE_AFTER = "handler = create_traced_handler('handler', completion)(handler)\n"
_INSTRUMENTED = """\
from opentelemetry.instrumentation.botocore import BotocoreInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
BotocoreInstrumentor().instrument()
RequestsInstrumentor().instrument()
"""
_NO_METRIC = """\
def metric(name, value, shelf):
    pass
"""
_OUR_METRIC = """\
import heliograph
def metric(name, value, shelf):
    heliograph.metric(name, value, unit="Count", shelf=shelf)
"""
_OTEL_METRIC = """\
from opentelemetry import metrics
counter = metrics.get_meter("busy").create_counter("items", unit="1")
def metric(name, value, shelf):
    counter.add(value, {"shelf": shelf})
"""
_POWERTOOLS_METRIC = """\
def metric(name, value, shelf):
    metrics.add_metric(name=name, unit="Count", value=value)
    metrics.add_metadata(key="shelf", value=shelf)
"""
_DATADOG_METRIC = """\
from datadog_lambda.metric import lambda_metric
def metric(name, value, shelf):
    lambda_metric(name, value, tags=[f"shelf:{shelf}"])
"""


@dataclass(frozen=True)
class Peer:
    """One way to instrument a function.

    Attributes:
        name: Its short name, on the command line.
        title: Its name in the results.
        layer: Its layer, a key of `LAYERS`; "" for none, "ours" for the one that is built here.
        env: Variables that a user sets for it; what its own wrapper sets is among them.
        otel_env: Those beside them for spans of the OpenTelemetry API.
        handler: What `_HANDLER` says.
        before, after: Lines that its users write before and after their own.
        metric: Lines that make the `metric` which `busy` calls: what the peer's users call.
        attached: It wraps the handler by `attach.py`, as OpenTelemetry layers do.
        starts: How many starts tell its figures: differences of hundreds of ms need fewer.
    """

    name: str
    title: str
    layer: str
    env: dict[str, str] = field(default_factory=dict)
    otel_env: dict[str, str] = field(default_factory=dict)
    handler: str = "app.handler"
    before: str = ""
    after: str = ""
    metric: str = _NO_METRIC
    attached: bool = False
    starts: int = 25


ALL = ("hello", "orders", "otel_api", "busy", "clients")
"""The workloads, a file each in `workloads/`; every peer is measured with every one."""
BARE = Peer("bare", "bare function", "")
OURS = Peer(
    "heliograph",
    "Heliograph",
    "ours",
    {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/heliograph"},
    metric=_OUR_METRIC,
)
PEERS = (
    BARE,
    OURS,
    Peer(
        "eager",
        "Heliograph, eager",
        "ours",
        {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/heliograph", "HELIOGRAPH_START": "eager"},
        metric=_OUR_METRIC,
    ),
    Peer(
        "xraysdk",
        "X-Ray SDK",
        "xraysdk",
        before="from aws_xray_sdk.core import patch_all\npatch_all()\n",
    ),
    Peer(
        "powertools",
        "Powertools",
        "powertools",
        before=(
            "from aws_lambda_powertools import Metrics, Tracer\n"
            "powertools_tracer = Tracer(service='bench')\n"
            "metrics = Metrics(namespace='Bench', service='bench')\n"
        ),
        after=(
            "handler = metrics.log_metrics(capture_cold_start_metric=True)("
            "powertools_tracer.capture_lambda_handler(handler))\n"
        ),
        metric=_POWERTOOLS_METRIC,
        starts=13,
    ),
    Peer(
        "lite",
        "lambda-otel-lite",
        "lite",
        before=_LITE,
        after=_LITE_AFTER,
        metric=_OTEL_METRIC,
        starts=13,
    ),
    Peer(  # it records no call by itself: so it does what the others do
        "liteboth",
        "lambda-otel-lite with instrumentors",
        "lite-instrumented",
        before=_LITE + _INSTRUMENTED,
        after=_LITE_AFTER,
        metric=_OTEL_METRIC,
        starts=13,
    ),
    Peer(
        "datadog",
        "Datadog",
        "datadog",
        {
            "DD_LAMBDA_HANDLER": "app.handler",
            "DD_TRACE_ENABLED": "true",
            "DD_API_KEY": "x",
            "DD_FLUSH_TO_LOG": "true",
        },
        {"DD_TRACE_OTEL_ENABLED": "true"},
        handler="datadog_lambda.handler.handler",
        metric=_DATADOG_METRIC,
        starts=7,
    ),
    Peer(
        "upstream",
        "OpenTelemetry layer",
        "upstream",
        {
            "AWS_LAMBDA_EXEC_WRAPPER": "/opt/exec",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_PROPAGATORS": "tracecontext,baggage,xray",
        },
        metric=_OTEL_METRIC,
        attached=True,
        starts=7,
    ),
    Peer(
        "adotfast",
        "ADOT, fast start",
        "adot",
        {
            "AWS_LAMBDA_EXEC_WRAPPER": "/opt/exec",
            "OTEL_AWS_LAMBDA_FAST_START": "true",
            "OTEL_AWS_APPLICATION_SIGNALS_ENABLED": "true",
        },
        metric=_OTEL_METRIC,
        attached=True,
        starts=13,
    ),
    Peer(
        "adot",
        "ADOT",
        "adot",
        {
            "AWS_LAMBDA_EXEC_WRAPPER": "/opt/exec",
            "OTEL_PYTHON_DISTRO": "aws_distro",
            "OTEL_PYTHON_CONFIGURATOR": "aws_configurator",
            "OTEL_METRICS_EXPORTER": "none",
            "OTEL_LOGS_EXPORTER": "none",
            "OTEL_AWS_APPLICATION_SIGNALS_ENABLED": "true",
            "OTEL_AWS_APPLICATION_SIGNALS_RUNTIME_ENABLED": "false",
            "OTEL_PROPAGATORS": "baggage,xray,tracecontext",
            "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": _ADOT_OFF,
        },
        metric=_OTEL_METRIC,
        attached=True,
        starts=7,
    ),
)
"""Every peer, the bare function first: the others are told over it."""
