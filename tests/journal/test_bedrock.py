"""Calls of Bedrock's models, recorded: answers are the library's, noted as they are read."""

from __future__ import annotations

import ast
import gc
import importlib.util
import json
import os
import subprocess
import sys
import threading
import traceback
from io import BytesIO, IOBase
from pathlib import Path
from unittest.mock import MagicMock

import boto3
import pytest
from botocore.config import Config
from botocore.eventstream import EventStream
from botocore.exceptions import (
    ClientError,
    EventStreamError,
    IncompleteReadError,
    ResponseStreamingError,
)
from botocore.response import StreamingBody

import heliograph
from heliograph import testing
from heliograph.journal import journal
from heliograph.journal.entry import Call, Entry, Trace
from heliograph.libraries.botocore.bedrock import facts, reading
from heliograph.runtime import unfinished

pytestmark = pytest.mark.filterwarnings(  # of connections that a test has left in the middle
    "ignore:.*unclosed:ResourceWarning",
    "ignore:.*socket.socket:pytest.PytestUnraisableExceptionWarning",
)

FIRST = "gen_ai.client.operation.time_to_first_chunk"
TOKENS = "gen_ai.client.token.usage"
OUTPUT, REASONS = "gen_ai.usage.output_tokens", "gen_ai.response.finish_reasons"
NAMED = {"modelId": "anthropic.claude:plain", "messages": []}


