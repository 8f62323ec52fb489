"""Backends of OTLP on loopback: a real HTTP or HTTPS server, and a real gRPC server."""

from __future__ import annotations

import gzip
import ipaddress
import socket
import ssl
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics_service
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2_grpc as metrics_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as trace_service
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc as trace_grpc
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Link, SpanKind, Status, StatusCode

from heliograph.settings.config import Config

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Request(NamedTuple):
    """A request as it arrived; the body decompressed."""

    path: str
    headers: dict[str, str]
    body: bytes
    connection: int


class Handler(BaseHTTPRequestHandler):
    """Keeps requests, and answers as it is told to."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def setup(self) -> None:
        super().setup()
        self.server.backend.connections += 1
        self.number = self.server.backend.connections
        self.server.backend.open.append(self.connection)

    def do_POST(self) -> None:
        backend = self.server.backend
        body = self.rfile.read(int(self.headers["content-length"]))
        unpack = {"gzip": gzip.decompress, "deflate": zlib.decompress, None: bytes}
        body = unpack[self.headers["content-encoding"]](body)
        headers = {name.lower(): value for name, value in self.headers.items()}
        backend.requests.append(Request(self.path, headers, body, self.number))
        status, more, content = backend.answers.pop(0) if backend.answers else (200, {}, b"")
        if status == 0:  # says nothing, and hangs up
            self.close_connection = True
            return
        if status < 0:  # is silent until the test is over
            backend.over.wait(20)
            return
        self.send_response(status)
        for name, value in {"content-length": str(len(content)), **more}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST  # noqa: N815 - the base's name

    def log_message(self, *_: object) -> None:
        """Keep aws_calls."""


class Server(ThreadingHTTPServer):
    """Ends quietly when a client hangs up or does not trust it."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Keep aws_calls."""


class Backend:
    """An OTLP backend over HTTP.

    Attributes:
        requests: What has arrived.
        answers: (status, headers, body) of the next ones; then 200. Status 0 hangs up.
        connections: How many were opened.
    """

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.requests: list[Request] = []
        self.answers: list[tuple[int, dict[str, str], bytes]] = []
        self.connections = 0
        self.open: list[socket.socket] = []
        self.over = threading.Event()
        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.backend = self
        if context is not None:  # the handshake is in the handler's thread
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        scheme = "https" if context else "http"
        self.url = f"{scheme}://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def hang_up(self) -> None:
        """Close every connection, as a load balancer does with idle ones."""
        for one in self.open:
            one.close() if one.fileno() < 0 else _shut(one)
        self.open.clear()

    def close(self) -> None:
        """Stop."""
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self.hang_up()


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        connection.close()


@pytest.fixture
def backend() -> Iterator[Backend]:
    """A backend without TLS."""
    made = Backend()
    yield made
    made.close()


class Certificates(NamedTuple):
    """Files in PEM: of a CA, and of a server and a client that it vouches for."""

    ca: str
    server: str
    server_key: str
    client: str
    client_key: str
    both: str
    """The client's certificate and key in one file."""


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Make a CA and what it signs."""
    folder = tmp_path_factory.mktemp("certificates")
    ca_key, ca = signed("Test CA", None, None)
    made = {"ca": write(folder / "ca.pem", ca.public_bytes(serialization.Encoding.PEM))}
    for name in ("server", "client"):
        key, certificate = signed(name, ca_key, ca)
        text = certificate.public_bytes(serialization.Encoding.PEM)
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        made[name] = write(folder / f"{name}.pem", text)
        made[f"{name}_key"] = write(folder / f"{name}.key", private)
        made["both"] = write(folder / "both.pem", text + private)
    return Certificates(**made)


def write(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    return str(path)


def signed(name: str, issuer_key: Any, issuer: Any) -> tuple[Any, Any]:
    """Return a key and its certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if issuer is None:
        usage = x509.KeyUsage(
            digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False,
            key_encipherment=False, data_encipherment=False, key_agreement=False,
            encipher_only=False, decipher_only=False,
        )  # fmt: skip
        builder = builder.add_extension(usage, critical=True)
    else:
        local = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        names = x509.SubjectAlternativeName([local, x509.DNSName("localhost")])
        above = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
        builder = builder.add_extension(names, critical=False)
        builder = builder.add_extension(above, critical=False)
    return key, builder.sign(issuer_key or key, hashes.SHA256())


