"""urllib3's requests, recorded: late, whole on the wire, and nothing of it within other calls."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import traceback

import boto3
import pytest
import requests
import urllib3 as library
from urllib3.util import Retry

import heliograph
from heliograph import testing
from heliograph.libraries import urllib3
from tests.journal.conftest import ENVIRONMENT

SCOPE = "opentelemetry.instrumentation.urllib3"


@pytest.fixture
def pools():
    """A manager of pools, closed after the test."""
    with library.PoolManager() as manager:
        yield manager


def parents(stub):
    """The span ids that the requests named, as the server saw them."""
    sent = [{name.lower(): value for name, value in seen[2].items()} for seen in stub.seen]
    return [headers.get("traceparent", "")[36:52] for headers in sent]


def ids(spans):
    return [f"{span.context.span_id:016x}" for span in spans]


def client(url):
    return boto3.client(
        "dynamodb", region_name="eu-central-1", endpoint_url=url + "/fail/0/200/none",
        aws_access_key_id="id", aws_secret_access_key="secret",
    )  # fmt: skip


@pytest.mark.parametrize(
    "headers", [{"X-One": "1"}, library.HTTPHeaderDict({"X-One": "1"}), None], ids=type
)
def test_headers_on_the_wire(stub, pools, headers):
    """Each request names its own span; the caller's headers are sent, and stay as they are."""
    before = None if headers is None else dict(headers)
    with testing.capture() as captured, heliograph.span("outer"):
        response = pools.request("GET", stub.url + "/status/200", headers=headers)
        pools.request("POST", stub.url + "/status/200", headers=headers, body=b"b")
    assert (response.status, response.data) == (200, b"{}")
    _, *spans = captured.spans
    assert [span.name for span in spans] == ["GET", "POST"]
    assert parents(stub) == ids(spans)
    assert (None if headers is None else dict(headers)) == before
    assert [seen[2].get("X-One") for seen in stub.seen] == (
        [None] * 2 if before is None else ["1"] * 2
    )
    assert all("Root=" in dict(seen[2])["X-Amzn-Trace-Id"] for seen in stub.seen)


def test_headers_of_the_pool(stub):
    """Where a call has none, those of the pool are sent, and they stay as they are."""
    with library.connection_from_url(stub.url, headers={"X-Pool": "p"}) as pool:
        with testing.capture() as captured, heliograph.span("outer"):
            pool.urlopen("GET", "/status/200")
            pool.urlopen("GET", "/status/200", None, {"X-Own": "o"})
        assert pool.headers == {"X-Pool": "p"}
    assert [seen[2].get("X-Pool") for seen in stub.seen] == ["p", None]
    assert [seen[2].get("X-Own") for seen in stub.seen] == [None, "o"]
    assert parents(stub) == ids(captured.spans[1:])


@pytest.mark.parametrize("name", ["traceparent", "TraceParent", "x-amzn-trace-id"])
def test_the_callers_own_header(stub, pools, name):
    """One that the caller wrote is sent once, with ours in it, and the caller's stays."""
    headers = {name: "mine"}
    with testing.capture(), heliograph.span("outer"):
        pools.request("GET", stub.url + "/status/200", headers=headers)
    assert headers == {name: "mine"}
    names = [sent.lower() for sent in stub.seen[0][2]]
    assert names.count(name.lower()) == 1
    assert "mine" not in stub.seen[0][2].values()


def test_part_of_another_call(stub):
    """A call of boto3 or requests is one span, though urllib3 sends it."""
    with testing.capture() as captured, heliograph.span("outer"):
        client(stub.url).list_tables()
        requests.get(stub.url + "/status/200", timeout=5)
    assert [span.name for span in captured.spans] == ["outer", "DynamoDB.ListTables", "GET"]
    assert SCOPE not in {span.instrumentation_scope.name for span in captured.spans}
    assert parents(stub) == ["", *ids(captured.spans[2:])]


def test_retries_are_one_span_redirects_are_not(stub, pools):
    """As with the official instrumentor: the tries name one span, each redirection its own."""
    again = Retry(3, status_forcelist=[503], backoff_factor=0)
    with testing.capture() as captured, heliograph.span("outer"):
        pools.request("GET", stub.url + "/fail/2/503/Busy", retries=again)
        pools.request("GET", stub.url + "/redirect/0")
    _, tried, *redirected = captured.spans
    assert parents(stub) == ids([tried] * 3 + redirected)
    assert [span.attributes["http.status_code"] for span in redirected] == [302, 200]


def test_exception_is_the_librarys_own(pools):
    """It passes through with its chain, and no frame of ours is in any traceback of it."""
    with testing.capture() as captured:
        with heliograph.span("outer"), pytest.raises(library.exceptions.MaxRetryError) as raised:
            pools.request("GET", "http://absent.invalid/", retries=1)
        span = captured.span("GET")
    error = raised.value
    while error is not None:
        if sys.version_info >= (3, 11):
            walked = [
                frame.f_code.co_filename for frame, _ in traceback.walk_tb(error.__traceback__)
            ]
            assert not [file for file in walked if "heliograph/libraries" in file]
        error = error.__cause__ or error.__context__
    assert span.events[0].attributes["exception.type"] == "urllib3.exceptions.MaxRetryError"
    assert "heliograph/libraries" not in span.events[0].attributes["exception.stacktrace"]


