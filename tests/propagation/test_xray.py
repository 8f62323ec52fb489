"""What leaves the function: trace headers, as a server received them."""

from __future__ import annotations

import copy
from urllib.parse import unquote

import boto3
import pytest
from botocore.config import Config
from hypothesis import given
from hypothesis import strategies as st

import heliograph
from heliograph import testing
from heliograph.journal import current
from heliograph.journal.entry import Entry, Remote, Trace
from heliograph.propagation import xray

ROOT = "Root=1-5759e988-bd862e3fe1be46a994272793"
TRACE_ID = 0x5759E988BD862E3FE1BE46A994272793
ENVIRONMENT = f"{ROOT};Parent=53995c3f42cd8ad8;Sampled=1"


def table(stub, path="/fail/0/200/none", attempts=3):
    return boto3.client(
        "dynamodb",
        region_name="eu-central-1",
        endpoint_url=stub.url + path,
        aws_access_key_id="id",
        aws_secret_access_key="secret",
        config=Config(retries={"mode": "legacy", "max_attempts": attempts - 1}),
    )


def received(stub, name=xray.XRAY):
    """The values of a header in the requests that arrived, and only one in each."""
    return [
        {key.lower(): value for key, value in headers.items()}.get(name.lower())
        for _, _, headers in stub.seen
    ]


def hexadecimal(span):
    return f"{span.context.span_id:016x}"


# -- X-Ray's header, read and written ------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "trace_id", "parent", "sampled", "header_rest"),
    [
        pytest.param(ENVIRONMENT, TRACE_ID, 0x53995C3F42CD8AD8, True, "", id="whole"),
        pytest.param(f"{ROOT};Sampled=0", TRACE_ID, 0, False, "", id="no parent"),
        pytest.param(f"{ROOT};Sampled=?", TRACE_ID, 0, None, "", id="not decided"),
        pytest.param(f" sampled=1 ;; root = {ROOT[5:]} ;", TRACE_ID, 0, True, "", id="spaces"),
        pytest.param(
            f"{ENVIRONMENT};Lineage=25:a87bd80c:1;Self=1-0;X=y;bare",
            TRACE_ID, 0x53995C3F42CD8AD8, True, "Lineage=25:a87bd80c:1;X=y", id="more parts",
        ),
        pytest.param(f"{ROOT};A=b\nc;D=\u00e9;E=f", TRACE_ID, 0, None, "E=f", id="no header can"),
        pytest.param("Root=2-5759e988-bd862e3fe1be46a994272793", 0, 0, None, "", id="version"),
        pytest.param("Root=1-5759e988-bd862e3fe1be46a99427279", 0, 0, None, "", id="too short"),
        pytest.param("Root=1-5759e98g-bd862e3fe1be46a994272793", 0, 0, None, "", id="no hex"),
        pytest.param(f"{ROOT};Parent=xyz", TRACE_ID, 0, None, "", id="bad parent"),
        pytest.param("junk", 0, 0, None, "", id="junk"),
        pytest.param("", 0, 0, None, "", id="nothing"),
    ],
)  # fmt: skip
def test_parse(header, trace_id, parent, sampled, header_rest):
    """Pieces in any order, odd ones skipped; unknown ones kept, Self dropped (triggers 3.1)."""
    trace, found, flag = xray.parse(header)
    assert (trace.id if trace else 0, found, flag) == (trace_id, parent, sampled)
    assert (trace.header_rest if trace else "") == header_rest


@given(st.text())
def test_parse_takes_anything(header):
    """No header makes it fail."""
    xray.parse(header)


@given(st.integers(1, 2**128 - 1), st.integers(1, 2**64 - 1), st.booleans())
def test_written_is_read(trace_id, span_id, sampled):
    """What is written reads as the same trace, parent and decision."""
    header = xray.header_of(Remote(Trace(trace_id, sampled=sampled), span_id))
    trace, parent, flag = xray.parse(header)
    assert (trace.id, parent, flag) == (trace_id, span_id, sampled)


@pytest.mark.parametrize(
    ("header_rest", "kept"),
    [
        pytest.param("A=b;Lineage=1", "A=b;Lineage=1", id="short"),
        pytest.param(
            f"A={'a' * 70};Lineage=2:b:1;B={'b' * 70};C={'c' * 70}",
            f"A={'a' * 70};Lineage=2:b:1;B={'b' * 70}", id="from the right",
        ),
        pytest.param(
            f"Lineage={'l' * 100};A={'a' * 200}", f"Lineage={'l' * 100}", id="lineage stays"
        ),
        pytest.param(f"Lineage={'l' * 300}", "", id="longer than all"),
    ],
)  # fmt: skip
def test_length(header_rest, kept):
    """At most 256 characters: unknown parts go first, from the right (triggers 8.2)."""
    header = xray.header_of(Remote(Trace(TRACE_ID, header_rest=header_rest), 1))
    assert header == ";".join(filter(None, [f"{ROOT};Parent={1:016x};Sampled=1", kept]))
    assert len(header) <= 256


