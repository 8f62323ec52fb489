"""Parents, sampling and links by the tables of triggers spec 4: a row, a test."""

from __future__ import annotations

import json
import logging

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import heliograph
from heliograph import propagation
from heliograph.journal import current, journal, state
from heliograph.lab.daemon import XRayDaemon
from heliograph.propagation import parents
from heliograph.propagation.parents import MAX_DECLINED
from heliograph.propagation.xray import XRAY, onto_aws_call
from heliograph.runtime import lifecycle
from heliograph.testing import FakeContext, capture

W = "00-aaaaaaaa000000000000000000000001-a000000000000001-01"
H = "00-bbbbbbbb000000000000000000000002-b000000000000002-01"
XH = "Root=1-cccccccc-000000000000000000000003;Parent=c000000000000003;Sampled=1"
E = "Root=1-eeeeeeee-000000000000000000000004;Parent=e000000000000004;Sampled=1;Lineage=1:a:3"
R = "Root=1-eeeeeeee-000000000000000000000004;Lineage=1:a:3"
ROOT_OF_XH = XH.partition(";")[0]
E_IDS, W_IDS, H_IDS, XH_IDS = (
    (int(trace, 16), int(span, 16))
    for trace, span in (
        ("eeeeeeee000000000000000000000004", "e000000000000004"),
        ("aaaaaaaa000000000000000000000001", "a000000000000001"),
        ("bbbbbbbb000000000000000000000002", "b000000000000002"),
        ("cccccccc000000000000000000000003", "c000000000000003"),
    )
)
E_IN_THE_TRACE_OF_W = E.replace("eeeeeeee", "aaaaaaaa").replace("0004;", "0001;", 1)
NAMES = {E_IDS: "E", W_IDS: "W", H_IDS: "H", XH_IDS: "X'"}
SOURCES = {"W": "w3c.context", "H": "w3c.headers", "X'": "xray.headers", "E": "xray.env"}


class Context(FakeContext):
    """A context that an invoking client sent a W3C context with."""

    def __init__(self, fields):
        super().__init__()
        self._fields = fields

    def w3c(self):
        return self._fields


class Handled:
    """What a handler's span was like, and what its calls carried.

    Attributes:
        span: The handler's span as another exporter than X-Ray's got it; None if it got none.
        documents: What X-Ray got.
        aws: `X-Amzn-Trace-Id` of an AWS call.
        http: Headers of an HTTP request.
    """

    def __init__(self, spans, documents, aws, http):
        self.span = spans[0] if spans else None
        self.documents, self.aws, self.http = documents, aws, http

    @property
    def parent(self):
        """Name of the parent; R for a Root alone, "" for a new root."""
        parent = self.span.parent
        if parent is not None:
            assert parent.trace_id == self.span.context.trace_id
            return NAMES[parent.trace_id, parent.span_id]
        return "R" if self.span.context.trace_id == E_IDS[0] else ""

    @property
    def links(self):
        """Names of the links, in their order; each is a remote span and tells its source."""
        names = [NAMES[link.context.trace_id, link.context.span_id] for link in self.span.links]
        told = [dict(link.attributes) for link in self.span.links]
        assert told == [{"heliograph.link.source": SOURCES[name]} for name in names]
        assert all(link.context.is_remote for link in self.span.links)
        return names


@pytest.fixture
def handled(monkeypatch):
    """Handle an event: `handled(header, w3c=, headers=, event=, context=, xray=, **settings)`."""

    def handle(header, *, w3c=None, headers=None, event=None, context=None, xray=False, **settings):
        aws, http = {}, {}

        @heliograph.wrap
        def handler(event, context):
            if header:
                aws[XRAY] = header  # as botocore does
            onto_aws_call(current.span(), aws)
            propagation.onto_request(current.span(), http)
            return "fine"

        monkeypatch.delenv("_X_AMZN_TRACE_ID", raising=False)
        if header is not None:
            monkeypatch.setenv("_X_AMZN_TRACE_ID", header)
        if event is None:
            event = {} if headers is None else {"headers": headers}
        if context is None:
            context = FakeContext() if w3c is None else Context(w3c)
        with XRayDaemon() as daemon:
            if xray:
                settings = {
                    "traces_exporters": "xray", "daemon_address": daemon.address, **settings,
                }  # fmt: skip
            with capture(**settings) as captured:
                assert handler(event, context) == "fine"
                spans = captured.spans
            daemon.settle()
            return Handled(spans, daemon.documents, aws.get(XRAY), http)

    yield handle
    state.declined.clear()


