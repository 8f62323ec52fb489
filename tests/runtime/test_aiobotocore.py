"""AWS calls through aiobotocore: recorded as those of botocore are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from heliograph.lab.invocation import Invocation
from scripts import brought, pythons

if TYPE_CHECKING:
    from collections.abc import Callable

AWS = """
import asyncio, http.server, json, sys, threading
import botocore.session
from aiobotocore.session import get_session
from botocore.exceptions import ClientError
seen = []
class Answering(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        operation = self.headers.get("X-Amz-Target", self.path).rpartition(".")[2]
        header = self.headers.get_all("X-Amzn-Trace-Id") or []
        carried = sorted(asked.get("MessageAttributes", {}))
        seen.append([operation, header, carried])
        status, told = 200, {}
        if asked.get("TableName") == "absent":
            status, told = 400, {"__type": "ResourceNotFoundException", "message": "no such table"}
        elif operation == "GetItem":
            told = {"Item": {"id": {"S": "7"}}}
        elif operation == "ReceiveMessage":
            told = {"Messages": [{"MessageId": "1", "Body": "b", "ReceiptHandle": "r",
                    "MessageAttributes": {"traceparent": {"DataType": "String", "StringValue":
                    "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01"}}}]}
        elif operation.endswith("/converse"):
            told = {"output": {"message": {"role": "assistant", "content": [{"text": "hunter2"}]}},
                    "stopReason": "end_turn", "usage": {"inputTokens": 1, "outputTokens": 2,
                    "totalTokens": 3}, "metrics": {"latencyMs": 1}}
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("x-amzn-RequestId", "request-7")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering)
threading.Thread(target=server.serve_forever, daemon=True).start()
HERE = dict(region_name="eu-central-1", endpoint_url=f"http://127.0.0.1:{server.server_port}",
            aws_access_key_id="key", aws_secret_access_key="secret")
QUEUE = f"{HERE['endpoint_url']}/123456789012/orders"
CALLS = (
    ("dynamodb", "get_item", dict(TableName="orders", Key={"id": {"S": "7"}})),
    ("dynamodb", "get_item", dict(TableName="absent", Key={"id": {"S": "7"}})),
    ("sqs", "send_message", dict(QueueUrl=QUEUE, MessageBody="body")),
    ("sqs", "receive_message", dict(QueueUrl=QUEUE)),
    ("secretsmanager", "get_secret_value", dict(SecretId="pass")),
)
def told(error):
    files, tb = [], error.__traceback__
    while tb is not None:
        files.append(tb.tb_frame.f_code.co_filename)
        tb = tb.tb_next
    return [type(error).__name__, str(error), any("/heliograph/libraries/" in one for one in files)]
def calls():
    session, answers = botocore.session.get_session(), []
    for service, name, given in CALLS:
        client = session.create_client(service, **HERE)
        try:
            answers.append(sorted(getattr(client, name)(**given)))
        except ClientError as error:
            answers.append(told(error))
    return answers
async def tasks():
    answers = []
    for service, name, given in CALLS:
        async with get_session().create_client(service, **HERE) as client:
            try:
                answers.append(sorted(await getattr(client, name)(**given)))
            except ClientError as error:
                answers.append(told(error))
    return answers
"""

BOTH = """
def handler(event, context):
    seen.clear()
    answers = calls() if event["how"] == "calls" else asyncio.run(tasks())
    return [answers, seen]
"""

MORE = """
async def more():
    async with get_session().create_client("dynamodb", **HERE) as client:
        async def one(table):
            await client.get_item(TableName=table, Key={"id": {"S": "7"}})
            await client.describe_table(TableName=table)
        await asyncio.gather(*(one(f"table{number}") for number in range(3)))
        given_up = asyncio.ensure_future(client.list_tables())
        await asyncio.sleep(0)
        given_up.cancel()
        try:
            await given_up
        except asyncio.CancelledError:
            pass
    async with get_session().create_client("bedrock-runtime", **HERE) as client:
        answer = await client.converse(modelId="model", messages=[
            {"role": "user", "content": [{"text": "hunter2"}]}])
        assert answer["output"]["message"]["content"][0]["text"] == "hunter2"
    never = client.converse(modelId="model", messages=[])
    never.close()
def handler(event, context):
    asyncio.run(more())
    return seen
"""

OWN = """
from opentelemetry.instrumentation.botocore import AiobotocoreInstrumentor
def asked(span, service, operation, params):
    span.set_attribute("asked", f"{service} {operation}")
def answered(span, service, operation, result):
    span.set_attribute("answered", str(sorted(result)))
