"""What code finds that expects the SDK's tracer provider: its classes, members, what it adds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

import pytest
import requests
from opentelemetry import baggage, context, trace
from opentelemetry.sdk import trace as sdk
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import sampling
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator

import heliograph
from heliograph.testing import FakeContext, capture


class Hearing(sdk.SpanProcessor):
    """Says what it is told."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def on_start(self, span: Any, parent_context: Any = None) -> None:
        parent = trace.get_current_span(parent_context)
        self.heard.append(("start", span.name, parent.name if parent.is_recording() else None))
        span.set_attribute("heard", True)

    def on_end(self, span: Any) -> None:
        self.heard.append(("end", span.name, dict(span.attributes)["heard"]))

    def shutdown(self) -> None:
        self.heard.append("shutdown")

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        self.heard.append("flush")
        return True


def provider() -> Any:
    return trace.get_tracer_provider()


def test_the_sdks_classes(no_provider: None) -> None:
    """Provider, tracer and span are of the SDK's classes; a span that is not recorded, too."""
    with capture():
        tracer = trace.get_tracer("app")
        assert isinstance(provider(), sdk.TracerProvider)
        assert not isinstance(provider(), trace.ProxyTracerProvider)
        assert isinstance(tracer, sdk.Tracer)
        with tracer.start_as_current_span("work") as span:
            assert isinstance(span, sdk.Span)
            assert isinstance(span, sdk.ReadableSpan)
        with heliograph.span("price"):
            assert isinstance(trace.get_current_span(), sdk.ReadableSpan)