EVERY = {"traceparent": H, "X-Amzn-Trace-Id": XH}
ALL = {"w3c": {"traceparent": W}, "headers": EVERY}
NO_W = {"headers": EVERY}
ONLY_X = {"headers": {"x-amzn-trace-id": XH}}


@pytest.mark.parametrize(
    ("policy", "xray", "header", "carriers", "parent", "links"),
    [
        pytest.param("auto", True, E, ALL, "E", ["W", "H", "X'"], id="auto, X-Ray: E"),
        pytest.param("auto", True, None, ALL, "W", ["H", "X'"], id="auto, X-Ray: W"),
        pytest.param("auto", True, R, ALL, "W", ["H", "X'"], id="auto, X-Ray: W before R"),
        pytest.param("auto", True, R, NO_W, "H", ["X'"], id="auto, X-Ray: H"),
        pytest.param("auto", True, R, ONLY_X, "X'", [], id="auto, X-Ray: X'"),
        pytest.param("auto", True, R, {}, "R", [], id="auto, X-Ray: R"),
        pytest.param("auto", True, None, {}, "", [], id="auto, X-Ray: new root"),
        pytest.param("auto", False, E, ALL, "W", ["H", "X'", "E"], id="auto: W"),
        pytest.param("auto", False, E, NO_W, "H", ["X'", "E"], id="auto: H"),
        pytest.param("auto", False, E, ONLY_X, "X'", ["E"], id="auto: X'"),
        pytest.param("auto", False, E, {}, "E", [], id="auto: E"),
        pytest.param("auto", False, R, {}, "R", [], id="auto: R"),
        pytest.param("auto", False, None, {}, "", [], id="auto: new root"),
        pytest.param("xray", False, E, ALL, "E", ["W", "H", "X'"], id="xray: E"),
        pytest.param("xray", False, R, ALL, "R", ["W", "H", "X'"], id="xray: R"),
        pytest.param("xray", True, None, ALL, "W", ["H", "X'"], id="xray: W"),
        pytest.param("xray", True, None, NO_W, "H", ["X'"], id="xray: H"),
        pytest.param("xray", True, None, ONLY_X, "X'", [], id="xray: X'"),
        pytest.param("event", True, E, ALL, "W", ["H", "X'", "E"], id="event: W"),
        pytest.param("event", True, E, NO_W, "H", ["X'", "E"], id="event: H"),
        pytest.param("event", True, E, ONLY_X, "X'", ["E"], id="event: X'"),
        pytest.param("event", True, E, {}, "E", [], id="event: E"),
        pytest.param("event", True, R, {}, "R", [], id="event: R"),
        pytest.param("link", True, E, ALL, "", ["W", "H", "X'", "E"], id="link: all"),
        pytest.param("link", False, E, {}, "", ["E"], id="link: E"),
        pytest.param("link", False, R, {}, "", [], id="link: R is not taken, nor linked"),
    ],
)
def test_who_is_the_parent(handled, policy, xray, header, carriers, parent, links):
    """Each policy's order of choice; the losers become links (4.1, 4.3)."""
    seen = handled(header, xray=xray, parent=policy, **carriers)

    assert (seen.parent, seen.links) == (parent, links)
    if parent == "":
        assert seen.span.context.trace_id not in {ids[0] for ids in NAMES}


def test_every_parent_carries_lineage_on(handled):
    """Loop detection reads the environment's Lineage, whoever is the parent (triggers spec 4.3)."""
    for policy in ("auto", "xray", "event", "link"):
        seen = handled(E, parent=policy, **ALL)
        root = f"{seen.span.context.trace_id:032x}"
        own = f"{seen.span.context.span_id:016x}"
        assert seen.aws == f"Root=1-{root[:8]}-{root[8:]};Parent={own};Sampled=1;Lineage=1:a:3"


def same_trace(header, carrier):
    """The same header in the trace of another."""
    return carrier.replace(carrier.split(";")[0], header.split(";")[0])


