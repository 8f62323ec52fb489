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
    "xraysdk": ("aws-xray-sdk",),
    "powertools": ("aws-lambda-powertools[tracer]",),
    "lite": ("lambda-otel-lite",),
    "datadog": ("datadog-lambda",),
    "upstream": (
        "opentelemetry-distro",
        "opentelemetry-exporter-otlp-proto-http",
        "opentelemetry-propagator-aws-xray",
        *(f"opentelemetry-instrumentation-{library}" for library in _INSTRUMENTORS),
    ),
    "adot": ("aws-opentelemetry-distro",),
}
"""What is installed for each layer, and into every function (`task`); pinned in `locks/`."""

LEFT_OUT: dict[str, tuple[str, ...]] = {
    "adot": (
        "grpcio",
        "opentelemetry-exporter-otlp-proto-grpc",
        "opentelemetry-instrumentation-system-metrics",
        "psutil",
    ),
}
"""What a vendor's own layer leaves out of its package's dependencies."""

SINCE = {"lite": "3.12"}
"""The oldest Python of a layer that does not serve all of ours."""

_ADOT_OFF = (
    "aio-pika,aiohttp-client,aiohttp-server,aiopg,asgi,asyncio,asyncpg,boto,boto3,cassandra,celery,"
    "confluent_kafka,dbapi,django,falcon,fastapi,flask,grpc_client,grpc_server,httpx,jinja2,kafka,"
    "logging,mysql,mysqlclient,pika,psycopg,psycopg2,pymemcache,pymongo,pymysql,pyramid,redis,"
    "remoulade,requests,sqlalchemy,sqlite3,starlette,system_metrics,threading,tornado,tortoiseorm,"
    "wsgi,openai_agents,aws-lambda"
)
"""`OTEL_PYTHON_DISABLED_INSTRUMENTATIONS` as the exec wrapper of its layer sets it."""


@dataclass(frozen=True)
class Peer:
    """One way to instrument a function.

    Attributes:
        name: Its short name, on the command line.
        title: Its name in the results.
        layer: Its layer, a key of `LAYERS`; "" for none, "ours" for the one that is built here.
        env: Variables that a user sets for it; what its own wrapper sets is among them.
        handler: What `_HANDLER` says.
        before, after: Lines that its users write before and after their own.
        attached: It wraps the handler by `attach.py`, as OpenTelemetry layers do.
        workloads: Those it is measured with by default.
        starts: How many starts tell its least: differences of hundreds of ms need fewer.
    """

    name: str
    title: str
    layer: str
    env: dict[str, str] = field(default_factory=dict)
    handler: str = "app.handler"
    before: str = ""
    after: str = ""
    attached: bool = False
    workloads: tuple[str, ...] = ("hello", "orders")
    starts: int = 25


ALL = ("hello", "orders", "otel_api", "busy")
"""The workloads, a file each in `workloads/`."""
BARE = Peer("bare", "bare function", "", workloads=ALL)
OURS = Peer(
    "heliograph",
    "Heliograph",
    "ours",
    {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/heliograph"},
    workloads=ALL,
)
PEERS = (
    BARE,
    OURS,
    Peer(
        "eager",
        "Heliograph, eager",
        "ours",
        {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/heliograph", "HELIOGRAPH_START": "eager"},
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
            "tracer = Tracer(service='bench')\n"
            "metrics = Metrics(namespace='Bench', service='bench')\n"
        ),
        after=(
            "handler = metrics.log_metrics(capture_cold_start_metric=True)("
            "tracer.capture_lambda_handler(handler))\n"
        ),
        starts=13,
    ),
    Peer(
        "lite",
        "lambda-otel-lite",
        "lite",
        before=(
            "from lambda_otel_lite import create_traced_handler, init_telemetry\n"
            "_, completion = init_telemetry()\n"
        ),
        after="handler = create_traced_handler('handler', completion)(handler)\n",
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
        handler="datadog_lambda.handler.handler",
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
        attached=True,
        starts=7,
    ),
)
"""Every peer, the bare function first: the others are told over it."""


def layer_of(peer: Peer, workload: str) -> str:
    """Return the layer of a variant: the bare function needs the API that it imports itself."""
    return "otelapi" if peer is BARE and workload == "otel_api" else peer.layer
