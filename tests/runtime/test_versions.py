"""Whatever OpenTelemetry the function brings, old or new: the same spans, the same metrics."""

from __future__ import annotations

import json
import re
from importlib.metadata import requires, version
from pathlib import Path

import certifi
import idna
import pytest
import requests

import heliograph
from scripts import brought, pythons
from scripts.locks import BROUGHT
from tests.runtime.test_in_line import BEDROCK

PYTHONS = ("3.10", "3.13")

SOURCE = """
import os, sqlite3, sys
from types import SimpleNamespace
import heliograph, requests
from opentelemetry import baggage, context, metrics, propagate, trace
from requests.adapters import BaseAdapter
if os.environ["BROUGHT"] == "instrumentors":
    from opentelemetry.instrumentation.requests import RequestsInstrumentor
    from opentelemetry.instrumentation.sqlite3 import SQLite3Instrumentor
    RequestsInstrumentor().instrument()
    SQLite3Instrumentor().instrument()
class Answering(BaseAdapter):
    def send(self, request, **_):
        response = requests.Response()
        response.status_code, response.url, response.request = 204, request.url, request
        response.raw, response._content = SimpleNamespace(version=11), b""
        return response
    def close(self): pass
session = requests.Session()
session.mount("http://", Answering())
tracer = trace.get_tracer("app", "1.0")
meter = metrics.get_meter("app", "1.0")
counter = meter.create_counter("done", "1", "What is done")
histogram = meter.create_histogram("weight")
balance = meter.create_up_down_counter("balance")
meter.create_observable_gauge("seen", [lambda options: [metrics.Observation(3, {"of": "us"})]])
def generated():
    options = yield []
    while True:
        options = yield [metrics.Observation(5)]
meter.create_observable_counter("generated", [generated()])
@tracer.start_as_current_span("decorated")
def decorated():
    trace.get_current_span().set_attribute("inner", True)
def handler(event, _):
    elsewhere = trace.SpanContext(7 << 96, 9, True, trace.TraceFlags(1))
    with tracer.start_as_current_span(
        "work", kind=trace.SpanKind.CLIENT, attributes={"a": 1}, links=[trace.Link(elsewhere)]
    ) as span:
        span.set_attributes({"b": [1, 2]})
        span.add_event("happened", {"how": "well"})
        decorated()
        with heliograph.span("price"):
            session.get("http://service.example/path")
            token = context.attach(baggage.set_baggage("user", "anna"))
            headers = {}
            propagate.inject(headers)
            context.detach(token)
        try:
            with tracer.start_as_current_span("fails"):
                raise ValueError("no")
        except ValueError:
            pass
        connection = sqlite3.connect(":memory:")
        connection.cursor().execute("SELECT 1").fetchall()
        span.set_status(trace.Status(trace.StatusCode.ERROR, "all in vain"))
        span.update_name("worked")
        counter.add(2, {"k": "v"})
        histogram.record(1.5)
        balance.add(-1)
        if hasattr(meter, "create_gauge"):
            meter.create_gauge("level").set(7, {}, context.get_current())
        heliograph.metric("orders", 1)
    return {
        "carried": sorted(headers),
        "sdk": sorted(name for name in sys.modules if name.startswith("opentelemetry.sdk.trace")),
        "apart": sorted(name for name in sys.modules if name.startswith("_heliograph_apart.")),
        "gauges": hasattr(meter, "create_gauge"),
        "wrapt": getattr(sys.modules.get("wrapt"), "__version__", None),
    }
"""


def lay_out(task, packages, rename=lambda name: name):
    """Make a function's folder of what is installed in another one, and requests."""
    task.mkdir()
    for package in (requests, idna, certifi):
        folder = Path(package.__file__).parent
        (task / folder.name).symlink_to(folder)
    for place in packages.iterdir():
        name = rename(place.name)
        if name and not (task / name).exists():
            (task / name).symlink_to(place)


