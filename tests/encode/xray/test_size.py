"""A document always fits, and says what it lost to fit."""

import copy
import json

import pytest

from heliograph._limits import XRAY_DOCUMENT_BYTES
from heliograph.encode import xray
from heliograph.encode.xray.size import compiled

BIG = 200_000
KEPT = ("name", "id", "trace_id", "parent_id", "start_time", "end_time", "type", "annotations")


def frames(count, width=1):
    return "".join(f'  File "a.py", line {n}, in {"f" * width}\n' for n in range(count))


def trace(*blocks):
    between = "\n\nDuring handling of the above exception, another exception occurred:\n\n"
    return between.join(f"Traceback (most recent call last):\n{block}" for block in blocks)


def raised(text, message="m"):
    return ("exception", {"exception.type": "E", "exception.message": message,
                          "exception.stacktrace": text})  # fmt: skip


LONG_CHAIN = trace(*(frames(19, 200) + f"E{n}: m" for n in range(20)))
CASES = {
    "events": ({"events": [("e", {"a": "x" * BIG})]}, ["events"]),
    "texts": ({"attributes": {"a": "x" * BIG, "b": [1] * BIG}}, ["metadata texts"]),
    "stack": ({"events": [raised(trace(frames(50, 2000) + "E: m"), "m" * BIG)]}, ["stacks"]),
    "chain": ({"events": [raised(LONG_CHAIN)]}, ["chained exceptions"]),
    "query": ({"kind": "CLIENT", "attributes": {"db.system": "mysql", "db.statement": "s" * BIG}},
              ["query"]),
    "metadata": ({"attributes": {f"k{n}": "x" * (600 + n) for n in range(127)}}, ["metadata"]),
    "namespaces": ({"attributes": {"aws.xray.metadata.n": json.dumps({"k" * BIG: 1})}},
                   ["metadata"]),
    "links": ({"links": [(1, n, {"a": "x" * 5000}) for n in range(1, 21)]}, ["links"]),
    "blocks": ({"kind": "CLIENT", "attributes": {"http.url": "https://a/" + "x" * BIG}},
               ["block texts"]),
    "annotations": (
        {"attributes": {f"annotation.k{n}": "\0" * 1000 for n in range(49)}},
        ["aws", "annotation texts", "annotation texts, shorter"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_cut(case, ended, new_id):
    """What is too large is cut in the order of the rules, marked, and nothing else is touched."""
    spec, cuts = CASES[case]
    spec = {**spec, "attributes": {"annotation.kept": "yes", **spec.get("attributes", {})}}
    rule = xray.AnnotationRule()
    document = xray.document(ended(**spec), lambda_segment=True, new_id=new_id, annotate=rule)
    before = copy.deepcopy(document)
    encoded = xray.to_bytes(document)
    assert document == before
    assert len(encoded) <= XRAY_DOCUMENT_BYTES
    smaller = json.loads(encoded)
    marks = smaller["metadata"]["default"]
    assert (marks["xray.truncated"], marks["xray.cuts"]) == (True, cuts)
    kept = [key for key in KEPT if key != "annotations" or case != "annotations"]
    assert {key: smaller[key] for key in kept} == {key: document[key] for key in kept}
    assert smaller["annotations"]["kept"] == "yes"


def test_biggest_metadata_goes_first(ended, new_id):
    """Of the metadata only as much is dropped as must be, the biggest entries first."""
    spec, _ = CASES["metadata"]
    rule = xray.AnnotationRule()
    document = xray.document(ended(**spec), lambda_segment=True, new_id=new_id, annotate=rule)
    encoded = xray.to_bytes(document)
    left = [key for key in json.loads(encoded)["metadata"]["default"] if key.startswith("k")]
    assert left == [f"k{number}" for number in range(len(left))]
    assert len(encoded) > XRAY_DOCUMENT_BYTES - 1500


def test_cut_stack_says_how_much(ended, new_id):
    """Frames and exceptions that are cut are counted in X-Ray's own fields."""
    text = trace("A: 1", "B: 2", frames(60, 2000) + "C: 3")
    rule = xray.AnnotationRule()
    span = ended(events=[raised(text), raised("")])
    document = xray.document(span, lambda_segment=True, new_id=new_id, annotate=rule)
    (cut, *others) = json.loads(xray.to_bytes(document))["cause"]["exceptions"]
    assert (len(cut["stack"]), cut["truncated"], len(others)) == (20, 40, 3)
    (cut, other) = json.loads(xray.to_bytes(document, 6_000))["cause"]["exceptions"]
    assert (cut["skipped"], "cause" in cut, "skipped" in other) == (2, False, False)


@pytest.mark.parametrize("limit", [10, 1_000])
def test_last_resort_keeps_the_identity(limit, ended, new_id):
    """Under a limit that nothing fits the span is still there."""
    attributes = {f"annotation.k{n}": "x" * 1000 for n in range(50)}
    attributes |= {"http.status_code": 500, "aws.table_name": "t", "db.system": "mysql"}
    span = ended("n" * 300, "CLIENT", attributes, status=("ERROR", "why"))
    rule = xray.AnnotationRule()
    document = xray.document(span, lambda_segment=True, new_id=new_id, annotate=rule)
    smaller = json.loads(xray.to_bytes(document, limit))
    assert set(smaller) == {*KEPT, "namespace", "fault", "metadata"} - {"annotations"}


def test_surrogates_are_replaced(ended, new_id):
    """A text that has no UTF-8 is written as far as it can be; two keys may become one."""
    attributes = {"a": "x\ud800y", "k\ud800": 1, "pair": "\ud83d\ude00"}
    attributes["k" + chr(0xDFFF)] = 2
    rule = xray.AnnotationRule()
    document = xray.document(
        ended(attributes=attributes), lambda_segment=True, new_id=new_id, annotate=rule
    )
    default = json.loads(xray.to_bytes(document).decode())["metadata"]["default"]
    assert default == {"a": "x\ufffdy", "k\ufffd": 2, "pair": "😀"}


def test_encoder_of_another_python():
    """Where `json` has no encoder to keep, or another one, the documented one writes the same."""

    def unlike():
        """Takes other arguments than it does today."""

    document = {"name": "ü\n", "parts": [1, 2.5, True, None], "inner": {"a": {}}}
    written = [
        "".join(compiled(make)(document, 0)) for make in (json.encoder.c_make_encoder, None, unlike)
    ]
    assert written == ['{"name":"ü\\n","parts":[1,2.5,true,null],"inner":{"a":{}}}'] * 3