def test_no_call_at_all(stub):
    """What urllib3 refuses is refused in its own words; nothing is recorded of it."""
    with library.connection_from_url(stub.url) as pool, testing.capture() as captured:
        with heliograph.span("outer"):
            with pytest.raises(TypeError, match=r"urlopen\(\) missing 1 required"):
                pool.urlopen("GET")
            with pytest.raises(AttributeError):
                pool.urlopen("GET", None)
        assert len(captured.spans) == 1


def test_looks_of_the_method():
    """It looks as the original does."""
    method = library.HTTPConnectionPool.urlopen
    assert method.__qualname__ == "HTTPConnectionPool.urlopen"
    assert method.__module__ == "urllib3.connectionpool"
    assert "heliograph/libraries" not in method.__wrapped__.__code__.co_filename


def test_body_is_not_read(stub, pools):
    """A streamed response is as it came, of urllib3's own class; a request's body is read once."""
    with testing.capture(), heliograph.span("outer"):
        response = pools.request("GET", stub.url + "/chunks/3", preload_content=False)
        assert type(response) is library.HTTPResponse
        assert response.read() == b"abcd" * 3
        sent = (part for part in (b"a", b"b"))
        assert pools.request("POST", stub.url + "/status/200", body=sent).status == 200
    assert list(sent) == []


def test_an_answer_of_another_kind(stub):
    """A pool that answers by itself is described without its answer."""

    class Own(library.HTTPConnectionPool):
        def _make_request(self, *_, **__):
            return answer

    class Answer:
        status = 200
        headers = library.HTTPHeaderDict()

        def get_redirect_location(self):
            return False

    answer = Answer()
    with testing.capture() as captured, heliograph.span("outer"):
        assert Own("127.0.0.1", 1).urlopen("GET", "/path?q=1") is answer
    span = captured.span("GET")
    assert span.attributes == {"http.method": "GET", "http.url": "http://127.0.0.1:1/path"}


def test_without_the_instrumentor(stub, pools, monkeypatch):
    """Where the official package is missing a span has its name and the basic attributes."""
    monkeypatch.setitem(sys.modules, "opentelemetry.instrumentation.urllib3", None)
    with testing.capture() as captured, heliograph.span("outer"):
        pools.request("POST", stub.url + "/status/404?secret")
    assert captured.span("POST").attributes == {
        "http.method": "POST",
        "http.url": stub.url + "/status/404",
        "http.status_code": 404,
    }


def test_excluded(stub, pools):
    """Settings in code exclude for all libraries; `instrument(excluded_urls=...)` for this one."""
    from opentelemetry.instrumentation.urllib3 import URLLib3Instrumentor

    with testing.capture(excluded_urls="status/404") as captured:
        for given in ({}, {"excluded_urls": "status/200"}, {}):
            URLLib3Instrumentor().instrument(**given)
            with heliograph.span("outer"):
                pools.request("GET", stub.url + "/status/404")
                pools.request("GET", stub.url + "/status/200")
            URLLib3Instrumentor().uninstrument()
    made = [span for span in captured.spans if span.name != "outer"]
    assert [span.attributes["http.url"][-3:] for span in made] == ["200", "404", "200"]
    outer = ids(span for span in captured.spans if span.name == "outer")
    expected = [outer[0], ids(made)[0], ids(made)[1], outer[1], outer[2], ids(made)[2]]
    assert parents(stub) == expected


def test_hooks_and_filter(stub, pools):
    """The user's hooks see span, pool and request; what they write on its headers is sent."""
    from opentelemetry.instrumentation.urllib3 import RequestInfo, URLLib3Instrumentor

    def before(span, pool, request):
        assert type(request) is RequestInfo
        span.set_attribute("seen", [pool.host, request.method, request.url, str(request.body)])
        request.headers["X-Hook"] = "h"

    def after(span, pool, response):
        span.set_attribute("answered", response.status)

    headers = {"X-One": "1"}
    instrumentor = URLLib3Instrumentor()
    with testing.capture() as captured, heliograph.span("outer"):
        instrumentor.instrument(
            request_hook=before, response_hook=after, url_filter=lambda url: url.partition("?")[0]
        )
        pools.request("POST", stub.url + "/status/200?secret", headers=headers, body="b")
        instrumentor.uninstrument()
        pools.request("POST", stub.url + "/status/200?secret", headers=headers, body="b")
    (span,) = captured.spans[1:]
    url = stub.url + "/status/200"
    assert span.attributes["http.url"] == url
    assert span.attributes["seen"] == ("127.0.0.1", "POST", url, "b")
    assert span.attributes["answered"] == 200
    assert [seen[2].get("X-Hook") for seen in stub.seen] == ["h", None]
    assert headers == {"X-One": "1"}


