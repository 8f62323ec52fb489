"""Spans made by hand: causes, annotations, metadata, links (xray spec 9, 11)."""

from __future__ import annotations

from typing import Any

from tests.collector.kinds import AWS, CALL, SERVER
from tests.collector.stacks import DURING, FROM, GROUP, LONG, MALFORMED, MARKED, PLAIN, SYNTAX


def raised(text: str, **more: Any) -> dict[str, Any]:
    """Return a span that failed with a stack."""
    told = {"exception.type": "Failed", "exception.message": "it", "exception.stacktrace": text}
    return {"events": [("exception", told)], **more}


CONTENTS: dict[str, dict[str, Any]] = {
    # 9: cause
    "exception": raised(PLAIN),
    "exception of a call": raised(PLAIN, **CALL),
    "exception without stack": {
        "events": [("exception", {"exception.type": "E", "exception.message": "m"})],
    },
    "exception without type": {"events": [("exception", {"exception.stacktrace": PLAIN})]},
    "exception and status": raised(PLAIN, status=("ERROR", "described")),
    "two exceptions": {"events": raised(PLAIN)["events"] * 2},
    "exception attributes": {
        "events": [("exception", {"exception.type": "E", "exception.escaped": "False", "own": 1})],
    },
    "during handling": raised(DURING),
    "raised from": raised(FROM),
    "marked and repeated": raised(MARKED),
    "syntax error": raised(SYNTAX),
    "group": raised(GROUP),
    "long stack": raised(LONG),
    "malformed stack": raised(MALFORMED),
    "foreign stack": raised("Error: it\n    at f (file.js:1:2)\n"),
    "failed try": {
        **CALL, "attributes": AWS,
        "events": [("HTTP request failure", {
            "http.response.status_code": 503, "aws.http.error_message": "unavailable"})],
    },
    "events": {"events": [("step", {"number": 1}), ("bare", None)]},
    # 11: annotations, metadata, links
    "annotation keys": {"attributes": {
        "Key@1": "a", "attr1@1": 1, "a.b": True, "a-b": 1.5,
        "aws.xray.annotations": ["Key@1", "attr1@1", "a.b", "a-b", "x"]}},
    "annotations of unfit values": {"attributes": {"list": ["a"], "text": "x" * 2000,
                                                   "aws.xray.annotations": ["list", "text"]}},
    "annotations no list": {"attributes": {"a": 1, "aws.xray.annotations": "a"}},
    "annotation by setting": {"attributes": {"order.id": 7, "other": 1}},
    "annotation of what a block takes": {
        **CALL, "attributes": {"http.method": "GET", "http.url": "http://a/", "peer.service": "p",
                               "aws.xray.annotations": ["http.method", "peer.service"]}},
    "annotation of a resource": {
        **SERVER, "resource": {"service.name": "s", "team.name": "t", "team.list": ["x"]}},
    "annotation prefix": {"attributes": {"annotation.foo": "bar"}},
    "sixty annotations": {"attributes": {
        **{f"k{i}": i for i in range(60)},
        "aws.xray.annotations": [f"k{i}" for i in range(60)]}},
    "metadata values": {"attributes": {
        "text": "a", "number": 1, "float": 1.5, "true": True, "list": [1, 2], "texts": ["a"],
        "map": {"a": {"b": [1]}}, "bytes": b"\x01\x02", "empty": "", "none": []}},
    "metadata namespaces": {"attributes": {
        "aws.xray.metadata.default": '{"a": 1}', "aws.xray.metadata.ns": '{"b": {"c": [1]}}',
        "aws.xray.metadata.bad": "{", "aws.xray.metadata.list": "[1]", "own": 1}},
    "metadata reserved": {"attributes": {"AWS.key": 1, "aws.xray.metadata.AWS.ns": '{"a": 1}'}},
    "metadata not finite": {"attributes": {"nan": float("nan"), "inf": float("inf")}},
    "links": {**SERVER, "links": [(1, 2, {"a": "b", "n": 1}), (3, 4, None)]},
    "bad links": {**SERVER, "links": [(0, 2, None), (1, 0, None), (3, 4, None)]},
    "many links": {**SERVER, "links": [(i, i, None) for i in range(1, 31)]},
    "links of a call": {**CALL, "links": [(1, 2, None)]},
}  # fmt: skip
