"""Presets: what each backend receives, checked by a server that answers under its name."""

import datetime as dt
import json
import re
import socket
import ssl
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.metrics import Counter, MeterProvider
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    InMemoryMetricReader,
    MetricExportResult,
)
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SpanExportResult

import heliograph
from heliograph.exporters import Setup
from heliograph.exporters.otlp import metric_exporter, span_exporter
from heliograph.exporters.presets import JSON, PROTOBUF, TABLE
from heliograph.settings.config import Config
from heliograph.settings.otlp import PRESETS

PAGE = Path(__file__).parents[2] / "docs" / "backends.md"
BEARER = {"authorization": "Bearer K3Y"}
BASIC = {"authorization": "Basic dXNlcjpLM1k="}
EXPECTED = {
    "axiom": ("K3Y", "shop", "https://api.axiom.co/v1/traces", "",
              {**BEARER, "x-axiom-dataset": "shop"}, JSON),
    "betterstack": ("K3Y", "s1.eu-nbg-2.betterstackdata.com",
                    "https://s1.eu-nbg-2.betterstackdata.com/v1/traces", "", BEARER, JSON),
    "coralogix": ("K3Y", "eu1.coralogix.com", "https://ingress.eu1.coralogix.com/v1/traces",
                  "https://ingress.eu1.coralogix.com/v1/metrics", BEARER, JSON),
    "dash0": ("K3Y", "eu-west-1.aws", "https://ingress.eu-west-1.aws.dash0.com/v1/traces",
              "https://ingress.eu-west-1.aws.dash0.com/v1/metrics", BEARER, PROTOBUF),
    "datadog": ("K3Y", "", "https://otlp.datadoghq.com/v1/traces",
                "https://otlp.datadoghq.com/v1/metrics", {"dd-api-key": "K3Y"}, JSON),
    "dynatrace": ("K3Y", "abc123", "https://abc123.live.dynatrace.com/api/v2/otlp/v1/traces",
                  "https://abc123.live.dynatrace.com/api/v2/otlp/v1/metrics",
                  {"authorization": "Api-Token K3Y"}, PROTOBUF),
    "elastic": ("K3Y", "x.ingest.eu-west-1.aws.elastic.cloud",
                "https://x.ingest.eu-west-1.aws.elastic.cloud/v1/traces",
                "https://x.ingest.eu-west-1.aws.elastic.cloud/v1/metrics",
                {"authorization": "ApiKey K3Y"}, PROTOBUF),
    "grafana": ("user:K3Y", "prod-eu-west-2",
                "https://otlp-gateway-prod-eu-west-2.grafana.net/otlp/v1/traces",
                "https://otlp-gateway-prod-eu-west-2.grafana.net/otlp/v1/metrics", BASIC, JSON),
    "honeycomb": ("K3Y", "", "https://api.honeycomb.io/v1/traces",
                  "https://api.honeycomb.io/v1/metrics", {"x-honeycomb-team": "K3Y"}, JSON),
    "jaeger": ("", "", "http://localhost:4318/v1/traces", "", {}, JSON),
    "langfuse": ("user:K3Y", "", "https://cloud.langfuse.com/api/public/otel/v1/traces", "",
                 {**BASIC, "x-langfuse-ingestion-version": "4"}, JSON),
    "lightstep": ("K3Y", "", "https://ingest.lightstep.com/traces/otlp/v0.9",
                  "https://ingest.lightstep.com/metrics/otlp/v0.9",
                  {"lightstep-access-token": "K3Y"}, JSON),
    "logfire": ("K3Y", "eu", "https://logfire-eu.pydantic.dev/v1/traces",
                "https://logfire-eu.pydantic.dev/v1/metrics", {"authorization": "K3Y"}, JSON),
    "newrelic": ("K3Y", "otlp.eu01.nr-data.net", "https://otlp.eu01.nr-data.net/v1/traces",
                 "https://otlp.eu01.nr-data.net/v1/metrics", {"api-key": "K3Y"}, JSON),
    "observe": ("K3Y", "123", "https://123.collect.observeinc.com/v2/otel/v1/traces", "", BEARER,
                PROTOBUF),
    "sentry": ("K3Y", "https://o1.ingest.us.sentry.io/api/2/",
               "https://o1.ingest.us.sentry.io/api/2/integration/otlp/v1/traces", "",
               {"x-sentry-auth": "sentry sentry_key=K3Y"}, JSON),
    "signoz": ("K3Y", "eu", "https://ingest.eu.signoz.cloud/v1/traces",
               "https://ingest.eu.signoz.cloud/v1/metrics", {"signoz-ingestion-key": "K3Y"},
               PROTOBUF),
    "splunk": ("K3Y", "eu0", "https://ingest.eu0.signalfx.com/v2/trace/otlp",
               "https://ingest.eu0.signalfx.com/v2/datapoint/otlp", {"x-sf-token": "K3Y"},
               PROTOBUF),
    "uptrace": ("https://K3Y@api.uptrace.dev?grpc=4317", "", "https://api.uptrace.dev/v1/traces",
                "https://api.uptrace.dev/v1/metrics",
                {"uptrace-dsn": "https://K3Y@api.uptrace.dev?grpc=4317"}, PROTOBUF),
}  # fmt: skip
"""By preset: key and site that are set, what they make: URLs, headers, protocol."""

