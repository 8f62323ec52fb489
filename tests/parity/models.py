"""A server of Bedrock's models: its HTTP interface, event streams on the wire, scripted answers.

The model's id is `FAMILY:SCENARIO`; the family is one that the official instrumentor knows.
"""

from __future__ import annotations

import json
import struct
import threading
from base64 import b64encode
from binascii import crc32
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

ANSWER = "The answer, secret-answer, is 42. "
USAGE = {
    "inputTokens": 12, "outputTokens": 34, "totalTokens": 46, "cacheReadInputTokens": 5,
    "cacheWriteInputTokens": 6,
}  # fmt: skip
TOOL = {"toolUseId": "t1", "name": "weather", "input": {"city": "secret-city"}}

BODIES = {
    "amazon.titan": {
        "inputTextTokenCount": 3,
        "results": [{"tokenCount": 9, "outputText": ANSWER, "completionReason": "FINISH"}],
    },
    "amazon.nova": {
        "output": {"message": {"role": "assistant", "content": [{"text": ANSWER}]}},
        "stopReason": "end_turn", "usage": {"inputTokens": 4, "outputTokens": 7},
    },
    "anthropic.claude": {
        "role": "assistant", "stop_reason": "tool_use",
        "content": [
            {"type": "text", "text": ANSWER},
            {"type": "tool_use", "id": "u1", "name": "weather", "input": {"city": "secret-city"}},
        ],
        "usage": {"input_tokens": 11, "output_tokens": 22},
    },
    "cohere.command-r": {"text": ANSWER * 100, "finish_reason": "COMPLETE"},
    "cohere.command": {"generations": [{"text": ANSWER, "finish_reason": "COMPLETE"}]},
    "meta.llama": {
        "generation": ANSWER, "prompt_token_count": 5, "generation_token_count": 6,
        "stop_reason": "stop",
    },
    "mistral.mistral": {"outputs": [{"text": ANSWER, "stop_reason": "stop"}]},
}  # fmt: skip

CONVERSED = {
    "output": {"message": {"role": "assistant", "content": [{"text": ANSWER}]}},
    "stopReason": "end_turn",
    "usage": USAGE,
    "metrics": {"latencyMs": 3},
}

TEXT = [
    ("messageStart", {"role": "assistant"}),
    *[("contentBlockDelta", {"delta": {"text": word}, "contentBlockIndex": 0})
      for word in ANSWER.split(" ")],
    ("contentBlockStop", {"contentBlockIndex": 0}),
]  # fmt: skip
TOOL_USED = [
    ("contentBlockStart", {
        "start": {"toolUse": {"toolUseId": "t1", "name": "weather"}}, "contentBlockIndex": 1,
    }),
    *[("contentBlockDelta", {"delta": {"toolUse": {"input": part}}, "contentBlockIndex": 1})
      for part in ('{"city": "secret', '-city"}')],
    ("contentBlockStop", {"contentBlockIndex": 1}),
]  # fmt: skip
STOPPED = [("messageStop", {"stopReason": "end_turn"})]
METADATA = [("metadata", {"usage": USAGE, "metrics": {"latencyMs": 3}})]

CHUNKS = {
    "amazon.titan": [
        {"outputText": "One ", "index": 0, "completionReason": None, "inputTextTokenCount": 3},
        {"outputText": "secret-two", "index": 0, "completionReason": "FINISH",
         "amazon-bedrock-invocationMetrics": {"inputTokenCount": 3, "outputTokenCount": 5}},
    ],
    "amazon.nova": [
        {"messageStart": {"role": "assistant"}},
        {"contentBlockDelta": {"delta": {"text": ANSWER}, "contentBlockIndex": 0}},
        {"contentBlockStop": {"contentBlockIndex": 0}},
        {"contentBlockStart": {"start": {"toolUse": {"toolUseId": "t1", "name": "weather"}}}},
        {"contentBlockDelta": {"delta": {"toolUse": {"input": '{"city": "secret-city"}'}}}},
        {"contentBlockStop": {"contentBlockIndex": 1}},
        {"messageStop": {"stopReason": "end_turn"}},
        {"metadata": {"usage": {"inputTokens": 8, "outputTokens": 9}}},
    ],
    "anthropic.claude": [
        {"type": "message_start", "message": {"role": "assistant", "content": [],
                                              "usage": {"input_tokens": 1, "output_tokens": 1}}},
        {"type": "content_block_start", "content_block": {"type": "text", "text": ""}},
        *[{"type": "content_block_delta", "delta": {"type": "text_delta", "text": word}}
          for word in ANSWER.split(" ")],
        {"type": "content_block_stop"},
        {"type": "content_block_start",
         "content_block": {"type": "tool_use", "id": "u1", "name": "weather", "input": {}}},
        {"type": "content_block_delta",
         "delta": {"type": "input_json_delta", "partial_json": '{"city": "secret-city"}'}},
        {"type": "content_block_stop"},
        {"type": "message_delta", "delta": {"stop_reason": "tool_use"},
         "usage": {"output_tokens": 5}},
        {"type": "message_stop", "amazon-bedrock-invocationMetrics": {
            "inputTokenCount": 21, "outputTokenCount": 31}},
    ],
    "cohere.command": [{"text": ANSWER, "is_finished": True}],
}  # fmt: skip


