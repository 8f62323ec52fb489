"""What parity with the SDK cannot show: sampling, bad input, whose provider is in use."""

from __future__ import annotations

import logging
import subprocess
import sys
import textwrap
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

import heliograph
from heliograph import testing
from heliograph.journal import journal


class Broken:
    """An object with no usable text."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


class BrokenError(Exception):
    """An exception whose text cannot be made."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


def run(source: str) -> str:
    """Run a program in a fresh interpreter; `spans` holds what was exported."""
    before = """
        import json, sys
        import heliograph

        class Out:
            def __init__(self): self.spans = []
            def export(self, spans, **_): self.spans.extend(spans)
            def shutdown(self, **_): pass

        out = Out()
        nowhere = {"traces_exporters": "none", "metrics_exporters": "none"}
        from heliograph.settings.config import Config
        from heliograph.develop.development import SdkObjects
        from heliograph.runtime import wrapping
        wrapping.record(Config.read(given=nowhere), SdkObjects(span_exporters=[out]))

        def tree():
            heliograph.flush()
            names = {span.context.span_id: span.name for span in out.spans}
            above = lambda span: names.get(span.parent.span_id) if span.parent else None
            return sorted([span.name, above(span)] for span in out.spans)
    """
    program = textwrap.dedent(before) + textwrap.dedent(source)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.strip()


def test_import_in_the_middle_of_an_invocation() -> None:
    """What is current stays current when user code imports OpenTelemetry in its midst."""
    source = """
        @heliograph.wrap
        def handler(event, context):
            with heliograph.span("door"):
                assert not any(name.startswith("opentelemetry") for name in sys.modules)
                from opentelemetry import trace
                assert trace.get_current_span().name == "door"
                with trace.get_tracer("t").start_as_current_span("api"):
                    with heliograph.span("below"):
                        trace.get_current_span().set_attribute("k", 1)
            assert "opentelemetry.sdk" not in sys.modules

        handler({}, None)
        print(json.dumps(tree()))
    """
    assert run(source) == (
        '[["api", "door"], ["below", "api"], ["door", "function"], ["function", null]]'
    )


def test_import_in_a_thread_and_in_a_task() -> None:
    """A thread and a task that import OpenTelemetry see the span that started them."""
    source = """
        import asyncio, threading

        def work():
            from opentelemetry import trace
            trace.get_tracer("t").start_span("in thread").end()

        async def task():
            from opentelemetry import trace
            trace.get_tracer("t").start_span("in task").end()

        async def main():
            await asyncio.gather(asyncio.create_task(task()))

        with heliograph.span("door"):
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
            asyncio.run(main())
        print(json.dumps(tree()))
    """
    assert run(source) == '[["door", null], ["in task", "door"], ["in thread", "door"]]'


def test_only_context_and_baggage_imported() -> None:
    """Baggage alone loses no span, and a later import of `trace` finds the current one."""
    source = """
        from opentelemetry import baggage, context
        assert "opentelemetry.trace" not in sys.modules, "baggage imports trace now"
        with heliograph.span("door"):
            token = context.attach(baggage.set_baggage("user", "7"))
            with heliograph.span("with baggage"):
                assert baggage.get_baggage("user") == "7"
            from opentelemetry import trace
            assert trace.get_current_span().name == "door", trace.get_current_span()
            trace.get_tracer("t").start_span("later").end()
            context.detach(token)
            assert baggage.get_baggage("user") is None
        assert trace.get_current_span() is trace.INVALID_SPAN
        print(json.dumps(tree()))
    """
    assert run(source) == '[["door", null], ["later", "door"], ["with baggage", "door"]]'


def test_none_of_it_imports_the_sdk() -> None:
    """Every call of the API before development leaves the SDK out."""
    source = """
        from opentelemetry import baggage, context, metrics, trace
        with trace.get_tracer("t").start_as_current_span("s", attributes={"a": 1}) as span:
            span.record_exception(ValueError("x"))
            span.set_status(trace.Status(trace.StatusCode.ERROR, "y"))
            span.add_link(span.get_span_context())
            metrics.get_meter("m").create_counter("c").add(1, {"a": 1})
            metrics.get_meter("m").create_observable_gauge("g", [lambda options: []])
        print(sorted(name for name in sys.modules if name.startswith("opentelemetry.sdk")))
    """
    assert run(source) == "[]"


