"""Signatures of AWS's OTLP endpoints, verified by a server that computes them by itself."""

import datetime as dt
import hashlib
import hmac
import http.client
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import quote, unquote, urlsplit

import pytest
from botocore.config import Config as ClientConfig
from botocore.credentials import Credentials, RefreshableCredentials
from botocore.session import Session
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SpanExportResult

from heliograph.exporters import Setup, signing
from heliograph.exporters.aws_calls import UnreadyError
from heliograph.exporters.otlp import metric_exporter, span_exporter
from heliograph.exporters.signing import Signature, scope, signature
from heliograph.settings.config import Config

KEYS = {"AKIDFIRST": "first/secret", "AKIDSECOND": "second/secret"}
HEADERS = {"content-type": "application/json", "content-encoding": "gzip", "user-agent": "test"}
AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(\w+)/(\d{8})/([a-z0-9-]+)/(\w+)/aws4_request, "
    r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})"
)


class Verifier(BaseHTTPRequestHandler):
    """Answers 200 to a request that is signed as the specification of Signature Version 4 says."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        problem, signed = self.problem(body)
        self.server.seen.append({"problem": problem, "signed": signed, **dict(self.headers)})
        self.send_response(403 if problem else 200)
        self.send_header("content-length", "0")
        self.end_headers()

    def problem(self, body):
        """Return what is wrong with the signature, and the names of the headers that are signed."""
        found = AUTHORIZATION.fullmatch(self.headers.get("authorization", ""))
        if not found:
            return "no signature", []
        key, day, region, service, names, given = found.groups()
        signed = names.split(";")
        stamp = self.headers["x-amz-date"]
        if key not in KEYS or (region, service) != self.server.scope or day != stamp[:8]:
            return "scope", signed
        needed = {name.lower() for name in self.headers if name.lower().startswith("x-amz-")}
        if not {"host", "content-type", *needed} <= set(signed):
            return "headers that have to be signed are not", signed
        split = urlsplit(self.path)
        pairs = [part.partition("=") for part in split.query.split("&") if part]
        query = sorted((encode(unquote(k)), encode(unquote(v))) for k, _, v in pairs)
        whole = [
            self.command,
            quote(split.path, safe="/~"),
            "&".join(f"{k}={v}" for k, v in query),
            *(f"{name}:{' '.join(self.headers[name].split())}" for name in signed),
            "",
            names,
            hashlib.sha256(body).hexdigest(),
        ]
        digest = hashlib.sha256("\n".join(whole).encode()).hexdigest()
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{day}/{region}/{service}/aws4_request\n{digest}"
        step = b"AWS4" + KEYS[key].encode()
        for part in (day, region, service, "aws4_request", text):
            step = hmac.new(step, part.encode(), hashlib.sha256).digest()
        return ("" if step.hex() == given else "signature"), signed

    def log_message(self, *args):
        """Say nothing."""


def encode(text):
    return quote(text, safe="-_.~")


@pytest.fixture
def verifier():
    """A server on a free port that verifies signatures for xray in eu-central-1."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Verifier)
    server.seen, server.scope = [], ("eu-central-1", "xray")
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def keys(monkeypatch, tmp_path):
    """Set the credentials of the environment; files and instance metadata are out of reach."""

    def put(key="", secret=None, token=""):
        given = {"ACCESS_KEY_ID": key, "SECRET_ACCESS_KEY": secret or KEYS.get(key, "")}
        for name, value in {**given, "SESSION_TOKEN": token}.items():
            if value:
                monkeypatch.setenv(f"AWS_{name}", value)
            else:
                monkeypatch.delenv(f"AWS_{name}", raising=False)

    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    put("AKIDFIRST")
    return put


def send(url, source, body=b"{}", tampered=None):
    """Send a request with the headers of a source; returns the status."""
    added = source.headers("POST", url, HEADERS, body)
    split = urlsplit(url)
    connection = http.client.HTTPConnection(split.hostname, split.port)
    target = split.path + (f"?{split.query}" if split.query else "")
    connection.request("POST", target, tampered or body, {**HEADERS, **added})
    status = connection.getresponse().status
    connection.close()
    return status


