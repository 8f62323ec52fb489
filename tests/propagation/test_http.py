"""What leaves the function with an HTTP request: headers, as a server received them."""

from __future__ import annotations

import copy
import sys

import boto3
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

import heliograph
from heliograph import propagation, testing
from heliograph.journal.entry import Remote, Trace
from heliograph.settings import in_code

ROOT = "Root=1-5759e988-bd862e3fe1be46a994272793"
TRACE_ID = 0x5759E988BD862E3FE1BE46A994272793


def hexadecimal(span):
    return f"{span.context.span_id:016x}"


NAMES = {"traceparent", "tracestate", "baggage", "x-amzn-trace-id", "b3"}


def ours(stub):
    """Names and values of trace headers that arrived with each request."""
    return [
        {name.lower(): value for name, value in headers.items() if name.lower() in NAMES}
        for _, _, headers in stub.seen
    ]


def test_http_request(stub, in_lambda):
    """W3C's and X-Ray's header name the request's own span, with redirects too."""
    with testing.capture() as captured:
        in_lambda(lambda: requests.get(stub.url + "/redirect/1", timeout=5))
        span = captured.span("GET")
    parent = hexadecimal(span)
    expected = {
        "traceparent": f"00-{TRACE_ID:032x}-{parent}-01",
        "x-amzn-trace-id": f"{ROOT};Parent={parent};Sampled=1",
    }
    assert ours(stub) == [expected] * 3


@pytest.mark.parametrize(
    ("propagators", "names"),
    [
        pytest.param("tracecontext", {"traceparent"}, id="tracecontext"),
        pytest.param("xray", {"x-amzn-trace-id"}, id="xray"),
        pytest.param("xray-lambda", {"x-amzn-trace-id"}, id="xray-lambda"),
        pytest.param("baggage", {"baggage"}, id="baggage"),
        pytest.param("baggage,tracecontext", {"baggage", "traceparent"}, id="two"),
        pytest.param("none", set(), id="none"),
        pytest.param("xray,none", set(), id="none beside"),
        pytest.param("nosuch,tracecontext", {"traceparent"}, id="unknown"),
    ],
)
def test_propagators(stub, propagators, names, monkeypatch):
    """`OTEL_PROPAGATORS` says which headers are written; an unknown name is left out."""
    from opentelemetry import baggage, context

    monkeypatch.delitem(in_code.CHECKS, "propagators")  # the environment is not asked
    with testing.capture(propagators=propagators), heliograph.span("outer"):
        token = context.attach(baggage.set_baggage("key", "value"))
        requests.get(stub.url + "/status/200", timeout=5)
        context.detach(token)
    assert [set(headers) for headers in ours(stub)] == [names]


def test_official_propagator(stub, tmp_path, monkeypatch):
    """Any other propagator writes by its official class, with the request's own span."""
    (tmp_path / "fake_b3.py").write_text(
        "from opentelemetry import trace\n"
        "from opentelemetry.propagators.textmap import TextMapPropagator, default_setter\n"
        "class Single(TextMapPropagator):\n"
        "    fields = {'b3'}\n"
        "    def extract(self, carrier, context=None, getter=None): return context\n"
        "    def inject(self, carrier, context=None, setter=default_setter):\n"
        "        ids = trace.get_current_span(context).get_span_context()\n"
        "        setter.set(carrier, 'b3', f'{ids.trace_id:032x}-{ids.span_id:016x}-1')\n"
    )
    about = tmp_path / "fake_b3-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: fake-b3\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[opentelemetry_propagator]\nb3 = fake_b3:Single\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with testing.capture(propagators="b3,tracecontext") as captured:
        with heliograph.span("outer"):
            requests.get(stub.url + "/status/200", timeout=5)
        span = captured.span("GET")
    ids = f"{span.context.trace_id:032x}-{hexadecimal(span)}"
    assert ours(stub) == [{"b3": f"{ids}-1", "traceparent": f"00-{ids}-01"}]
    sys.modules.pop("fake_b3")


