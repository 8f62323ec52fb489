"""Texts of W3C's context, and the headers of each trigger's event that they are read from."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.trace.span import TraceState

from heliograph.propagation import baggage, w3c
from heliograph.triggers import detect, request

TRACE, SPAN = "5ce0e9a56015fec5aadfa328ae398115", "ab54a98ceb1f0ad2"
T = f"00-{TRACE}-{SPAN}-01"
X = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
IDS = (int(TRACE, 16), int(SPAN, 16))


@pytest.mark.parametrize(
    ("text", "read"),
    [
        pytest.param(T, (*IDS, True), id="sampled"),
        pytest.param(T[:-1] + "0", (*IDS, False), id="unsampled"),
        pytest.param(T[:-2] + "03", (*IDS, 3), id="random trace id"),
        pytest.param(T[:-2] + "fe", (*IDS, 2), id="flags without the first"),
        pytest.param("01" + T[2:], (*IDS, True), id="next version"),
        pytest.param(f"cc{T[2:]}-what-the-future-brings", (*IDS, True), id="next version, longer"),
        pytest.param(f"cc{T[2:]}.x", None, id="next version, no dash"),
        pytest.param(f"{T}-x", None, id="version 00, longer"),
        pytest.param("ff" + T[2:], None, id="version ff"),
        pytest.param(T.upper(), None, id="upper case"),
        pytest.param(f" {T}", None, id="space before"),
        pytest.param(f"{T},{T}", None, id="two"),
        pytest.param(T[:-1], None, id="too short"),
        pytest.param(T.replace("-", "_"), None, id="no dashes"),
        pytest.param(T.replace("5ce", "+ce"), None, id="sign"),
        pytest.param(T.replace("5ce", "5_e"), None, id="underscore"),
        pytest.param(f"00-{'0' * 32}-{SPAN}-01", None, id="no trace"),
        pytest.param(f"00-{TRACE}-{'0' * 16}-01", None, id="no span"),
        pytest.param("", None, id="empty"),
        pytest.param(None, None, id="none"),
        pytest.param(T.encode(), None, id="bytes"),
    ],
)
def test_traceparent(text: Any, read: Any) -> None:
    """What the standard calls valid is read, anything else is no context."""
    assert w3c.traceparent(text) == read


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        pytest.param("a=1", True, id="one"),
        pytest.param("rojo=00f067aa0ba902b7, congo=t61rcWkgMzE", True, id="two"),
        pytest.param("1a@b=1,,", True, id="tenant and empty members"),
        pytest.param("a= b", True, id="a space before the value's end"),
        pytest.param("A=1", False, id="upper case"),
        pytest.param("1a=1", False, id="a digit first"),
        pytest.param("a@=1", False, id="no system"),
        pytest.param("a=1,a=2", False, id="twice"),
        pytest.param("a", False, id="no value"),
        pytest.param("a=b=c", False, id="two equals"),
        pytest.param("a=\u00e9", False, id="not ASCII"),
        pytest.param("a=1\nSet-Cookie: x", False, id="a line"),
        pytest.param(f"a={'x' * 511}", False, id="too long"),
        pytest.param(",".join(f"k{n}=1" for n in range(33)), False, id="too many"),
        pytest.param(None, False, id="none"),
        pytest.param(["a=1"], False, id="list"),
    ],
)
def test_tracestate(text: Any, kept: bool) -> None:
    """What the SDK would refuse is dropped, the rest is kept to the letter."""
    assert w3c.tracestate(text) == (text if kept else "")


@given(st.text("abAB12@=, \t_-*/\u00e9\n", max_size=40))
def test_a_tracestate_that_is_kept_is_one_to_the_sdk(text: str) -> None:
    """The SDK takes every member of what is kept: it would log what it refuses, for every span."""
    kept = w3c.tracestate(text)
    members = [member for member in kept.split(",") if member.strip(" \t")]
    assert len(TraceState.from_header([kept])) == len(members)


@pytest.mark.parametrize(
    ("text", "members"),
    [
        pytest.param("a=1,b=2", {"a": "1", "b": "2"}, id="two"),
        pytest.param(" a = 1 ;p=q;r , b=2", {"a": "1", "b": "2"}, id="spaces and properties"),
        pytest.param("a=%C3%A9%20x+y", {"a": "\u00e9 x y"}, id="decoded"),
        pytest.param("a=1%0AX: y,b=2", {"b": "2"}, id="a line, decoded"),
        pytest.param("a=%E2%80%A8", {}, id="a separator of lines"),
        pytest.param("a,b=2,=3,c d=4", {"b": "2"}, id="not members"),
        pytest.param("a=\u00e9,b=2", {"b": "2"}, id="not ASCII"),
        pytest.param("a=", {"a": ""}, id="empty value"),
        pytest.param(f"a={'x' * 8191}", {}, id="too long"),
        pytest.param("", {}, id="empty"),
        pytest.param(None, {}, id="none"),
        pytest.param({"a": 1}, {}, id="dict"),
    ],
)
def test_baggage(text: Any, members: dict[str, str]) -> None:
    """Members are decoded; one of a wrong form goes by itself."""
    assert baggage.read(text) == members


def test_baggage_is_bounded() -> None:
    """At most 180 members are read (W3C Baggage)."""
    read = baggage.read(",".join(f"k{n}=1" for n in range(300)))
    assert list(read) == [f"k{n}" for n in range(180)]


@given(st.text())
def test_any_text(text: str) -> None:
    """No text makes a reader fail."""
    w3c.traceparent(text)
    w3c.tracestate(text)
    baggage.read(text)


SINGLE = {"TraceParent": T, "tracestate": "a=1", "Baggage": "k=v", "X-AMZN-Trace-Id": X}
LISTS = {name: [value, "another"] for name, value in SINGLE.items()}
EDGE = {name.lower(): [{"key": name, "value": value}] for name, value in SINGLE.items()}
FOUND = {"traceparent": T, "tracestate": "a=1", "baggage": "k=v", "x-amzn-trace-id": X}


def only_headers(event: dict[str, Any], **headers: Any) -> dict[str, Any]:
    """An event with no other headers than these."""
    return {**event, "headers": None, "multiValueHeaders": None, **headers}


@pytest.mark.parametrize(
    ("name", "headers"),
    [
        pytest.param("rest_api", {"headers": SINGLE}, id="rest_api"),
        pytest.param("rest_api", {"multiValueHeaders": LISTS}, id="rest_api, lists alone"),
        pytest.param("http_api_v1", {"headers": SINGLE}, id="http_api_v1"),
        pytest.param("http_api", {"headers": SINGLE}, id="http_api"),
        pytest.param("function_url", {"headers": SINGLE}, id="function_url"),
        pytest.param("alb", {"headers": SINGLE}, id="alb"),
        pytest.param("alb_multi_value", {"multiValueHeaders": LISTS}, id="alb, lists"),
        pytest.param("vpc_lattice_v1", {"headers": SINGLE}, id="vpc_lattice_v1"),
        pytest.param("vpc_lattice_v2", {"headers": LISTS}, id="vpc_lattice_v2"),
        pytest.param("websocket_connect", {"headers": SINGLE}, id="websocket"),
        pytest.param("authorizer_request_v1", {"headers": SINGLE}, id="authorizer"),
        pytest.param("authorizer_request_v2", {"headers": SINGLE}, id="authorizer of an HTTP API"),
        pytest.param("appsync", {"request": {"headers": SINGLE}}, id="appsync"),
        pytest.param("stepfunctions", {"headers": SINGLE}, id="stepfunctions"),
        pytest.param(None, {"headers": SINGLE}, id="direct"),
    ],
)
def test_headers_of_an_event(sample: Any, name: str | None, headers: dict[str, Any]) -> None:
    """The trace headers are found in any case of their names, in each form of event."""
    event = only_headers(sample(name) if name else {}, **headers)
    carried = request(detect(event), event).carried or {}
    assert {key: carried.get(key) for key in FOUND} == FOUND


def test_headers_of_edge_and_batches(sample: Any) -> None:
    """Lambda@Edge has its own form; a batch of AppSync's has the headers of its first item."""
    edge = sample("lambda_edge")
    edge["Records"][0]["cf"]["request"]["headers"] = EDGE
    batch = [{**sample("appsync"), "request": {"headers": SINGLE}}, {}]
    for event in (edge, batch):
        carried = request(detect(event), event).carried or {}
        assert {key: carried.get(key) for key in FOUND} == FOUND