AiobotocoreInstrumentor().instrument(request_hook=asked, response_hook=answered)
def handler(event, context):
    asyncio.run(tasks())
    calls()
    AiobotocoreInstrumentor().uninstrument()
    asyncio.run(tasks())
"""


@pytest.fixture
def ran(run: Any, one_runtime: dict[str, str]) -> Callable[..., Any]:
    """Run a handler beside aiobotocore."""
    folder = str(brought.libraries(pythons.find()[one_runtime["version"]], "aiobotocore"))

    def start(source: str, *events: dict[str, Any], **env: str) -> Any:
        invocations = [Invocation(event) for event in events or ({},)]
        done = run(one_runtime, AWS + source, invocations, env={"PYTHONPATH": folder, **env})
        lines = [line for line in done.ours if "traces to" not in line]
        assert lines == []
        return done

    return start


def answers(done: Any) -> list[Any]:
    """What the handler returned."""
    return [answer[2] for answer in done.seen.answers]


def calls(done: Any) -> list[dict[str, Any]]:
    """The spans of AWS calls, by their start; where there is none, aiohttp has its own."""
    spans = [one for one in done.documents if "operation" in one.get("aws", ())]
    return sorted(spans, key=lambda one: one["start_time"])


VARYING = ("id", "parent_id", "trace_id", "start_time", "end_time")


def plain(span: dict[str, Any]) -> dict[str, Any]:
    """A span without what every call has its own of, and without the lines that raised."""
    found = {name: value for name, value in span.items() if name not in VARYING}
    if "cause" in found:
        found["cause"] = [(one["type"], one["message"]) for one in span["cause"]["exceptions"]]
    return found


def test_they_are_those_of_botocore(ran: Any) -> None:
    """The same calls have the same answers, spans and headers, and the same error is theirs."""
    done = ran(BOTH, {"how": "calls"}, {"how": "tasks"})
    (first, of_calls), (second, of_tasks) = answers(done)
    assert second == first
    name, message, ours = second[1]
    assert (name, ours) == ("ResourceNotFoundException", False)
    assert message.endswith("when calling the GetItem operation: no such table")
    spans = calls(done)
    assert len(spans) == 10
    assert [plain(one) for one in spans[5:]] == [plain(one) for one in spans[:5]]
    assert [one["name"] for one in spans[:5]] == ["DynamoDB"] * 2 + ["SQS"] * 2 + [
        "Secrets Manager"
    ]
    assert [one["error"] for one in spans if "cause" in one] == [True, True]
    for sent, these in ((of_calls, spans[:5]), (of_tasks, spans[5:])):
        parents = [[header.split("Parent=")[1][:16] for header in one[1]] for one in sent]
        assert parents == [[one["id"]] for one in these]  # one header, of the call's own span
        assert sent[2][2] == ["traceparent"]


def test_tasks(ran: Any) -> None:
    """Calls side by side are below what began them all; one given up ends, and so does no other."""
    done = ran(MORE)
    [above] = [one["id"] for one in done.documents if one["name"] == "app.handler"]
    spans = calls(done)
    assert {one["parent_id"] for one in spans} == {above}
    names = sorted(one["aws"]["operation"] for one in spans)
    assert names == [*["Converse"], *["DescribeTable"] * 3, *["GetItem"] * 3, "ListTables"]
    assert "hunter2" not in str(done.documents)
    [sent] = answers(done)
    ids = {one["id"] for one in spans}
    assert {header.split("Parent=")[1][:16] for one in sent for header in one[1]} <= ids


def test_the_functions_own_instrumentor(ran: Any) -> None:
    """Its hooks are taken over, for aiobotocore alone; nothing is twice; it can be switched off."""
    done = ran(OWN)
    spans = calls(done)
    assert len(spans) == 10
    asked = [one["metadata"]["default"].get("asked") for one in spans[:5]]
    assert asked == [
        "dynamodb GetItem", "dynamodb GetItem", "sqs SendMessage", "sqs ReceiveMessage",
        "secretsmanager GetSecretValue",
    ]  # fmt: skip
    assert "Error" in spans[1]["metadata"]["default"]["answered"]
    assert not [one for one in spans[5:] if "asked" in str(one)]


@pytest.mark.parametrize("off", ["aiobotocore", "botocore"])
def test_left_alone(ran: Any, off: str) -> None:
    """Each is left alone by its own name, and the other has its spans and headers."""
    done = ran(BOTH, {"how": "calls"}, {"how": "tasks"}, OTEL_PYTHON_DISABLED_INSTRUMENTATIONS=off)
    spans = calls(done)
    assert len(spans) == 5
    sent = answers(done)[off == "botocore"][1]
    parents = [[header.split("Parent=")[1][:16] for header in one[1]] for one in sent]
    assert parents == [[one["id"]] for one in spans]