PATHS = [
    pytest.param("/v1/traces", id="plain"),
    pytest.param("/v1/traces?b=2&a=1&a=0", id="query out of order"),
    pytest.param("/v1/traces?name=a%20b%2Fc&empty=&flag", id="query encoded"),
    pytest.param("/v1/traces?name=a,b:c~d", id="query with characters that AWS encodes"),
    pytest.param("/my%20path/x%2Fy/v1/traces", id="path encoded"),
    pytest.param("/a+b/~c/v1/traces", id="path with other characters"),
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("body", [b"", b"{}", bytes(range(256)) * 300], ids=["empty", "json", "gz"])
def test_server_verifies(verifier, keys, path, body):
    """The signature is the one that AWS computes from what arrives, body and query included."""
    assert send(verifier.url + path, Signature("xray", "eu-central-1"), body) == 200
    [seen] = verifier.seen
    assert seen["problem"] == ""
    assert seen["signed"] == ["content-type", "host", "x-amz-date"]


def test_session_token_is_signed(verifier, keys):
    """Lambda's credentials have a token: it is sent, and signed."""
    keys("AKIDFIRST", token="the/token+=")
    assert send(f"{verifier.url}/v1/traces", Signature("xray", "eu-central-1")) == 200
    [seen] = verifier.seen
    assert seen["x-amz-security-token"] == "the/token+="
    assert seen["signed"] == ["content-type", "host", "x-amz-date", "x-amz-security-token"]


WRONG = [
    pytest.param({"secret": "another"}, {}, {}, "signature", id="key"),
    pytest.param({}, {}, {"tampered": b"{ }"}, "signature", id="body"),
    pytest.param({}, {"region": "us-east-1"}, {}, "scope", id="region"),
    pytest.param({}, {"service": "logs"}, {}, "scope", id="service"),
]


@pytest.mark.parametrize(("secret", "changed", "sent", "problem"), WRONG)
def test_server_refuses(verifier, keys, secret, changed, sent, problem):
    """What is signed with another key, for another scope or another body is refused."""
    keys("AKIDFIRST", **secret)
    source = Signature(**{"service": "xray", "region": "eu-central-1", **changed})
    assert send(f"{verifier.url}/v1/traces", source, **sent) == 403
    assert verifier.seen[0]["problem"] == problem


def test_what_is_sent_beside(keys):
    """A signature that a request has already is replaced; nothing but three headers is written."""
    given = {**HEADERS, "Authorization": "old", "X-Amz-Date": "old", "x-amz-other": "1"}
    added = Signature("xray", "eu-central-1").headers("POST", "https://h/v1/traces", given, b"")
    assert sorted(added) == ["authorization", "x-amz-date"]
    assert "SignedHeaders=content-type;host;x-amz-date;x-amz-other," in added["authorization"]


def test_refreshed_credentials(verifier, keys, monkeypatch):
    """Credentials that end are asked for each request: botocore renews them, and they count."""
    issued = iter(KEYS.items())

    def renew():
        key, secret = next(issued)
        end = dt.datetime.now(dt.timezone.utc) + dt.timedelta(minutes=1)
        return {
            "access_key": key, "secret_key": secret, "token": "t", "expiry_time": end.isoformat()
        }  # fmt: skip

    credentials = RefreshableCredentials.create_from_metadata(renew(), renew, "test")
    monkeypatch.setattr(Session, "get_credentials", lambda self: credentials)
    source = Signature("xray", "eu-central-1")
    assert send(f"{verifier.url}/v1/traces", source) == 200
    assert "Credential=AKIDSECOND/" in verifier.seen[0]["authorization"]  # the first ends too soon


def test_chain_is_asked_once(keys, monkeypatch):
    """Credentials without an end are looked for once, not for every request."""
    asked = []

    def get_credentials(self):
        asked.append(self)
        return Credentials("AKIDFIRST", KEYS["AKIDFIRST"])

    monkeypatch.setattr(Session, "get_credentials", get_credentials)
    source = Signature("xray", "eu-central-1")
    for _ in range(3):
        source.headers("POST", "https://h/v1/traces", HEADERS, b"")
    assert len(asked) == 1


def test_refused(verifier, keys):
    """After a refusal the chain is asked anew: other credentials are tried, the same are not."""
    keys("AKIDFIRST", "wrong")
    source, url = Signature("xray", "eu-central-1"), f"{verifier.url}/v1/traces"
    assert send(url, source) == 403
    assert source.refused(500) is False
    keys("AKIDSECOND")
    assert source.refused(403) is True
    assert send(url, source) == 200


def test_refused_again(keys, monkeypatch):
    """The same credentials, or a refusal a moment later: the request is not made again."""
    clock = [1000.0]
    monkeypatch.setattr(signing, "time", lambda: clock[0])
    source = Signature("xray", "eu-central-1")
    source.headers("POST", "https://h/v1/traces", HEADERS, b"")
    assert source.refused(403) is False
    keys("AKIDSECOND")
    assert source.refused(403) is False
    clock[0] += signing.PAUSE_S
    assert source.refused(403) is True
    keys()
    clock[0] += signing.PAUSE_S
    assert source.refused(403) is False


def test_without_credentials(keys, caplog):
    """No credentials: a line says so, once, and nothing is sent unsigned."""
    keys()
    source = Signature("xray", "eu-central-1")
    for _ in range(2):
        with pytest.raises(UnreadyError):
            source.headers("POST", "https://h/v1/traces", HEADERS, b"")
    assert caplog.messages == [
        (
            "heliograph: requests to AWS's OTLP endpoint cannot be signed: there are no AWS "
            "credentials. Nothing is sent there."
        )
    ]
    keys("AKIDFIRST")
    assert source.headers("POST", "https://h/v1/traces", HEADERS, b"")


def test_credentials_that_cannot_be_had(keys, monkeypatch, caplog):
    """What the chain raises is told by name, and kept from the function."""
    monkeypatch.setenv("AWS_PROFILE", "missing")
    with pytest.raises(UnreadyError):
        Signature("xray", "eu-central-1").headers("POST", "https://h/v1/traces", HEADERS, b"")
    assert "cannot be signed: ProfileNotFound: " in caplog.text


def test_without_botocore(keys, monkeypatch, caplog):
    """No botocore: a line says so."""
    for name in ("botocore.session", "botocore.exceptions"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UnreadyError):
        Signature("xray", "eu-central-1").headers("POST", "https://h/v1/traces", HEADERS, b"")
    assert "cannot be signed: botocore is not installed." in caplog.text


HOSTS = [
    ("xray.eu-central-1.amazonaws.com", ("xray", "eu-central-1")),
    ("monitoring.us-east-1.amazonaws.com", ("monitoring", "us-east-1")),
    ("logs.ap-southeast-2.amazonaws.com", ("logs", "ap-southeast-2")),
    ("xray.cn-north-1.amazonaws.com.cn", ("xray", "cn-north-1")),
    ("logs.cn-northwest-1.api.amazonwebservices.com.cn", ("logs", "cn-northwest-1")),
    ("xray.us-gov-west-1.amazonaws.com", ("xray", "us-gov-west-1")),
    ("xray-fips.us-east-1.amazonaws.com", ("xray", "us-east-1")),
    ("logs-fips.us-west-2.api.aws", ("logs", "us-west-2")),
    ("xray.eu-west-1.api.aws", ("xray", "eu-west-1")),
    ("xray.eusc-de-east-1.amazonaws.eu", ("xray", "eusc-de-east-1")),
    ("logs.us-iso-east-1.c2s.ic.gov", ("logs", "us-iso-east-1")),
    ("vpce-0123-abcd.xray.eu-central-1.vpce.amazonaws.com", ("xray", "eu-central-1")),
    ("vpce-0123-abcd-eu-central-1a.monitoring.eu-central-1.vpce.amazonaws.com",
     ("monitoring", "eu-central-1")),
    ("vpce-0123-abcd.logs.cn-north-1.vpce.amazonaws.com.cn", ("logs", "cn-north-1")),
    ("xray.amazonaws.com", None),
    ("abc.execute-api.eu-central-1.amazonaws.com", None),
    ("internal-x.eu-central-1.elb.amazonaws.com", None),
    ("xray.eu-central-1.amazonaws.com.example.com", None),
    ("xray.eu-central-1.example.com", None),
    ("api.honeycomb.io", None),
    ("localhost", None),
    ("", None),
]  # fmt: skip


@pytest.mark.parametrize(("host", "expected"), HOSTS)
def test_hosts(host, expected):
    """AWS's own endpoints are known by their hosts, in every form; no other host is signed."""
    assert scope(host, "auto", "eu-north-1") == expected
    assert scope(host, "off", "eu-north-1") is None
    assert scope(host, "xray", "eu-north-1") == (expected or scope(host, "xray", "eu-north-1"))


@pytest.fixture(scope="module")
def session():
    """A session of botocore, which is slow to make."""
    made = Session()
    made.set_credentials("AKIDFIRST", KEYS["AKIDFIRST"])
    return made


@pytest.mark.parametrize("service", ["xray", "logs", "monitoring"])
def test_hosts_of_botocore(session, service):
    """Every host that botocore makes for these services is known for what it is."""
    client, offenders = {"monitoring": "cloudwatch"}.get(service, service), []
    for region in ("eu-central-1", "us-gov-west-1", "cn-north-1", "us-iso-east-1"):
        for fips, dual in ((False, False), (False, True), (True, False), (True, True)):
            options = ClientConfig(use_fips_endpoint=fips, use_dualstack_endpoint=dual)
            made = session.create_client(client, region_name=region, config=options)
            host = urlsplit(made.meta.endpoint_url).hostname
            if scope(host, "auto", "") != (service, region):
                offenders.append(host)
    assert offenders == []


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        pytest.param("collector.internal", ("osis", "eu-north-1"), id="own host"),
        pytest.param(
            "p.eu-central-1.osis.amazonaws.com", ("osis", "eu-central-1"), id="region of the host"
        ),
        pytest.param("logs.us-east-1.amazonaws.com", ("logs", "us-east-1"), id="host wins"),
    ],
)
def test_setting(host, expected):
    """A named service is signed for where the host names none of the three."""
    assert scope(host, "osis", "eu-north-1") == expected


