"""`url.query`: rebuilt, bounded, and redacted before it leaves (triggers spec 5.1)."""

from __future__ import annotations

from typing import Any

import pytest

import heliograph
from heliograph.journal import MAX_STRING
from heliograph.testing import FakeContext, capture
from heliograph.triggers.query import quote


@pytest.mark.parametrize("name", ["rest_api", "http_api", "alb", "vpc_lattice_v1"])
def test_query_off(call: Any, name: str) -> None:
    """HELIOGRAPH_CAPTURE_QUERY=off drops the query and nothing else."""
    expected = call(name).attributes
    del expected["url.query"]
    assert call(name, capture_query=False).attributes == expected


@pytest.mark.parametrize("name", ["sig", "AWSAccessKeyId", "X-Amz-Signature", "user[password]"])
def test_redaction(sample: Any, name: str) -> None:
    """The value of a secret leaves with no span, decoded, encoded or raw."""
    parameters = {"a": "1", name: "c0f/fee#&", "b": "2"}
    raw = {"a": "1", name: "c0f/fee%23%26", "b": "2"}
    events = [
        {**sample("rest_api"), "queryStringParameters": parameters,
         "multiValueQueryStringParameters": None},
        {**sample("alb"), "queryStringParameters": raw},
        {**sample("http_api"), "rawQueryString": f"a=1&{name}=c0f/fee%23%26&b=2"},
    ]  # fmt: skip
    with capture() as captured:
        handler = heliograph.wrap(lambda event, context: {"statusCode": 200})
        for event in events:
            handler(event, FakeContext())
        found = [span.attributes["url.query"] for span in captured.spans]
    assert found[1:] == [f"a=1&{name}=REDACTED&b=2"] * 2
    assert found[0] == f"a=1&{quote(name, 99)}=REDACTED&b=2"


@pytest.mark.parametrize(
    ("parameters", "query"),
    [
        pytest.param({"a": [None] * 1000, "b": "x"}, None, id="a-thousand-nulls"),
        pytest.param({"flag": ""}, "flag=", id="no-value"),
        pytest.param({"a": None, "b": 5, "c": {}}, None, id="no-strings"),
        pytest.param({"a b": "/?=&%+"}, "a%20b=%2F%3F%3D%26%25%2B", id="reserved"),
        pytest.param({"a": "-._~"}, "a=-._~", id="unreserved"),
        pytest.param({"a": "\ud800"}, "a=%ED%A0%80", id="half-a-surrogate-pair"),
    ],
)
def test_query_is_encoded_again(call: Any, parameters: dict[str, Any], query: str | None) -> None:
    """API Gateway decodes the parameters of a REST API: they are encoded as RFC 3986 says."""
    found = call("rest_api", queryStringParameters=parameters, multiValueQueryStringParameters={})
    assert found.attributes.get("url.query") == query


@pytest.mark.parametrize(
    "parameters",
    [
        pytest.param({"a": "x" * 100_000}, id="long-value"),
        pytest.param({"x" * 100_000: "a"}, id="long-name"),
        pytest.param({"a": "é" * 100_000}, id="long-encoded"),
        pytest.param({"a": ["x"] * 100_000}, id="many-values"),
        pytest.param({str(n): "x" for n in range(100_000)}, id="many-names"),
    ],
)
def test_query_is_bounded(call: Any, parameters: dict[str, Any]) -> None:
    """A query string has `MAX_STRING` characters at most, and is used up to there."""
    for name in ("rest_api", "alb"):
        key = "multiValueQueryStringParameters" if name == "rest_api" else "queryStringParameters"
        found = call(name, **{key: parameters})
        assert MAX_STRING - 1 <= len(found.attributes["url.query"]) <= MAX_STRING


def test_a_long_credential(sample: Any) -> None:
    """A credential that the cut falls into is redacted all the same."""
    event = {**sample("http_api"), "rawQueryString": "a=1&sig=" + "x" * 100_000}
    with capture() as captured:
        heliograph.wrap(lambda event, context: None)(event, FakeContext())
        (span,) = captured.spans
    assert span.attributes["url.query"] == "a=1&sig=REDACTED"
