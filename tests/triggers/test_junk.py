"""Events and results that are none: nothing is raised, and none of their own code is run."""

from __future__ import annotations

import copy
import json
from collections import OrderedDict, defaultdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heliograph.journal import MAX_STRING
from heliograph.propagation.messages import links
from heliograph.runtime import ages
from heliograph.triggers import Request, detect, faas_trigger, request, result
from heliograph.triggers.sources import ROWS
from tests.triggers.conftest import EVENTS

KEYS_OF_ROWS = {key for row in ROWS for key in (row[3], *(row[4] if type(row[4]) is tuple else ()))}


class Hostile:
    """Raises whatever is asked of it; `isinstance` asks for `__class__`."""

    def _refuse(self, *args: object) -> Any:
        raise RuntimeError("asked")

    __eq__ = __hash__ = __len__ = __getitem__ = __contains__ = __iter__ = __bool__ = _refuse
    __str__ = __repr__ = __int__ = __index__ = __float__ = __getattr__ = _refuse
    __class__ = property(_refuse)


class OwnDict(dict):
    """A user's mapping: every look-up of its own raises."""

    def _refuse(self, *args: object) -> Any:
        raise RuntimeError("asked")

    get = items = __getitem__ = __contains__ = __iter__ = __len__ = __missing__ = _refuse


@pytest.mark.parametrize(
    "event",
    [
        None,
        True,
        0,
        1.5,
        "",
        "x" * 1_000_000,
        b"{}",
        (),
        [],
        [1],
        [[]],
        [None],
        [{}],
        [{"eventSource": {}}],
        [{"info": []}],
        {},
        {1: 2},
        {"Records": None},
        {"Records": {}},
        {"Records": [None]},
        {"Records": ["x"]},
        {"Records": [[]]},
        {"Records": [{"eventSource": {}}]},
        {"Records": [{"eventSource": []}]},
        {"Records": [], "window": 1, "eventSourceARN": 5},
        {"requestContext": None},
        {"requestContext": "x"},
        {"requestContext": {"http": "x"}},
        {"eventSource": 5},
        {"eventSource": {}},
        {"source": ["aws.guardduty"]},
        {"detail-type": None, "source": None},
        {"detail-type": "x", "source": ["aws.guardduty"]},
        {"source": {}},
        {"type": {}, "methodArn": None, "requestContext": 1},
        {"messageVersion": {}, "agent": [], "bot": None},
        {"Payload": [], "Context": 1, "context": None, "_datadog": "x"},
        OrderedDict(Records=[{"eventSource": "aws:sqs"}]),
        defaultdict(dict, Records=[{"eventSource": "aws:sqs"}]),
    ],
    ids=lambda event: f"{event!r:.40}",
)
def test_junk_event(event: Any) -> None:
    """What is no event of AWS's is `direct`, and says nothing of its own."""
    assert detect(event) == "direct"
    found = request("direct", event)
    assert (found.attributes, found.method, found.route, found.batch_size) == ({}, None, None, None)


def hostile_events() -> list[Any]:
    bad = Hostile()
    return [
        bad,
        [bad],
        dict.fromkeys(sorted(KEYS_OF_ROWS), bad),
        {"Records": [bad], "awslogs": bad, "info": bad},
        {"Records": [{"eventSource": bad, "EventSource": bad, "cf": bad}]},
        {"requestContext": {"http": bad, "domainName": bad}, "type": bad},
        OwnDict(Records=[{"eventSource": "aws:sqs"}]),
        [OwnDict(eventSource="aws:sqs")],
        {"Records": [OwnDict(eventSource="aws:sqs")], "requestContext": OwnDict(elb={})},
    ]


@pytest.mark.parametrize("index", range(len(hostile_events())))
def test_hostile_event(index: int) -> None:
    """A test double that raises when it is looked at is not looked at."""
    found = detect(hostile_events()[index])
    # Rows that ask only whether keys are there may fit; the values are not asked for anything.
    assert found == ("durable" if index == 2 else "direct")


READERS = sorted(
    {row[1] for row in ROWS} | {"pipe:sqs", "pipe:kinesis", "pipe:kafka", "pipe:rabbitmq"}
)


@pytest.mark.parametrize("trigger", READERS)
def test_hostile_fields(trigger: str, samples: dict[str, Any]) -> None:
    """Any field of any sample may be anything; and a reader may meet another trigger's event."""
    for sample in samples.values():
        event = sample[0] if isinstance(sample, list) else sample
        spoilt = {key: Hostile() for key in event}
        spoilt["headers"] = {"host": Hostile(), "x-forwarded-for": [Hostile()], 5: "x", "": None}
        spoilt["multiValueQueryStringParameters"] = {"a": [Hostile()], "b": Hostile(), 5: "x"}
        spoilt["requestContext"] = dict.fromkeys(event.get("requestContext", {}), Hostile())
        spoilt["Records"] = [spoilt, {"Sns": Hostile(), "attributes": Hostile()}, Hostile()]
        request(trigger, spoilt, function_arn="arn")
        request(trigger, [spoilt, Hostile()], function_arn="arn")
        request(trigger, sample, function_arn="::::::")
    for event in hostile_events():
        request(trigger, event)