@pytest.mark.parametrize(
    "event",
    [
        pytest.param({"headers": {}}, id="none"),
        pytest.param({"headers": None}, id="null"),
        pytest.param({"headers": [T]}, id="list"),
        pytest.param({"headers": {"traceparent": 5, "X-Amzn-Trace-Id": None}}, id="no texts"),
        pytest.param({"headers": {"traceparent": []}}, id="empty list"),
        pytest.param({"headers": {"traceparent": [[T]]}}, id="list of lists"),
        pytest.param({"headers": {5: T, "traceparent-": T}}, id="other names"),
        pytest.param({"Records": [{"eventSource": "aws:s3"}], "headers": SINGLE}, id="other event"),
        pytest.param({"request": {"headers": SINGLE}}, id="elsewhere"),
        pytest.param([{"info": {"fieldName": "a"}, "request": "text"}], id="appsync, text"),
        pytest.param([{"info": {"fieldName": "a"}}], id="appsync, none"),
    ],
)
def test_nothing_carried(event: Any) -> None:
    """What is no header of a known form carries nothing."""
    assert request(detect(event), event).carried is None


def test_a_message_of_a_websocket_has_no_headers(sample: Any) -> None:
    """Only CONNECT is an HTTP request: headers that a message brings are not its own."""
    event = only_headers(sample("websocket_message"), headers=SINGLE)
    assert request(detect(event), event).carried is None
