"""A message that leaves a function of the layer's, as the queue received it, on every Python."""

from __future__ import annotations

from heliograph.lab.invocation import Invocation

SENDING = """
import http.server, json, sys, threading
import boto3

class Queue(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        got.append([asked["MessageAttributes"], self.headers["X-Amzn-Trace-Id"]])
        self.send_response(200)
        self.send_header("content-type", "application/x-amz-json-1.0")
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")
    def log_message(self, *_): pass

got = []
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Queue)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_address[1]}/1/orders"
client = boto3.client("sqs", endpoint_url=url)
mine = {"kind": {"DataType": "String", "StringValue": "order"}}

def handler(event, context):
    client.send_message(QueueUrl=url, MessageBody="b", MessageAttributes=mine)
    loaded = [name for name in sys.modules if name.startswith(("opentelemetry.sdk", "heliograph."))]
    return [got.pop(), mine, loaded]
"""
LOADED = {
    "heliograph.libraries.botocore.carrying",
    "heliograph.propagation.message_attributes",
    "heliograph.propagation.outgoing",
}


def test_a_message(runtime, function, daemon):
    """It has the function's attribute and ours, of the call's own segment; no SDK was loaded."""
    answer = function(runtime, SENDING).invoke(Invocation({}))
    [attributes, header], mine, loaded = answer.json()
    documents = daemon.wait_documents(2)

    [call] = [document for document in documents if document.get("namespace") == "aws"]
    assert attributes.keys() == {"kind", "traceparent"}
    trace = call["trace_id"].replace("-", "")[1:]
    assert attributes["traceparent"]["StringValue"] == f"00-{trace}-{call['id']}-01"
    assert f";Parent={call['id']};" in header
    assert mine.keys() == {"kind"}
    assert [name for name in loaded if name.startswith("opentelemetry")] == []
    assert set(loaded) >= LOADED
    others = ("event_detail", "client_context", "user_properties", "agent_headers", "messaging")
    assert [name for name in loaded if name.endswith(others)] == []