TRANSPORT = {"host", "content-length", "content-type", "user-agent", "accept-encoding",
             "connection", "content-encoding"}  # fmt: skip
"""Headers that every request has."""


class Backend(BaseHTTPRequestHandler):
    """Keeps what arrives; answers 401 to all but the right key, where the server has one."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers["content-length"]))
        scheme = "https" if isinstance(self.connection, ssl.SSLSocket) else "http"
        self.server.seen.append((f"{scheme}://{headers['host']}{self.path}", headers, body))
        right = self.server.key is None or self.server.key in headers.values()
        self.send_response(200 if right else 401)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate of all hosts of the table, which is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "backends")])
    hosts = {urlsplit(url).hostname for row in EXPECTED.values() for url in row[2:4] if url}
    now = dt.datetime.now(dt.timezone.utc)
    usage = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
         "crl_sign", "encipher_only", "decipher_only"), False,
    )  # fmt: skip
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(h) for h in sorted(hosts)]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=True, key_cert_sign=True, **usage), critical=True
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.fixture
def internet(certificate, monkeypatch):
    """Two servers behind every name: one with TLS, which is port 443, and one without."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    plain, secure = (ThreadingHTTPServer(("127.0.0.1", 0), Backend) for _ in range(2))
    secure.socket = context.wrap_socket(secure.socket, server_side=True)
    plain.seen = secure.seen = seen = []
    plain.key = secure.key = None
    threads = [Thread(target=one.serve_forever, args=(0.01,)) for one in (plain, secure)]
    for thread in threads:
        thread.start()
    real = socket.getaddrinfo

    def getaddrinfo(host, port, *args, **more):
        here = (secure if port == 443 else plain).server_port
        return real("127.0.0.1", port if host == "127.0.0.1" else here, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    secure.certificate, secure.plain = str(certificate), f"http://127.0.0.1:{plain.server_port}"
    yield secure
    for server, thread in zip((plain, secure), threads, strict=True):
        server.shutdown()
        thread.join()
        server.server_close()
    assert seen is secure.seen


@pytest.fixture(scope="module")
def spans():
    """One ended span."""
    span = TracerProvider(shutdown_on_exit=False).get_tracer("tests").start_span("work")
    span.end()
    return [span]


@pytest.fixture(scope="module")
def metrics():
    """One counter."""
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], shutdown_on_exit=False)
    provider.get_meter("tests").create_counter("orders").add(1)
    return reader.get_metrics_data()


