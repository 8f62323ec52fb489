"""OTLP over gRPC: what arrives, and what is said of a failure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics.export import MetricExportResult
from opentelemetry.sdk.trace.export import SpanExportResult

from heliograph.exporters import Setup, otlp
from heliograph.exporters.target import resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.exporters.otlp.conftest import Certificates, GrpcBackend, Some

FINE = {SpanExportResult.SUCCESS, MetricExportResult.SUCCESS}


@pytest.fixture
def new(settings: Any) -> Iterator[Callable[..., Any]]:
    """Make exporters to a port; they are shut down."""
    made: list[Any] = []

    def make(port: int, signal: str = "traces", scheme: str = "http://", **given: Any) -> Any:
        factory = otlp.span_exporter if signal == "traces" else otlp.metric_exporter
        config = settings(
            **{
                "otlp_endpoint": f"{scheme}127.0.0.1:{port}",
                f"otlp_{signal}_protocol": "grpc",
                **{f"otlp_{signal}_{name}": value for name, value in given.items()},
            }
        )
        made.append(factory(Setup(config)))
        return made[-1]

    yield make
    for one in made:
        one.shutdown()


@pytest.mark.parametrize("compression", ["none", "gzip", "deflate"])
@pytest.mark.parametrize("signal", ["traces", "metrics"])
def test_what_arrives_is_what_the_official_one_sends(
    signal: str, compression: str, grpc_backend: GrpcBackend, some: Some, new: Any
) -> None:
    """The messages are equal, and headers are metadata."""
    data = some.spans if signal == "traces" else some.metrics
    ours = new(grpc_backend.port, signal, compression=compression, headers="api-key=a%20b")
    assert ours.export(data) in FINE
    official: Any = (OTLPSpanExporter if signal == "traces" else OTLPMetricExporter)(
        endpoint=f"http://127.0.0.1:{grpc_backend.port}"
    )
    official.export(data)
    official.shutdown()
    assert grpc_backend.requests[0] == grpc_backend.requests[1]
    assert grpc_backend.metadata[0]["api-key"] == "a b"
    assert grpc_backend.metadata[0]["user-agent"] == grpc_backend.metadata[1]["user-agent"]


@pytest.mark.parametrize(
    ("scheme", "given"),
    [("https://", {}), ("", {}), ("", {"insecure": True})],
    ids=["https", "no scheme", "insecure"],
)
def test_tls(
    scheme: str, given: dict[str, Any], new_grpc_backend: Any, certificates: Certificates,
    some: Some, new: Any,
) -> None:  # fmt: skip
    """`https`, and no scheme, are TLS with a client's certificate; `insecure` is without."""
    plain = bool(given)
    server = new_grpc_backend(certificates=None if plain else certificates)
    files = {
        "certificate": certificates.ca,
        "client_certificate": certificates.client,
        "client_key": certificates.client_key,
    }
    exporter = new(server.port, scheme=scheme, **({} if plain else files), **given)
    assert exporter.export(some.spans) is SpanExportResult.SUCCESS
    assert len(server.requests) == 1


def retry_info(seconds: float) -> tuple[tuple[str, bytes], ...]:
    delay = Duration()
    delay.FromMilliseconds(int(seconds * 1000))
    return (("google.rpc.retryinfo-bin", RetryInfo(retry_delay=delay).SerializeToString()),)


@pytest.mark.parametrize(
    ("code", "trailing", "retryable", "retry_after"),
    [
        pytest.param("UNAVAILABLE", (), True, None, id="unavailable"),
        pytest.param("UNAVAILABLE", retry_info(2.5), True, 2.5, id="unavailable for a while"),
        pytest.param("RESOURCE_EXHAUSTED", (), False, None, id="exhausted"),
        pytest.param("RESOURCE_EXHAUSTED", retry_info(3), True, 3.0, id="exhausted for a while"),
        pytest.param("ABORTED", (), True, None, id="aborted"),
        pytest.param("INVALID_ARGUMENT", (), False, None, id="invalid"),
        pytest.param("UNIMPLEMENTED", (), False, None, id="not implemented"),
        pytest.param("PERMISSION_DENIED", (), False, None, id="denied"),
    ],
)
def test_one_attempt(
    code: str, trailing: Any, retryable: bool, retry_after: float | None,
    grpc_backend: GrpcBackend, some: Some, new: Any,
) -> None:  # fmt: skip
    """An export is one call, and what is wrong can be read off the exporter until the next."""
    exporter = new(grpc_backend.port)
    grpc_backend.failures.append((grpc.StatusCode[code], "why", trailing))
    assert exporter.export(some.spans) is SpanExportResult.FAILURE
    assert len(grpc_backend.requests) == 1
    said = (exporter.failure, exporter.retryable, exporter.retry_after)
    assert said == (f"gRPC {code} why", retryable, retry_after)
    assert exporter.export(some.spans) is SpanExportResult.SUCCESS
    assert (exporter.failure, exporter.retryable, exporter.retry_after) == ("", True, None)