def below(documents, parent):
    """Spans by name, in order, each with those below it."""
    found = [one for one in documents if one.get("parent_id") == parent]
    found.sort(key=lambda one: one["start_time"])
    return [(one["name"], below(documents, one["id"])) for one in found]


def metrics(ran):
    """What arrived as EMF: each metric's value."""
    found = {}
    for line in ran.ours:
        if line.startswith('{"_aws"'):
            record = json.loads(line)
            for directive in record["_aws"]["CloudWatchMetrics"]:
                found.update({one["Name"]: record[one["Name"]] for one in directive["Metrics"]})
    return found


QUERY = [("sqlite", [])]
"""What the instrumentor of sqlite3 makes of a query."""
METRICS = {"done": 2, "weight": 1.5, "balance": -1, "generated": 5, "orders": 1, "seen": 3}


def whole(ran, handlers_of, kind="api", lines=1):
    """Check all that arrived of one invocation, and the log; returns what the handler told."""
    [answer] = ran.seen.answers
    assert answer[0] == "response", answer
    told = [line for line in ran.ours if not line.startswith("{")]
    assert len(told) == lines, "\n".join(told)  # that of the start
    assert not [line for line in ran.seen.stderr if "Traceback" in line]
    [handler] = handlers_of(ran.documents)
    assert below(ran.documents, handler["id"]) == [
        (
            "worked",
            [
                ("decorated", []),
                ("price", [("service.example", [])]),
                ("fails", []),
                *(QUERY if lines == 1 else []),
            ],
        )
    ]
    named = {one["name"]: one for one in ran.documents}
    worked = named["worked"]
    assert worked["metadata"]["default"] == {"a": 1, "b": [1, 2]}
    assert worked["metadata"]["events"][0]["attributes"] == {"how": "well"}
    assert worked["links"] == [{"trace_id": f"1-{7:08x}-{0:024x}", "id": f"{9:016x}"}]
    assert (worked["namespace"], worked["fault"]) == ("remote", True)
    assert worked["cause"]["exceptions"][0]["message"] == "all in vain"
    assert named["decorated"]["metadata"]["default"] == {"inner": True}
    assert named["service.example"]["http"]["response"] == {"status": 204}
    assert named["fails"]["cause"]["exceptions"][0]["type"] == "ValueError"
    assert metrics(ran) == {**METRICS, **({"level": 7} if answer[2]["gauges"] else {})}
    assert {"X-Amzn-Trace-Id", "baggage", "traceparent"} <= set(answer[2]["carried"])
    assert answer[2]["sdk"] == answer[2]["apart"] == []  # before the response
    return answer[2]


@pytest.mark.parametrize("kind", brought.KINDS)
@pytest.mark.parametrize("version", BROUGHT)
@pytest.mark.parametrize("python", PYTHONS)
def test_what_a_function_brings(run, handlers_of, tmp_path, trees, python, version, kind):
    """Spans and metrics of the API, of ours and of instrumentors arrive; the log has one line.

    The layer's instrumentor of sqlite3 runs on any API; not on conventions that came with an SDK
    before 1.33, which a second line says.
    """
    lay_out(tmp_path / "task0", brought.folder(version, kind, pythons.find()[python]))

    ran = run(trees[python], SOURCE, [{}], env={"BROUGHT": kind})
    misfits = kind == "sdk" and version in ("1.15", "1.20", "1.25")
    whole(ran, handlers_of, kind, lines=1 + misfits)
    assert ("layer's instrumentor of sqlite3 needs newer" in "".join(ran.ours)) is misfits


def newer(name):
    """Rename the metadata of OpenTelemetry's packages as of a version that is still to come."""
    return re.sub(r"^(opentelemetry_.*-)[^-]*(\.dist-info)$", r"\g<1>99.0\2", name)


def without_metadata(name):
    """Leave the metadata out, as some who pack functions do."""
    return "" if name.endswith(".dist-info") else name