def named(protocol, signal, body):
    """Return the names of the spans or metrics in a body."""
    if protocol == JSON:
        found = json.loads(body)
        kind, inner, name = {
            "traces": ("resourceSpans", "scopeSpans", "spans"),
            "metrics": ("resourceMetrics", "scopeMetrics", "metrics"),
        }[signal]
        return [one["name"] for r in found[kind] for s in r[inner] for one in s[name]]
    if signal == "traces":
        request = ExportTraceServiceRequest.FromString(body)
        return [one.name for r in request.resource_spans for s in r.scope_spans for one in s.spans]
    request = ExportMetricsServiceRequest.FromString(body)
    return [
        one.name for r in request.resource_metrics for s in r.scope_metrics for one in s.metrics
    ]


def environ(name, internet, **more):
    """Return the variables that set a preset up."""
    key, site = EXPECTED[name][:2]
    found = {
        "HELIOGRAPH_PRESET": name,
        "HELIOGRAPH_PRESET_KEY": key,
        "HELIOGRAPH_PRESET_SITE": site,
        "OTEL_EXPORTER_OTLP_CERTIFICATE": internet.certificate,
    }
    return {**found, **more}


def test_every_preset_is_here():
    """The table of this test, which was written by the vendors' pages, has every row."""
    assert set(EXPECTED) == set(TABLE) == set(PRESETS)
    takes = {name: tuple(s for s in ("traces", "metrics") if getattr(row, s))
             for name, row in TABLE.items()}  # fmt: skip
    assert takes == PRESETS


@pytest.mark.parametrize("name", EXPECTED)
def test_traces_arrive(name, internet, spans, caplog):
    """Spans arrive at the address of the vendor, with its headers, in a form that it takes."""
    _, _, url, _, headers, protocol = EXPECTED[name]
    exporter = span_exporter(Setup(Config.read(environ(name, internet))))
    assert exporter.export(spans) is SpanExportResult.SUCCESS
    exporter.shutdown()
    [(arrived, got, body)] = internet.seen
    assert arrived == url
    assert {key: got[key] for key in got.keys() - TRANSPORT} == headers
    assert got["content-type"] == {JSON: "application/json"}.get(protocol, "application/x-protobuf")
    assert named(protocol, "traces", body) == ["work"]
    assert caplog.messages == []


@pytest.mark.parametrize("name", [name for name in EXPECTED if EXPECTED[name][3]])
def test_metrics_arrive(name, internet, metrics, caplog):
    """Metrics arrive likewise, as increments where the vendor takes nothing else."""
    _, _, _, url, headers, protocol = EXPECTED[name]
    exporter = metric_exporter(Setup(Config.read(environ(name, internet))))
    assert exporter.export(metrics) is MetricExportResult.SUCCESS
    exporter.shutdown()
    [(arrived, got, body)] = internet.seen
    assert arrived == url
    assert {key: got[key] for key in got.keys() - TRANSPORT} == headers
    assert named(protocol, "metrics", body) == ["orders"]
    delta = exporter._preferred_temporality[Counter] is AggregationTemporality.DELTA
    assert delta is (name in ("datadog", "dynatrace", "newrelic"))
    assert caplog.messages == []


@pytest.mark.parametrize("name", [name for name in EXPECTED if not EXPECTED[name][3]])
def test_backend_without_metrics(name, internet, caplog):
    """A backend that takes no metrics gets none, and a line says so."""
    assert metric_exporter(Setup(Config.read(environ(name, internet)))) is None
    [line] = caplog.messages
    assert "metrics" in line


def test_key_that_is_not_needed(internet, spans):
    """A key for a backend without one is sent nowhere."""
    given = environ("jaeger", internet, HELIOGRAPH_PRESET_KEY="K3Y")
    exporter = span_exporter(Setup(Config.read(given)))
    assert exporter.export(spans) is SpanExportResult.SUCCESS
    exporter.shutdown()
    assert "K3Y" not in str(internet.seen)


