"""Header values from Secrets Manager and Parameter Store, against moto's server."""

import contextlib
import json
import os
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SpanExportResult

import heliograph
from heliograph import testing
from heliograph.exporters import Setup, presets, secret, secret_store
from heliograph.exporters.aws_calls import UnreadyError
from heliograph.exporters.otlp import span_exporter
from heliograph.exporters.secret import Secret, shared
from heliograph.exporters.secret_headers import headers_in
from heliograph.settings.config import Config

REGION = "eu-central-1"
ARN = f"arn:aws:secretsmanager:{REGION}:123456789012:secret:otlp-AbCdEf"
REQUEST = ("POST", "https://h/v1/traces", {}, b"")
HONEYCOMB = presets.TABLE["honeycomb"].named


@pytest.fixture(scope="module")
def warm(moto):
    """moto's server, which loads a service for seconds when that is first asked for."""
    credentials = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}
    made = {"endpoint_url": moto, "region_name": REGION, **credentials}
    boto3.client("secretsmanager", **made).list_secrets()
    boto3.client("ssm", **made).describe_parameters()
    return moto


@pytest.fixture
def aws(warm, monkeypatch):
    """Return a function that makes clients of moto's server, which stands for AWS."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", warm)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setattr(secret_store, "TIMEOUT_S", 20)
    return lambda service, region=REGION: boto3.client(service, region_name=region)


@pytest.fixture
def stored(aws):
    """Store a text as a secret; returns its ARN. It is gone after the test."""
    client, made = aws("secretsmanager"), []

    def store(text, **more):
        value = {"SecretBinary": text} if isinstance(text, bytes) else {"SecretString": text}
        made.append(client.create_secret(Name=f"otlp/{len(made)}", **value, **more)["ARN"])
        return made[-1]

    store.client = client
    yield store
    for arn in made:
        client.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)


@pytest.fixture
def clock(monkeypatch):
    """A clock to set; the seconds are in `clock[0]`."""
    now = [1_000_000.0]
    monkeypatch.setattr(secret, "time", lambda: now[0])
    return now


@pytest.fixture
def reads(monkeypatch):
    """What was read so far."""
    seen, real = [], secret.fetch

    def fetch(arn, environ=None):
        seen.append(arn)
        return real(arn, environ)

    monkeypatch.setattr(secret, "fetch", fetch)
    return seen


@pytest.fixture
def said(caplog):
    """Return a function for our lines in the log; moto's server logs too."""
    return lambda: [line for line in caplog.messages if line.startswith("heliograph: ")]


FORMS = [
    pytest.param("api-key=abc", None, {"api-key": "abc"}, id="pair"),
    pytest.param(
        " A=1, x-b=c%20d%3D ,", None, {"a": "1", "x-b": "c d="}, id="pairs, percent-encoded"
    ),
    pytest.param("authorization=Basic%20YTpi==", None, {"authorization": "Basic YTpi=="},
                 id="pair with padding"),
    pytest.param('{"Api-Key": "abc", "b": "x=y"}', None, {"api-key": "abc", "b": "x=y"}, id="JSON"),
    pytest.param("abc\n", HONEYCOMB, {"x-honeycomb-team": "abc"}, id="bare"),
    pytest.param("YWJj==", HONEYCOMB, {"x-honeycomb-team": "YWJj=="}, id="bare base64"),
    pytest.param("a:b", presets.TABLE["grafana"].named, {"authorization": "Basic YTpi"},
                 id="bare, in the form of its backend"),
    pytest.param("other=abc", HONEYCOMB, {"other": "abc"}, id="a pair beats the preset's name"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "named", "expected"), FORMS)
def test_forms(text, named, expected):
    """A secret holds pairs as OpenTelemetry writes headers, a JSON object, or a bare key."""
    assert headers_in(text, ARN, named) == expected


