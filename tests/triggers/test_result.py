"""What a handler's result means to its caller: triggers spec 7."""

from __future__ import annotations

import copy
from collections import defaultdict
from enum import Enum
from http import HTTPStatus
from typing import Any

import pytest

from heliograph.triggers import Request, detect, request, result

HTTP = ("rest_api", "http_api_v1", "alb", "http_api", "function_url", "vpc_lattice_v2")
STATUS = "http.response.status_code"
MALFORMED = ({"heliograph.response.malformed": True}, "malformed_response")
UNSET: tuple[dict[str, Any], None] = ({}, None)


def said(trigger: str, value: Any, call: Request | None = None) -> tuple[dict[str, Any], Any]:
    """Return attributes and error type of a result, which must be left as it was."""
    before = copy.deepcopy(value)
    found = result(trigger, value, call or Request())
    assert value == before
    return found.attributes, found.error_type


class Code(str, Enum):
    """A user's own enumeration: its `str()` is not its value."""

    BUSY = "503"


class OwnInt(int):
    """A number with a mind of its own."""

    def __int__(self) -> int:
        raise RuntimeError("asked")

    __index__ = __int__


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param(200, ({STATUS: 200}, None), id="int"),
        pytest.param(404, ({STATUS: 404}, None), id="4xx-is-no-error"),
        pytest.param(500, ({STATUS: 500}, "500"), id="5xx"),
        pytest.param("503", ({STATUS: 503}, "503"), id="text"),
        pytest.param(503.0, ({STATUS: 503}, "503"), id="float"),
        pytest.param(HTTPStatus.BAD_GATEWAY, ({STATUS: 502}, "502"), id="HTTPStatus"),
        pytest.param(Code.BUSY, ({STATUS: 503}, "503"), id="enum"),
        pytest.param(OwnInt(500), ({STATUS: 500}, "500"), id="int-subclass"),
        pytest.param(True, UNSET, id="bool"),
        pytest.param(None, UNSET, id="null"),
        pytest.param("5xx", UNSET, id="text-without-a-number"),
        pytest.param("0503", UNSET, id="four-digits"),
        pytest.param("²²²", UNSET, id="digits-not-ascii"),
        pytest.param(100, ({STATUS: 100}, None), id="smallest"),
        pytest.param(599, ({STATUS: 599}, "599"), id="largest"),
        pytest.param(99, UNSET, id="too-small"),
        pytest.param(600, UNSET, id="too-large"),
        pytest.param(503.5, UNSET, id="fraction"),
        pytest.param(float("inf"), UNSET, id="infinite"),
        pytest.param([500], UNSET, id="list"),
    ],
)
def test_status_code(code: Any, expected: Any) -> None:
    """A status is a number, a text of three digits or an integral float; 5xx is an error."""
    found = {trigger: said(trigger, {"statusCode": code, "body": "x"}) for trigger in HTTP}
    assert found == dict.fromkeys(HTTP, expected)


@pytest.mark.parametrize(
    ("value", "strict", "lenient"),
    [
        pytest.param({"body": "x"}, MALFORMED, ({STATUS: 200}, None), id="dict"),
        pytest.param(defaultdict(int), MALFORMED, ({STATUS: 200}, None), id="defaultdict"),
        pytest.param("ok", MALFORMED, ({STATUS: 200}, None), id="text"),
        pytest.param(["ok"], MALFORMED, ({STATUS: 200}, None), id="list"),
        pytest.param(None, MALFORMED, UNSET, id="null"),
        pytest.param(5, MALFORMED, UNSET, id="number"),
        pytest.param(object, UNSET, UNSET, id="not-json"),
    ],
)
def test_no_status_code(value: Any, strict: Any, lenient: Any) -> None:
    """Without `statusCode` a REST API and a load balancer answer 502, an HTTP API 200."""
    assert [said(trigger, value) for trigger in HTTP] == [
        *[strict] * 3,
        *[lenient] * 2,
        UNSET,  # what VPC Lattice's client sees is not documented
    ]


def test_generator_is_not_touched() -> None:
    """A stream is neither read nor judged."""
    items = iter(["a", "b"])
    found = [result(trigger, items, Request()) for trigger in HTTP]
    assert [(item.attributes, item.error_type) for item in found] == [UNSET] * len(HTTP)
    assert list(items) == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("websocket_connect", ({STATUS: 500}, "500"), id="connect"),
        pytest.param("websocket_message", UNSET, id="message"),
    ],
)
def test_websocket(sample: Any, name: str, expected: Any) -> None:
    """Only a connection's status is read by anyone; a message needs none."""
    event = sample(name)
    call = request(detect(event), event)
    assert said("websocket", {"statusCode": 500}, call) == expected
    assert said("websocket", None, call) == UNSET


