"""One program, instrumented by the official packages and by us: the spans are equal."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

spec = importlib.util.spec_from_file_location("comparing", Path(__file__).with_name("comparing.py"))
comparing = importlib.util.module_from_spec(spec)
spec.loader.exec_module(comparing)


def compare(results):
    official, ours = results
    assert ours["failures"] == [], ours["said"]
    left, right = comparing.tree(official), comparing.without_messaging(comparing.tree(ours))
    found = comparing.differences(left, right)
    assert not found, "\n".join(found[:40])
    return official["spans"]


def test_aws_calls(run_in_turn):
    """Eleven services, clients and resources, paginators, waiters, threads: no difference."""
    spans = compare(run_in_turn("aws"))
    calls = [span for span in spans if "rpc.method" in span["attributes"]]
    services = {span["attributes"]["rpc.service"] for span in calls}
    assert len(calls) >= 100
    assert {"DynamoDB", "S3", "SQS", "SNS", "Lambda", "Secrets Manager", "SFN", "Kinesis",
            "EventBridge", "SSM", "STS"} <= services  # fmt: skip


def test_failures(run_beside):
    """Throttles, retries, refused connections, timeouts, exceptions of user code in a call."""
    compare(run_beside("failures"))


def test_http(run_beside):
    """Redirects, sessions, streams, failures, odd methods and exceptions, secrets in URLs."""
    compare(run_beside("http"))


def test_pools(run_beside):
    """urllib3 itself: pools, retries, redirects, streams, failures, and below the other two."""
    compare(run_beside("pools"))


def test_api(run_beside):
    """The OpenTelemetry API, used as it may be, between calls of both libraries."""
    compare(run_beside("api"))


def test_hooks(run_beside):
    """Users' hooks, excluded URLs and `uninstrument` through the official instrumentors."""
    compare(run_beside("hooks"))


CAPTURE = "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_"
VARIANTS = (
    pytest.param({}, id="plain"),
    pytest.param({"OTEL_SEMCONV_STABILITY_OPT_IN": "http"}, id="stable http"),
    pytest.param({"OTEL_SEMCONV_STABILITY_OPT_IN": "http/dup"}, id="both http"),
    pytest.param(
        {
            CAPTURE + "CLIENT_REQUEST": "X-.*,accept",
            CAPTURE + "CLIENT_RESPONSE": "content-.*,x-served-by",
            CAPTURE + "SANITIZE_FIELDS": ".*token",
        },
        id="captured headers",
    ),
    pytest.param({"OTEL_PYTHON_REQUESTS_EXCLUDED_URLS": "redirect,/status/5.."}, id="excluded"),
    pytest.param({"OTEL_PYTHON_URLLIB3_EXCLUDED_URLS": "redirect,/status/5.."}, id="of urllib3"),
    pytest.param({"OTEL_PYTHON_EXCLUDED_URLS": "status"}, id="excluded everywhere"),
    pytest.param({"OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "requests"}, id="no requests"),
    pytest.param({"OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "botocore"}, id="no botocore"),
    pytest.param({"OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "urllib3"}, id="no urllib3"),
    pytest.param({"OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "botocore,requests"}, id="urllib3 only"),
    pytest.param({"OTEL_PYTHON_INSTRUMENTATION_HTTP_CAPTURE_ALL_METHODS": "1"}, id="methods"),
    pytest.param({"OTEL_TRACES_SAMPLER": "always_off"}, id="unsampled"),
)


@pytest.mark.parametrize("env", VARIANTS)
def test_settings(run_beside, env):
    """The standard variables have the effect that they have on the official instrumentation."""
    compare(run_beside("variants", **env))


@pytest.mark.parametrize("env", [
    pytest.param({
        "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "5", "OTEL_SPAN_EVENT_COUNT_LIMIT": "3",
        "OTEL_SPAN_LINK_COUNT_LIMIT": "1", "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT": "2",
        "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT": "2", "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT": "4",
    }, id="span"),
    pytest.param({
        "OTEL_ATTRIBUTE_COUNT_LIMIT": "4", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": "9",
    }, id="all"),
])  # fmt: skip
def test_limits(run_beside, env):
    """The SDK's limits are the SDK's."""
    compare(run_beside("api", **env))