HEADERLESS = [
    pytest.param("S3CRET", None, id="bare without a preset"),
    pytest.param("", None, id="empty"),
    pytest.param("  ", HONEYCOMB, id="blank"),
    pytest.param("{}", HONEYCOMB, id="empty object"),
    pytest.param('{"key": ["S3CRET"]}', None, id="no text"),
    pytest.param('{"key": "S3CRET"', None, id="broken JSON"),
    pytest.param('{"a b": "S3CRET"}', None, id="no name of a header"),
    pytest.param('{"key": "S3\\nCRET"}', None, id="newline"),
    pytest.param("key=S3CRET%0d%0aevil: 1", None, id="encoded newline"),
    pytest.param("kéy=S3CRET", None, id="not ASCII"),
    pytest.param("a=S3CRET,b", None, id="half a pair"),
]


@pytest.mark.parametrize(("text", "named"), HEADERLESS)
def test_no_headers(text, named, caplog):
    """What holds no headers is told by its ARN and what would be right, never by its value."""
    with pytest.raises(UnreadyError):
        headers_in(text, ARN, named)
    [line] = caplog.messages
    assert line.startswith(
        f"heliograph: the headers in {ARN} cannot be read: it holds no headers such as "
        'name=value,name=value or {"name": "value"}'
    )
    assert ("HELIOGRAPH_PRESET has to name the header" in line) is (named is None)
    assert "CRET" not in line


def test_secrets_manager(stored, reads):
    """A secret is read by its ARN when headers are asked for first, and kept."""
    arn = stored("api-key=abc")
    source = Secret(arn)
    assert reads == []
    assert [source.headers(*REQUEST) for _ in range(3)] == [{"api-key": "abc"}] * 3
    assert reads == [arn]


def test_binary_secret(stored):
    """A secret that was stored as bytes is text all the same."""
    assert Secret(stored(b"api-key=abc")).headers(*REQUEST) == {"api-key": "abc"}


MEMBERS = [
    pytest.param(":key", {"x-honeycomb-team": "abc"}, id="member"),
    pytest.param(":key::", {"x-honeycomb-team": "abc"}, id="as in ECS"),
    pytest.param(":key:AWSCURRENT:", {"x-honeycomb-team": "abc"}, id="stage"),
    pytest.param("::AWSPREVIOUS:", {"old": "1"}, id="stage of the whole"),
]


@pytest.mark.parametrize(("suffix", "expected"), MEMBERS)
def test_member(stored, suffix, expected):
    """What follows a secret's ARN takes one member of its JSON, or another version."""
    arn = stored('{"old": "1"}')
    stored.client.put_secret_value(
        SecretId=arn, SecretString=json.dumps({"key": "abc", "user": "u"})
    )
    assert Secret(arn + suffix, HONEYCOMB).headers(*REQUEST) == expected


@pytest.mark.parametrize("text", ['{"key": "S3CRET"}', '["S3CRET"]', "S3CRET"])
def test_missing_member(stored, said, text):
    """A member that is not there is told; what is there is not."""
    arn = stored(text) + ":other"
    with pytest.raises(UnreadyError):
        Secret(arn, HONEYCOMB).headers(*REQUEST)
    assert said() == [
        (
            f"heliograph: the headers in {arn} cannot be read: it has no text, or not the member "
            "that is asked for."
        )
    ]


@pytest.mark.parametrize("name", ["otlp", "/shop/otlp"])
@pytest.mark.parametrize("kind", ["String", "SecureString"])
def test_parameter_store(aws, name, kind):
    """A parameter is read by its ARN, decrypted, in the region of the ARN."""
    client = aws("ssm", "eu-west-3")
    client.put_parameter(Name=name, Value="api-key=abc", Type=kind, Overwrite=True)
    arn = client.get_parameter(Name=name)["Parameter"]["ARN"]
    assert ":eu-west-3:" in arn
    assert Secret(arn).headers(*REQUEST) == {"api-key": "abc"}
    client.delete_parameter(Name=name)


def test_refused(stored, reads, clock):
    """After a 401 or 403 the secret is read again; the request is made again if it has changed."""
    arn = stored("api-key=old")
    source = Secret(arn)
    assert source.headers(*REQUEST) == {"api-key": "old"}
    stored.client.put_secret_value(SecretId=arn, SecretString="api-key=new")
    clock[0] += 3600
    assert source.refused(500) is False
    assert source.headers(*REQUEST) == {"api-key": "old"}
    assert source.refused(401) is True
    assert source.headers(*REQUEST) == {"api-key": "new"}
    assert len(reads) == 2


