"""urllib3's requests under the layer: the runtime's own urllib3, the layer's own instrumentor."""

from __future__ import annotations

from typing import Any

SOURCE = """
import http.server, sys, threading, traceback
import boto3, urllib3
class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        sent.append(self.headers.get("traceparent", ""))
        self.send_response(404)
        self.send_header("content-length", "0")
        self.end_headers()
    def log_message(self, *_):
        pass
sent = []
server = http.server.HTTPServer(("127.0.0.1", 0), Answers)
threading.Thread(target=server.serve_forever, daemon=True).start()
pools = urllib3.PoolManager()
def handler(event, context):
    before = "heliograph.libraries.urllib3" in sys.modules
    response = pools.request("GET", f"http://127.0.0.1:{server.server_port}/path?q=1")
    try:
        pools.request("GET", "http://127.0.0.1:1/", retries=False)
    except urllib3.exceptions.NewConnectionError as error:
        frames = [frame.f_code.co_filename for frame, _ in traceback.walk_tb(error.__traceback__)]
    late = [name for name in sys.modules if name.startswith("opentelemetry.instrumentation")]
    ours = [name for name in frames if "/heliograph/libraries/" in name]
    return [response.status, before, late, ours, sent[-1], server.server_port]
"""


def test_requests_of_urllib3(run: Any, runtime: Any) -> None:
    """A span of each, with the official instrumentor's attributes, which is loaded afterwards."""
    ran = run(runtime, SOURCE, [{}])
    [(_, _, answer)] = [one[:3] for one in ran.seen.answers]
    status, before, late, ours, sent, port = answer
    assert (status, before, late) == (404, False, [])
    if runtime["version"] != "3.10":  # which shows one frame of ours
        assert ours == []
    calls = [one for one in ran.documents if one.get("namespace") == "remote"]
    assert [one["http"]["request"]["url"] for one in calls] == [
        f"http://127.0.0.1:{port}/path?q=1",
        "http://127.0.0.1:1/",
    ]
    assert calls[0]["http"]["response"]["status"] == 404
    assert sent[36:52] == calls[0]["id"]
    assert calls[1]["cause"]["exceptions"][0]["type"] == "urllib3.exceptions.NewConnectionError"
    assert ran.ours == [line for line in ran.ours if "failed" not in line]