BEATEN = [
    pytest.param({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://proxy:8080/in"},
                 "http://proxy:8080/in/v1/traces", {"x-honeycomb-team": "K3Y"}, id="endpoint"),
    pytest.param({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://proxy:8080/in"},
                 "http://proxy:8080/in", {"x-honeycomb-team": "K3Y"}, id="endpoint of traces"),
    pytest.param({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://proxy:8080/in"},
                 "https://api.honeycomb.io/v1/traces", {"x-honeycomb-team": "K3Y"},
                 id="endpoint of metrics"),
    pytest.param({"OTEL_EXPORTER_OTLP_HEADERS": "X-Honeycomb-Team=other"},
                 "https://api.honeycomb.io/v1/traces", {"x-honeycomb-team": "other"}, id="header"),
    pytest.param({"OTEL_EXPORTER_OTLP_HEADERS": "x-honeycomb-dataset=d"},
                 "https://api.honeycomb.io/v1/traces",
                 {"x-honeycomb-team": "K3Y", "x-honeycomb-dataset": "d"}, id="another header"),
]  # fmt: skip


@pytest.mark.parametrize(("more", "url", "headers"), BEATEN)
def test_variables_beat_the_preset(more, url, headers, internet, spans):
    """What an `OTEL_EXPORTER_OTLP_*` variable says is used; the preset fills in the rest."""
    exporter = span_exporter(Setup(Config.read(environ("honeycomb", internet, **more))))
    assert exporter.export(spans) is SpanExportResult.SUCCESS
    exporter.shutdown()
    [(arrived, got, _)] = internet.seen
    assert arrived == url
    assert {key: got[key] for key in got.keys() - TRANSPORT} == headers


@pytest.mark.parametrize(
    ("preset", "asked", "expected"),
    [
        ("honeycomb", "http/protobuf", "application/x-protobuf"),
        ("uptrace", "http/json", "application/json"),
        ("uptrace", "", "application/x-protobuf"),
    ],
)
def test_protocol_beats_the_preset(preset, asked, expected, internet, spans):
    """A protocol that is set is used, the default's name too."""
    config = Config.read(environ(preset, internet, OTEL_EXPORTER_OTLP_PROTOCOL=asked))
    exporter = span_exporter(Setup(config))
    assert exporter.export(spans) is SpanExportResult.SUCCESS
    exporter.shutdown()
    assert internet.seen[0][1]["content-type"] == expected


EXPORTERS = [
    pytest.param({}, {}, ("xray",), ("emf",), id="no preset"),
    pytest.param({"HELIOGRAPH_PRESET": "honeycomb"}, {}, ("xray", "otlp"), ("emf", "otlp"),
                 id="both"),
    pytest.param({"HELIOGRAPH_PRESET": "jaeger"}, {}, ("xray", "otlp"), ("emf",), id="traces only"),
    pytest.param({"HELIOGRAPH_PRESET": "honeycomb", "OTEL_TRACES_EXPORTER": "xray"}, {},
                 ("xray",), ("emf", "otlp"), id="traces are set"),
    pytest.param({"HELIOGRAPH_PRESET": "honeycomb", "OTEL_METRICS_EXPORTER": "none"}, {},
                 ("xray", "otlp"), ("none",), id="metrics are set"),
    pytest.param({}, {"preset": "honeycomb", "traces_exporters": "xray"}, ("xray",),
                 ("emf", "otlp"), id="set in code"),
    pytest.param({"HELIOGRAPH_PRESET": "honeycomb"}, {"preset": ""}, ("xray",), ("emf",),
                 id="taken back in code"),
    pytest.param({"HELIOGRAPH_PRESET": "honey"}, {}, ("xray",), ("emf",), id="misspelled"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "code", "traces", "metrics"), EXPORTERS)
def test_exporters(given, code, traces, metrics):
    """A preset adds `otlp` to the exporters of what its backend takes, unless those are set."""
    config = Config.read(given, code)
    assert (config.traces_exporters, config.metrics_exporters) == (traces, metrics)


@pytest.mark.parametrize("preset", ["", "honeycomb"])
def test_what_is_loaded_before_the_response(preset):
    """A preset costs the cold start one small module; without one nothing more is loaded."""
    code = """
import sys, heliograph.settings.config as config
before = set(sys.modules)
config.Config.read({"HELIOGRAPH_PRESET": sys.argv[1]})
print(*sorted(set(sys.modules) - before))
"""
    command = [sys.executable, "-S", "-c", code, preset]
    source = Path(heliograph.__file__).parents[1]
    done = subprocess.run(
        command, env={"PYTHONPATH": str(source)}, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == (["heliograph.settings.otlp"] if preset else [])


def test_misspelled(caplog):
    """A preset that there is not is told once, with those that there are."""
    assert Config.read({"HELIOGRAPH_PRESET": "honey"}).preset == ""
    [line] = caplog.messages
    assert line == (
        "heliograph: HELIOGRAPH_PRESET='honey' is not usable: it must be one of "
        f"{', '.join(TABLE)}. Used instead: nothing."
    )


@pytest.mark.parametrize("site", ["", "a b", "https://", "evil.com#"])
def test_missing_site(site, internet, caplog):
    """A site that is missing, or that makes no address, is told with what it is at that vendor."""
    given = environ("grafana", internet, HELIOGRAPH_PRESET_SITE=site)
    assert span_exporter(Setup(Config.read(given))) is None
    assert caplog.messages[0].startswith("heliograph: HELIOGRAPH_PRESET_SITE=")
    assert "must be the zone of the stack, such as `prod-eu-west-2`" in caplog.messages[0]


KEYLESS = [
    pytest.param({}, True, id="no key"),
    pytest.param({"HELIOGRAPH_PRESET": "jaeger"}, False, id="none needed"),
    pytest.param({"HELIOGRAPH_PRESET_KEY": "K3Y"}, False, id="key"),
    pytest.param({"OTEL_EXPORTER_OTLP_HEADERS": "api-key=K3Y"}, False, id="header"),
    pytest.param({"HELIOGRAPH_OTLP_HEADERS_SECRET": "arn"}, False, id="secret"),
]


@pytest.mark.parametrize(("given", "told"), KEYLESS)
def test_missing_key(given, told, caplog):
    """A preset without a key is told with what the key is at that vendor, and is tried."""
    exporter = span_exporter(Setup(Config.read({"HELIOGRAPH_PRESET": "newrelic", **given})))
    assert exporter is not None
    exporter.shutdown()
    line = (
        "heliograph: HELIOGRAPH_PRESET=newrelic has no key: set HELIOGRAPH_PRESET_KEY to the "
        "license key, or name a secret in HELIOGRAPH_OTLP_HEADERS_SECRET."
    )
    assert caplog.messages == [line] * told


def test_unusable_key(caplog):
    """A key that no header takes is left out, and not shown."""
    exporter = span_exporter(
        Setup(Config.read({"HELIOGRAPH_PRESET": "newrelic", "HELIOGRAPH_PRESET_KEY": "K3\nY"}))
    )
    exporter.shutdown()
    assert caplog.messages == [
        "heliograph: HELIOGRAPH_PRESET_KEY has characters that no header takes."
    ]


def test_documentation():
    """The table of docs/backends.md is the table of the code."""
    rows = re.findall(
        r"^\| `(\w+)` \| \[(.+?)\]\((.+?)\) \| (.*?) \| (.*?) \| (.*?) \| (.*?) \|$",
        PAGE.read_text(),
        re.MULTILINE,
    )
    assert rows == [
        (
            name,
            row.title,
            row.page,
            row.key or "none",
            (f"{row.about} (`{row.site}`)" if row.site else row.about) or "none",
            ", ".join(signal for signal in ("traces", "metrics") if getattr(row, signal)),
            f"`{row.protocol}`",
        )
        for name, row in TABLE.items()
    ]