def test_without_region(caplog):
    """Neither the host nor the function names a region: a line says so, and nothing is signed."""
    assert signature("https://collector.internal/v1/traces", "xray", "") is None
    assert caplog.messages == [
        (
            "heliograph: requests to https://collector.internal/v1/traces cannot be signed: "
            "neither the host nor AWS_REGION names a region."
        )
    ]
    assert signature("https://collector.internal/v1/traces", "auto", "") is None
    made = signature("https://collector.internal/v1/traces", "xray", "eu-central-1")
    assert (made.service, made.region) == ("xray", "eu-central-1")


@pytest.fixture(scope="module")
def spans():
    """Spans that make a body worth compressing."""
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("tests")
    made = [tracer.start_span(f"span {number}") for number in range(50)]
    for span in made:
        span.end()
    return made


@pytest.mark.parametrize("compression", ["none", "gzip"])
@pytest.mark.parametrize("protocol", ["http/json", "http/protobuf"])
def test_exporter(verifier, keys, spans, protocol, compression, caplog):
    """`HELIOGRAPH_SIGV4=xray` signs what the OTLP exporter sends, as it is sent."""
    keys("AKIDFIRST", token="token")
    exporter = span_exporter(Setup(Config.read({
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"{verifier.url}/a b".replace(" ", "%20"),
            "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
            "OTEL_EXPORTER_OTLP_COMPRESSION": compression,
            "OTEL_EXPORTER_OTLP_HEADERS": "x-amz-other=1,authorization=old",
            "HELIOGRAPH_SIGV4": "xray",
            "AWS_REGION": "eu-central-1",
        })))  # fmt: skip
    assert exporter.export(spans) is SpanExportResult.SUCCESS
    assert exporter.export(spans) is SpanExportResult.SUCCESS
    exporter.shutdown()
    assert [seen["problem"] for seen in verifier.seen] == ["", ""]
    assert verifier.seen[0].get("content-encoding", "none") == compression
    assert "x-amz-other" in verifier.seen[0]["signed"]
    assert caplog.messages == []