def test_dead_key(stored, reads, clock):
    """A key that stays dead is read again after 1, 2, 4 … minutes, and at most once an hour."""
    source = Secret(stored("api-key=dead"))
    source.headers(*REQUEST)
    start, gaps = clock[0], []
    last = start
    while clock[0] < start + 2.5 * 3600:  # an invocation every ten seconds, each refused
        clock[0] += 10
        before = len(reads)
        assert source.refused(403) is False
        if len(reads) > before:
            gaps.append((clock[0] - last) / 60)
            last = clock[0]
    assert gaps == [1, 2, 4, 8, 16, 32, 60]


def test_new_key_after_a_dead_one(stored, reads, clock):
    """The pauses begin anew once the secret has changed."""
    arn = stored("api-key=dead")
    source = Secret(arn)
    source.headers(*REQUEST)
    for _ in range(3):
        clock[0] += 3600
        assert source.refused(403) is False
    stored.client.put_secret_value(SecretId=arn, SecretString="api-key=new")
    clock[0] += 3600
    assert source.refused(403) is True
    clock[0] += 60
    assert source.refused(403) is False
    assert len(reads) == 6


def test_not_readable(aws, reads, clock, said):
    """A secret that is not there: told once by ARN and action, asked for after 5, 10, 20 … s."""
    source = Secret(ARN)
    for step in (0, 4, 1, 9, 1, 19, 1):
        clock[0] += step
        with pytest.raises(UnreadyError):
            source.headers(*REQUEST)
    assert said() == [
        (
            f"heliograph: the headers in {ARN} cannot be read: ResourceNotFoundException; the "
            "function's role needs secretsmanager:GetSecretValue on it, and kms:Decrypt where it "
            "has a key of its own."
        )
    ]
    assert len(reads) == 4


def test_action_of_parameters(aws, caplog):
    """The line names the action of the service that was asked."""
    arn = f"arn:aws:ssm:{REGION}:123456789012:parameter/none"
    with pytest.raises(UnreadyError):
        Secret(arn).headers(*REQUEST)
    assert f"{arn} cannot be read: ParameterNotFound; the function's role needs ssm:" in caplog.text


def test_refresh_that_fails(stored, clock, caplog):
    """What was read before is used on when the secret cannot be read again."""
    arn = stored("api-key=abc")
    source = Secret(arn)
    source.headers(*REQUEST)
    stored.client.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)
    clock[0] += 60
    assert source.refused(401) is False
    assert source.headers(*REQUEST) == {"api-key": "abc"}
    assert "ResourceNotFoundException" in caplog.text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("S3CRET", id="the key itself"),
        pytest.param("my/secret", id="a name"),
        pytest.param("arn:aws:s3:::bucket/S3CRET", id="another service"),
        pytest.param("arn:aws:ssm:eu-central-1:123456789012:S3CRET", id="no parameter"),
        pytest.param(f"{ARN}:a:b:c:S3CRET", id="too long"),
    ],
)
def test_no_arn(text, reads, caplog):
    """What is no ARN is not asked for, and not shown: somebody may have put the key there."""
    with pytest.raises(UnreadyError):
        Secret(text).headers(*REQUEST)
    assert caplog.messages == [
        (
            "heliograph: the headers in HELIOGRAPH_OTLP_HEADERS_SECRET cannot be read: that is no "
            "ARN of a Secrets Manager secret or of an SSM parameter."
        )
    ]
    assert reads == []


def test_service_that_does_not_answer(aws, monkeypatch, caplog):
    """A black hole is left after a second, and told."""
    monkeypatch.setattr(secret_store, "TIMEOUT_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as hole:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{hole.getsockname()[1]}")
        with pytest.raises(UnreadyError):
            Secret(ARN).headers(*REQUEST)
    assert f"{ARN} cannot be read: ReadTimeoutError: " in caplog.text