@pytest.mark.parametrize(
    ("version", "rename"), [("newest", newer), ("1.25", without_metadata)], ids=["newer", "unknown"]
)
def test_a_version_that_is_not_known(run, handlers_of, tmp_path, trees, version, rename):
    """One that is newer than ours, or of which nothing tells the version, is kept apart too."""
    packages = brought.folder(version, "sdk", pythons.find()["3.13"])
    lay_out(tmp_path / "task0", packages, rename)

    env = {"BROUGHT": "sdk", "OTEL_PROPAGATORS": "tracecontext,baggage,xray"}
    whole(run(trees["3.13"], SOURCE, [{}], env=env), handlers_of, lines=1 + (version == "1.25"))


LOADED = """
import sys, threading
from importlib import import_module
from opentelemetry import trace
import heliograph
stop, seen = threading.Event(), set()
def look():
    while not stop.is_set():
        for name in ("opentelemetry.sdk.trace", "opentelemetry.sdk.resources"):
            seen.add(import_module(name).__file__)
            sys.modules.pop(name, None)
def handler(event, _):
    if event == 1 and OWN:
        threading.Thread(target=look, daemon=True).start()
    elif event == 2:
        stop.set()
    with trace.get_tracer("app").start_as_current_span("work"):
        heliograph.metric("orders", 1)
    return {
        "apart": any(name.startswith("_heliograph_apart.") for name in sys.modules),
        "files": sorted({module.__file__ for name, module in [*sys.modules.items()]
                         if name.startswith("opentelemetry.") and module.__file__} | seen),
    }
"""


def test_what_others_import_meanwhile(run, tmp_path, trees):
    """Another thread that imports while the SDK is loaded gets the function's own modules."""
    lay_out(tmp_path / "task0", brought.folder("1.20", "sdk", pythons.find()["3.13"]))

    ran = run(trees["3.13"], f"OWN = True{LOADED}", [1, 2])

    first, second = (answer[2] for answer in ran.seen.answers)
    assert (first["apart"], second["apart"]) == (False, True)
    assert any("opentelemetry/sdk/trace" in file for file in second["files"])
    assert [file for file in second["files"] if "/sdk/" in file and "<task>/" not in file] == []
    assert [one["name"] for one in ran.documents].count("work") == 2


def test_the_same_versions(run, tmp_path, trees):
    """A function with the very packages that the layer has: there is no second copy of them."""
    site = Path(requests.__file__).parents[1]
    lay_out(tmp_path / "task0", site, lambda name: name if name.startswith("opentel") else "")

    ran = run(trees["3.13"], f"OWN = False{LOADED}", [1, 2])

    assert [answer[2]["apart"] for answer in ran.seen.answers] == [False, False]
    files = ran.seen.answers[1][2]["files"]
    assert any(file.startswith("<task>/opentelemetry/sdk/trace") for file in files)
    assert [one["name"] for one in ran.documents].count("work") == 2


def test_a_folder_that_is_found_no_more(run, tmp_path, trees):
    """A function that takes the folder of its packages off `sys.path` again loses nothing."""
    lay_out(tmp_path / "own", brought.folder("1.25", "api", pythons.find()["3.13"]))
    own = str(tmp_path / "own")
    source = (
        f"import sys\nsys.path.insert(0, {own!r})\n"
        "import opentelemetry.metrics, opentelemetry.propagate, opentelemetry.trace\n"
        f"sys.path.remove({own!r})\nOWN = False{LOADED}"
    )

    ran = run(trees["3.13"], source, [1, 2])

    assert [answer[2]["apart"] for answer in ran.seen.answers] == [False, True]
    assert [one["name"] for one in ran.documents].count("work") == 2
    assert len([line for line in ran.ours if line.startswith('{"_aws"')]) == 2