@pytest.mark.parametrize(
    ("xray", "header", "carriers", "parent", "links"),
    [
        pytest.param(True, same_trace(XH, E), ONLY_X, 0xE000000000000004, [], id="X' above E"),
        pytest.param(False, same_trace(XH, E), ONLY_X, 0xC000000000000003, [], id="E below X'"),
        pytest.param(
            False, same_trace(XH, E), NO_W, 0xB000000000000002, [0xE000000000000004],
            id="one of the two",
        ),
        pytest.param(
            True, None, {"w3c": {"traceparent": W}, "headers": {"traceparent": W}},
            0xA000000000000001, [], id="the same twice",
        ),
        pytest.param(
            True, E_IN_THE_TRACE_OF_W,
            {"w3c": {"traceparent": W}}, 0xE000000000000004, [], id="W above E",
        ),
        pytest.param(
            False, E_IN_THE_TRACE_OF_W,
            {"w3c": {"traceparent": W}}, 0xA000000000000001, [], id="E below W",
        ),
        pytest.param(
            True, E, {"headers": {"x-amzn-trace-id": ROOT_OF_XH}},
            0xE000000000000004, [], id="a Root alone",
        ),
        pytest.param(
            False, E, {"headers": {"x-amzn-trace-id": "Self=1-1-1;" + ROOT_OF_XH}},
            0xE000000000000004, [], id="a load balancer's",
        ),
    ],
)  # fmt: skip
def test_what_is_not_linked(handled, xray, header, carriers, parent, links):
    """An ancestor in the trace, a duplicate, a Root alone are no links (triggers spec 4.3)."""
    span = handled(header, xray=xray, **carriers).span

    assert span.parent.span_id == parent
    assert [link.context.span_id for link in span.links] == links


# -- sampling (triggers spec 4.2) ------------------------------------------------------------------

UNSAMPLED = E.replace("Sampled=1", "Sampled=0")
UNDECIDED = E.replace("Sampled=1", "Sampled=?")
OFF = "parentbased_always_off"  # the sampler's own answer differs from what a sampled parent says


@pytest.mark.parametrize(
    ("header", "carriers", "flags"),
    [
        pytest.param(E, {}, {"default": True, OFF: True, "always_off": False}, id="E, 1"),
        pytest.param(UNSAMPLED, {}, {"default": True, OFF: False, "always_on": True}, id="E, 0"),
        pytest.param(UNDECIDED, {}, {"default": True, OFF: False}, id="E, ?"),
        pytest.param(E.replace("Sampled=1;", ""), {}, {"default": True, OFF: False}, id="no flag"),
        pytest.param(R, {}, {"default": True, OFF: False}, id="R"),
        pytest.param(R + ";Sampled=0", {}, {"default": True, OFF: False}, id="R, 0"),
        pytest.param(E, {"w3c": {"traceparent": W}}, {"default": True, OFF: True}, id="W, 1"),
        pytest.param(
            E, {"w3c": {"traceparent": W[:-1] + "0"}}, {"default": False, "always_on": True},
            id="W, 0",
        ),
        pytest.param(
            E, {"headers": {"traceparent": H[:-1] + "0"}}, {"default": False, "always_on": True},
            id="H, 0",
        ),
        pytest.param(
            E, {"headers": {"x-amzn-trace-id": XH[:-1] + "0"}}, {"default": True, OFF: False},
            id="X', 0",
        ),
        pytest.param(None, {}, {"default": True, OFF: False}, id="none"),
    ],
)  # fmt: skip
def test_who_samples_elsewhere(handled, header, carriers, flags):
    """Without X-Ray a W3C flag goes to the sampler, an X-Ray 0 is none (triggers spec 4.2)."""
    for sampler, recorded in flags.items():
        named = {} if sampler == "default" else {"sampler": sampler}
        seen = handled(header, **carriers, **named)
        flag = "1" if recorded else "0"
        assert (seen.span is not None) is recorded, sampler
        assert f";Sampled={flag}" in seen.aws
        assert seen.http["traceparent"].endswith(f"-0{flag}")


def test_sampled_0_binds_xray_alone(handled):
    """X-Ray gets nothing and its header keeps the 0; others get the span, with Lambda's ids."""
    seen = handled(UNSAMPLED, xray=True)

    assert seen.documents == []
    assert seen.parent == "E"
    own = f"{seen.span.context.span_id:016x}"
    root = "Root=1-eeeeeeee-000000000000000000000004"
    assert seen.aws == f"{root};Parent={own};Sampled=0;Lineage=1:a:3"
    assert seen.http["X-Amzn-Trace-Id"] == seen.aws
    assert seen.http["traceparent"] == f"00-{'eeeeeeee' + '4'.zfill(24)}-{own}-01"


