"""Parents, links, exporters and headers under the real runtime client (triggers spec 4)."""

from __future__ import annotations

import json

import pytest

from heliograph.lab.invocation import Invocation

W = "00-aaaaaaaa000000000000000000000001-a000000000000001-01"
H = "00-bbbbbbbb000000000000000000000002-b000000000000002-01"
E = "Root=1-eeeeeeee-000000000000000000000004;Parent=e000000000000004;Sampled=1;Lineage=1:a:3"
UNSAMPLED = E.replace("Sampled=1", "Sampled=0")
NAMES = {
    (0xAAAAAAAA << 96 | 1, 0xA000000000000001): "W",
    (0xBBBBBBBB << 96 | 2, 0xB000000000000002): "H",
    (0xEEEEEEEE << 96 | 4, 0xE000000000000004): "E",
}

FUNCTION = """
import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
import boto3

class Table(BaseHTTPRequestHandler):
    seen = []
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append(self.headers["X-Amzn-Trace-Id"])
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")
    def log_message(self, *args):
        pass

server = HTTPServer(("127.0.0.1", 0), Table)
Thread(target=server.serve_forever, daemon=True).start()
client = boto3.client("dynamodb", endpoint_url=f"http://127.0.0.1:{server.server_port}")

def handler(event, context):
    client.list_tables()
    from opentelemetry import baggage, propagate
    written = {}
    propagate.inject(written)
    return {"aws": Table.seen.pop(), "http": written, "baggage": dict(baggage.get_all())}
"""


def printed(text):
    """The spans that the console exporter printed."""
    spans, decoder, at = [], json.JSONDecoder(), text.find('{\n    "name"')
    while at >= 0:
        span, end = decoder.raw_decode(text, at)
        spans.append(span)
        at = text.find('{\n    "name"', end)
    return spans


ROWS = [
    pytest.param(
        "xray", "auto", Invocation({"headers": {"traceparent": H}}, trace_header=E),
        "E", None, ["H"], "1", id="X-Ray: Lambda's segment, the event's a link",
    ),
    pytest.param(
        "xray", "auto", Invocation({"headers": {"traceparent": H}}, trace_header=UNSAMPLED),
        None, None, [], "0", id="X-Ray, unsampled: nothing",
    ),
    pytest.param(
        "xray,console", "auto", Invocation({"headers": {"traceparent": H}}, trace_header=UNSAMPLED),
        None, "E", ["H"], "01", id="X-Ray unsampled, the console has it",
    ),
    pytest.param(
        "xray,console", "auto", Invocation({}, trace_header=E), "E", "E", [], "1", id="both",
    ),
    pytest.param(
        "console", "auto",
        Invocation({"headers": {"traceparent": H, "baggage": "a=1"}}, trace_header=E),
        None, "H", ["E"], "1", id="console: the event",
    ),
    pytest.param(
        "console", "auto",
        Invocation({}, trace_header=E, client_context={"w3c": {"traceparent": W}}),
        None, "W", ["E"], "1", id="console: w3c() of the client",
    ),
    pytest.param(
        "xray,console", "link",
        Invocation({"headers": {"traceparent": H}}, trace_header=UNSAMPLED),
        "", "", ["H", "E"], "1", id="link",
    ),
]  # fmt: skip


def number(text):
    """An id as the console or X-Ray writes it: `0x...`, `1-...-...`, or digits alone."""
    return int(text.removeprefix("0x").removeprefix("1-").replace("-", ""), 16)


def shown(trace_id, parent_id, links):
    """Name of the parent, "" for none, and the names of the links."""
    parent = NAMES[number(trace_id), number(parent_id)] if parent_id else ""
    return parent, [NAMES[number(of), number(span_id)] for of, span_id in links]


def on_the_console(span):
    """What the console exporter shows of a span."""
    links = [(li["context"]["trace_id"], li["context"]["span_id"]) for li in span["links"]]
    return shown(span["context"]["trace_id"], span["parent_id"], links)


def in_xray(document):
    """What X-Ray shows of a document."""
    links = [(li["trace_id"], li["id"]) for li in document.get("links", ())]
    return shown(document["trace_id"], document.get("parent_id"), links)


@pytest.mark.parametrize(("exporters", "parent", "sent", "xray", "console", "links", "flags"), ROWS)
def test_under_the_runtime(
    function, one_runtime, daemon, exporters, parent, sent, xray, console, links, flags
):
    """Each backend shows its parent and links, or nothing; the headers say X-Ray's and W3C's flag.

    `xray` and `console` are the parent that each shows, None where it has no span; `flags` are both
    flags, or the one that they have in common.
    """
    env = {"OTEL_TRACES_EXPORTER": exporters, "HELIOGRAPH_PARENT": parent}
    running = function(one_runtime, FUNCTION, env={**env, "OTEL_METRICS_EXPORTER": "none"})
    answer = running.invoke(sent).json()
    running.invoke(Invocation({}, trace_header=None))  # the first one is developed before it
    daemon.settle()

    output = running.stdout.raw.decode()
    spans = [span for span in printed(output) if span["kind"] == "SpanKind.SERVER"]
    documents = [d for d in daemon.documents if "faas.coldstart" in d["metadata"]["default"]]
    cold = [span for span in spans if span["attributes"]["faas.coldstart"]]
    first = [d for d in documents if d["metadata"]["default"]["faas.coldstart"]]
    assert [on_the_console(s) for s in cold] == ([] if console is None else [(console, links)])
    assert [in_xray(d) for d in first] == ([] if xray is None else [(xray, links)])
    assert f";Sampled={flags[0]};Lineage=1:a:3" in answer["aws"]
    assert f";Sampled={flags[0]}" in answer["http"]["X-Amzn-Trace-Id"]
    assert answer["http"]["traceparent"].endswith(f"-0{flags[-1]}")
    assert answer["baggage"] == ({"a": "1"} if "baggage" in json.dumps(sent.event) else {})


def test_under_every_python(function, runtime, daemon):
    """X-Ray's 0 keeps the spans from X-Ray alone, and the caller's context is a link."""
    env = {"OTEL_TRACES_EXPORTER": "xray,console", "OTEL_METRICS_EXPORTER": "none"}
    running = function(runtime, FUNCTION, env=env)
    sent = {"headers": {"TraceParent": H, "Baggage": "a=1"}}
    answer = running.invoke(Invocation(sent, trace_header=UNSAMPLED)).json()
    running.invoke(Invocation({}, trace_header=None))
    daemon.settle()

    spans = printed(running.stdout.raw.decode())
    shows = [on_the_console(s) for s in spans if s["attributes"].get("faas.coldstart")]
    assert shows == [("E", ["H"])]
    assert daemon.trace("1-eeeeeeee-000000000000000000000004") == []
    assert daemon.documents != []  # of the second one
    assert ";Sampled=0;Lineage=1:a:3" in answer["aws"]
    assert answer["http"]["traceparent"].endswith("-01")
    assert answer["baggage"] == {"a": "1"}