# -- AWS calls ------------------------------------------------------------------------------------


def test_aws_call_in_lambda(stub, in_lambda):
    """The call's own span is Parent, where botocore itself writes Lambda's; the rest is kept."""
    given_parts = f"{ENVIRONMENT};Lineage=25:a87bd80c:1;Self=1-1-1;New=part"
    with testing.capture() as captured:
        in_lambda(lambda: table(stub).list_tables(), given_parts)
        call = captured.span("DynamoDB.ListTables")
    assert received(stub) == [
        f"{ROOT};Parent={hexadecimal(call)};Sampled=1;Lineage=25:a87bd80c:1;New=part"
    ]
    assert call.context.trace_id == TRACE_ID


def test_aws_retries(stub, in_lambda):
    """Every try of a call carries the same header."""
    with testing.capture() as captured:
        in_lambda(lambda: table(stub, "/fail/2/500/InternalServerError").list_tables())
        call = captured.span("DynamoDB.ListTables")
    assert received(stub) == [f"{ROOT};Parent={hexadecimal(call)};Sampled=1"] * 3


def test_unsampled(stub, in_lambda):
    """A trace that X-Ray does not sample is carried on as such, and nothing is recorded."""
    with testing.capture(sampler="always_off") as captured:
        in_lambda(lambda: table(stub).list_tables(), f"{ENVIRONMENT[:-1]}0")
        assert captured.spans == []
    (header,) = received(stub)
    assert header.startswith(f"{ROOT};Parent=")
    assert header.endswith(";Sampled=0")


def test_aws_call_without_header_setting(stub, in_lambda):
    """A header that user code writes at `before-call` is left alone."""
    mine = "Root=1-00000001-000000000000000000000001;Parent=0000000000000001;Sampled=1"

    def call():
        client = table(stub)
        client.meta.events.register_first(
            "before-call", lambda params, **_: params["headers"].update({xray.XRAY: mine})
        )
        client.list_tables()

    with testing.capture():
        in_lambda(call)
    assert [unquote(value) for value in received(stub)] == [mine]


def test_excluded_aws_call(stub, in_lambda):
    """A call that makes no span carries its parent's context."""
    from opentelemetry.instrumentation.utils import suppress_instrumentation

    def call():
        with suppress_instrumentation(), heliograph.span("unrelated"):
            table(stub).list_tables()

    with testing.capture() as captured:
        in_lambda(call)
        spans = captured.spans
    assert [span.name for span in spans] == ["function", "unrelated"]
    assert received(stub) == [f"{ROOT};Parent={hexadecimal(spans[1])};Sampled=1"]


def test_presigned(stub, in_lambda):
    """A presigned URL or form makes no span and holds nothing of ours."""

    def presign():
        client = boto3.client(
            "s3", region_name="eu-central-1", aws_access_key_id="id", aws_secret_access_key="s"
        )
        url = client.generate_presigned_url("get_object", {"Bucket": "b", "Key": "k"})
        return url, client.generate_presigned_post("b", "k")

    with testing.capture() as captured:
        result = in_lambda(presign)
        assert [span.name for span in captured.spans] == ["function"]
    assert "trace" not in repr(result).lower()


def test_parameters_are_untouched(moto, in_lambda):
    """What the caller passed in is the same afterwards."""
    session = {"region_name": "eu-central-1", "endpoint_url": moto,
               "aws_access_key_id": "id", "aws_secret_access_key": "secret"}  # fmt: skip
    queue = {"QueueName": "untouched"}
    entries = [{"Id": "1", "MessageBody": "b", "MessageAttributes": {
        "a": {"DataType": "String", "StringValue": "v"}}}]  # fmt: skip
    message = {"Message": "m", "MessageAttributes": {}}
    invocation = {"FunctionName": "absent", "Payload": b'{"headers": {}}'}
    before = copy.deepcopy([queue, entries, message, invocation])

    def call():
        sqs, sns = boto3.client("sqs", **session), boto3.client("sns", **session)
        url = sqs.create_queue(**queue)["QueueUrl"]
        sqs.send_message_batch(QueueUrl=url, Entries=entries)
        sns.publish(TopicArn=sns.create_topic(Name="untouched")["TopicArn"], **message)
        functions = boto3.client("lambda", **session)
        with pytest.raises(functions.exceptions.ResourceNotFoundException):
            functions.invoke(**invocation)

    with testing.capture() as captured:
        in_lambda(call)
        assert len(captured.spans) == 6
    assert [queue, entries, message, invocation] == before


def test_current_span_is_found():
    """The helper of these tests: an entered entry is what headers are written for."""
    entry = Entry("e", None, Trace(7))
    token = current.enter(entry)
    headers = {}
    xray.onto_aws_call(current.span(), headers)
    current.leave(entry, token)
    assert headers == {xray.XRAY: f"Root=1-00000000-{7:024x};Parent={entry.span_id:016x};Sampled=1"}