@pytest.mark.guarded
def test_a_filter_that_raises(stub, pools):
    """What it was to hide is not shown; the request goes on."""
    from opentelemetry.instrumentation.urllib3 import URLLib3Instrumentor

    def fail(url):
        raise ValueError(url)

    with testing.capture() as captured, heliograph.span("outer"):
        URLLib3Instrumentor().instrument(url_filter=fail)
        assert pools.request("GET", stub.url + "/status/200?secret").status == 200
    assert captured.span("GET").attributes == {"http.method": "GET", "http.status_code": 200}


def test_a_provider_of_the_functions_own(stub, pools):
    """`instrument(tracer_provider=...)`: their spans, and none of ours."""
    from opentelemetry.instrumentation.urllib3 import URLLib3Instrumentor
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    theirs = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(theirs))
    with testing.capture() as captured, heliograph.span("outer"):
        URLLib3Instrumentor().instrument(tracer_provider=provider)
        pools.request("GET", stub.url + "/status/200")
        URLLib3Instrumentor().uninstrument()
    assert [span.name for span in captured.spans] == ["outer"]
    assert parents(stub) == ids(theirs.get_finished_spans())


def test_threads(stub, pools):
    """Each thread's requests are below its own span, and name their own."""

    def work(number):
        with heliograph.span(f"thread {number}"):
            for _ in range(10):
                pools.request("GET", stub.url + "/status/200")

    with testing.capture() as captured, heliograph.span("outer"):
        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    above = {span.context.span_id: span.name for span in captured.spans}
    made = [span for span in captured.spans if span.name == "GET"]
    assert sorted(above[span.parent.span_id] for span in made) == sorted(
        f"thread {number}" for number in range(4) for _ in range(10)
    )
    assert sorted(parents(stub)) == sorted(ids(made))


def test_suppressed(stub, pools):
    """What the function suppresses is left alone, headers and all."""
    from opentelemetry.instrumentation.utils import suppress_http_instrumentation

    with testing.capture() as captured, heliograph.span("outer"), suppress_http_instrumentation():
        pools.request("GET", stub.url + "/status/200")
    assert len(captured.spans) == 1
    assert parents(stub) == [""]


PROGRAM = """
import json, sys
import boto3, requests, urllib3
import heliograph
from heliograph import testing
url, what = sys.argv[1:]
client = boto3.client(
    "dynamodb", region_name="eu-central-1", endpoint_url=url + "/fail/0/200/none",
    aws_access_key_id="id", aws_secret_access_key="secret",
)
seen = []
def handler(event, context):
    if "aws" in what:
        client.list_tables()
    if "http" in what:
        requests.get(url + "/status/200", timeout=5)
    if "pool" in what:
        urllib3.PoolManager().request("GET", url + "/status/200")
    seen.append("heliograph.libraries.urllib3" in sys.modules)
wrapped = heliograph.wrap(handler)
for _ in range(2):
    wrapped({}, testing.FakeContext())
print(json.dumps([seen, urllib3.HTTPConnectionPool.urlopen.__code__.co_filename]))
"""


@pytest.mark.parametrize(
    ("what", "disabled", "loaded", "named"),
    [
        pytest.param("aws http", "", False, 2, id="in others only"),
        pytest.param("aws http pool", "", True, 4, id="by itself"),
        pytest.param("aws http", "requests", True, 2, id="requests left alone"),
        pytest.param("aws", "botocore", True, 2, id="botocore left alone"),
        pytest.param("pool", "urllib3", False, 0, id="left alone"),
        pytest.param("pool", "*", False, 0, id="all left alone"),
    ],
)
def test_late(stub, what, disabled, loaded, named):
    """The recorder is loaded by the first request that is no part of another call, or never."""
    env = {
        **os.environ,
        "AWS_LAMBDA_FUNCTION_NAME": "function",
        "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9",
        "_X_AMZN_TRACE_ID": ENVIRONMENT,
        "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": disabled,
    }
    told = subprocess.run(
        [sys.executable, "-c", PROGRAM, stub.url, what],
        env=env, capture_output=True, text=True, check=True,
    )  # fmt: skip
    seen, file = json.loads(told.stdout.splitlines()[-1])
    assert seen == [loaded] * 2, told.stderr
    assert ("heliograph" in file) is (disabled not in ("urllib3", "*"))
    assert len([name for name in parents(stub) if name]) == named


def test_what_is_kept_is_small(stub, pools):
    """Of a response status and headers, of a request the first 32 headers, each cut to size."""
    from heliograph.journal import journal

    headers = {f"X-{number:03}": "v" * 5000 if number == 0 else "v" for number in range(60)}
    with testing.capture(), heliograph.span("outer"):
        pools.request("GET", stub.url + "/status/200", headers=headers)
        (call,) = [entry.call for entry in journal.entries if entry.call is not None]
    assert len(call.request[2]) == 32
    assert max(map(len, call.request[2].values())) == 2048
    assert isinstance(call.answer, urllib3.Answer)
    assert not hasattr(call.answer, "__dict__")
    assert headers.items() <= dict(stub.seen[0][2]).items()
