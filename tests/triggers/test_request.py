"""What is kept of each HTTP event, whole: triggers spec 5.1."""

from __future__ import annotations

from typing import Any

import pytest

from heliograph.triggers import detect, request

FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:users:live"
STAGE = "arn:aws:apigateway:eu-west-1::"
TARGETS = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/users/0123456789abcdef"
LATTICE_TARGETS = "arn:aws:vpc-lattice:eu-west-1:111122223333:targetgroup/tg-0a1b2c3d4e5f60718"
LATTICE_HOST = "users-0a1b.7d67968.vpc-lattice-svcs.eu-west-1.on.aws"
HTTP_HOST = "h1xmpl.execute-api.eu-west-1.amazonaws.com"
SOCKET_HOST = "w1xmpl.execute-api.eu-west-1.amazonaws.com"

HTTP_SAMPLES = {
    "rest_api": {
        "http.request.method": "GET",
        "http.route": "/user/{id}",
        "url.path": "/prod/user/42",
        "url.query": "q=a&q=b&name=J%C3%B6rg%20%26%20Co&X-Amz-Signature=c0ffee",
        "url.scheme": "https",
        "server.address": "api.example.com",
        "server.port": 443,
        "client.address": "203.0.113.7",
        "network.protocol.version": "1.1",
        "user_agent.original": "curl/8.9.1",
        "heliograph.trigger.arn": f"{STAGE}/restapis/r1xmpl0api/stages/prod",
    },
    "rest_api_console_test": {
        "http.request.method": "POST",
        "http.route": "/user/{id}",
        "url.path": "/user/{id}",
        "url.scheme": "https",
        "server.address": "testPrefix.testDomainName",
        "client.address": "test-invoke-source-ip",
        "network.protocol.version": "1.1",
        "user_agent.original": "aws-internal/3",
        "heliograph.trigger.arn": f"{STAGE}/restapis/r1xmpl0api/stages/test-invoke-stage",
    },
    "http_api_v1": {
        "http.request.method": "GET",
        "http.route": "/user/{id}",
        "url.path": "/user/42",
        "url.scheme": "https",
        "server.address": HTTP_HOST,
        "server.port": 443,
        "client.address": "203.0.113.7",
        "network.protocol.version": "2",
        "user_agent.original": "curl/8.9.1",
        "heliograph.trigger.arn": f"{STAGE}/apis/h1xmpl/stages/$default",
    },
    "http_api": {
        "http.request.method": "GET",
        "http.route": "/user/{id}",
        "url.path": "/user/42",
        "url.query": "q=a&q=b&sig=c0ffee",
        "url.scheme": "https",
        "server.address": HTTP_HOST,
        "client.address": "203.0.113.7",
        "network.protocol.version": "1.1",
        "user_agent.original": "curl/8.9.1",
        "heliograph.trigger.arn": f"{STAGE}/apis/h1xmpl/stages/$default",
    },
    "http_api_default_route": {
        "http.request.method": "GET",
        "url.path": "/user/42",
        "url.scheme": "https",
        "server.address": HTTP_HOST,
        "client.address": "203.0.113.7",
        "network.protocol.version": "1.1",
        "user_agent.original": "curl/8.9.1",
        "heliograph.trigger.arn": f"{STAGE}/apis/h1xmpl/stages/$default",
    },
    "function_url": {
        "http.request.method": "DELETE",
        "url.path": "/user/42",
        "url.scheme": "https",
        "server.address": "u1xmpl.lambda-url.eu-west-1.on.aws",
        "client.address": "2001:db8::7",
        "network.protocol.version": "1.1",
        "user_agent.original": "curl/8.9.1",
        "heliograph.trigger.arn": "arn:aws:lambda:eu-west-1:111122223333:url:users",
    },
    "alb": {
        "http.request.method": "GET",
        "url.path": "/user/42",
        "url.query": "q=a%20b&sig=c0ffee",
        "url.scheme": "http",
        "server.address": "shop.example.com",
        "server.port": 8080,
        "client.address": "203.0.113.7",
        "user_agent.original": "curl/8.9.1",
        "heliograph.trigger.arn": TARGETS,
    },
    "alb_multi_value": {
        "http.request.method": "GET",
        "url.path": "/user/42",
        "url.query": "q=a%20b&q=c",
        "url.scheme": "http",
        "server.address": "shop.example.com",
        "server.port": 8080,
        "client.address": "203.0.113.7",
        "user_agent.original": "curl/8.9.1",
        "heliograph.trigger.arn": TARGETS,
    },
    "vpc_lattice_v1": {
        "http.request.method": "GET",
        "url.path": "/user/42",
        "url.query": "q=b",
        "server.address": LATTICE_HOST,
        "client.address": "10.0.2.100",
        "user_agent.original": "curl/8.9.1",
    },
    "vpc_lattice_v2": {
        "http.request.method": "PUT",
        "url.path": "/user/42",
        "url.query": "q=a&q=b",
        "url.scheme": "https",
        "server.address": LATTICE_HOST,
        "client.address": "10.0.2.100",
        "user_agent.original": "curl/8.9.1",
        "heliograph.trigger.arn": LATTICE_TARGETS,
    },
    "websocket_connect": {
        "http.request.method": "GET",
        "heliograph.websocket.event_type": "CONNECT",
        "heliograph.websocket.route": "$connect",
        "heliograph.websocket.connection_id": "SampleConnection=",
        "url.scheme": "wss",
        "server.address": SOCKET_HOST,
        "client.address": "203.0.113.7",
        "user_agent.original": "wscat/6.0",
        "heliograph.trigger.arn": f"{STAGE}/apis/w1xmpl/stages/prod",
    },
    "websocket_message": {
        "heliograph.websocket.event_type": "MESSAGE",
        "heliograph.websocket.route": "chat",
        "heliograph.websocket.connection_id": "SampleConnection=",
        "url.scheme": "wss",
        "server.address": SOCKET_HOST,
        "client.address": "203.0.113.7",
        "user_agent.original": "wscat/6.0",
        "heliograph.trigger.arn": f"{STAGE}/apis/w1xmpl/stages/prod",
    },
    "lambda_edge": {
        "http.request.method": "GET",
        "url.path": "/user/42",
        "client.address": "203.0.113.7",
        "heliograph.edge.event_type": "viewer-request",
    },
}