def run(source: str, **env: str) -> Any:
    """Run a program in a fresh interpreter; returns what it prints as JSON."""
    done = subprocess.run(
        [sys.executable, "-B", "-c", textwrap.dedent(source)],
        env={**os.environ, "PYTHONPATH": str(Path(heliograph.__file__).parents[1]), **env},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


STARTED = """
    import json, sys
    from heliograph.runtime import wrapping
    from heliograph.settings.config import Config
    nowhere = {"traces_exporters": "none", "metrics_exporters": "none"}
    wrapping.record(Config.read(given=nowhere), None)
    from opentelemetry import trace
    provider, tracer = trace.get_tracer_provider(), trace.get_tracer("app", "1")
    span = tracer.start_span("work")
"""


def test_objects_handed_out_before_the_sdk_is_imported() -> None:
    """What a program got before it imported the SDK is of its classes from then on."""
    told = run(
        f"""{STARTED}
    early = [isinstance(provider, trace.ProxyTracerProvider), hasattr(span, "events")]
    import opentelemetry.sdk.trace as sdk
    late = [isinstance(provider, trace.ProxyTracerProvider), span.events == ()]
    kinds = [isinstance(provider, sdk.TracerProvider), isinstance(tracer, sdk.Tracer),
             isinstance(span, sdk.Span), isinstance(span, sdk.ReadableSpan)]
    print(json.dumps([early, late, kinds, span.instrumentation_scope.version]))
    """
    )
    assert told == [[True, False], [False, True], [True] * 4, "1"]


def test_without_the_sdk() -> None:
    """The API alone: status, links and the resource can be read, and no SDK is loaded for it."""
    told = run(
        f"""{STARTED}
    span.set_status(trace.StatusCode.ERROR, "no")
    print(json.dumps([
        dict(provider.resource.attributes), span.status.description, len(span.links),
        span.resource.attributes["service.name"],
        [hasattr(provider, name) for name in ("sampler", "id_generator", "nonsense")],
        [name for name in sys.modules if name.startswith("opentelemetry.sdk")],
    ]))
    """,
        OTEL_SERVICE_NAME="shop",
        OTEL_RESOURCE_ATTRIBUTES="team=a%20b,service.name=other",
    )
    resource = told[0]
    assert (resource["service.name"], resource["team"]) == ("shop", "a b")
    assert told[1:] == ["no", 0, "shop", [False] * 3, []]


def test_the_members_of_an_open_span(no_provider: None) -> None:
    """They are what the SDK's span has by then, and `to_json` tells them."""
    own = sdk.TracerProvider(shutdown_on_exit=False)
    elsewhere = trace.SpanContext(7 << 96, 9, True, trace.TraceFlags(1))

    def program(tracer: trace.Tracer) -> dict[str, Any]:
        with tracer.start_as_current_span("above"):
            started: Any = tracer.start_span(
                "work", kind=trace.SpanKind.CLIENT, attributes={"a": 1},
                links=[trace.Link(elsewhere, {"b": 2})], start_time=5,
            )  # fmt: skip
        started.add_event("happened", {"how": "well"}, 6)
        started.add_link(elsewhere)
        started.record_exception(ValueError("no"), {"more": 1}, 7, True)
        for status in (trace.StatusCode.ERROR, trace.StatusCode.UNSET):
            started.set_status(status, "why" if status is trace.StatusCode.ERROR else None)
        told = json.loads(started.to_json())
        assert told == json.loads(started._readable_span().to_json())
        for varying in ("context", "parent_id", "resource"):
            assert told.pop(varying)
        started.set_status(trace.StatusCode.OK)
        started.set_status(trace.StatusCode.ERROR, "late")
        scope = started.instrumentation_scope
        return {
            **told,
            "last": started.status.status_code,
            "scope": (scope.name, scope.version, scope.schema_url, dict(scope.attributes or {})),
            "parent": type(started.parent),
            "dropped": (started.dropped_events, started.dropped_links, started.dropped_attributes),
            "links": [(link.context, dict(link.attributes)) for link in started.links],
            "resource": type(started.resource),
            "end": started.end_time,
        }

    scope = ("app", "1", "https://schema", {"in": "scope"})
    with capture():
        assert program(trace.get_tracer(*scope[:2], None, *scope[2:])) == program(
            own.get_tracer(*scope)
        )


def test_the_provider_tells_the_resource(no_provider: None) -> None:
    """The service's name is there, as the SDK's resource; a span has the same one."""
    with capture(service_name="shop") as captured:
        resource = provider().resource
        assert isinstance(resource, Resource)
        assert provider().resource is resource
        span: Any = trace.get_tracer("app").start_span("work")
        span.end()
        assert span.resource is resource
        assert captured.span("work").resource == resource
        assert resource.attributes["service.name"] == "shop"


def test_a_processor_that_code_adds(no_provider: None) -> None:
    """It hears each span start, at once, and end, developed; and is flushed and shut down."""
    hearing = Hearing()
    with capture() as captured:
        with trace.get_tracer("app").start_as_current_span("before"):
            pass
        open_ = trace.get_tracer("app").start_span("open")
        open_.set_attribute("heard", False)
        provider().add_span_processor(hearing)

        def handler(event: Any, _: Any) -> None:
            with trace.get_tracer("app").start_as_current_span("work"):
                with heliograph.span("price"), pytest.raises(requests.ConnectionError):
                    requests.get("http://127.0.0.1:9/", timeout=5)
                open_.end()
                assert [one for one in hearing.heard if one[0] == "end"] == []

        token = context.attach(context.Context())
        heliograph.wrap(handler)({}, FakeContext())
        context.detach(token)
        assert provider().force_flush() is True
        heliograph.flush()
        assert {**captured.span("price").attributes} == {"heard": True}
        assert hearing.heard[:4] == [
            ("start", "function", None), ("start", "work", "function"),
            ("start", "price", "work"), ("start", "HTTP", "price"),
        ]  # fmt: skip
        ended = [one[1:] for one in hearing.heard if one[0] == "end"]
        assert sorted(ended) == [
            ("GET", True), ("function", True), ("open", False), ("price", True), ("work", True),
        ]  # fmt: skip
        assert hearing.heard.count("flush") == 1
        provider().shutdown()
        assert hearing.heard[-1] == "shutdown"
        with trace.get_tracer("app").start_as_current_span("after"):
            pass
        assert captured.span("after")
    assert "after" not in str(hearing.heard)


def test_exporters_that_code_adds(no_provider: None) -> None:
    """In batches or one by one: they have what ended, when the invocation is developed."""
    batch, simple = InMemorySpanExporter(), InMemorySpanExporter()
    with capture():
        provider().add_span_processor(BatchSpanProcessor(batch, schedule_delay_millis=3_600_000))
        provider().add_span_processor(SimpleSpanProcessor(simple))
        tracer = trace.get_tracer("app")
        heliograph.wrap(lambda *_: tracer.start_span("work").end())({}, FakeContext())
        heliograph.flush()
        for exporter in (batch, simple):
            names = [span.name for span in exporter.get_finished_spans()]
            assert sorted(names) == ["function", "work"]


def test_secrets_are_taken_out_before_a_processor_hears(no_provider: None) -> None:
    """A processor that code adds gets what the exporters get."""
    memory = InMemorySpanExporter()
    with capture():
        provider().add_span_processor(SimpleSpanProcessor(memory))
        url = "https://h/a?token=s3cr3t"
        trace.get_tracer("app").start_span("work", attributes={"url.full": url}).end()
        heliograph.flush()
    assert "s3cr3t" not in memory.get_finished_spans()[0].to_json()


@pytest.mark.guarded
def test_a_processor_that_fails(no_provider: None) -> None:
    """It costs nobody a span, and the others hear theirs."""

    class Failing(sdk.SpanProcessor):
        def on_start(self, span: Any, parent_context: Any = None) -> None:
            raise ValueError("start")

        def on_end(self, span: Any) -> None:
            raise ValueError("end")

        def shutdown(self) -> None:
            raise ValueError("shutdown")

        def force_flush(self, timeout_millis: int = 30_000) -> bool:
            raise ValueError("flush")

    hearing = Hearing()
    with capture() as captured:
        provider().add_span_processor(Failing())
        provider().add_span_processor(hearing)
        trace.get_tracer("app").start_span("work").end()
        assert captured.span("work")
        provider().shutdown()
    assert hearing.heard == [("start", "work", None), ("end", "work", True), "flush", "shutdown"]


class Fixed(IdGenerator):
    """Gives ids that can be told from all others."""

    def __init__(self, base: int) -> None:
        self.next = base

    def generate_span_id(self) -> int:
        self.next += 1
        return self.next

    def generate_trace_id(self) -> int:
        return self.generate_span_id() << 64


class Choosing(sampling.Sampler):
    """Drops what is called health; adds an attribute and a trace state to the others."""

    def should_sample(  # type: ignore[override] # as it is called
        self, parent_context: Any, trace_id: int, name: str, *_: Any, **__: Any
    ) -> sampling.SamplingResult:
        if name == "health":
            return sampling.SamplingResult(sampling.Decision.DROP)
        state = trace.TraceState([("shop", "1")])
        kept = sampling.Decision.RECORD_AND_SAMPLE
        return sampling.SamplingResult(kept, {"chosen": True}, state)

    def get_description(self) -> str:
        return "choosing"


def test_samplers_and_ids_that_code_gives(no_provider: None) -> None:
    """Those of the provider are for all tracers, those of a tracer for its own spans."""
    with capture() as captured:
        plain, special = trace.get_tracer("plain"), trace.get_tracer("special")
        assert isinstance(provider().id_generator, IdGenerator)
        assert provider().sampler.get_description() == "parentbased_always_on"
        provider().id_generator, special.id_generator = Fixed(100), Fixed(500)
        special.sampler = Choosing()
        assert (special.sampler.get_description(), provider().id_generator.next) == (
            "choosing",
            100,
        )
        with (
            plain.start_as_current_span("a"),
            special.start_as_current_span("b", attributes={"x": 1}),
        ):
            special.start_span("health").end()
        first, second = captured.spans
        assert (first.context.trace_id, first.context.span_id) == (101 << 64, 102)
        assert (second.context.trace_id, second.context.span_id) == (101 << 64, 501)
        assert dict(second.attributes) == {"chosen": True}
        assert dict(second.context.trace_state) == {"shop": "1"}


def test_ours_serve_those_who_ask_them(no_provider: None) -> None:
    """The sampler says what the settings say; ids are as ours are; both wrap as the SDK's do."""
    with capture(sampler="always_off"):
        answer = provider().sampler.should_sample(None, 1, "x", attributes={"a": 1})
        assert not answer.decision.is_sampled()
    with capture():
        parent = trace.NonRecordingSpan(
            trace.SpanContext(5, 6, True, trace.TraceFlags(1), trace.TraceState([("k", "v")]))
        )
        inside = trace.set_span_in_context(parent, context.Context())
        answer = provider().sampler.should_sample(inside, 5, "x", attributes={"a": 1})
        assert (answer.decision.is_sampled(), dict(answer.trace_state)) == (True, {"k": "v"})
        assert answer.attributes == {"a": 1}
        asked = trace.get_tracer("app").id_generator
        assert asked.generate_trace_id() >> 96 > 1_700_000_000
        assert 0 < asked.generate_span_id() < 1 << 64


@pytest.mark.guarded
def test_a_sampler_that_fails(no_provider: None) -> None:
    """The span is recorded, as if none had been given."""

    class Failing(Choosing):
        def should_sample(self, *_: Any, **__: Any) -> Any:
            raise ValueError("no")

    with capture() as captured:
        tracer: Any = trace.get_tracer("app")
        tracer.sampler = Failing()
        tracer.start_span("health", attributes={"x": 1}).end()
        assert dict(captured.span("health").attributes) == {"x": 1}


def test_a_tracer_of_the_functions_provider(no_provider: None) -> None:
    """Sampler and ids that are given to a tracer of ours go to that of the provider set since."""
    with capture():
        tracer: Any = trace.get_tracer("app")
        own = sdk.TracerProvider(shutdown_on_exit=False)
        trace.set_tracer_provider(own)
        assert tracer.sampler is own.sampler
        tracer.id_generator = generator = RandomIdGenerator()
        tracer.start_span("work").end()
        assert tracer.id_generator is generator


def test_threads_add_and_start(no_provider: None) -> None:
    """Processors added and spans started in threads at once: each hears what starts after it."""
    heard = [Hearing() for _ in range(8)]
    with capture() as captured:

        def work(hearing: Hearing) -> None:
            provider().add_span_processor(hearing)
            trace.get_tracer("app").start_span(f"of {id(hearing)}").end()

        threads = [threading.Thread(target=work, args=(one,)) for one in heard]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(captured.spans) == 8
    for one in heard:
        assert ("start", f"of {id(one)}", None) in one.heard
        assert ("end", f"of {id(one)}", True) in one.heard


def test_baggage_is_around_when_a_processor_hears(no_provider: None) -> None:
    """A processor finds the baggage with which a call or a span of ours is started, too."""

    class Copying(sdk.SpanProcessor):
        def on_start(self, span: Any, parent_context: Any = None) -> None:
            for key, value in baggage.get_all(parent_context).items():
                span.set_attribute(key, value)

    with capture() as captured:
        provider().add_span_processor(Copying())
        token = context.attach(baggage.set_baggage("session.id", "s-1"))
        with heliograph.span("price"), trace.get_tracer("app").start_as_current_span("work"):
            pass
        context.detach(token)
        assert [span.attributes["session.id"] for span in captured.spans] == ["s-1", "s-1"]
