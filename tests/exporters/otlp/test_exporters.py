"""The exporters: what they send is what the official ones send, and what they say of a failure."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import requests
from opentelemetry.exporter.otlp.json.http.metric_exporter import OTLPMetricExporter as JsonMetrics
from opentelemetry.exporter.otlp.json.http.trace_exporter import OTLPSpanExporter as JsonSpans
from opentelemetry.exporter.otlp.proto.http.metric_exporter import (
    OTLPMetricExporter as ProtobufMetrics,
)
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as ProtobufSpans
from opentelemetry.sdk.metrics import (
    Counter,
    Histogram,
    ObservableCounter,
    ObservableGauge,
    ObservableUpDownCounter,
    UpDownCounter,
)
from opentelemetry.sdk.metrics.export import AggregationTemporality, MetricExportResult
from opentelemetry.sdk.trace.export import SpanExportResult

import heliograph
from heliograph import testing
from heliograph.exporters import Setup, otlp, otlp_protocol
from heliograph.exporters.target import resolve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.exporters.otlp.conftest import Backend, Certificates, Some

OFFICIAL: dict[tuple[str, str], Any] = {
    ("traces", "http/json"): JsonSpans,
    ("traces", "http/protobuf"): ProtobufSpans,
    ("metrics", "http/json"): JsonMetrics,
    ("metrics", "http/protobuf"): ProtobufMetrics,
}
FINE = {SpanExportResult.SUCCESS, MetricExportResult.SUCCESS}
New = Callable[..., Any] if TYPE_CHECKING else Any


@pytest.fixture
def new(settings: Any) -> Iterator[New]:
    """Make exporters from settings: `new("traces", otlp_endpoint=...)`; they are shut down."""
    made: list[Any] = []

    def make(signal: str, **given: Any) -> Any:
        factory = otlp.span_exporter if signal == "traces" else otlp.metric_exporter
        exporter = factory(Setup(settings(**given)))
        if exporter is not None:
            made.append(exporter)
        return exporter

    yield make
    for one in made:
        one.shutdown()


@pytest.mark.parametrize("compression", ["none", "gzip", "deflate"])
@pytest.mark.parametrize(("signal", "protocol"), OFFICIAL)
def test_what_arrives_is_what_the_official_one_sends(
    signal: str, protocol: str, compression: str, backend: Backend, some: Some, new: New,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Body, path and headers are those of the SDK's own exporter with its own transport."""
    data = some.spans if signal == "traces" else some.metrics
    ours = new(
        signal,
        **{
            "otlp_endpoint": backend.url,
            f"otlp_{signal}_protocol": protocol,
            f"otlp_{signal}_compression": compression,
            f"otlp_{signal}_headers": "api-key=a%20b",
        },
    )
    assert ours.export(data) in FINE
    assert (ours.failure, ours.retryable, ours.retry_after) == ("", True, None)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", backend.url)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", compression)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%20b")
    official = OFFICIAL[signal, protocol]()
    official.export(data)
    official.shutdown()
    mine, theirs = backend.requests
    assert mine.path == theirs.path == f"/v1/{signal}"
    assert mine.body == theirs.body
    of_the_client = {"accept-encoding", "accept", "connection", "content-length"}
    kept = [
        {name: value for name, value in one.headers.items() if name not in of_the_client}
        for one in (mine, theirs)
    ]
    assert kept[0] == kept[1]
    if protocol == "http/json":
        key = "resourceSpans" if signal == "traces" else "resourceMetrics"
        assert list(json.loads(mine.body)) == [key]


def test_client_certificate(
    secure: Backend, certificates: Certificates, some: Some, new: New
) -> None:
    """A CA and a client key of one's own are used, the key in a file of its own or with it."""
    common = {"otlp_endpoint": secure.url, "otlp_traces_certificate": certificates.ca}
    apart = {"otlp_traces_client_certificate": certificates.client,
             "otlp_traces_client_key": certificates.client_key}  # fmt: skip
    together = {"otlp_traces_client_certificate": certificates.both}
    for files in (apart, together):
        exporter = new("traces", **common, **files)
        assert exporter.export(some.spans) is SpanExportResult.SUCCESS
    assert len(secure.requests) == 2


def test_no_client_certificate(
    secure: Backend, certificates: Certificates, some: Some, new: New
) -> None:
    """Without one, a backend that wants it gets nothing."""
    exporter = new("traces", otlp_endpoint=secure.url, otlp_traces_certificate=certificates.ca)
    assert exporter.export(some.spans) is SpanExportResult.FAILURE
    assert exporter.failure
    assert secure.requests == []