def test_sampled_0_and_the_own_sampler_of_others(handled):
    """Under X-Ray's 0 the sampler decides for the others as for a root."""
    seen = handled(UNSAMPLED, xray=True, sampler=OFF)

    assert (seen.span, seen.documents) == (None, [])
    assert ";Sampled=0;" in seen.aws
    assert seen.http["traceparent"].endswith("-00")


def test_an_xray_flag_of_0_in_the_event(handled):
    """An X' that is the parent binds X-Ray as Lambda's own header does."""
    seen = handled(None, headers={"x-amzn-trace-id": XH[:-1] + "0"}, xray=True)

    assert (seen.parent, seen.documents) == ("X'", [])
    assert seen.aws.endswith(";Sampled=0")


def test_xray_gets_what_the_events_context_says(handled):
    """Where the event is the parent, its trace is another: Lambda's 0 is not about that one."""
    seen = handled(UNSAMPLED, headers={"traceparent": H}, xray=True, parent="event")

    (document,) = seen.documents
    assert document["trace_id"] == "1-bbbbbbbb-000000000000000000000002"
    assert document["parent_id"] == "b000000000000002"
    assert ";Sampled=1;" in seen.aws


@pytest.mark.parametrize("exporters", ["xray", "xray-otlp", "xray,xray-otlp,none"])
def test_sampled_0_under_xray_alone_records_nothing(monkeypatch, exporters):
    """Where nobody else wants them no span is written down, not even one of the user's."""
    with XRayDaemon() as daemon:
        settings = heliograph.settings.config.Config.read(
            given={"traces_exporters": exporters, "daemon_address": daemon.address}
        )
        lifecycle.switch_on(settings)
        try:
            monkeypatch.setenv("_X_AMZN_TRACE_ID", UNSAMPLED)

            @heliograph.wrap
            def handler(event, context):
                with heliograph.span("price"):
                    return list(journal.entries)

            assert handler({"headers": {"traceparent": H}}, FakeContext()) == []
            assert state.declined == {}
        finally:
            lifecycle.switch_off()
        daemon.settle()
        assert daemon.datagrams == []


def test_a_processor_counts_as_another(handled):
    """Only a processor that code adds knows what it does with spans: it gets them."""
    from opentelemetry.sdk.trace import SpanProcessor

    ended = []

    class Counting(SpanProcessor):
        def on_end(self, span):
            ended.append(span.name)

    sdk_objects = heliograph.develop.development.SdkObjects([Counting()])
    policy = parents.Policy(heliograph.settings.config.Config.read({}), sdk_objects)
    assert (policy.xray, policy.others) == (True, True)
    handled(UNSAMPLED, xray=True, span_processors=[Counting()])
    assert ended == ["function"]


def test_an_exporter_of_xrays_given_in_code_is_xrays(monkeypatch):
    """What code adds is asked whether it is X-Ray's."""
    from heliograph.exporters.xray import XRaySpanExporter

    sdk_objects = heliograph.develop.development.SdkObjects(None, [XRaySpanExporter("127.0.0.1:9")])
    config = heliograph.settings.config.Config.read({"OTEL_TRACES_EXPORTER": "none"})
    policy = parents.Policy(config, sdk_objects)
    assert (policy.xray, policy.others) == (True, False)


def test_declined_traces_are_bounded_and_taken_back(monkeypatch):
    """What X-Ray does not want is forgotten in time, or once the same trace comes sampled."""
    seen = []

    def look(event, context):
        current.span()  # resolved
        seen.append((len(state.declined), E_IDS[0] in state.declined))

    with capture(traces_exporters="xray,console", parent="xray"):
        for header in (UNSAMPLED, E):
            monkeypatch.setenv("_X_AMZN_TRACE_ID", header)
            state.declined.update(dict.fromkeys(range(MAX_DECLINED + 5)))
            heliograph.wrap(look)({}, FakeContext())
    assert seen == [(MAX_DECLINED + 5, True), (MAX_DECLINED + 5, False)]