def failures(count: int) -> tuple[dict[str, Any], str | None]:
    return {"heliograph.batch.failures": count}, "batch_item_failures" if count else None


def items(*identifiers: Any) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in identifiers]}


BATCHES = ("sqs", "kinesis", "dynamodb", "kafka", "pipe:sqs")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(items("a", "b"), failures(2), id="two"),
        pytest.param(items(), failures(0), id="none"),
        pytest.param(items("a", ""), failures(5), id="empty-identifier"),
        pytest.param(items(None), failures(5), id="null-identifier"),
        pytest.param({"batchItemFailures": [{}]}, failures(5), id="no-identifier"),
        pytest.param({"batchItemFailures": ["a"]}, failures(5), id="no-entry"),
        pytest.param(items({"partition": "t-0", "offset": 5}), failures(1), id="kafka-offset"),
        pytest.param(items(*["a"] * 20_000), failures(10_000), id="too-many"),
        pytest.param({"batchItemFailures": None}, UNSET, id="null"),
        pytest.param({"batchItemFailures": "a"}, UNSET, id="text"),
        pytest.param({"statusCode": 500}, UNSET, id="a-status"),
        pytest.param(None, UNSET, id="nothing"),
        pytest.param("ok", UNSET, id="no-dict"),
    ],
)
def test_batch_item_failures(value: Any, expected: Any) -> None:
    """Failed records are counted; an entry without an identifier fails the whole batch."""
    call = Request()
    call.batch_size = 5
    found = {trigger: said(trigger, value, call) for trigger in BATCHES}
    assert found == dict.fromkeys(BATCHES, expected)


def test_batch_of_a_sample(sample: Any) -> None:
    """The batch's size comes from the event."""
    event = sample("dynamodb")
    assert said("dynamodb", items(""), request(detect(event), event)) == failures(3)


def test_unknown_batch_size() -> None:
    """If the event did not say its size, the entries are counted."""
    assert said("sqs", items("a", "")) == failures(2)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(
            [{"result": "Ok"}, {"result": "Dropped"}, {"result": "ProcessingFailed"}],
            failures(1),
            id="one",
        ),
        pytest.param([{"result": "Ok"}, None, {}], failures(0), id="none"),
        pytest.param([{"result": "ProcessingFailed"}] * 200, failures(128), id="first-128"),
        pytest.param(None, UNSET, id="null"),
    ],
)
def test_firehose(value: Any, expected: Any) -> None:
    """Records that a Firehose transform failed are counted, among the first 128."""
    assert said("firehose", {"records": value}) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param([{"resultCode": "Succeeded"}], failures(0), id="succeeded"),
        pytest.param([{"resultCode": "TemporaryFailure"}], failures(1), id="temporary"),
        pytest.param([{"resultCode": "PermanentFailure"}, None], failures(2), id="permanent"),
        pytest.param(None, UNSET, id="null"),
    ],
)
def test_s3_batch(value: Any, expected: Any) -> None:
    """Tasks of S3 Batch that did not succeed are counted."""
    assert said("s3_batch", {"results": value}) == expected


def policy(*effects: str) -> dict[str, Any]:
    return {"policyDocument": {"Statement": [{"Effect": effect} for effect in effects]}}


@pytest.mark.parametrize(
    ("value", "denied"),
    [
        pytest.param({"isAuthorized": False}, True, id="simple"),
        pytest.param({"isAuthorized": True}, False, id="simple-allowed"),
        pytest.param(policy("Deny"), True, id="policy"),
        pytest.param(policy("Allow"), False, id="policy-allowed"),
        pytest.param(policy("Allow", "Deny"), False, id="policy-of-both"),
        pytest.param(
            {"policyDocument": {"Statement": {"Effect": "Deny"}}}, True, id="one-statement"
        ),
        pytest.param(
            {"policyDocument": {"Statement": ({"Effect": "Deny"},)}}, True, id="policy-in-a-tuple"
        ),
        pytest.param({"statusCode": 500}, False, id="a-status"),
        pytest.param(None, False, id="nothing"),
    ],
)
def test_authorizer(value: Any, denied: bool) -> None:
    """A denial is an answer, not an error."""
    expected = ({"heliograph.authorizer.allowed": False} if denied else {}, None)
    for trigger in ("authorizer", "appsync_authorizer"):
        assert said(trigger, value) == expected, trigger


@pytest.mark.parametrize(
    "trigger", ["direct", "sns", "s3", "eventbridge", "destination", "appsync", "lambda_edge"]
)
def test_ignored(trigger: str) -> None:
    """Where the caller reads no status, none is read into the result."""
    assert said(trigger, {"statusCode": 500, **items("a")}) == UNSET