@pytest.fixture
def secure(certificates: Certificates) -> Iterator[Backend]:
    """A backend with a certificate of a CA that no system knows, which wants a client's."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server, certificates.server_key)
    context.load_verify_locations(certificates.ca)
    context.verify_mode = ssl.CERT_REQUIRED
    made = Backend(context)
    yield made
    made.close()


class GrpcBackend(trace_grpc.TraceServiceServicer, metrics_grpc.MetricsServiceServicer):
    """An OTLP backend over gRPC.

    Attributes:
        requests: Messages that have arrived.
        metadata: What came with each.
        failures: (code, details, trailing metadata) of the next answers.
        partial: Fields of `partial_success` in the answers.
    """

    def __init__(self, port: int = 0, certificates: Certificates | None = None) -> None:
        self.requests: list[Any] = []
        self.metadata: list[dict[str, str]] = []
        self.failures: list[tuple[Any, str, tuple[tuple[str, bytes], ...]]] = []
        self.partial: dict[str, Any] = {}
        self._server = grpc.server(ThreadPoolExecutor(2), options=(("grpc.so_reuseport", 0),))
        trace_grpc.add_TraceServiceServicer_to_server(self, self._server)
        metrics_grpc.add_MetricsServiceServicer_to_server(self, self._server)
        if certificates is None:
            self.port = self._server.add_insecure_port(f"127.0.0.1:{port}")
        else:
            pairs = [(read(certificates.server_key), read(certificates.server))]
            credentials = grpc.ssl_server_credentials(pairs, read(certificates.ca), True)
            self.port = self._server.add_secure_port(f"127.0.0.1:{port}", credentials)
        self._server.start()

    def Export(self, request: Any, context: Any) -> Any:  # noqa: N802 - the service's name
        self.requests.append(request)
        self.metadata.append(dict(context.invocation_metadata()))
        if self.failures:
            code, details, trailing = self.failures.pop(0)
            context.set_trailing_metadata(trailing)
            context.abort(code, details)
        is_trace = isinstance(request, trace_service.ExportTraceServiceRequest)
        service = trace_service if is_trace else metrics_service
        name = f"Export{'Trace' if is_trace else 'Metrics'}ServiceResponse"
        answer = getattr(service, name)()
        for field, value in self.partial.items():
            setattr(answer.partial_success, field, value)
        return answer

    def close(self) -> None:
        self._server.stop(None).wait(5)


def read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


@pytest.fixture
def grpc_backend() -> Iterator[GrpcBackend]:
    """A backend over gRPC without TLS."""
    made = GrpcBackend()
    yield made
    made.close()


class Some(NamedTuple):
    """Spans of every kind, and metrics of every instrument."""

    spans: list[Any]
    metrics: Any


@pytest.fixture(scope="session")
def some() -> Some:
    """Spans with all they can have, of two scopes and two resources; and metrics."""
    spans = []
    for service in ("shop", "cart"):
        provider = TracerProvider(resource=Resource({"service.name": service, "n": 1}))
        tracer = provider.get_tracer("scope", "1.0", "https://example.com/schema", {"a": True})
        with tracer.start_as_current_span("parent", kind=SpanKind.SERVER) as parent:
            link = Link(parent.get_span_context(), {"why": "because"})
            other = provider.get_tracer("other")
            child = other.start_span("child ü", kind=SpanKind.CLIENT, links=[link])
            child.set_attributes(
                {"text": "ü\n", "int": -(2**62), "float": 0.1, "yes": True, "list": ["a", "b"]}
            )
            child.add_event("event", {"n": 1.5}, timestamp=1_700_000_000_000_000_001)
            child.record_exception(ValueError("wrong"))
            child.set_status(Status(StatusCode.ERROR, "bad"))
            child.end()
        parent.set_status(StatusCode.OK)
        spans += [child, parent]
    reader = InMemoryMetricReader()
    meter = MeterProvider([reader], Resource({"service.name": "shop"})).get_meter("scope", "2")
    meter.create_counter("count", "1", "how many").add(3, {"k": "v"})
    meter.create_up_down_counter("open").add(-2)
    meter.create_histogram("size", "By").record(12.5, {"k": 1})
    meter.create_gauge("level").set(0.25)
    return Some(spans, reader.get_metrics_data())


def configured(*, in_lambda: bool = True, **settings: object) -> Config:
    """Return settings as given in code."""
    return Config.read({"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001"} if in_lambda else {}, settings)


@pytest.fixture
def settings() -> Any:
    """Make settings: `settings(otlp_endpoint=...)`."""
    return configured


@pytest.fixture
def new_grpc_backend() -> Iterator[Any]:
    """Start backends over gRPC: `new_grpc_backend(port=..., certificates=...)`."""
    started: list[GrpcBackend] = []

    def start(**options: Any) -> GrpcBackend:
        started.append(GrpcBackend(**options))
        return started[-1]

    yield start
    for one in started:
        one.close()