OWN_OBJECTS = """
import json, os
import heliograph
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import Counter
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality, InMemoryMetricReader, MetricExporter, MetricExportResult,
)
from opentelemetry.sdk.metrics.view import ExplicitBucketHistogramAggregation, View
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult, SimpleSpanProcessor
def say(kind, **about):
    os.write(1, (json.dumps({kind: about}) + "\\n").encode())  # whole: exporters have threads
class Naming(SpanProcessor):
    def on_start(self, span, parent_context=None):
        parent = trace.get_current_span(parent_context).get_span_context()
        span.set_attribute("named.by", "us")
        span.set_attribute("below", parent.is_valid)
    def on_end(self, span):
        assert isinstance(span, ReadableSpan)
        assert isinstance(span.get_span_context(), trace.SpanContext)
class Saying(SpanExporter):
    def export(self, spans):
        for span in spans:
            if span.name == "work":
                told = json.loads(span.to_json())
                assert span.kind is trace.SpanKind.CLIENT
                say("span", name=told["name"], attributes=told["attributes"],
                    status=told["status"], events=[e["name"] for e in told["events"]],
                    links=len(span.links), scope=span.instrumentation_scope.name,
                    sdk=span.resource.attributes["telemetry.sdk.name"])
        return SpanExportResult.SUCCESS
    def shutdown(self): pass
    def force_flush(self, timeout_millis=0): return True
class Measuring(MetricExporter):
    def __init__(self):
        super().__init__(preferred_temporality={Counter: AggregationTemporality.DELTA})
    def export(self, data, timeout_millis=10_000, **_):
        told = json.loads(data.to_json())
        say("metrics", of={
            metric["name"]: metric["data"]["data_points"][0]
            for of in told["resource_metrics"] for scope in of["scope_metrics"]
            for metric in scope["metrics"]
        })
        return MetricExportResult.SUCCESS
    def shutdown(self, timeout_millis=0, **_): pass
    def force_flush(self, timeout_millis=0): return True
reader = InMemoryMetricReader()
class Once(SimpleSpanProcessor): pass
heliograph.configure(
    span_processors=[Naming(), Once(Saying())], span_exporters=[Saying()],
    metric_exporters=[Measuring()], metric_readers=[reader],
    views=[View(instrument_name="weight", name="kilos",
                aggregation=ExplicitBucketHistogramAggregation([1, 2]))],
)
meter = metrics.get_meter("app")
counter, weight = meter.create_counter("done"), meter.create_histogram("weight")
def handler(event, _):
    if event == 2:
        data = reader.get_metrics_data()
        found = [m for of in data.resource_metrics for s in of.scope_metrics for m in s.metrics]
        say("read", names=sorted(m.name for m in found))
        return
    link = trace.Link(trace.SpanContext(7 << 96, 9, True))
    with trace.get_tracer("app").start_as_current_span(
        "work", kind=trace.SpanKind.CLIENT, links=[link]
    ) as span:
        span.add_event("happened")
        span.set_status(trace.Status(trace.StatusCode.ERROR, "no"))
    counter.add(2, {"k": "v"})
    weight.record(1.5)
"""


@pytest.mark.parametrize("version", ["1.15", "1.20", "1.25", "1.33", "newest"])
def test_the_functions_own_sdk_objects(run, tmp_path, trees, version):
    """Processors, exporters, readers and views of another SDK get what they are made for."""
    lay_out(tmp_path / "task0", brought.folder(version, "sdk", pythons.find()["3.13"]))

    ran = run(trees["3.13"], OWN_OBJECTS, [1, 2])

    assert [answer[0] for answer in ran.seen.answers] == ["response"] * 2, ran.seen.answers
    assert "\n".join([line for line in ran.ours if not line.startswith("{")][1:]) == ""
    said = [json.loads(line) for line in ran.seen.stdout if line.startswith('{"')]
    spans = [one["span"] for one in said if "span" in one]
    expected = {
        "name": "work",
        "attributes": {"named.by": "us", "below": True},
        "status": {"status_code": "ERROR", "description": "no"},
        "events": ["happened"],
        "links": 1,
        "scope": "app",
        "sdk": "opentelemetry",
    }
    assert spans == [expected, expected]
    points = next(one["metrics"]["of"] for one in said if "metrics" in one)
    assert points["done"]["value"] == 2
    assert points["done"]["attributes"] == {"k": "v"}
    assert (points["kilos"]["explicit_bounds"], points["kilos"]["sum"]) == ([1, 2], 1.5)
    assert [one["read"]["names"] for one in said if "read" in one] == [["done", "kilos"]]