@pytest.fixture(scope="module")
def server():
    path = Path(__file__).parents[1] / "parity" / "models.py"
    spec = importlib.util.spec_from_file_location("parity_models", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made = module.Models()
    yield made
    made.close()


@pytest.fixture(scope="module")
def models(server):
    return boto3.client(
        "bedrock-runtime", region_name="eu-central-1", endpoint_url=server.url,
        aws_access_key_id="id", aws_secret_access_key="secret",
        config=Config(retries={"max_attempts": 0}),
    )  # fmt: skip


@pytest.fixture
def captured():
    with testing.capture() as captured, heliograph.span("outer"):
        yield captured


def stream(models, scenario="plain"):
    return models.converse_stream(modelId=f"anthropic.claude:{scenario}")["stream"]


def body(models, family="anthropic.claude", scenario="plain"):
    asked = models.invoke_model(modelId=f"{family}:{scenario}", body='{"max_tokens": 3}')
    return asked["body"]


def call(captured, scenario="plain", family="anthropic.claude"):
    return captured.span(f"chat {family}:{scenario}")


def ended(captured):
    return [span.name for span in captured.spans]


def test_answers_are_the_librarys_own(models, captured):
    """The very objects that botocore made are handed out, of its classes, and look like them."""
    made = []
    models.meta.events.register("after-call", lambda parsed, **_: made.append(parsed), "seen")
    try:
        for result, kind in (
            (models.converse_stream(**NAMED), EventStream),
            (models.invoke_model(modelId="a:plain", body="{}"), StreamingBody),
            (models.invoke_model_with_response_stream(modelId="a:plain", body="{}"), EventStream),
        ):
            assert any(result is one for one in made)
            answer = result.get("stream") or result["body"]
            assert isinstance(answer, kind)
            assert repr(answer).startswith(f"<{kind.__module__}.{kind.__name__} object at")
            answer.close()
    finally:
        models.meta.events.unregister("after-call", unique_id="seen")


def test_the_span_ends_with_the_last_event(models, captured):
    """While the function reads, the span is open, and is not current."""
    events = iter(stream(models))
    with heliograph.span("meanwhile"):
        next(events)
    assert ended(captured) == ["meanwhile"]
    assert len(list(events)) > 5
    span = call(captured)
    assert span.attributes[REASONS] == ("end_turn",)
    assert span.attributes[OUTPUT] == 34
    meanwhile = captured.span("meanwhile")
    assert span.end_time > meanwhile.end_time
    assert meanwhile.parent.span_id == span.parent.span_id
    assert [point.sum for point in captured.metrics[TOKENS]] == [12, 34]
    assert [point.count for point in captured.metrics[FIRST]] == [1]


@pytest.mark.parametrize("scenario", ["truncated", "empty"])
def test_a_stream_without_a_last_event(models, captured, scenario):
    """It ends where the stream does, though the official instrumentor never ends it."""
    list(stream(models, scenario))
    assert OUTPUT not in call(captured, scenario).attributes
    assert (FIRST in captured.metrics) == (scenario == "truncated")


def test_a_stream_that_is_let_go(models, captured):
    """Not read, or left in the middle, it ends the span when nobody has it any more."""
    kept = stream(models)
    for event in kept:
        if "messageStop" in event:
            break
    again = list(kept)
    assert [*again[0]] == ["metadata"]
    left = stream(models, "tool")
    next(iter(left))
    assert ended(captured) == ["chat anthropic.claude:plain"]
    del left
    gc.collect()
    assert OUTPUT not in call(captured, "tool").attributes


def test_a_stream_that_is_closed(models, captured):
    """Closed early it is over, and closed after its end nothing is counted twice."""
    with_end = stream(models)
    list(with_end)
    with_end.close()
    early = stream(models, "long")
    next(iter(early))
    early.close()
    assert OUTPUT not in call(captured, "long").attributes
    assert [point.count for point in captured.metrics[TOKENS]] == [1, 1]


def test_an_error_in_a_stream(models, captured):
    """It goes to the reader without a frame of ours, and makes the span one that has failed."""
    with pytest.raises(EventStreamError) as caught:
        list(stream(models, "error"))
    files = [frame.f_code.co_filename for frame, _ in traceback.walk_tb(caught.tb)]
    assert not [file for file in files if "heliograph/libraries" in file]
    span = call(captured, "error")
    assert span.status.description == str(caught.value)
    assert span.attributes["error.type"] == "EventStreamError"


def test_bytes_that_are_no_events(models, captured):
    """What botocore raises for them is told too, though the instrumentor knows it not."""
    with pytest.raises(Exception, match="Checksum") as caught:
        list(stream(models, "garbage"))
    span = call(captured, "garbage")
    assert not span.status.is_ok
    assert span.attributes["error.type"] == type(caught.value).__name__


def test_a_thread_reads(models, captured):
    """Whoever reads it: the span stays below the one in which the call was made."""
    events: list[object] = []
    answer = stream(models)
    reader = threading.Thread(target=lambda: events.extend(answer))
    reader.start()
    reader.join()
    assert len(events) > 5
    assert call(captured).attributes[OUTPUT] == 34


@pytest.mark.parametrize("read", [
    pytest.param(lambda body: body.read(), id="at once"),
    pytest.param(lambda body: body.read(1 << 20), id="as much as there is"),
    pytest.param(lambda body: b"".join(iter(lambda: body.read(5), b"")), id="in pieces"),
    pytest.param(lambda body: b"".join(body), id="as an iterator"),
    pytest.param(lambda body: b"".join(body.iter_chunks(3)), id="in chunks"),
    pytest.param(lambda body: b"".join(body.iter_lines(4)), id="in lines"),
    pytest.param(lambda body: b"".join(body.readlines()), id="as lines"),
    pytest.param(lambda body: BytesIO(json.dumps(json.load(body)).encode()).read(), id="as JSON"),
])  # fmt: skip
def test_ways_to_read_a_body(models, captured, read):
    """Each notes the tokens, and hands out what was sent."""
    assert json.loads(read(body(models)))["stop_reason"] == "tool_use"
    assert call(captured).attributes[OUTPUT] == 22


def test_a_body_read_into_a_buffer(models, captured):
    """By `readinto`, which botocore has for `io`."""
    answer, said, buffer = body(models), b"", bytearray(16)
    while size := answer.readinto(buffer):
        said += buffer[:size]
    assert json.loads(said)["role"] == "assistant"
    assert call(captured).attributes[OUTPUT] == 22


def test_a_body_within_a_block(models, captured):
    """`with body as stream` has the raw stream, and ends the span where it is left."""
    with body(models) as raw:
        assert raw.status == 200
        json.loads(raw.read())
    assert call(captured).attributes[OUTPUT] == 22
    with body(models, "amazon.nova") as raw:
        raw.read(3)
    assert OUTPUT not in call(captured, family="amazon.nova").attributes


def test_a_body_that_breaks_off(models, captured):
    """The error is the reader's, and the span's."""
    with pytest.raises((IncompleteReadError, ResponseStreamingError)) as caught:
        body(models, scenario="cut").read()
    span = call(captured, "cut")
    assert span.status.description == str(caught.value)
    assert span.attributes["error.type"] == type(caught.value).__name__


def test_a_body_that_nobody_reads(models, captured):
    """Closed or let go, its span has ended."""
    body(models).close()
    del (kept := [body(models, "amazon.nova")])[:]
    gc.collect()
    assert kept == []
    assert ended(captured) == ["chat anthropic.claude:plain", "chat amazon.nova:plain"]


def test_what_is_left_open(models, captured):
    """It is developed as unfinished, with what was noted; what is read later changes nothing."""
    answer = stream(models)
    events = iter(answer)
    for event in events:
        if "messageStop" in event:
            break
    unfinished.close()
    assert len(list(events)) == 1
    span = call(captured)
    assert span.attributes["heliograph.unfinished"] is True
    assert span.attributes[REASONS] == ("end_turn",)


@pytest.mark.parametrize("scenario", ["text", "empty", "list", "missing", "bytes", "huge"])
def test_bodies_of_any_form(models, captured, scenario):
    """What is no answer of a model's is handed out as it is."""
    assert len(body(models, scenario=scenario).read()) >= 0
    assert OUTPUT not in call(captured, scenario).attributes


def test_chunks_of_any_form(models, captured):
    """What is no JSON, or no object, is handed out, and is no reason to fail."""
    asked = models.invoke_model_with_response_stream(modelId="amazon.nova:odd", body="{}")
    assert len(list(asked["body"])) == 5 + 8
    assert call(captured, "odd", "amazon.nova").attributes[OUTPUT] == 9


ODD = (
    {"messageStart": None}, {"messageStart": {"role": 5}}, {"contentBlockStart": {"start": 5}},
    {"contentBlockStop": {}}, {"messageStop": {"stopReason": ["odd"]}}, {"chunk": None},
    {"chunk": {"bytes": "text"}}, {}, "text", None, {"metadata": {"usage": [1]}},
)  # fmt: skip


def test_events_of_any_form(models, captured):
    """Events as a later Bedrock, or a handler of the function's, may make them."""
    for odd in ODD:
        answer = stream(models)
        answer._parse_event = lambda _, odd=odd: odd
        list(answer)
    assert len(ended(captured)) == len(ODD)


def test_stand_ins_of_tests(models, captured):
    """What a function's test has put in place of a stream is left alone."""
    mock, seen = MagicMock(), BytesIO(b"{}")

    class Own(StreamingBody):
        pass

    for answer in (mock, Own(seen, 2), None, [{"chunk": 1}]):
        reply = (MagicMock(status_code=200), {"body": answer, "stream": answer})
        models.meta.events.register("before-call", lambda reply=reply, **_: reply, "own")
        try:
            assert models.invoke_model(modelId="m:1", body="{}")["body"] is answer
            assert models.converse_stream(modelId="m:2")["stream"] is answer
        finally:
            models.meta.events.unregister("before-call", unique_id="own")
    assert mock.mock_calls == []
    assert ended(captured) == ["chat m:1", "chat m:2"] * 4


def test_hooks(models, captured):
    """The user's hooks see the live answer at the end of the call, failed ones too."""
    from opentelemetry.instrumentation.botocore import BotocoreInstrumentor

    seen = []
    BotocoreInstrumentor().instrument(
        request_hook=lambda span, *rest: span.set_attribute("asked", rest[1]),
        response_hook=lambda span, *rest: (seen.append(rest), span.set_attribute("said", 1)),
    )
    try:
        list(stream(models))
        with pytest.raises(ClientError):
            models.converse_stream(modelId="anthropic.claude:429")
    finally:
        BotocoreInstrumentor().uninstrument()
        BotocoreInstrumentor().instrument()
    assert [type(result.get("stream")).__name__ for *_, result in seen] == [
        "EventStream",
        "NoneType",
    ]
    for scenario in "plain", "429":
        attributes = call(captured, scenario).attributes
        assert (attributes["asked"], attributes["said"]) == ("ConverseStream", 1)


def test_nothing_said_is_kept(models):
    """No prompt, answer, argument or result is in the journal; how much of it is bounded."""
    told = {"role": "user", "content": [{"text": "secret-prompt"}]}
    with testing.capture(), heliograph.span("outer"):
        for scenario in "plain", "tool", "long":
            list(stream(models, scenario))
        models.converse(modelId="anthropic.claude:tool", messages=[told] * 500)
        for family in ("anthropic.claude", "cohere.command-r", "mistral.mistral"):
            text = json.dumps({"prompt": "secret-" * 100, "message": "secret", "messages": [told]})
            models.invoke_model(modelId=f"{family}:plain", body=text)["body"].read()
        models.apply_guardrail(
            guardrailIdentifier="g", guardrailVersion="1", source="INPUT",
            content=[{"text": {"text": "secret"}}],
        )  # fmt: skip
        kept = [(entry.call.request, entry.call.answer) for entry in journal.entries if entry.call]
    assert len(kept) == 8
    assert "secret" not in repr(kept)
    assert max(len(repr(one)) for one in kept) < 1500


def test_long_answers_are_bounded():
    """Of a stream that does not end, the first events are kept and the last."""
    kept = facts.Kept(messages=True, texts=True)
    with_texts = facts.event({"contentBlockDelta": {"delta": {"text": "a" * 1500}}}, kept)[0]
    for _ in range(3):
        more = facts.event({"contentBlockDelta": {"delta": {"text": "b" * 1500}}}, kept)[0]
        assert facts.joined(with_texts, more)
    assert len(with_texts["contentBlockDelta"]["delta"]["text"]) == 2048
    assert facts.of_json(b"[" * 100_000, kept) == facts.NO_JSON
    assert facts.of_json(b" " * (facts.MAX_BODY + 1), kept) == [{}]
    deep: list[object] = []
    for _ in range(50):
        deep = [deep]
    assert len(repr(facts.request({"messages": deep, "system": [{}] * 999}, kept))) < 400


ALONE = """
import sys
import boto3, heliograph
from botocore.config import Config
client = boto3.client("bedrock-runtime", region_name="eu-central-1", endpoint_url=sys.argv[1],
                      aws_access_key_id="id", aws_secret_access_key="secret")
import botocore.eventstream, botocore.response
def handler(event, context):
    before = set(sys.modules)
    list(client.converse_stream(modelId="anthropic.claude:plain")["stream"])
    client.invoke_model(modelId="anthropic.claude:plain", body="{}")["body"].read()
    print(sorted(set(sys.modules) - before - theirs))
    print([name for name in sys.modules if name.partition(".")[0] == "opentelemetry"])
with_us = "us" in sys.argv
theirs = set()
if with_us:
    import os
    os.environ.update(
        AWS_LAMBDA_FUNCTION_NAME="function", AWS_LAMBDA_RUNTIME_API="127.0.0.1:9",
        OTEL_TRACES_EXPORTER="console",
        _X_AMZN_TRACE_ID="Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1",
    )
from heliograph.testing import FakeContext
(heliograph.wrap(handler) if with_us else handler)({}, FakeContext())
if with_us:
    heliograph.flush()
    print([name for name in sys.modules if name == "opentelemetry.sdk.metrics"])
"""


def test_nothing_is_loaded_but_the_recorder(server):
    """Before the response three files of ours are loaded by the first call, and none of others.

    After it not even the metrics SDK, where EMF gets none of what instrumentors measure.
    """

    def run(*args, **env):
        ran = subprocess.run(
            [sys.executable, "-c", ALONE, server.url, *args],
            env={**os.environ, **env}, capture_output=True, text=True, check=True, timeout=60,
        )  # fmt: skip
        lines = [line for line in ran.stdout.splitlines() if line[:1] == "["]
        return ran.stdout, [ast.literal_eval(line) for line in lines]

    (_, bare), (said, ours) = run(), run("us")
    assert [name for name in ours[0] if name not in bare[0]] == [
        "heliograph.libraries.botocore.bedrock",
        "heliograph.libraries.botocore.bedrock.facts",
        "heliograph.libraries.botocore.bedrock.reading",
    ]
    assert ours[1:] == [[], []]
    assert "CloudWatchMetrics" not in said
    said, _ = run("us", HELIOGRAPH_EMF_INSTRUMENTATION_METRICS="gen_ai.*")
    lines = [line for line in said.splitlines() if "CloudWatchMetrics" in line]
    assert lines
    assert all(TOKENS in line or FIRST in line for line in lines)


def test_a_body_of_an_older_botocore(monkeypatch):
    """Its class has `read` alone; what `io` makes of it notes each byte once."""
    older = type("StreamingBody", (IOBase,), {
        "__init__": lambda self, raw, length: vars(self).update(
            _raw_stream=raw, _content_length=length, _amount_read=0
        ),
        "read": lambda self, amt=None: self._raw_stream.read(amt),
        "readable": lambda _: True,
        "close": lambda self: self._raw_stream.close(),
    })  # fmt: skip
    monkeypatch.setattr("botocore.response.StreamingBody", older)
    entry = Entry("call", None, Trace(1))
    entry.call = Call("botocore", (), ("InvokeModel", {}))
    entry.call.answer = {}
    text = b'{"usage":\n{"input_tokens":\n7}}'
    result = {"body": older(BytesIO(text), len(text))}
    kept = facts.Kept(messages=False, texts=False)
    assert reading.noted("InvokeModel", result, entry, kept)
    with result["body"] as stream:
        assert isinstance(stream, older)
        assert b"".join(stream.readlines()) == text
    assert entry.call.answer["read"]["json"] == [{"usage": {"input_tokens": 7}}]
    assert entry.end


def test_without_the_instrumentor(models, captured, monkeypatch):
    """The basic attributes are there, and the stream is the function's as before."""

    def describer(_):
        raise ImportError("another version")

    monkeypatch.setattr("heliograph.libraries.botocore.describe.describer", describer)
    assert len(list(stream(models))) > 5
    span = captured.span("Bedrock Runtime.ConverseStream")
    assert span.attributes["aws.request_id"].startswith("12345678")
