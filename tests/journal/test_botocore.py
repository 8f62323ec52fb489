"""AWS calls, recorded: the call is as before, and what is kept holds no data of the function's."""

from __future__ import annotations

import traceback
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
import requests
from botocore.exceptions import ClientError

import heliograph
from heliograph import testing
from heliograph.journal import journal

KEY_ID = "AKIAIOSFODNN7EXAMPLE"


def client(moto, service="dynamodb"):
    return boto3.client(
        service,
        region_name="eu-central-1",
        endpoint_url=moto,
        aws_access_key_id=KEY_ID,
        aws_secret_access_key="secret",
    )


def test_result_is_the_libraries_own(moto):
    """The very object that botocore made is returned."""
    sts = client(moto, "sts")
    made = []
    sts.meta.events.register("after-call", lambda parsed, **_: made.append(parsed))
    with testing.capture(), heliograph.span("outer"):
        assert sts.get_caller_identity() is made[0]


def test_exception_is_the_libraries_own(moto):
    """The exception passes through, and no frame of ours is in its traceback."""
    table = client(moto)
    with testing.capture() as captured:
        with (
            heliograph.span("outer"),
            pytest.raises(table.exceptions.ResourceNotFoundException) as e,
        ):
            table.get_item(TableName="absent", Key={"id": {"S": "1"}})
        span = captured.span("DynamoDB.GetItem")
    files = [frame.f_code.co_filename for frame, _ in traceback.walk_tb(e.value.__traceback__)]
    assert not [file for file in files if "heliograph" in file]
    assert isinstance(e.value, ClientError)
    assert span.status.description == str(e.value)


def test_payloads_are_not_kept(moto):
    """Keys, items, bodies and secrets of requests and responses are not in the journal."""
    with testing.capture(), heliograph.span("outer"):
        secrets = client(moto, "secretsmanager")
        secrets.create_secret(Name="kept-out", SecretString="hunter2")
        secrets.get_secret_value(SecretId="kept-out")
        client(moto, "sqs").create_queue(QueueName="kept-out", Attributes={"a": "hunter2"})
        kept = [
            (entry.call.request, entry.call.answer)
            for entry in journal.entries
            if entry.call is not None
        ]
    assert len(kept) == 3
    assert "hunter2" not in repr(kept)


def test_access_key_is_no_attribute(moto):
    """Nothing of the credentials is in a span."""
    with testing.capture() as captured:
        with heliograph.span("outer"):
            client(moto, "sts").get_caller_identity()
        documents = [span.to_json() for span in captured.spans]
    assert len(documents) == 2
    assert not [document for document in documents if KEY_ID in document]


def test_call_within_a_call(moto):
    """HTTP requests that an AWS call makes are part of it; AWS calls within it are their own."""
    sts = client(moto, "sts")
    other = client(moto)

    def more(**_):
        requests.get(moto + "/moto-api/", timeout=5)
        other.list_tables()

    sts.meta.events.register("before-send", more)
    with testing.capture() as captured:
        with heliograph.span("outer"):
            sts.get_caller_identity()
        names = {span.context.span_id: span.name for span in captured.spans}
        parents = {
            span.name: names.get(span.parent and span.parent.span_id) for span in captured.spans
        }
    assert parents == {
        "outer": None,
        "STS.GetCallerIdentity": "outer",
        "DynamoDB.ListTables": "STS.GetCallerIdentity",
    }


def test_suppression_reaches_through_spans(moto):
    """A span of the door within `suppress_instrumentation` does not undo it."""
    from opentelemetry.instrumentation.utils import (
        suppress_http_instrumentation,
        suppress_instrumentation,
    )

    with testing.capture() as captured:
        for suppress in suppress_instrumentation, suppress_http_instrumentation:
            with suppress(), heliograph.span(suppress.__name__):
                client(moto).list_tables()
                requests.get(moto + "/moto-api/", timeout=5)
        names = [span.name for span in captured.spans]
    assert names == [
        "suppress_instrumentation", "suppress_http_instrumentation", "DynamoDB.ListTables",
    ]  # fmt: skip


def test_threads(moto):
    """A call in a worker belongs to the span that handed the work over."""
    table = client(moto)
    with testing.capture() as captured:
        with ThreadPoolExecutor(3) as pool, heliograph.span("outer"):
            list(pool.map(lambda _: table.list_tables(), range(9)))
        outer = captured.span("outer")
        calls = [span for span in captured.spans if span is not outer and span.name != "outer"]
    assert len(calls) == 9
    assert {call.parent.span_id for call in calls} == {outer.context.span_id}
