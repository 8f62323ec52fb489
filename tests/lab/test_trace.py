"""Documents → trees."""

from __future__ import annotations

import itertools

import pytest

from heliograph.lab.trace import FACADE, Node, traces

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
        (FACADE, [("app.handler", ["DynamoDB", "S3"])])
    ]


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        pytest.param([{**HANDLER, "parent_id": None}], ["app.handler"], id="segment"),
        pytest.param([CALL, LATER], [(FACADE, ["DynamoDB", "S3"])], id="one-facade"),
        pytest.param(
            [HANDLER, {**LATER, "parent_id": "g"}],
            [(FACADE, ["app.handler"]), (FACADE, ["S3"])],
            id="two-facades",
        ),
        pytest.param(
            [{**HANDLER, "subsegments": [{"id": "n", "name": "nested", "start_time": 10.2}]}, CALL],
            [(FACADE, [("app.handler", ["DynamoDB", "nested"])])],
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
    assert node.facade is False
    assert trace.roots[0].facade is True