def test_exporter_after_a_refusal(verifier, keys, spans):
    """Credentials that ended and were replaced meanwhile: the request is made again with those."""
    keys("AKIDFIRST", "ended")
    exporter = span_exporter(Setup(Config.read({
            "OTEL_EXPORTER_OTLP_ENDPOINT": verifier.url,
            "HELIOGRAPH_SIGV4": "xray",
            "AWS_REGION": "eu-central-1",
        })))  # fmt: skip
    assert exporter.export(spans) is SpanExportResult.FAILURE
    assert exporter.failure == "HTTP 403 Forbidden"
    keys("AKIDSECOND")
    exporter._link._sources[0]._read = 0.0  # a minute later
    assert exporter.export(spans) is SpanExportResult.SUCCESS
    exporter.shutdown()
    assert [seen["problem"] for seen in verifier.seen] == ["signature", "signature", ""]


def test_exporter_without_credentials(verifier, keys, spans):
    """Without credentials nothing is sent, and what was to be sent is kept for another time."""
    keys()
    exporter = span_exporter(Setup(Config.read({
            "OTEL_EXPORTER_OTLP_ENDPOINT": verifier.url,
            "HELIOGRAPH_SIGV4": "xray",
            "AWS_REGION": "eu-central-1",
        })))  # fmt: skip
    assert exporter.export(spans) is SpanExportResult.FAILURE
    exporter.shutdown()
    assert (exporter.failure, exporter._link.retryable) == (
        "UnreadyError: there are no AWS credentials", True
    )  # fmt: skip
    assert verifier.seen == []


OWN = {
    "traces": "https://xray.eu-west-1.amazonaws.com/v1/traces",
    "metrics": "https://monitoring.eu-west-1.amazonaws.com/v1/metrics",
}


@pytest.mark.parametrize(
    ("sigv4", "expected"),
    [("", ["xray", "monitoring"]), ("osis", ["xray", "monitoring"]), ("off", [])],
)
def test_endpoints_of_aws(sigv4, expected):
    """AWS's own endpoints are signed for by their hosts alone, each by its own service."""
    config = Config.read({
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": OWN["traces"],
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": OWN["metrics"],
        "HELIOGRAPH_SIGV4": sigv4,
    })  # fmt: skip
    exporters = [span_exporter(Setup(config)), metric_exporter(Setup(config))]
    found = [source for exporter in exporters for source in exporter._link._sources]
    assert [source.service for source in found] == expected
    assert {source.region for source in found} <= {"eu-west-1"}
    for exporter in exporters:
        exporter.shutdown()
