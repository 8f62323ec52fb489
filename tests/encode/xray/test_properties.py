"""Any span whatever gives valid documents within the limits."""

import json
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heliograph._limits import XRAY_ANNOTATIONS, XRAY_DOCUMENT_BYTES
from heliograph.encode import xray

KEYS = """
annotation.a annotation.b aws.account_id aws.dynamodb.table_names aws.local.service aws.operation
aws.queue_url aws.region aws.remote.service aws.request_id aws.s3.bucket aws.service aws.span.kind
aws.xray.annotations aws.xray.inprogress aws.xray.metadata.default aws.xray.metadata.ns
client.address cloud.platform cloud.provider cloud.resource_id code.function.name
container.image.tags db.connection_string db.name db.namespace db.query.text db.statement
db.system db.system.name db.user enduser.id faas.invocation_id faas.name host.id
http.client_ip http.host http.method
http.request.method http.response.status_code http.route http.status_code http.target http.url
k8s.cluster.name messaging.url net.peer.ip net.peer.name net.peer.port network.peer.address
peer.service retry_attempts rpc.method rpc.service rpc.system server.address server.port
service.instance.id service.name service.version url.full url.path url.query url.scheme
""".split()  # noqa: SIM905 - sixty words read best as words
VALUES = """
LOCAL_ROOT aws-api mysql redis aws gcp aws_lambda aws_ec2 aws_ecs aws_elastic_beanstalk 500 429 ::1
127.0.0.1 https://u:p@a.example.com:8443/x?y=1 :// http://[ {"a":[1,NaN]} {"AWS.a":{}} [1] a.b
""".split()  # noqa: SIM905 - sixty words read best as words
ANY_TEXT = st.text(st.characters(), max_size=20)
LONG_TEXT = st.builds(
    lambda text, times: text * times, ANY_TEXT, st.sampled_from([1, 100, 2000, 20_000])
)
SCALARS = (
    st.sampled_from(VALUES)
    | LONG_TEXT
    | st.integers()
    | st.sampled_from([200, 404, 429, 503, 2**70, -1])
    | st.floats()
    | st.booleans()
    | st.binary(max_size=20)
)
ANY_VALUE = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=8,
)
ATTRIBUTES = st.dictionaries(
    st.sampled_from(KEYS) | st.text(st.characters(), min_size=1, max_size=10),
    ANY_VALUE,
    max_size=30,
)
TRACES = st.lists(
    st.sampled_from(
        [
            "Traceback (most recent call last):",
            '  File "a.py", line 1, in f',
            '  File "a.py", line 1',
            "  File ",
            "  [Previous line repeated 99 more times]",
            "ValueError: x",
            "E",
            "",
            "During handling of the above exception, another exception occurred:",
            "The above exception was the direct cause of the following exception:",
            "  + Exception Group Traceback (most recent call last):",
            '  |   File "a.py", line 1, in f',
            "  | ExceptionGroup: two",
            "  +-+---------------- 1 ----------------",
        ]
    )
    | ANY_TEXT,
    max_size=80,
).map("\n".join)
EXCEPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "exception.type": SCALARS,
        "exception.message": SCALARS,
        "exception.stacktrace": TRACES | SCALARS,
    },
)
EVENTS = st.lists(
    st.tuples(st.just("exception"), EXCEPTIONS) | st.tuples(ANY_TEXT, ATTRIBUTES), max_size=3
)
SPANS = st.fixed_dictionaries(
    {
        "name": LONG_TEXT,
        "kind": st.sampled_from(["INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"]),
        "attributes": ATTRIBUTES,
        "parent": st.sampled_from(["remote", "local", None]),
        "resource": st.dictionaries(st.sampled_from(KEYS), ANY_VALUE, max_size=10),
        "events": EVENTS,
        "status": st.sampled_from([None, ("ERROR",), ("OK",), ("ERROR", "why")]),
        "links": st.lists(
            st.tuples(st.integers(0, 2**128 - 1), st.integers(0, 2**64 - 1), ATTRIBUTES),
            max_size=25,
        ),
        "end": st.integers(0, 2**62),
    }
)
PATTERNS = st.lists(st.sampled_from([*KEYS, "all", "http.*", "*", "["]), max_size=4)
IDENTITY = ("name", "id", "trace_id", "parent_id", "start_time", "end_time", "type", "fault")


def refuse(constant):
    raise AssertionError(f"{constant} is no JSON")


def check(document, schema):
    """Assert every rule that a document can break: the schema, and what it cannot say."""
    schema.validate(document)
    assert all(c.isalpha() or c in " 0123456789_.:/%&#=+-@" for c in document["name"])
    assert document.get("in_progress") or document["end_time"] >= document["start_time"]
    exceptions = document.get("cause", {}).get("exceptions", [])
    ids = [one["id"] for one in exceptions]
    assert len(set(ids)) == len(ids)
    assert all(one.get("cause", ids[0]) in ids for one in exceptions)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(spec=SPANS, lambda_segment=st.booleans(), as_segment=st.booleans(), patterns=PATTERNS)
def test_any_span(spec, lambda_segment, as_segment, patterns, ended, schema):
    """Whatever a span holds, its documents are valid JSON that X-Ray takes, and they fit."""
    ids = count(1)
    budget = xray.Budget()
    made = xray.documents(
        ended(**spec),
        lambda_segment=lambda_segment,
        as_segment=as_segment,
        new_id=lambda: f"{next(ids):016x}",
        annotate=xray.AnnotationRule(patterns),
        budget=budget,
    )
    annotated = 0
    for document in made:
        encoded = xray.to_bytes(document)
        assert len(encoded) <= XRAY_DOCUMENT_BYTES
        written = json.loads(encoded.decode(), parse_constant=refuse)
        check(written, schema)
        assert [written.get(key) for key in IDENTITY] == [document.get(key) for key in IDENTITY]
        annotated += len(document.get("annotations", {}))
    assert annotated == XRAY_ANNOTATIONS - budget.left


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(attributes=st.dictionaries(st.from_regex(r"user\.[a-z@ ]{1,9}", fullmatch=True), SCALARS))
def test_no_attribute_is_lost(attributes, ended):
    """A user's own attribute is an annotation or metadata, whatever is indexed."""
    rule = xray.AnnotationRule(["user.*"])
    span = ended(attributes=attributes)
    document = xray.document(span, lambda_segment=True, new_id=str, annotate=rule)
    default = document.get("metadata", {}).get("default", {})
    assert len(document.get("annotations", {})) + len(default) == len(attributes)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"name": "a?b"}, id="a name that X-Ray refuses"),
        pytest.param({"type": "subsegment", "parent_id": None}, id="a subsegment without parent"),
        pytest.param({"in_progress": True}, id="ended and in progress"),
        pytest.param({"namespace": "aws"}, id="a segment with a namespace"),
        pytest.param({"fault": False}, id="a flag that is false"),
        pytest.param({"http": {}}, id="an empty block"),
        pytest.param({"annotations": {"a-b": 1}}, id="a key that X-Ray does not index"),
        pytest.param({"other": 1}, id="a field that X-Ray does not know"),
    ],
)
def test_schema_refuses(change, schema, ended):
    """The schema by which the properties hold refuses what X-Ray refuses."""
    made = xray.document(
        ended(parent=None), lambda_segment=False, new_id=str, annotate=xray.AnnotationRule()
    )
    schema.validate(made)
    changed = {key: value for key, value in {**made, **change}.items() if value is not None}
    assert not schema.is_valid(changed)
