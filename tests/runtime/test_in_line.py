"""Answers that the function reads itself, and what is developed in a process of its own."""

from __future__ import annotations

from collections import Counter

from heliograph.lab.invocation import Invocation

BEDROCK = """
import http.server, json, sys, threading
import boto3

ANSWER = {"content": [{"type": "text", "text": "hi"}], "stop_reason": "end_turn",
          "usage": {"input_tokens": 1, "output_tokens": 2}}

class Stub(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        body = json.dumps({**ANSWER, "header": self.headers["X-Amzn-Trace-Id"]}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stub)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_address[1]}"
client = boto3.client("bedrock-runtime", endpoint_url=url)

def handler(event, context):
    asked = client.invoke_model(modelId="anthropic.claude", body='{"messages": []}')
    said = json.loads(asked["body"].read())
    assert event.get("any") or "opentelemetry" not in sys.modules
    return said["header"]
"""

CHILD = """
import multiprocessing, os
import heliograph

def child(pipe):
    with heliograph.span("in the child"):
        pipe.send(os.getpid())

def handler(event, context):
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=child, args=(theirs,))
    process.start()
    other = ours.recv()
    process.join()
    return [process.exitcode, other != os.getpid()]
"""


def test_a_streamed_body_is_the_users(one_runtime, function, daemon):
    """A Bedrock response can be read by the function, and its call is a span that it carried.

    Nothing of OpenTelemetry is imported for it before the response.
    """
    running = function(one_runtime, BEDROCK)
    answer = running.invoke(Invocation({}))
    documents = daemon.wait_documents(2)

    (call,) = [document for document in documents if document.get("namespace") == "aws"]
    assert f"Parent={call['id']}" in answer.json()
    assert call["aws"]["operation"] == "InvokeModel"
    assert call["metadata"]["default"]["gen_ai.usage.output_tokens"] == 2
    assert [line for line in running.stdout.lines() if "ERROR" in line] == []


def test_a_child_sends_what_it_recorded(runtime, function, daemon):
    """A span of a child process arrives below the handler's, though the child ends by os._exit."""
    answer = function(runtime, CHILD).invoke(Invocation({}))
    documents = {document["name"]: document for document in daemon.wait_documents(2)}

    assert answer.json() == [0, True]
    assert Counter(documents.keys()) == {"in the child": 1, "app.handler": 1}
    assert documents["in the child"]["parent_id"] == documents["app.handler"]["id"]