def header(name: str, value: str) -> bytes:
    return struct.pack("!B", len(name)) + name.encode() + b"\7" + struct.pack(
        "!H", len(value)
    ) + value.encode()  # fmt: skip


def message(kind: str, name: str, payload: dict) -> bytes:
    """One message of an event stream, in AWS's encoding."""
    headers = b"".join([
        header(":message-type", kind),
        header(":event-type" if kind == "event" else ":exception-type", name),
        header(":content-type", "application/json"),
    ])  # fmt: skip
    body = json.dumps(payload).encode()
    prelude = struct.pack("!II", len(headers) + len(body) + 16, len(headers))
    prelude += struct.pack("!I", crc32(prelude))
    return (whole := prelude + headers + body) + struct.pack("!I", crc32(whole))


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.server.seen.append((self.path, dict(self.headers.items()), asked))
        model, operation = self.path.split("/")[2], self.path.rpartition("/")[2]
        self.family, _, self.scenario = unquote(model).partition(":")
        if self.scenario.isdecimal():
            kind = "ThrottlingException" if self.scenario == "429" else "ValidationException"
            self.send(
                int(self.scenario), {"message": f"{kind} it is"}, **{"x-amzn-ErrorType": kind}
            )
        else:
            getattr(self, "answer_" + operation.replace("-", "_"))()

    def send(self, status: int, body: object, **headers: str) -> None:
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"content-type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("x-amzn-RequestId", "12345678-1234-1234-1234-123456789012")
        self.send_header("content-length", str(len(payload) + (self.scenario == "cut")))
        self.end_headers()
        self.wfile.write(payload)
        if self.scenario == "cut":
            self.close_connection = True

    def send_events(self, messages: list[bytes]) -> None:
        self.send_response(200)
        self.send_header("content-type", "application/vnd.amazon.eventstream")
        self.send_header("x-amzn-RequestId", "12345678-1234-1234-1234-123456789012")
        self.send_header("connection", "close")
        self.end_headers()
        for one in messages:
            self.wfile.write(one)
        self.close_connection = True

    def answer_converse(self) -> None:
        answer = dict(CONVERSED)
        if self.scenario == "tool":
            said = {"role": "assistant", "content": [{"text": ANSWER}, {"toolUse": TOOL}]}
            answer |= {"output": {"message": said}, "stopReason": "tool_use"}
        if self.scenario == "bare":
            answer = {"output": {"message": {"role": "assistant", "content": []}}}
        self.send(200, answer)

    def answer_apply(self) -> None:
        self.send(200, {"usage": {}, "action": "NONE", "outputs": [], "assessments": []})

    def answer_converse_stream(self) -> None:
        events = [*TEXT, *STOPPED, *METADATA]
        if self.scenario == "tool":
            events = [*TEXT, *TOOL_USED, *STOPPED, *METADATA]
        if self.scenario == "truncated":
            events = [*TEXT]
        if self.scenario == "empty":
            events = []
        if self.scenario == "long":
            events = [*TEXT[:1], *TEXT[1:-1] * 200, *TEXT[-1:], *STOPPED, *METADATA]
        sent = [message("event", *event) for event in events]
        if self.scenario == "error":
            sent[3:] = [message("exception", "throttlingException", {"message": "too fast"})]
        if self.scenario == "garbage":
            sent[3:] = [b"\0" * 64]
        self.send_events(sent)

    def answer_invoke(self) -> None:
        body: object = BODIES.get(self.family, {"unknown": True})
        self.send(200, {
            "text": b"no JSON", "empty": b"", "list": b"[1, 2]", "missing": {},
            "bytes": b"\xff\xfe", "huge": {"text": "x" * (1 << 21)},
            "cut": b'{"usage": {"input',
        }.get(self.scenario, body))  # fmt: skip

    def answer_invoke_with_response_stream(self) -> None:
        chunks: list[object] = [*CHUNKS.get(self.family, [{"unknown": True}])]
        if self.scenario == "odd":
            chunks = ["text", [1], 5, None, *chunks]
        encoded = [json.dumps(chunk).encode() for chunk in chunks]
        if self.scenario == "odd":
            encoded[:0] = [b"no JSON"]
        sent = [message("event", "chunk", {"bytes": b64encode(one).decode()}) for one in encoded]
        if self.scenario == "error":
            sent[2:] = [message("exception", "modelStreamErrorException", {"message": "broke"})]
        self.send_events(sent)

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


class Models(ThreadingHTTPServer):
    """The server, started.

    Attributes:
        seen: Path, headers and body of each request.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.seen: list[tuple[str, dict[str, str], bytes]] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def close(self) -> None:
        self.shutdown()
        self.server_close()
