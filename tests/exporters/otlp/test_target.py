"""Where OTLP goes: endpoints, headers and files, as the settings and the preset say."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest

from heliograph.exporters.target import headers, resolve
from heliograph.settings.config import Config

if TYPE_CHECKING:
    from heliograph.exporters.target import Target

E = "OTEL_EXPORTER_OTLP_"


def target(signal: Any = "traces", **environ: str) -> Target:
    """Return where a signal goes, with variables given without their common prefix."""
    found = resolve(Config.read({E + name: value for name, value in environ.items()}), signal)
    assert found is not None
    return found


def test_defaults() -> None:
    """Without any variable: http/json to a collector beside us."""
    assert asdict(target("metrics")) == {
        "signal": "metrics",
        "protocol": "http/json",
        "endpoint": "http://localhost:4318/v1/metrics",
        "headers": {},
        "timeout": 10.0,
        "compression": "none",
        "certificate": "",
        "client_certificate": "",
        "client_key": "",
        "insecure": False,
        "temporality": "cumulative",
        "patient": True,
    }


@pytest.mark.parametrize(
    ("environ", "endpoint"),
    [
        pytest.param({"ENDPOINT": "http://c:4318"}, "http://c:4318/v1/traces", id="base"),
        pytest.param({"ENDPOINT": "http://c:4318/"}, "http://c:4318/v1/traces", id="slash"),
        pytest.param({"ENDPOINT": "https://c/otlp"}, "https://c/otlp/v1/traces", id="path"),
        pytest.param({"TRACES_ENDPOINT": "http://c/own"}, "http://c/own", id="own"),
        pytest.param({"TRACES_ENDPOINT": "http://c:1"}, "http://c:1", id="own without a path"),
        pytest.param(
            {"ENDPOINT": "http://a", "TRACES_ENDPOINT": "http://b/x"}, "http://b/x", id="own wins"
        ),
        pytest.param(
            {"METRICS_ENDPOINT": "http://b/x"}, "http://localhost:4318/v1/traces", id="other's"
        ),
        pytest.param({"ENDPOINT": "http://[::1]:4318"}, "http://[::1]:4318/v1/traces", id="IPv6"),
        pytest.param({"PROTOCOL": "grpc"}, "http://localhost:4317", id="grpc"),
        pytest.param({"PROTOCOL": "grpc", "ENDPOINT": "c:4317"}, "c:4317", id="grpc, no scheme"),
        pytest.param(
            {"PROTOCOL": "grpc", "ENDPOINT": "https://c:1/x"}, "https://c:1/x", id="grpc, TLS"
        ),
        pytest.param(
            {"PROTOCOL": "http/protobuf", "ENDPOINT": "http://c"},
            "http://c/v1/traces",
            id="protobuf",
        ),
    ],
)  # fmt: skip
def test_endpoint(environ: dict[str, str], endpoint: str) -> None:
    """The common endpoint gets the signal's path, the signal's own is used as it is."""
    assert target(**environ).endpoint == endpoint


@pytest.mark.parametrize(
    ("name", "used"),
    [
        ("ENDPOINT", "http://localhost:4318"),
        ("TRACES_ENDPOINT", "http://localhost:4318/v1/traces"),
    ],
)
@pytest.mark.parametrize("url", ["collector:4318", "ftp://c", "http://", "http://c:port", "//c"])
def test_unusable_endpoint(
    name: str, used: str, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """What is no URL of HTTP is told by name and value, and the default used."""
    assert target(**{name: url}).endpoint == "http://localhost:4318/v1/traces"
    assert caplog.messages == [
        (
            f"heliograph: {E}{name}={url!r} is not usable: it must be a URL that begins with "
            f"http:// or https://. Used instead: {used}."
        )
    ]


def test_own_values_win() -> None:
    """Every setting of a signal beats the common one."""
    common = {
        "HEADERS": "a=1", "TIMEOUT": "1", "COMPRESSION": "gzip", "CERTIFICATE": "ca",
        "CLIENT_KEY": "key", "CLIENT_CERTIFICATE": "cert", "PROTOCOL": "http/protobuf",
        "INSECURE": "true",
    }  # fmt: skip
    own = {
        "TRACES_HEADERS": "b=2", "TRACES_TIMEOUT": "2.5", "TRACES_COMPRESSION": "deflate",
        "TRACES_CERTIFICATE": "ca2", "TRACES_CLIENT_KEY": "key2",
        "TRACES_CLIENT_CERTIFICATE": "cert2", "TRACES_PROTOCOL": "http/json",
        "TRACES_INSECURE": "false",
    }  # fmt: skip
    assert asdict(target("traces", **common, **own)) == {
        "signal": "traces", "protocol": "http/json", "headers": {"b": "2"}, "timeout": 2.5,
        "endpoint": "http://localhost:4318/v1/traces", "compression": "deflate",
        "certificate": "ca2", "client_key": "key2", "client_certificate": "cert2",
        "insecure": False, "temporality": "cumulative", "patient": True,
    }  # fmt: skip
    assert asdict(target("metrics", **common, **own, METRICS_TEMPORALITY_PREFERENCE="Delta")) == {
        "signal": "metrics", "protocol": "http/protobuf", "headers": {"a": "1"}, "timeout": 1.0,
        "endpoint": "http://localhost:4318/v1/metrics", "compression": "gzip",
        "certificate": "ca", "client_key": "key", "client_certificate": "cert",
        "insecure": True, "temporality": "delta", "patient": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", {}, id="none"),
        pytest.param("a=b", {"a": "b"}, id="one"),
        pytest.param(" A = b , c=d,", {"a": "b", "c": "d"}, id="spaces and a last comma"),
        pytest.param(
            "authorization=Basic%20YTpi==", {"authorization": "Basic YTpi=="}, id="encoded"
        ),
        pytest.param("a=", {"a": ""}, id="empty value"),
        pytest.param("a=x,a=y", {"a": "y"}, id="twice"),
        pytest.param("a=%C3%BC", {"a": "ü"}, id="not ASCII"),
    ],
)
def test_headers(text: str, expected: dict[str, str], caplog: pytest.LogCaptureFixture) -> None:
    """Names in lower case, values percent-decoded."""
    assert headers(text, "traces") == expected
    assert caplog.messages == []


@pytest.mark.parametrize(
    "entry", ["SECRET", "=SECRET", "x y=SECRET", "a=SECRET%0D%0Ab: c", "ü=SECRET"]
)
def test_unusable_header(entry: str, caplog: pytest.LogCaptureFixture) -> None:
    """An entry of another form is told by its number, never by its text, which may be the key."""
    assert headers(f"a=b,{entry},c=d", "metrics") == {"a": "b", "c": "d"}
    assert caplog.messages == [
        (
            "heliograph: entry 2 of OTEL_EXPORTER_OTLP_METRICS_HEADERS (or "
            "OTEL_EXPORTER_OTLP_HEADERS) is not usable: it must be name=value, percent-encoded. "
            "It is left out."
        )
    ]


@pytest.mark.parametrize(
    ("endpoint", "shown"),
    [
        ("https://user:key@c.example:4318/x?token=1#y", "https://c.example:4318/x"),
        ("http://c", "http://c/v1/traces"),
    ],
)
def test_shown(endpoint: str, shown: str) -> None:
    """The log gets an endpoint without credentials and query."""
    name = "TRACES_ENDPOINT" if "?" in endpoint else "ENDPOINT"
    assert target(**{name: endpoint}).shown == shown
    assert target(PROTOCOL="grpc", ENDPOINT="collector:4317").shown == "collector:4317"


def test_preset() -> None:
    """A preset gives what the settings do not say: endpoint, protocol, headers, temporality."""
    environ = {"HELIOGRAPH_PRESET": "dynatrace", "HELIOGRAPH_PRESET_KEY": "k",
               "HELIOGRAPH_PRESET_SITE": "abc"}  # fmt: skip
    found = resolve(Config.read(environ), "metrics")
    assert found is not None
    assert (found.endpoint, found.protocol, found.headers, found.temporality) == (
        "https://abc.live.dynatrace.com/api/v2/otlp/v1/metrics",
        "http/protobuf",
        {"authorization": "Api-Token k"},
        "delta",
    )
    assert resolve(Config.read(environ), "metrics", "http/json") is not None
    more = {E + "ENDPOINT": "http://c", E + "HEADERS": "Authorization=mine,more=1"}
    found = resolve(Config.read({**environ, **more}), "traces", "http/json")
    assert found is not None
    assert (found.endpoint, found.protocol, found.headers) == (
        "http://c/v1/traces",
        "http/json",
        {"authorization": "mine", "more": "1"},
    )


def test_preset_and_what_is_set() -> None:
    """What is set beats the preset, even where it is the default."""
    own = {E + "PROTOCOL": "http/json", E + "METRICS_TEMPORALITY_PREFERENCE": "cumulative"}
    environ = {"HELIOGRAPH_PRESET": "dynatrace", "HELIOGRAPH_PRESET_KEY": "k",
               "HELIOGRAPH_PRESET_SITE": "abc", **own}  # fmt: skip
    found = resolve(Config.read(environ), "metrics")
    assert found is not None
    assert (found.protocol, found.temporality) == ("http/json", "cumulative")


def test_preset_without_the_signal(caplog: pytest.LogCaptureFixture) -> None:
    """A backend that does not take a signal gets none of it, and a line says so."""
    assert resolve(Config.read({"HELIOGRAPH_PRESET": "jaeger"}), "metrics") is None
    assert caplog.messages == [
        (
            "heliograph: HELIOGRAPH_PRESET=jaeger has no address for metrics: they are not "
            "exported by otlp."
        )
    ]
