"""Fields of an HTTP event that are absent, odd or in another place: triggers spec 5.1."""

from __future__ import annotations

from typing import Any

import pytest

from heliograph.journal import MAX_STRING


@pytest.mark.parametrize(
    ("route_key", "route"),
    [
        pytest.param("ANY /x/{proxy+}", "/x/{proxy+}", id="greedy"),
        pytest.param("$default", None, id="default"),
        pytest.param("GET ", None, id="empty"),
        pytest.param(None, None, id="null"),
    ],
)
def test_http_api_route(call: Any, route_key: Any, route: str | None) -> None:
    """The route is what follows the method of the route key; the method is the call's."""
    found = call("http_api", routeKey=route_key)
    assert (found.method, found.route, found.attributes.get("http.route")) == ("GET", route, route)


def test_rest_route_of_context(call: Any) -> None:
    """The context's resource path stands in for `resource`; `$default` is no template."""
    assert call("rest_api", resource=None).route == "/user/{id}"
    assert call("rest_api", resource="$default").route is None


@pytest.mark.parametrize(
    ("method", "kept", "name"),
    [
        pytest.param("QUERY", {"http.request.method": "QUERY"}, "QUERY", id="known"),
        pytest.param(
            "PURGE",
            {"http.request.method": "_OTHER", "http.request.method_original": "PURGE"},
            "HTTP",
            id="unknown",
        ),
        pytest.param(
            "get",
            {"http.request.method": "_OTHER", "http.request.method_original": "get"},
            "HTTP",
            id="lower-case",
        ),
        pytest.param(None, {}, None, id="null"),
        pytest.param(5, {}, None, id="a-number"),
    ],
)
def test_method(call: Any, method: Any, kept: dict[str, str], name: str | None) -> None:
    """A method outside the known set is `_OTHER`, and `HTTP` in the span's name."""
    found = call("alb", httpMethod=method)
    method_keys = {k: v for k, v in found.attributes.items() if k.startswith("http.request")}
    assert (method_keys, found.method) == (kept, name)


NETWORK = ("url.scheme", "server.address", "server.port", "client.address", "user_agent.original")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param(None, {}, id="null"),
        pytest.param([], {}, id="a-list"),
        pytest.param({"host": None, "user-agent": [], "x-forwarded-for": [5]}, {}, id="no-strings"),
        pytest.param(
            {"HOST": "a.example", "User-Agent": "ua", "X-FORWARDED-PROTO": "https, http"},
            {"url.scheme": "https", "server.address": "a.example", "user_agent.original": "ua"},
            id="any-case",
        ),
        pytest.param(
            {"host": "[2001:db8::1]:8443", "x-forwarded-for": "[2001:db8::7]:5000, 10.0.0.1"},
            {
                "server.address": "2001:db8::1",
                "server.port": 8443,
                "client.address": "2001:db8::7",
            },
            id="v6-with-ports",
        ),
        pytest.param(
            {"host": "a.example:http", "x-forwarded-for": "203.0.113.7:5000"},
            {"server.address": "a.example", "client.address": "203.0.113.7"},
            id="port-not-a-number",
        ),
        pytest.param(
            {"host": ":80", "x-forwarded-for": ", 10.0.0.1"}, {"server.port": 80}, id="empty"
        ),
        pytest.param({"host": "a:99999"}, {"server.address": "a"}, id="port-too-large"),
        pytest.param({"host": "a:²"}, {"server.address": "a"}, id="port-not-ascii"),
        pytest.param(
            {**{f"X-{n}": "x" for n in range(300)}, "Host": "upper", "user-agent": "ua"},
            {"user_agent.original": "ua"},
            id="hundreds",
        ),
    ],
)
def test_headers(call: Any, headers: Any, expected: dict[str, Any]) -> None:
    """Headers are found in any case, the first of several counts, junk is left out."""
    found = call("alb", headers=headers).attributes
    assert {key: found[key] for key in NETWORK if key in found} == expected


@pytest.mark.parametrize(
    ("protocol", "version"),
    [
        pytest.param("HTTP/1.0", "1.0", id="1.0"),
        pytest.param("HTTP/2", "2", id="2"),
        pytest.param("HTTP/3.0", "3", id="3"),
        pytest.param("HTTP/", None, id="none"),
        pytest.param("h2", None, id="unknown"),
        pytest.param(None, None, id="null"),
    ],
)
def test_protocol(call: Any, protocol: Any, version: str | None) -> None:
    """The version is the number only, as the conventions write it."""
    found = call("rest_api", protocol=protocol).attributes
    assert found.get("network.protocol.version") == version


def test_stage_is_in_the_path(call: Any) -> None:
    """The context's path has the stage; without one the event's own is taken."""
    assert call("rest_api").attributes["url.path"] == "/prod/user/42"
    context = {"apiId": "r1xmpl0api"}
    assert call("rest_api", requestContext=context).attributes["url.path"] == "/user/42"


def test_strings_are_cut(call: Any) -> None:
    """Every string is cut to `MAX_STRING` characters."""
    long = "x" * 100_000
    found = call("http_api", rawPath=f"/{long}", headers={"user-agent": long}, stage=long)
    assert {len(found.attributes[key]) for key in ("url.path", "user_agent.original")} == {
        MAX_STRING
    }