ADDING = """
import json, os
from opentelemetry import trace
provider, tracer = trace.get_tracer_provider(), trace.get_tracer("app", "1")
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, Tracer, TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON
def said(span):
    told = json.loads(span.to_json())
    return json.dumps({"span": [told["name"], told["attributes"].get("from"),
        told["status"]["status_code"], [one["name"] for one in told["events"]]]}) + "\\n"
class Marking(SpanProcessor):
    def on_start(self, span, parent_context=None):
        assert isinstance(span, Span)
        span.set_attribute("from", getattr(trace.get_current_span(parent_context), "name", ""))
    def on_end(self, span):
        assert isinstance(span, ReadableSpan) and isinstance(span.resource, Resource)
provider.add_span_processor(Marking())
provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter(formatter=said)))
class Ids(RandomIdGenerator):
    def generate_span_id(self):
        return 0xABC
special = provider.get_tracer("special")
def handler(event, _):
    special.id_generator, special.sampler = Ids(), ALWAYS_ON
    with tracer.start_as_current_span("work") as span:
        special.start_span("numbered").end()
        special.sampler = ALWAYS_OFF
        special.start_span("quiet").end()
        span.add_event("happened", {"how": "well"})
        span.set_status(trace.Status(trace.StatusCode.ERROR, "no"))
        told = json.loads(span.to_json())
        return {
            "kinds": [isinstance(provider, TracerProvider), isinstance(tracer, Tracer),
                      isinstance(span, Span), isinstance(provider.resource, Resource)],
            "name": provider.resource.attributes["service.name"],
            "told": [told["name"], told["events"][0]["attributes"], told["status"]["description"]],
            "scope": span.instrumentation_scope.name,
            "sampled": provider.sampler.should_sample(None, 1, "x").decision.is_sampled(),
        }
"""


@pytest.mark.parametrize("version", BROUGHT)
def test_what_code_adds_to_the_provider(run, tmp_path, trees, version):
    """The provider answers as that of the SDK that the function brings, of whatever version."""
    lay_out(tmp_path / "task0", brought.folder(version, "sdk", pythons.find()["3.13"]))

    ran = run(trees["3.13"], ADDING, [1])

    [answer] = ran.seen.answers
    assert answer[2] == {
        "kinds": [True] * 4, "name": "lab", "scope": "app", "sampled": True,
        "told": ["work", {"how": "well"}, "no"],
    }, answer  # fmt: skip
    assert "\n".join([line for line in ran.ours if not line.startswith("{")][1:]) == ""
    spans = [json.loads(line)["span"] for line in ran.seen.stdout if line.startswith('{"span"')]
    assert sorted(spans, key=str) == [
        ["lab", "", "UNSET", []], ["numbered", "work", "UNSET", []],
        ["work", "lab", "ERROR", ["happened"]],
    ]  # fmt: skip
    assert "0000000000000abc" in [one["id"] for one in ran.documents]