def test_without_botocore(monkeypatch, caplog):
    """No botocore: a line says so."""
    for name in ("botocore.session", "botocore.exceptions"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UnreadyError):
        Secret(ARN).headers(*REQUEST)
    assert caplog.messages == [
        f"heliograph: the headers in {ARN} cannot be read: botocore is not installed."
    ]


def test_in_a_forked_child(stored):
    """A child of a fork has the headers, whatever thread of its parent held the lock."""
    source = Secret(stored("api-key=abc"))
    source.headers(*REQUEST)
    with source._lock:
        child = os.fork()
        if not child:
            with contextlib.suppress(BaseException):
                os._exit(0 if source.headers(*REQUEST) == {"api-key": "abc"} else 1)
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_nothing_of_it_is_recorded(stored, aws):
    """Reading a secret is no span of the function, even in the middle of one of its spans."""
    arn = stored("api-key=abc")
    with testing.capture() as captured:
        with heliograph.span("work"):
            aws("secretsmanager").list_secrets()
            assert Secret(arn).headers(*REQUEST) == {"api-key": "abc"}
            aws("secretsmanager").list_secrets()
        assert [span.name for span in captured.spans] == [
            "work", "Secrets Manager.ListSecrets", "Secrets Manager.ListSecrets"
        ]  # fmt: skip


def test_one_reading_for_all_exporters(stored, reads):
    """The exporters of traces and metrics, in threads of their own, read the secret once."""
    arn = stored("abc")
    config = Config.read({"HELIOGRAPH_OTLP_HEADERS_SECRET": arn, "HELIOGRAPH_PRESET": "honeycomb"})
    got = []
    threads = [
        threading.Thread(target=lambda: got.append(shared(config).headers(*REQUEST)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [{"x-honeycomb-team": "abc"}] * 4
    assert reads == [arn]


def test_users_session_is_left_alone(stored, monkeypatch):
    """boto3's default session, which the function may set up, is neither used nor made."""
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    Secret(stored("api-key=abc")).headers(*REQUEST)
    assert boto3.DEFAULT_SESSION is None


class Keyed(BaseHTTPRequestHandler):
    """Takes requests with the right key, and refuses the others."""

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        key = self.headers["x-honeycomb-team"]
        self.server.seen.append(key)
        self.send_response(200 if key == self.server.key else 401)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture
def keyed():
    """A backend that takes one key."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Keyed)
    server.seen, server.key = [], "old"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_rotation(stored, keyed, reads, clock, caplog):
    """A key that is rotated while the function lives: no span is lost, and no line is logged."""
    arn = stored("old")
    exporter = span_exporter(Setup(Config.read({
            "HELIOGRAPH_PRESET": "honeycomb",
            "HELIOGRAPH_OTLP_HEADERS_SECRET": arn,
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{keyed.server_port}",
        })))  # fmt: skip
    span = TracerProvider(shutdown_on_exit=False).get_tracer("tests").start_span("work")
    span.end()
    assert reads == []
    assert exporter.export([span]) is SpanExportResult.SUCCESS
    assert exporter.export([span]) is SpanExportResult.SUCCESS
    stored.client.put_secret_value(SecretId=arn, SecretString="new")
    keyed.key = "new"
    clock[0] += 3600
    assert exporter.export([span]) is SpanExportResult.SUCCESS
    exporter.shutdown()
    assert keyed.seen == ["old", "old", "old", "new"]
    assert reads == [arn, arn]
    assert "heliograph" not in caplog.text


def test_unreadable_secret_keeps_spans(keyed, aws):
    """While the secret cannot be read nothing is sent, and what was to be sent is kept."""
    exporter = span_exporter(Setup(Config.read({
            "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9",  # one attempt: what fails is for delivery
            "HELIOGRAPH_OTLP_HEADERS_SECRET": ARN,
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{keyed.server_port}",
        })))  # fmt: skip
    span = TracerProvider(shutdown_on_exit=False).get_tracer("tests").start_span("work")
    span.end()
    assert exporter.export([span]) is SpanExportResult.FAILURE
    assert exporter.failure.startswith("UnreadyError: ResourceNotFoundException")
    assert exporter._link.retryable
    assert keyed.seen == []
    exporter.shutdown()