def test_patient_outside_lambda(grpc_backend: GrpcBackend, some: Some, settings: Any) -> None:
    """With the SDK's own processors, which keep nothing, an export is tried again in itself."""
    url = f"http://127.0.0.1:{grpc_backend.port}"
    config = settings(in_lambda=False, otlp_endpoint=url, otlp_traces_protocol="grpc")
    exporter = otlp.span_exporter(Setup(config))
    assert exporter is not None
    grpc_backend.failures.append((grpc.StatusCode.UNAVAILABLE, "", retry_info(0.001)))
    assert exporter.export(some.spans) is SpanExportResult.SUCCESS
    assert len(grpc_backend.requests) == 2
    exporter.shutdown()


def test_server_that_came_back(new_grpc_backend: Any, some: Some, new: Any) -> None:
    """A channel that broke while the environment was frozen is opened anew, silently."""
    first = new_grpc_backend()
    exporter = new(first.port)
    assert exporter.export(some.spans) is SpanExportResult.SUCCESS
    first.close()
    second = new_grpc_backend(port=first.port)
    assert exporter.export(some.spans) is SpanExportResult.SUCCESS
    assert len(second.requests) == 1


def test_channel_that_worked_before(grpc_backend: GrpcBackend, some: Some, new: Any) -> None:
    """It is renewed once when the server cannot be reached, unless the server says to wait."""
    exporter = new(grpc_backend.port)
    exporter.export(some.spans)
    grpc_backend.failures.append((grpc.StatusCode.UNAVAILABLE, "gone", ()))
    assert exporter.export(some.spans) is SpanExportResult.SUCCESS
    assert (len(grpc_backend.requests), exporter.failure) == (3, "")
    grpc_backend.failures += [(grpc.StatusCode.UNAVAILABLE, "gone", ())] * 2
    assert exporter.export(some.spans) is SpanExportResult.FAILURE
    assert (len(grpc_backend.requests), exporter.failure) == (5, "gRPC UNAVAILABLE gone")
    exporter.export(some.spans)
    grpc_backend.failures.append((grpc.StatusCode.UNAVAILABLE, "busy", retry_info(5)))
    assert exporter.export(some.spans) is SpanExportResult.FAILURE
    assert (len(grpc_backend.requests), exporter.retry_after) == (7, 5.0)


class Token:
    """A source of headers whose first token is refused."""

    def __init__(self) -> None:
        self.token = "old"
        self.asked: list[tuple[str, str]] = []

    def headers(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> Mapping[str, str]:
        self.asked.append((method, url))
        assert body
        return {"Token": self.token}

    def refused(self, status: int) -> bool:
        before, self.token = self.token, "new"
        return status == 401 and before == "old"


def test_sources(grpc_backend: GrpcBackend, some: Some, settings: Any) -> None:
    """A source's headers are metadata, and asked for again after a refusal, once."""
    url = f"http://127.0.0.1:{grpc_backend.port}"
    config = settings(otlp_endpoint=url, otlp_traces_protocol="grpc")
    target = resolve(config, "traces")
    assert target is not None
    source = Token()
    exporter = otlp.OtlpSpanExporter(target, [source])
    grpc_backend.failures.append((grpc.StatusCode.UNAUTHENTICATED, "", ()))
    assert exporter.export(some.spans) is SpanExportResult.SUCCESS
    assert [metadata["token"] for metadata in grpc_backend.metadata] == ["old", "new"]
    assert source.asked == [("POST", url)] * 2
    assert exporter.failure == ""
    grpc_backend.failures.append((grpc.StatusCode.UNAUTHENTICATED, "no", ()))
    assert exporter.export(some.spans) is SpanExportResult.FAILURE
    assert exporter.failure == "gRPC UNAUTHENTICATED no"
    exporter.shutdown()


def test_unusable_files(
    new_grpc_backend: Any, certificates: Certificates, new: Any, tmp_path: Any, some: Some,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    """A file that cannot be read is told by name."""
    server = new_grpc_backend(certificates=certificates)
    missing = str(tmp_path / "missing.pem")
    exporter = new(server.port, scheme="https://", certificate=missing, timeout=0.5)
    assert exporter.export(some.spans) is SpanExportResult.FAILURE
    assert server.requests == []
    [line] = [one for one in caplog.messages if one.startswith("heliograph: ")]
    assert line.startswith(
        f"heliograph: OTEL_EXPORTER_OTLP_CERTIFICATE={missing!r} is not usable for traces: it must "
        "be a file that can be read, in PEM ("
    )