NAMES = {
    "rest_api": ("GET", "/user/{id}"),
    "rest_api_console_test": ("POST", "/user/{id}"),
    "http_api_v1": ("GET", "/user/{id}"),
    "http_api": ("GET", "/user/{id}"),
    "function_url": ("DELETE", None),
    "vpc_lattice_v2": ("PUT", None),
    "websocket_message": (None, None),
}
"""Method and route for the span's name, where they differ from `("GET", None)`."""


@pytest.mark.parametrize("name", HTTP_SAMPLES)
def test_http(sample: Any, name: str) -> None:
    """An HTTP event gives the stable attributes, and the name's parts; it is left as it was."""
    event = sample(name)
    call = request(detect(event), event, function_arn=FUNCTION)
    assert call.attributes == HTTP_SAMPLES[name]
    assert (call.method, call.route) == NAMES.get(name, ("GET", None))
    assert (call.consumer, call.messages) == (None, [])
    assert event == sample(name)


def test_pipe_size(sample: Any) -> None:
    """The records of a pipe are a bare list."""
    records = sample("sqs")["Records"]
    assert request(detect(records), records).batch_size == 2


def test_no_function_arn(sample: Any) -> None:
    """Without the function's ARN an API's cannot be told; a target group's is in the event."""
    found = {}
    for name in HTTP_SAMPLES:
        event = sample(name)
        found[name] = request(detect(event), event).attributes.get("heliograph.trigger.arn")
    assert {name: arn for name, arn in found.items() if arn is not None} == {
        "alb": TARGETS,
        "alb_multi_value": TARGETS,
        "vpc_lattice_v2": LATTICE_TARGETS,
    }


@pytest.mark.parametrize("arn", [None, 5, object(), "", "arn:aws:lambda", ":" * 9])
def test_odd_function_arn(sample: Any, arn: Any) -> None:
    """A test double of the context may have anything for an ARN."""
    call = request("function_url", sample("function_url"), function_arn=arn)
    assert "heliograph.trigger.arn" not in call.attributes


def test_other_partition(sample: Any) -> None:
    """Partition and region of an API are those of the function."""
    event = sample("rest_api")
    call = request("rest_api", event, function_arn=FUNCTION.replace("aws", "aws-cn"))
    assert call.attributes["heliograph.trigger.arn"] == (
        "arn:aws-cn:apigateway:eu-west-1::/restapis/r1xmpl0api/stages/prod"
    )