def test_an_exporter_that_a_package_provides(run, tmp_path, trees):
    """One of an entry point gets spans of the SDK that it is written for."""
    task = tmp_path / "task0"
    lay_out(task, brought.folder("1.25", "sdk", pythons.find()["3.13"]))
    about = task / "mine-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[opentelemetry_traces_exporter]\nmine = mine:Mine\n")
    (task / "mine.py").write_text(
        "from opentelemetry.sdk.trace.export import ConsoleSpanExporter\n"
        "class Mine(ConsoleSpanExporter): pass\n"
    )
    source = (
        "from opentelemetry import trace\n"
        "def handler(event, _):\n"
        "    with trace.get_tracer('app').start_as_current_span('work'): pass\n"
    )

    ran = run(trees["3.13"], source, [1], env={"OTEL_TRACES_EXPORTER": "mine"})

    assert "\n".join([line for line in ran.ours if not line.startswith("{")][1:]) == ""
    assert [line.strip() for line in ran.seen.stdout if '"name": "work"' in line]


USERS_PROVIDER = """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor
def told(span):
    return f"{span.name}: {span.parent is not None} {[one.name for one in span.events]}\\n"
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter(formatter=told)))
trace.set_tracer_provider(provider)
def handler(event, _):
    with trace.get_tracer("app", "1").start_as_current_span("work"):
        raise ValueError("no")
"""


@pytest.mark.parametrize("version", ["1.15", "1.25"])
def test_a_provider_of_the_functions_own(run, tmp_path, trees, version):
    """One of another SDK has the handler's span and the function's, and nothing is lost."""
    lay_out(tmp_path / "task0", brought.folder(version, "sdk", pythons.find()["3.13"]))

    ran = run(trees["3.13"], USERS_PROVIDER, [1])

    spans = [line for line in ran.seen.stdout if line.endswith("['exception']")]
    assert spans == ["work: True ['exception']", "lab: True ['exception']"], ran.seen.stdout


def test_a_package_in_a_folder_of_its_own(run, handlers_of, tmp_path, trees):
    """Without a layer: installed where it comes after the function's packages, it is as good."""
    lay_out(tmp_path / "task0", brought.folder("1.25", "api", pythons.find()["3.13"]))
    opt = tmp_path / "opt" / "python"
    opt.mkdir(parents=True)
    site = Path(requests.__file__).parents[1]
    for place in (Path(heliograph.__file__).parent, *site.iterdir()):
        if place.name.startswith(("opentel", "wrapt", "heliograph", "typing_ext", "packaging")):
            (opt / place.name).symlink_to(place)
    source = f"{SOURCE}\nhandler = heliograph.wrap(handler)\n"

    ran = run(trees["3.13"], source, [{}], layers=[opt.parent], env={"BROUGHT": "api"})
    whole(ran, handlers_of, lines=0)


def test_what_pip_says_is_documented():
    """The page quotes pip's words with the requirement as it is."""
    required = next(one for one in requires("heliograph") if one.startswith("opentelemetry-api"))
    depends = required.replace(",", " and ")
    page = (Path(__file__).parents[2] / "docs" / "versions.md").read_text()
    assert f"heliograph {version('heliograph')} depends on {depends}" in page


@pytest.mark.parametrize("version", ["1.15", "1.33"])
def test_a_call_of_bedrock(run, handlers_of, tmp_path, trees, version):
    """A Bedrock call is below the span of the function's API, and described by our instrumentor."""
    lay_out(tmp_path / "task0", brought.folder(version, "api", pythons.find()["3.13"]))
    source = (
        f"from opentelemetry import trace\n{BEDROCK}\n"
        "call = trace.get_tracer('app').start_as_current_span('work')(handler)\n"
        "def handler(event, context): return call(event, context)\n"
    )

    ran = run(trees["3.13"], source, [{"any": True}])

    [answer] = ran.seen.answers
    [handler] = handlers_of(ran.documents)
    [bedrock] = [document for document in ran.documents if document.get("namespace") == "aws"]
    assert f"Parent={bedrock['id']}" in answer[2]
    assert bedrock["aws"]["operation"] == "InvokeModel"
    [(name, [(_, [])])] = below(ran.documents, handler["id"])
    assert name == "work"
    assert len([line for line in ran.ours if not line.startswith("{")]) == 1, ran.ours