def test_unusable_files(
    secure: Backend, some: Some, new: New, tmp_path: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """A file that is missing, or holds something else, is told by name; nothing is sent then."""
    (tmp_path / "junk.pem").write_text("junk")
    exporter = new(
        "traces",
        otlp_endpoint=secure.url,
        otlp_traces_certificate=str(tmp_path / "missing.pem"),
        otlp_traces_client_certificate=str(tmp_path / "junk.pem"),
    )
    assert exporter.export(some.spans) is SpanExportResult.FAILURE
    assert exporter.failure.startswith("SSLCertVerificationError: ")
    ours = [line for line in caplog.messages if line.startswith("heliograph: ")]
    why = "is not usable for traces: it must be a file that can be read, in PEM "
    assert [line.partition("(")[0] for line in ours] == [
        f"heliograph: OTEL_EXPORTER_OTLP_CERTIFICATE='{tmp_path}/missing.pem' {why}",
        f"heliograph: OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE='{tmp_path}/junk.pem' {why}",
    ]
    assert ours[0].endswith("). Used instead: the system's certificates.")
    assert ours[1].endswith("). Used instead: no certificate of our own.")


@pytest.mark.parametrize("protocol", ["http/json", "http/protobuf"])
@pytest.mark.parametrize(
    ("answer", "failure", "retryable", "retry_after"),
    [
        pytest.param((400, {}), "HTTP 400 Bad Request", False, None, id="400"),
        pytest.param((404, {}), "HTTP 404 Not Found", False, None, id="404"),
        pytest.param((500, {}), "HTTP 500 Internal Server Error", False, None, id="500"),
        pytest.param((503, {}), "HTTP 503 Service Unavailable", True, None, id="503"),
        pytest.param(
            (429, {"retry-after": "30"}), "HTTP 429 Too Many Requests", True, 30.0, id="429"
        ),
    ],
)
def test_one_attempt(
    protocol: Any, answer: Any, failure: str, retryable: bool, retry_after: float | None,
    backend: Backend, some: Some, new: New, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    """An export is one request, and what is wrong can be read off the exporter until the next."""
    exporter = new("traces", otlp_endpoint=backend.url, otlp_traces_protocol=protocol)
    backend.answers.append((*answer, b""))
    assert exporter.export(some.spans) is SpanExportResult.FAILURE
    assert len(backend.requests) == 1
    said = (exporter.failure, exporter.retryable, exporter.retry_after)
    assert said == (failure, retryable, retry_after)
    assert len(caplog.messages) == 1  # the official exporter's own line, which delivery takes up
    assert exporter.export(some.spans) is SpanExportResult.SUCCESS
    assert (exporter.failure, exporter.retryable, exporter.retry_after) == ("", True, None)


def test_patient_outside_lambda(backend: Backend, some: Some, new: New) -> None:
    """With the SDK's own processors, which keep nothing, an export is tried again in itself."""
    exporter = new("traces", in_lambda=False, otlp_endpoint=backend.url)
    backend.answers += [(503, {"retry-after": "0"}, b""), (0, {}, b"")]
    assert exporter.export(some.spans) is SpanExportResult.SUCCESS
    assert len(backend.requests) == 3
    assert exporter.failure == ""


@pytest.mark.parametrize("signal", ["traces", "metrics"])
def test_what_others_read(signal: str, new: New) -> None:
    """The attributes that delivery goes by; an endpoint is shown without credentials."""
    exporter = new(signal, otlp_endpoint="http://user:key@127.0.0.1:9/x")
    assert exporter.remote is True
    assert exporter.endpoint == f"http://127.0.0.1:9/x/v1/{signal}"
    assert exporter.force_flush() is True


DELTA, CUMULATIVE = AggregationTemporality.DELTA, AggregationTemporality.CUMULATIVE


@pytest.mark.parametrize("protocol", ["http/json", "http/protobuf", "grpc"])
@pytest.mark.parametrize(
    ("preference", "delta"),
    [
        ("cumulative", set()),
        ("delta", {Counter, Histogram, ObservableCounter}),
        ("lowmemory", {Counter, Histogram}),
    ],
)
def test_temporality(
    preference: Any, delta: set[type], protocol: Any, new: New, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The preference decides as OpenTelemetry says; UpDownCounters are never increments."""
    exporter = new("metrics", otlp_metrics_protocol=protocol, otlp_temporality=preference)
    kinds = [Counter, UpDownCounter, Histogram, ObservableCounter, ObservableUpDownCounter,
             ObservableGauge]  # fmt: skip
    expected = {kind: DELTA if kind in delta else CUMULATIVE for kind in kinds}
    assert exporter._preferred_temporality == expected
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", preference)
    official = JsonMetrics()
    assert official._preferred_temporality == expected
    official.shutdown()


def test_header_that_is_a_key(
    new: New, backend: Backend, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A variable that holds the bare key does not put it in the log, by us or by OpenTelemetry."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "SECRET")
    new("traces", otlp_endpoint=backend.url)
    assert "SECRET" not in caplog.text
    assert not logging.getLogger("opentelemetry.util.re").disabled


def test_settings_in_code_alone(
    backend: Backend, some: Some, new: New, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Headers that code sets replace those of the environment, which the official ones read."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "from-env=1")
    new("traces", otlp_endpoint=backend.url, otlp_traces_headers="own=1").export(some.spans)
    [request] = backend.requests
    assert request.headers["own"] == "1"
    assert "from-env" not in request.headers


def test_our_requests_are_nobodys_spans(backend: Backend, some: Some, settings: Any) -> None:
    """What an export does is not recorded, and carries no header of the function's trace.

    Not even with requests and botocore instrumented, in the middle of a span of the function, and
    what a source of headers asks of a library that is recorded.
    """

    class Asking:
        """A source that makes a request of its own."""

        def headers(self, *_: object) -> dict[str, str]:
            requests.get(f"{backend.url}/token", data=b"", headers={"content-length": "0"})
            return {}

        def refused(self, status: int) -> bool:
            return False

    target = resolve(settings(otlp_endpoint=backend.url), "traces")
    assert target is not None
    with testing.capture() as captured:
        exporter = otlp.OtlpSpanExporter(target, [Asking()])
        with heliograph.span("of the function"):
            requests.post(f"{backend.url}/of-the-user", data=b"")
            assert exporter.export(some.spans) is SpanExportResult.SUCCESS
        exporter.shutdown()
        names = [span.name for span in captured.spans]
    assert sorted(names) == ["POST", "of the function"]
    carried = {one.path: "traceparent" in one.headers for one in backend.requests}
    assert carried == {"/of-the-user": True, "/token": False, "/v1/traces": False}


def test_sources_are_wired(settings: Any) -> None:
    """A secret and the signature of AWS's endpoints make headers, the signature last."""
    arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:otlp-abc"
    config = settings(
        otlp_traces_endpoint="https://xray.eu-west-1.amazonaws.com/v1/traces",
        otlp_headers_secret=arn,
    )
    target = resolve(config, "traces")
    assert target is not None
    kinds = [type(source).__name__ for source in otlp.sources(config, target)]
    assert kinds == ["Secret", "Signature"]
    assert otlp.sources(settings(sigv4="off"), target) == []


def test_signal_that_the_preset_has_not(settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    """There is no exporter then, and a line."""
    assert otlp.metric_exporter(Setup(settings(preset="jaeger"))) is None
    assert otlp.span_exporter(Setup(settings(preset="jaeger"))) is not None
    assert len(caplog.messages) == 1


@pytest.mark.parametrize("signal", ["traces", "metrics"])
@pytest.mark.parametrize("protocol", ["http/json", "http/protobuf", "grpc"])
def test_nothing_is_missing(protocol: str, signal: Any) -> None:
    """What is installed here is found."""
    assert otlp_protocol.missing(protocol, signal) == ""


@pytest.mark.guarded
def test_another_version(settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Packages that do not fit, such as an older protobuf, are as good as none."""
    package = tmp_path / "clashing"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "trace_exporter.py").write_text("raise RuntimeError('made for protobuf 99')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(
        otlp_protocol, "PACKAGES", {**otlp_protocol.PACKAGES, "http/protobuf": "clashing"}
    )
    found = otlp_protocol.usable(settings(otlp_traces_protocol="http/protobuf"), "traces")
    assert found is not None
    assert found.protocol == "http/json"


@pytest.mark.parametrize(
    ("given", "endpoint", "then"),
    [
        pytest.param(
            {"otlp_traces_protocol": "http/protobuf", "otlp_endpoint": "http://c:4318"},
            "http://c:4318/v1/traces",
            "Used instead: http/json to http://c:4318/v1/traces.",
            id="protobuf",
        ),
        pytest.param(
            {"otlp_traces_protocol": "grpc"},
            "http://localhost:4318/v1/traces",
            "Used instead: http/json to http://localhost:4318/v1/traces.",
            id="grpc to the default",
        ),
        pytest.param(
            {"otlp_traces_protocol": "grpc", "otlp_endpoint": "https://c"},
            "https://c/v1/traces",
            "Used instead: http/json to https://c/v1/traces.",
            id="grpc to an endpoint of HTTP",
        ),
        pytest.param(
            {"otlp_traces_protocol": "grpc", "otlp_endpoint": "http://c:4317"},
            None,
            "The endpoint http://c:4317 is one of gRPC: traces are not exported by otlp.",
            id="grpc to its own port",
        ),
        pytest.param(
            {"otlp_traces_protocol": "grpc", "otlp_endpoint": "c:4317"},
            None,
            "The endpoint c:4317 is one of gRPC: traces are not exported by otlp.",
            id="grpc without a scheme",
        ),
    ],
)
def test_not_installed(
    given: dict[str, Any], endpoint: str | None, then: str, settings: Any,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    """A protocol that is not installed is one line with the remedy; JSON where that can work."""
    name = f"{otlp_protocol.PACKAGES[given['otlp_traces_protocol']]}.trace_exporter"
    monkeypatch.setitem(sys.modules, name, None)
    found = otlp_protocol.usable(settings(**given), "traces")
    assert (found and (found.protocol, found.endpoint)) == (
        ("http/json", endpoint) if endpoint else None
    )
    [line] = caplog.messages
    assert line == (
        f"heliograph: the OTLP protocol {given['otlp_traces_protocol']!r} for traces is not "
        f"installed (import of {name} halted; None in sys.modules): install heliograph[otlp], or "
        f"use the layer with OTLP (make layer-otlp). {then}"
    )