def test_an_official_inject_says_it_too(monkeypatch):
    """User code's own `inject` says 0 to X-Ray and 1 to others, as our headers do."""
    from opentelemetry import propagate

    from heliograph.otel_api import propagate as ours

    monkeypatch.setattr(propagate, "propagator", propagate.propagator)
    ours.install(propagate, ours.DEFAULT)
    written = {}
    with capture(traces_exporters="xray", daemon_address="127.0.0.1:9") as captured:
        for header in (UNSAMPLED, E):
            monkeypatch.setenv("_X_AMZN_TRACE_ID", header)
            carrier = written[header] = {}
            heliograph.wrap(lambda e, c: propagate.inject(e))(carrier, FakeContext())
        spans = captured.spans
    for (header, carrier), span, flag in zip(written.items(), spans, "01", strict=True):
        own = f"{span.context.span_id:016x}"
        said = carrier["X-Amzn-Trace-Id"].split(";Lineage")[0]
        assert said == f"{header.split(';')[0]};Parent={own};Sampled={flag}"
        assert carrier["traceparent"].endswith(f"{own}-01")


# -- what is read, and what is not ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("propagators", "xray", "parent", "links"),
    [
        pytest.param("tracecontext", False, "W", ["H"], id="W3C: the environment is no candidate"),
        pytest.param("tracecontext", True, "E", ["W", "H"], id="W3C under X-Ray"),
        pytest.param("xray", False, "X'", ["E"], id="X-Ray: no traceparent"),
        pytest.param("xray-lambda", False, "E", ["X'"], id="xray-lambda: the policy xray"),
        pytest.param("tracecontext,xray-lambda", False, "E", ["W", "H", "X'"], id="and W3C"),
        pytest.param("none", False, "", [], id="none"),
    ],
)
def test_only_named_formats_count(handled, propagators, xray, parent, links):
    """A format that `OTEL_PROPAGATORS` does not name is not read (triggers spec 3.1)."""
    seen = handled(E, xray=xray, propagators=propagators, **ALL)
    assert (seen.parent, seen.links) == (parent, links)


def test_tracestate_goes_along(handled):
    """A valid `tracestate` is carried on with its `traceparent`; a wrong one is dropped alone."""
    state = "rojo=1,congo=2"
    seen = handled(E, headers={"traceparent": H, "tracestate": state})
    assert seen.span.parent.trace_state.to_header() == state
    assert seen.http["tracestate"] == state

    seen = handled(E, headers={"traceparent": H, "tracestate": "Not Valid"})
    assert seen.parent == "H"
    assert "tracestate" not in seen.http

    seen = handled(E, headers={"traceparent": H, "tracestate": state}, xray=True)
    assert [link.context.trace_state.to_header() for link in seen.span.links] == [state]
    assert "tracestate" not in seen.http


def test_a_traceparent_that_is_none_is_told_at_debug(handled, caplog):
    """A stranger's junk is ignored, with a line that only a log at level DEBUG has."""
    caplog.set_level(logging.DEBUG, "heliograph")
    seen = handled(E, headers={"traceparent": "junk"}, w3c={"traceparent": 5})

    assert (seen.parent, seen.links) == ("E", [])
    lines = [(r.levelname, r.message) for r in caplog.records if "traceparent" in r.message]
    told = "heliograph: traceparent 'junk' (w3c.headers) is not valid: ignored."
    assert lines == [("DEBUG", told)]


class Raising(FakeContext):
    def w3c(self):
        raise RuntimeError("no")


class Custom(FakeContext):
    """As OpenTelemetry for JavaScript invokes: flat members of the client context's `custom`."""

    class client_context:  # noqa: N801 - the runtime's name
        custom = {"traceparent": W, "mine": {"k": 1}}  # noqa: RUF012


@pytest.mark.parametrize(
    ("context", "parent"),
    [
        pytest.param(Context({"traceparent": W}), "W", id="w3c"),
        pytest.param(Context({}), "E", id="empty"),
        pytest.param(Context([("traceparent", W)]), "E", id="a list"),
        pytest.param(Context(None), "E", id="none"),
        pytest.param(Context({"traceparent": None}), "E", id="no text"),
        pytest.param(FakeContext(), "E", id="no such method"),
        pytest.param(Custom(), "W", id="custom"),
        pytest.param(object(), "E", id="an object"),
        pytest.param(None, "E", id="no context"),
    ],
)
def test_w3c_of_the_context(handled, context, parent):
    """`context.w3c()` counts if it is there and returns a dict (triggers spec 3.2)."""
    seen = handled(E, context=context or 0)
    assert seen.parent == parent


