"""Whatever a call is given: it goes out, and what the function passed in stays what it was."""

from __future__ import annotations

import copy
import itertools
from types import ModuleType, SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import heliograph
from heliograph import testing
from heliograph.journal import journal
from heliograph.libraries import botocore
from heliograph.libraries.botocore import carrying

TRACEPARENT = "00-5ce0e9a56015fec5aadfa328ae398115-ab54a98ceb1f0ad2-01"
OPERATIONS = [
    *((service, name) for service, names in carrying.OPERATIONS.items() for name in names),
    ("sqs", "ReceiveMessage"),
    ("bedrock-agentcore", "InvokeAgentRuntime"),
]
ASKED = {"client_context": "w3c", "eventbridge_detail": "on", "iot_user_properties": "on"}


class Odd(dict):
    """A mapping that cannot be read by its own methods."""

    def get(self, *_):
        raise RuntimeError("not to be called")

    items = keys = values = __iter__ = copy = get


LEAF = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=20),
    st.binary(max_size=20),
    st.sampled_from([TRACEPARENT, "{}", "[]", '{"a": 1}', "json", "e30=", "x" * 60_001]),
)
NAMES = st.sampled_from([
    "MessageAttributes", "MessageBody", "Message", "Entries", "PublishBatchRequestEntries",
    "Detail", "ClientContext", "InvocationType", "userProperties", "traceParent", "traceparent",
    "Traceparent", "tracestate", "baggage", "StringValue", "DataType", "MessageStructure",
    "PhoneNumber", "Messages", "Attributes", "AWSTraceHeader",
])  # fmt: skip
KEYS = st.one_of(NAMES, st.text(max_size=5), st.integers())
JUNK = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(inner, inner),
        st.dictionaries(KEYS, inner, max_size=4),
        st.dictionaries(NAMES, inner, max_size=3).map(Odd),
    ),
    max_leaves=8,
)
ATTRIBUTES = st.dictionaries(
    KEYS, st.one_of(LEAF, st.fixed_dictionaries({"StringValue": LEAF})), max_size=11
)
DETAILS = ("{}", '{"a": 1}', '{"traceparent": 1}')
MESSAGE = st.fixed_dictionaries(
    {"MessageBody": LEAF, "Message": LEAF, "Detail": st.sampled_from(DETAILS) | LEAF},
    optional={"MessageAttributes": st.one_of(ATTRIBUTES, JUNK)},
)
PARAMS = st.one_of(
    JUNK,
    MESSAGE,
    st.builds(
        lambda messages: {"Entries": messages, "PublishBatchRequestEntries": messages},
        st.lists(st.one_of(MESSAGE, JUNK), max_size=5),
    ),
)


def client():
    """A client whose service answers with what it was sent."""

    class BaseClient:
        def _make_api_call(self, operation_name, api_params):
            self.sent.append(api_params)
            return self.answer

    module = ModuleType("botocore.client")
    module.BaseClient = BaseClient
    botocore._record(module)
    return BaseClient()


CLIENT = client()


def twin(value):
    """A deep copy, which also takes mappings that cannot be read."""
    if isinstance(value, dict):
        made = {key: twin(member) for key, member in dict.items(value)}
        return type(value)(made)
    if isinstance(value, (list, tuple)):
        return type(value)(twin(member) for member in value)
    return copy.copy(value)


def same(one, other):
    return type(one) is type(other) and plain(one) == plain(other)


def plain(value):
    """A value whose comparison calls nothing of it."""
    if isinstance(value, dict):
        return ["dict", *((key, plain(member)) for key, member in dict.items(value))]
    if isinstance(value, (list, tuple)):
        return [type(value).__name__, *map(plain, value)]
    return repr(value)


def identities(value):
    """Every container within a value."""
    if isinstance(value, (dict, list, tuple)):
        yield id(value)
        for member in dict.values(value) if isinstance(value, dict) else value:
            yield from identities(member)


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
def test_anything(service, operation, monkeypatch):
    """The call goes out once and returns its answer; parameters keep content and identity."""
    monkeypatch.setattr(botocore, "_ids", {})  # those of real clients
    shape = SimpleNamespace(members=("traceParent", "baggage"))
    model = SimpleNamespace(
        service_name=service,
        service_id=service,
        api_version="1",
        operation_model=lambda _: SimpleNamespace(input_shape=shape),
    )
    CLIENT.meta = SimpleNamespace(service_model=model, region_name="r", endpoint_url="https://e")

    @given(params=PARAMS, answer=JUNK)
    def check(params, answer):
        CLIENT.sent, CLIENT.answer = [], answer
        before, kept = twin(params), list(identities(params))
        with heliograph.span("around"):
            assert CLIENT._make_api_call(operation, params) is answer
        journal.drop()  # the official instrumentors read parameters as if they were right
        [sent] = CLIENT.sent
        assert same(params, before)
        assert list(identities(params)) == kept
        if sent is not params:
            changed.append(sent)
            assert grown(params, sent)

    changed = []
    with testing.capture(**ASKED):
        check()
    assert changed or operation == "ReceiveMessage"


def grown(given, sent):
    """Whether what was sent has all that was given, and only names of ours besides."""
    if isinstance(given, dict) and type(sent) is dict:
        members = [key for key in dict.keys(given) if key not in ("Detail", "ClientContext")]
        return all(key in sent and grown(dict.get(given, key), sent[key]) for key in members)
    if isinstance(given, (list, tuple)) and type(sent) is list:
        pairs = itertools.zip_longest(given, sent, fillvalue=sent)
        return all(grown(one, other) for one, other in list(pairs)[: len(given)])
    if isinstance(given, str) and isinstance(sent, str):
        return len(sent) >= len(given)
    return same(given, sent)