def test_unsampled_trace_records_nothing() -> None:
    """An unsampled span reads as one, its children too, and nothing is written down."""
    with testing.capture(sampler="always_off") as captured:
        tracer = trace.get_tracer("t")
        with tracer.start_as_current_span("a") as outer, tracer.start_as_current_span("b") as inner:
            inner.set_attribute("k", 1)
            inner.record_exception(ValueError())
            assert (outer.is_recording(), inner.is_recording()) == (False, False)
            contexts = outer.get_span_context(), inner.get_span_context()
            assert contexts[0].is_valid
            assert contexts[0].trace_id == contexts[1].trace_id
            assert [int(one.trace_flags) for one in contexts] == [0, 0]
        assert journal.entries == []
        assert captured.spans == []


def test_reads_as_the_sdks_span() -> None:
    """A hook that reads a span finds what the SDK's span has."""
    with testing.capture():
        tracer = trace.get_tracer("t")
        with tracer.start_as_current_span("parent") as parent:
            span: Any = tracer.start_span(
                "a", kind=SpanKind.CLIENT, attributes={"k": 1}, start_time=5
            )
            span.update_name("b")
            span.set_attribute("l", 2)
            span.set_attributes({"k": 3})
            assert span.name == "b"
            assert span.kind is SpanKind.CLIENT
            assert span.attributes == {"k": 3, "l": 2}
            assert span.parent == parent.get_span_context()
            assert span.context == span.get_span_context()
            assert (span.start_time, span.end_time) == (5, None)
            span.end(9)
            assert span.end_time == 9


BAD_CALLS = {
    "key of no text": (lambda span: span.set_attribute(3, "x"), "must be a text"),
    "key of None": (lambda span: span.set_attribute(None, "x"), "must be a text"),
    "unhashable key": (lambda span: span.set_attribute([], "x"), "must be a text"),
    "attributes of no mapping": (lambda span: span.set_attributes("x"), "must be a mapping"),
    "event's attributes": (lambda span: span.add_event("e", 7), "must be a mapping"),
    "event's name": (lambda span: span.add_event(None), ""),
    "event's time": (lambda span: span.add_event("e", timestamp="noon"), "no time"),
    "event's time NaN": (lambda span: span.add_event("e", timestamp=float("nan")), "no time"),
    "status": (lambda span: span.set_status("ERROR"), "no Status"),
    "status's description": (lambda span: span.set_status(StatusCode.ERROR, 7), ""),
    "link": (lambda span: span.add_link("x"), "must be a SpanContext"),
    "exception": (lambda span: span.record_exception("x"), "no exception"),
    "name": (lambda span: span.update_name(None), ""),
    "huge name": (lambda span: span.update_name("x" * 100_000), ""),
    "end": (lambda span: span.end("now"), "no time"),
    "float end": (lambda span: span.end(1.7e18), ""),
}