@pytest.mark.guarded
def test_w3c_that_raises(handled):
    """What the context raises is ours to bear, and what else it says still counts."""
    seen = handled(E, context=Raising(seconds=-1))
    assert (seen.parent, seen.span.attributes["error.type"]) == ("E", "timeout")


# -- baggage --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("carriers", "baggage"),
    [
        pytest.param(
            {"w3c": {"baggage": "a=1"}, "headers": {"baggage": "b=2"}}, "a=1", id="W first"
        ),
        pytest.param({"headers": {"Baggage": "b=2%20x"}}, "b=2+x", id="the headers"),
        pytest.param({"headers": {"baggage": "b=2", "traceparent": "junk"}}, "b=2", id="alone"),
        pytest.param({"headers": {"baggage": "junk"}}, None, id="junk"),
        pytest.param({}, None, id="none"),
    ],
)
@pytest.mark.parametrize("policy", ["auto", "xray", "link"])
def test_baggage_goes_on(handled, carriers, baggage, policy):
    """The event's baggage leaves with HTTP requests, whoever is the parent (triggers spec 4.3)."""
    assert handled(E, parent=policy, **carriers).http.get("baggage") == baggage
    assert "baggage" not in handled(E, propagators="tracecontext,xray", **carriers).http


def test_baggage_is_opentelemetrys(monkeypatch):
    """User code reads it by OpenTelemetry's API, below spans too, and only in its invocation."""
    from opentelemetry import baggage, trace

    seen = []

    @heliograph.wrap
    def handler(event, context):
        seen.append(dict(baggage.get_all()))
        with heliograph.span("price"), trace.get_tracer("t").start_as_current_span("inner"):
            seen.append(baggage.get_baggage("tenant"))
            headers = {}
            propagation.onto_request(current.span(), headers)
            seen.append(headers.get("baggage"))

    with capture():
        handler({"headers": {"baggage": "tenant=blue"}}, FakeContext())
        assert dict(baggage.get_all()) == {}
        handler({}, FakeContext())
    assert seen == [{"tenant": "blue"}, "blue", "tenant=blue", {}, None, None]
    assert current.here.get() is None


def test_without_the_handlers_span_the_chosen_parent_stands(monkeypatch, handled):
    """Without a span of the handler's own, spans hang on what was chosen, with its baggage."""
    monkeypatch.setenv("_X_AMZN_TRACE_ID", E)
    written = {}

    @heliograph.wrap
    def handler(event, context):
        with heliograph.span("price"):
            propagation.onto_request(current.span(), written)

    with capture(disabled_instrumentations="aws-lambda") as captured:
        handler({"headers": {"traceparent": H, "baggage": "a=1"}}, FakeContext())
        (span,) = captured.spans
    assert (span.parent.trace_id, span.parent.span_id) == H_IDS
    assert written["baggage"] == "a=1"


@pytest.mark.parametrize(("came", "goes"), [("00", "00"), ("01", "01"), ("02", "02"), ("03", "03")])
def test_flags_go_on(monkeypatch, handled, came, goes):
    """The flags of a caller's traceparent go on as they came: sampled, and the id's randomness."""
    written = {}

    @heliograph.wrap
    def handler(event, context):
        with heliograph.span("price"):
            propagation.onto_request(current.span(), written)

    with capture():
        handler({"headers": {"traceparent": H[:-2] + came}}, FakeContext())
    assert written["traceparent"].rpartition("-")[2] == goes


def test_links_and_baggage_on_a_provider_of_the_users(clean_provider, monkeypatch):
    """On the function's own tracer provider the handler's span has the same parent and links.

    A caller's flag counts there too.
    """
    from opentelemetry import baggage, trace
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    kept = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    monkeypatch.setenv("_X_AMZN_TRACE_ID", E)
    read = []
    with capture() as captured:
        trace.set_tracer_provider(provider)
        event = {"headers": {"traceparent": H, "baggage": "a=1"}}
        handler = heliograph.wrap(lambda e, c: read.append(dict(baggage.get_all())))
        handler(event, FakeContext())
        handler({"headers": {"traceparent": H[:-1] + "0"}}, FakeContext())
        assert captured.spans == []
    (span,) = kept.get_finished_spans()
    assert (span.parent.trace_id, span.parent.span_id) == H_IDS
    assert [(li.context.trace_id, li.context.span_id) for li in span.links] == [E_IDS]
    assert read == [{"a": "1"}, {}]