def hostile_results() -> list[Any]:
    bad = Hostile()
    keys = ["statusCode", "batchItemFailures", "records", "results", "isAuthorized"]
    return [
        bad,
        dict.fromkeys(keys, bad),
        OwnDict(dict.fromkeys(keys, bad)),
        {key: [bad, {"itemIdentifier": bad, "result": bad, "resultCode": bad}] for key in keys},
        dict.fromkeys(keys, OwnDict(Statement=[bad])),
        {"policyDocument": {"Statement": [bad, {"Effect": bad}, OwnDict(Effect="Allow")]}},
        {"policyDocument": bad},
        [bad],
        (bad,),
        (item for item in [bad]),
        float("nan"),
        {"statusCode": float("inf")},
        {"statusCode": 10**5000},
    ]


@pytest.mark.parametrize("trigger", READERS)
def test_hostile_result(trigger: str) -> None:
    """Whatever the handler returns, its own code does not run, and no status is made up."""
    codes = set()
    for value in hostile_results():
        found = result(trigger, value, Request())
        codes.add(found.attributes.get("http.response.status_code"))
    # Of a table or a list without `statusCode` these two make a 200 (triggers spec 7).
    assert codes == ({None, 200} if trigger in {"http_api", "function_url"} else {None})


TABLES = "aws.dynamodb.table_names"
FIELDS = """http elb Sns Message MessageAttributes messageAttributes attributes records messages
traceparent stringValue Value body detail AWSTraceHeader properties basicProperties kinesis dynamodb
eventSourceARN rmqMessagesByQueue s3 bucket object key resources info context
domainName headers multiValueHeaders host x-forwarded-for eventSource
queryStringParameters rawQueryString routeKey httpMethod resource stage statusCode
batchItemFailures itemIdentifier cf request identity sourceIp"""
KEYS = st.sampled_from(sorted(KEYS_OF_ROWS.union(FIELDS.split())))
WORDS = st.sampled_from(["aws:sqs", "aws:kinesis", "TOKEN", "GET", "$default", "a:b", "[", "é&=%"])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | WORDS
JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=4), inner, max_size=6)
    ),
    max_leaves=20,
)


def fields_of(value: Any) -> list[tuple[Any, Any]]:
    """Return every place in a value: the container, and the key or index."""
    places: list[tuple[Any, Any]] = []
    left, seen = [value], set()
    while left:
        one = left.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        inner = list(one.items()) if isinstance(one, dict) else list(enumerate(one))
        places += [(one, key) for key, _ in inner]
        left += [it for _, it in inner if isinstance(it, (dict, list))]
    return places


@given(data=st.data(), name=st.sampled_from(sorted(path.stem for path in EVENTS.glob("*.json"))))
def test_any_field_of_any_sample(data: st.DataObject, name: str) -> None:
    """A field that is missing, of a wrong type, empty, huge, recursive or there twice is read."""
    event = json.loads((EVENTS / f"{name}.json").read_text())
    for _ in range(data.draw(st.integers(1, 4))):
        places = fields_of(event)
        if not places:
            break
        inside, key = data.draw(st.sampled_from(places))
        what = data.draw(
            st.sampled_from(["missing", "other", "huge", "recursive", "twice", "many"])
        )
        if what == "missing":
            del inside[key]
        elif what == "recursive":
            inside[key] = inside
        elif what == "huge":
            inside[key] = "{" + "traceparent00-" * 100_000
        elif what == "many":
            inside[key] = {str(index): inside[key] for index in range(3000)}
        elif what == "twice":
            inside[key] = [inside[key], inside[key]]
        else:
            inside[key] = data.draw(JSON)
    trigger = detect(event)
    call = request(trigger, event, function_arn="arn:aws:lambda:eu-west-1:1:function:fn")
    for kept in (*call.attributes.values(), *(call.consumer or {}).values()):
        assert type(kept) in {str, int, bool, tuple}
        assert len(str(kept)) <= MAX_STRING + 100
    assert len(call.messages) <= 128
    links(call.messages, ("tracecontext", "xray"))
    if call.times is not None:
        ages.attributes(call.times, 1_800_000_000 * 10**9)


@given(event=JSON, value=JSON, trigger=st.sampled_from(READERS))
def test_any_json(event: Any, value: Any, trigger: str) -> None:
    """For any JSON: nothing is raised, nothing is changed, and only short scalars are kept."""
    before = copy.deepcopy((event, value))
    for name in (detect(event), trigger):
        call = request(name, event, function_arn="arn:aws:lambda:eu-west-1:1:function:fn")
        found = result(name, value, call)
        assert faas_trigger(name) in {"http", "pubsub", "datasource", "timer", "other"}
        for kept in (*call.attributes.values(), *found.attributes.values()):
            assert type(kept) in {str, int, bool} or kept == call.attributes.get(TABLES)
            assert len(str(kept)) <= MAX_STRING
    assert repr((event, value)) == repr(before)
