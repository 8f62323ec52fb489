"""A preset, a key from a secret and a signature, in a function under the real runtime client."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import pytest

from heliograph.lab.invocation import Invocation

SOURCE = """
import heliograph
def handler(event, context):
    with heliograph.span("work"):
        return "done"
"""


class Backend(BaseHTTPRequestHandler):
    """Keeps the headers and the names of the spans of each request."""

    def do_POST(self):
        headers = {name.lower(): value for name, value in self.headers.items()}
        found = json.loads(self.rfile.read(int(headers["content-length"])))
        names = [
            span["name"]
            for resource in found.get("resourceSpans", ())
            for scope in resource["scopeSpans"]
            for span in scope["spans"]
        ]
        self.server.seen.append((self.path, headers, names))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture
def backend():
    """A backend on a free port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Backend)
    server.seen, server.url = [], f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def spans(backend):
    """Return the headers of the requests with spans, and all their names."""
    found = [one for one in backend.seen if one[0].endswith("/v1/traces")]
    return [headers for _, headers, _ in found], [name for *_, names in found for name in names]


def test_preset_and_secret(one_runtime, function, backend, moto, daemon):
    """The key is read after the first response, once, and is no span of the function's trace."""
    credentials = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}
    client = boto3.client(
        "secretsmanager", endpoint_url=moto, region_name="eu-central-1", **credentials
    )
    arn = client.create_secret(Name="otlp-in-lambda", SecretString="K3Y")["ARN"]
    running = function(
        one_runtime,
        SOURCE,
        env={
            "HELIOGRAPH_PRESET": "honeycomb",
            "HELIOGRAPH_OTLP_HEADERS_SECRET": arn,
            "HELIOGRAPH_FLUSH_TIMEOUT": "20000",  # of a machine with very much to do
            "OTEL_METRICS_EXPORTER": "none",
            "OTEL_EXPORTER_OTLP_ENDPOINT": backend.url,
            "AWS_ENDPOINT_URL": moto,
        },
    )
    for _ in range(2):
        assert running.invoke(Invocation({}, timeout=60)).json() == "done"
    running.close()
    daemon.settle()
    headers, names = spans(backend)
    assert {one["x-honeycomb-team"] for one in headers} == {"K3Y"}
    assert sorted(names) == ["lab", "lab", "work", "work"]
    assert {document["name"] for document in daemon.documents} == {"app.handler", "work"}
    [line] = [line for line in running.stdout.lines() if "heliograph:" in line]
    assert "traces to xray, otlp, metrics to none, after each response" in line
    client.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)


@pytest.mark.parametrize("changed", ["", "clear()", "update(AWS_ACCESS_KEY_ID='theirs')"])
def test_signature(one_runtime, function, backend, changed):
    """Requests are signed with the credentials of init by the botocore of the function's runtime.

    What the function does to its environment changes nothing: it may clear it, or assume a role.
    """
    source = SOURCE.replace("import ", f"import os; os.environ.{changed}\nimport ", 1)
    running = function(
        one_runtime,
        source if changed else SOURCE,
        env={
            "OTEL_TRACES_EXPORTER": "otlp",
            "OTEL_METRICS_EXPORTER": "none",
            "HELIOGRAPH_SIGV4": "xray",
            "HELIOGRAPH_FLUSH_TIMEOUT": "20000",
            "OTEL_EXPORTER_OTLP_ENDPOINT": backend.url,
        },
    )
    assert running.invoke(Invocation({}, timeout=60)).json() == "done"
    running.close()
    [headers], names = spans(backend)
    assert sorted(names) == ["lab", "work"]
    scope = f"lab/{headers['x-amz-date'][:8]}/us-east-1/xray/aws4_request"
    assert headers["authorization"].startswith(f"AWS4-HMAC-SHA256 Credential={scope}, ")
    assert headers["x-amz-security-token"] == "lab"