@pytest.mark.parametrize(("call", "line"), BAD_CALLS.values(), ids=BAD_CALLS)
def test_bad_call_loses_nothing_else(
    call: Any, line: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A call that makes no sense raises nothing, is told, and the rest of the span arrives."""
    with testing.capture() as captured:
        span = trace.get_tracer("t").start_span("span")
        span.set_attribute("before", 1)
        call(span)
        span.set_attribute("after", 2)
        span.end()
        [made] = captured.spans
    attributes = dict(made.attributes or {})
    assert attributes["before"] == 1
    assert attributes.get("after", "ended") == (
        "ended" if "end" in str(call.__code__.co_names) else 2
    )
    assert line in caplog.text
    assert len(made.name) <= 2048


BAD_STARTS = {
    "name": {"name": None},
    "kind": {"kind": "client"},
    "attributes": {"attributes": ["a"]},
    "links": {"links": ["x", None]},
    "start": {"start_time": "noon"},
}


@pytest.mark.parametrize("given", BAD_STARTS.values(), ids=BAD_STARTS)
def test_bad_start_makes_a_span_all_the_same(given: dict[str, Any]) -> None:
    """An argument of `start_span` that makes no sense does not lose the span."""
    with testing.capture() as captured:
        with trace.get_tracer("t").start_as_current_span(**{"name": "span", **given}) as span:
            span.set_attribute("k", 1)
        [made] = captured.spans
    assert dict(made.attributes or {}) == {"k": 1}


@pytest.mark.guarded
@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda span: span.set_attribute("k", Broken()), id="attribute"),
        pytest.param(lambda span: span.update_name(Broken()), id="name"),
        pytest.param(lambda span: span.record_exception(BrokenError()), id="exception"),
    ],
)
def test_object_whose_text_raises(act: Any) -> None:
    """An object whose `__str__` raises costs its own text, not the function."""
    with testing.capture() as captured:
        with trace.get_tracer("t").start_as_current_span("span") as span:
            act(span)
            span.set_attribute("after", 1)
        [made] = captured.spans
    assert (made.attributes or {})["after"] == 1


@pytest.mark.guarded
def test_exception_whose_text_raises_passes_through() -> None:
    """The function gets its own exception, as without us."""
    with testing.capture() as captured:
        tracer = trace.get_tracer("t")
        with pytest.raises(BrokenError), tracer.start_as_current_span("current"):
            raise BrokenError
        with pytest.raises(BrokenError), tracer.start_span("span"):
            raise BrokenError
        assert [span.status.status_code for span in captured.spans] == [StatusCode.ERROR] * 2


def test_values_are_copies() -> None:
    """What user code changes after the call is not seen."""
    value = {"a": [1]}
    with testing.capture() as captured:
        span = trace.get_tracer("t").start_span("span", attributes={"start": value})
        span.set_attribute("set", value)
        span.add_event("e", {"event": value})
        value["a"].append(2)
        span.end()
        [made] = captured.spans
    assert (made.attributes or {})["start"] == {"a": (1,)}
    assert (made.attributes or {})["set"] == {"a": (1,)}
    assert (made.events[0].attributes or {})["event"] == {"a": (1,)}


@pytest.mark.usefixtures("no_provider")
def test_users_provider_wins(caplog: pytest.LogCaptureFixture) -> None:
    """Tracers from before and after the user's `set_tracer_provider` use it; it is said once."""
    caplog.set_level(logging.INFO)
    theirs = InMemorySpanExporter()
    with testing.capture() as captured:
        before = trace.get_tracer("before")
        old = trace.get_tracer_provider()
        before.start_span("ours").end()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(theirs))
        trace.set_tracer_provider(provider)
        with heliograph.span("door"), before.start_as_current_span("theirs") as outer:
            with heliograph.span("door below"):
                trace.get_tracer("after").start_span("below door").end()
            old.get_tracer("old").start_span("of the old provider").end()
        assert [span.name for span in captured.spans] == ["ours", "door", "door below"]
        door, below = captured.span("door"), captured.span("door below")
    made = {span.name: span for span in theirs.get_finished_spans()}
    assert list(made) == ["below door", "of the old provider", "theirs"]
    assert made["theirs"].parent == door.context
    assert below.parent is not None
    assert below.parent.span_id == outer.get_span_context().span_id
    assert made["below door"].parent == below.context
    assert caplog.text.count("a tracer provider of its own") == 1


@pytest.mark.usefixtures("no_provider")
def test_our_own_provider_set_by_the_user() -> None:
    """`set_tracer_provider(get_tracer_provider())` changes nothing."""
    with testing.capture() as captured:
        trace.set_tracer_provider(trace.get_tracer_provider())
        with trace.get_tracer("t").start_as_current_span("span"):
            pass
        assert [span.name for span in captured.spans] == ["span"]


def test_tracer_from_before_us() -> None:
    """A tracer that was asked for before recording was switched on records from then on."""
    tracer = trace.ProxyTracer("early", "1", None, {"a": 1})
    with testing.capture() as captured:
        with tracer.start_as_current_span("span"):
            tracer.start_span("below").end()
        assert [(span.name, span.instrumentation_scope.name) for span in captured.spans] == [
            ("span", "early"),
            ("below", "early"),
        ]


def test_switched_off_it_is_a_no_op() -> None:
    """With nothing configured the API behaves as without an SDK."""
    with testing.capture():
        tracer = trace.get_tracer("t")
    with tracer.start_as_current_span("span") as span:
        assert span is trace.INVALID_SPAN
    assert journal.entries == []


def test_force_flush_sends() -> None:
    """`force_flush` of the provider develops what has ended."""
    exporter = InMemorySpanExporter()
    with testing.capture(span_exporters=[exporter]):
        trace.get_tracer("t").start_span("span").end()
        provider: Any = trace.get_tracer_provider()
        assert provider.force_flush() is True
        assert [span.name for span in exporter.get_finished_spans()] == ["span"]
