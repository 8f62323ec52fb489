"""Documents → trees."""

from __future__ import annotations

import itertools

import pytest

from heliograph.lab.trace import PLACEHOLDER, Node, traces

HANDLER = {
    "id": "a", "parent_id": "f", "trace_id": "1-t", "name": "app.handler",
    "start_time": 10.0, "end_time": 10.5,
}  # fmt: skip
CALL = {
    "id": "b", "parent_id": "a", "trace_id": "1-t", "name": "DynamoDB",
    "start_time": 10.1, "end_time": 10.2,
}  # fmt: skip
LATER = {
    "id": "c", "parent_id": "a", "trace_id": "1-t", "name": "S3",
    "start_time": 10.3, "end_time": 10.4,
}  # fmt: skip


def names(node: Node) -> object:
    """Return the names of a tree: a name, or a name and what is below it."""
    return (node.name, [names(child) for child in node.children]) if node.children else node.name


@pytest.mark.parametrize("documents", list(itertools.permutations([HANDLER, CALL, LATER])))
def test_order_of_arrival_does_not_matter(documents):
    """The tree is the same in whatever order UDP brings the documents; children go by start."""
    (trace,) = traces(documents)

    assert trace.trace_id == "1-t"
    assert trace.start == 10.0
    assert [names(root) for root in trace.roots] == [
        (PLACEHOLDER, [("app.handler", ["DynamoDB", "S3"])])
    ]


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        pytest.param([{**HANDLER, "parent_id": None}], ["app.handler"], id="segment"),
        pytest.param([CALL, LATER], [(PLACEHOLDER, ["DynamoDB", "S3"])], id="one-placeholder"),
        pytest.param(
            [HANDLER, {**LATER, "parent_id": "g"}],
            [(PLACEHOLDER, ["app.handler"]), (PLACEHOLDER, ["S3"])],
            id="two-placeholders",
        ),
        pytest.param(
            [{**HANDLER, "subsegments": [{"id": "n", "name": "nested", "start_time": 10.2}]}, CALL],
            [(PLACEHOLDER, [("app.handler", ["DynamoDB", "nested"])])],
            id="nested",
        ),
        pytest.param(
            [{**HANDLER, "parent_id": "b"}, CALL], ["app.handler", "DynamoDB"], id="circle"
        ),
        pytest.param([{**HANDLER, "parent_id": "a"}], ["app.handler"], id="own-parent"),
        pytest.param(
            [{"id": "a", "start_time": "x", "cause": 1, "http": []}], ["None"], id="malformed"
        ),
    ],
)
def test_no_document_is_lost(documents, expected):
    """Whatever the parents say, every document has its place."""
    (trace,) = traces(documents)

    assert [names(root) for root in trace.roots] == expected


def test_traces_are_apart():
    """Documents of two traces make two trees, the first seen first."""
    found = traces([{**CALL, "trace_id": "1-u"}, HANDLER])

    assert [(trace.trace_id, len(list(trace.roots[0].walk()))) for trace in found] == [
        ("1-u", 2),
        ("1-t", 2),
    ]


@pytest.mark.parametrize("order", [1, -1], ids=["before", "after"])
def test_a_complete_document_beats_one_in_progress(order):
    """A span sent while it ran and again at its end is shown once, complete."""
    running = {key: value for key, value in HANDLER.items() if key != "end_time"}
    running["in_progress"] = True

    (trace,) = traces([running, HANDLER][::order])

    (node,) = trace.roots[0].children
    assert node.duration_ms == 500.0


def test_a_node_tells_its_document():
    """Status, exceptions, annotations and HTTP status are read from the document."""
    (trace,) = traces(
        [
            {
                **HANDLER,
                "error": True,
                "throttle": True,
                "http": {"response": {"status": 429}},
                "annotations": {"order": 7},
                "cause": {"exceptions": [{"type": "E", "message": "m"}, {"type": "F"}]},
            }
        ]
    )

    (node,) = trace.roots[0].children
    assert (node.status, node.http_status, node.annotations) == ("throttle", 429, {"order": 7})
    assert node.exceptions == [("E", "m"), ("F", "")]
    assert node.placeholder is False
    assert trace.roots[0].placeholder is True


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param({}, "", id="nothing"),
        pytest.param({"aws": {"operation": "GetItem", "table_name": "t"}}, "GetItem t", id="table"),
        pytest.param(
            {"aws": {"operation": "BatchGetItem", "table_names": ["a", "b"]}},
            "BatchGetItem a b",
            id="tables",
        ),
        pytest.param(
            {"aws": {"operation": "Publish", "topic_arn": "arn:aws:sns:us-east-1:1:news"}},
            "Publish news",
            id="arn",
        ),
        pytest.param(
            {"aws": {"operation": "SendMessage", "queue_url": "https://sqs.x/1/jobs"}},
            "SendMessage jobs",
            id="queue",
        ),
        pytest.param({"aws": {"operation": "ListBuckets"}}, "ListBuckets", id="operation"),
        pytest.param(
            {
                "namespace": "remote",
                "http": {"request": {"method": "GET", "url": "http://u/a/b?c=d"}},
            },
            "GET /a/b",
            id="http",
        ),
        pytest.param(
            {"namespace": "remote", "http": {"request": {"method": "GET"}}}, "GET", id="no-url"
        ),
        pytest.param(
            {"namespace": "remote", "http": {"request": {"method": "GET", "url": "http://[::1"}}},
            "GET http://[::1",
            id="no-address",
        ),
        pytest.param(
            {"http": {"request": {"method": "GET", "url": "http://u/a"}}}, "", id="the-handler"
        ),
        pytest.param(
            {"namespace": "remote", "sql": {"sanitized_query": "SELECT a\nFROM b", "url": "x"}},
            "SELECT",
            id="statement",
        ),
        pytest.param({"namespace": "remote", "sql": {"url": "connect"}}, "connect", id="no query"),
        pytest.param(
            {"namespace": "remote", "metadata": {"default": {"db.statement": "SET ? ?"}}},
            "SET",
            id="no sql",
        ),
        pytest.param({"namespace": "remote", "sql": 1, "metadata": {"default": 2}}, "", id="odd"),
        pytest.param({"aws": 1, "http": "x"}, "", id="malformed"),
    ],
)
def test_a_call_tells_what_it_did(document, expected):
    """Operation and target of an AWS call, method and path of an HTTP request, a statement."""
    assert Node("a", "x", document).call == expected


def test_metadata_of_the_user():
    """What OpenTelemetry says about every call stays out; other namespaces are named."""
    document = {
        "metadata": {
            "default": {"otel.resource.service.name": "s", "rpc.system": "aws-api", "tries": 2},
            "billing": {"aws.account": 7},
            "odd": 3,
        }
    }

    assert Node("a", "x", document).metadata == {"tries": 2, "billing: aws.account": 7}