# -- X-Ray's documents ----------------------------------------------------------------------------


def test_links_of_the_document(handled):
    """X-Ray's document of the handler has what was not chosen as its links (xray spec 11.3)."""
    (document,) = handled(E, headers={"TraceParent": H}, xray=True).documents

    assert document["parent_id"] == "e000000000000004"
    assert document["links"] == [
        {
            "trace_id": "1-bbbbbbbb-000000000000000000000002",
            "id": "b000000000000002",
            "attributes": {"heliograph.link.source": "w3c.headers"},
        }
    ]


# -- the cheap way --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "cheap"),
    [
        pytest.param(None, True, id="no headers"),
        pytest.param({"x-amzn-trace-id": same_trace(E, "Root=1-2-3")}, True, id="a gateway's Root"),
        pytest.param({"x-amzn-trace-id": same_trace(E, XH)}, True, id="X' above E"),
        pytest.param({"x-amzn-trace-id": ROOT_OF_XH}, True, id="another Root alone"),
        pytest.param({"x-amzn-trace-id": XH}, False, id="another X'"),
        pytest.param({"traceparent": H}, False, id="H"),
        pytest.param({"baggage": "a=1"}, False, id="baggage"),
    ],
)
def test_the_environment_alone_needs_no_choice(monkeypatch, headers, cheap):
    """With default settings, nothing is weighed unless the event brings a context of its own."""
    chosen = []
    monkeypatch.setattr(parents, "choose", _noting(parents.choose, chosen))
    monkeypatch.setenv("_X_AMZN_TRACE_ID", E)
    with XRayDaemon() as daemon:
        settings = heliograph.settings.config.Config.read({}, {"daemon_address": daemon.address})
        lifecycle.switch_on(settings)
        try:
            assert state.policy is None
            heliograph.wrap(lambda e, c: None)({"headers": headers}, FakeContext())
        finally:
            lifecycle.switch_off()
        (document,) = daemon.wait_documents(1)
    assert document["parent_id"] == "e000000000000004"
    assert (chosen == []) is cheap


def _noting(function, calls):
    def noting(*args):
        calls.append(args)
        return function(*args)

    return noting


# -- junk -----------------------------------------------------------------------------------------

NAMES_OF_HEADERS = st.sampled_from(
    ["traceparent", "TraceParent", "tracestate", "baggage", "X-Amzn-Trace-Id", "x-amzn-trace-id"]
)
TEXTS = st.one_of(
    st.text(max_size=80),
    st.sampled_from(
        [H, W, XH, E, H.upper(), f"{H},{W}", "00-" + "0" * 32 + "-" + "0" * 16 + "-00"]
    ),
    st.builds(
        "00-{}-{}-{}".format,
        st.text("0123456789abcdefg", max_size=33),
        st.text("01f"),
        st.text("01"),
    ),
    st.builds(
        "Root={};Parent={};Sampled={}".format,
        st.text(max_size=9),
        st.text(max_size=9),
        st.text(max_size=2),
    ),
)
VALUES = st.one_of(
    TEXTS,
    st.lists(TEXTS, max_size=2),
    st.none(),
    st.integers(),
    st.dictionaries(TEXTS, TEXTS, max_size=1),
)
HEADERS = st.one_of(st.dictionaries(NAMES_OF_HEADERS, VALUES, max_size=6), VALUES)


@hypothesis_settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    headers=HEADERS,
    multi=HEADERS,
    w3c=HEADERS,
    header=TEXTS,
    policy=st.sampled_from(["auto", "xray", "event", "link"]),
)
def test_junk_changes_nothing(monkeypatch, headers, multi, w3c, header, policy):
    """Whatever comes, nothing is swallowed and the function gets and returns what is its own."""
    monkeypatch.setattr(heliograph.settings.config, "trace_header", lambda: header)
    event = {"headers": headers, "multiValueHeaders": multi, "httpMethod": "GET", "resource": "/"}
    event["requestContext"] = {"stage": "prod"}
    before = json.dumps(event, sort_keys=True)
    got = []
    with capture(parent=policy):

        @heliograph.wrap
        def handler(event, context):
            got.append(event)
            out = {}
            propagation.onto_request(current.span(), out)
            assert all(value.isprintable() for value in out.values())
            return event

        assert handler(event, Context(w3c)) is event
    assert got[0] is event
    assert json.dumps(event, sort_keys=True) == before