def test_remote_state_is_carried_on(stub):
    """`tracestate` and baggage of an extracted context go on with the request."""
    from opentelemetry import context, propagate

    incoming = {
        "traceparent": f"00-{'a' * 32}-{'b' * 16}-01",
        "tracestate": "x=1,y=2",
        "baggage": "k=v%20w,l=",
    }
    with testing.capture() as captured:
        token = context.attach(propagate.extract(incoming))
        requests.get(stub.url + "/status/200", timeout=5)
        context.detach(token)
        span = captured.span("GET")
    (headers,) = ours(stub)
    assert headers.pop("x-amzn-trace-id").startswith("Root=1-aaaaaaaa-")
    assert headers == {
        "traceparent": f"00-{'a' * 32}-{hexadecimal(span)}-01",
        "tracestate": "x=1,y=2",
        "baggage": "k=v+w,l=",
    }


def many(number, size):
    """Members that pass one of the bounds: their number, the size of each, the size of all."""
    return {f"k{index}": "é" * size for index in range(number)}


FEW = st.dictionaries(
    st.text(max_size=20), st.one_of(st.text(max_size=50), st.integers(), st.none()), max_size=5
)


@given(FEW | st.builds(many, st.integers(0, 200), st.integers(0, 700)))
def test_baggage_is_the_official_one(members):
    """What is written natively is what `W3CBaggagePropagator` writes."""
    from opentelemetry import baggage, context
    from opentelemetry.baggage.propagation import W3CBaggagePropagator

    made = context.Context()
    for key, value in members.items():
        made = baggage.set_baggage(key, value, made)
    with testing.capture():
        token = context.attach(made)
        try:
            official, native = {}, {}
            W3CBaggagePropagator().inject(official)
            propagation.write_baggage(Remote(Trace(1), 1), native)
        finally:
            context.detach(token)
    assert native == official


@pytest.mark.guarded
def test_baggage_that_cannot_be_written(stub):
    """A member that no header can hold costs its header, not the others and not the request."""
    from opentelemetry import baggage, context

    with testing.capture(), heliograph.span("outer"):
        token = context.attach(baggage.set_baggage("key", "\ud800"))
        assert requests.get(stub.url + "/status/200", timeout=5).ok
        context.detach(token)
    assert [set(headers) for headers in ours(stub)] == [{"traceparent", "x-amzn-trace-id"}]


def test_excluded_request(stub):
    """A request that makes no span carries the context of the span around it."""
    from opentelemetry.instrumentation.requests import RequestsInstrumentor
    from opentelemetry.instrumentation.urllib3 import URLLib3Instrumentor

    RequestsInstrumentor().instrument(excluded_urls="status")
    URLLib3Instrumentor().instrument(excluded_urls="status")
    try:
        with testing.capture() as captured:
            with heliograph.span("outer"):
                requests.get(stub.url + "/status/200", timeout=5)
            (outer,) = captured.spans
    finally:
        RequestsInstrumentor().uninstrument()
        RequestsInstrumentor().instrument()
        URLLib3Instrumentor().uninstrument()
        URLLib3Instrumentor().instrument()
    assert (
        ours(stub)[0]["traceparent"] == f"00-{outer.context.trace_id:032x}-{hexadecimal(outer)}-01"
    )


def test_prepared_request_is_untouched(stub):
    """A prepared request sent twice is as before, and each sending has its own span."""
    with requests.Session() as session:
        request = requests.Request("POST", stub.url + "/status/200", json={"a": 1})
        prepared = session.prepare_request(request)
        before = copy.deepcopy((prepared.method, prepared.url, prepared.body, prepared.headers))
        with testing.capture() as captured:
            with heliograph.span("outer"):
                session.send(prepared, timeout=5)
                session.send(prepared, timeout=5)
            assert [span.name for span in captured.spans] == ["outer", "POST", "POST"]
    assert (prepared.method, prepared.url, prepared.body, prepared.headers) == before
    assert len({headers["traceparent"] for headers in ours(stub)}) == 2


def test_nothing_current(stub):
    """Without a span nothing is recorded and nothing is written."""
    with testing.capture() as captured:
        requests.get(stub.url + "/status/200", timeout=5)
        client = boto3.client(
            "dynamodb", region_name="eu-central-1", endpoint_url=stub.url + "/fail/0/200/none",
            aws_access_key_id="id", aws_secret_access_key="secret",
        )  # fmt: skip
        client.list_tables()
        assert captured.spans == []
    assert ours(stub) == [{}, {}]
