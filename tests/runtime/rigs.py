"""Programs of packages that expect the SDK's provider: `python rigs.py NAME WAY`, once per process.

The way is `sdk`, the official SDK in line, or `ours`. The spans are printed as JSON.
"""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from opentelemetry import baggage, context, trace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HEARD: list[list[str]] = []
"""What a processor of the program's was told, in order."""
ANSWER = {
    "id": "chatcmpl-1", "object": "chat.completion", "created": 1700000000, "model": "gpt-4o",
    "choices": [
        {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello"}}
    ],
    "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
}  # fmt: skip


def durable(plugin: str) -> None:
    """AWS's durable execution with its plugin, under its own offline runner."""
    from aws_durable_execution_sdk_python.config import Duration
    from aws_durable_execution_sdk_python.execution import durable_execution
    from aws_durable_execution_sdk_python_testing.runner import DurableFunctionTestRunner

    made = getattr(import_module("aws_durable_execution_sdk_python_otel"), plugin)

    def process(_: object) -> int:
        trace.get_current_span().set_attribute("seen", True)
        with trace.get_tracer("app").start_as_current_span("inside"):
            return 2

    def handler(event: Any, context: Any) -> Any:
        fetched = context.step(lambda _: event, name="fetch")
        context.wait(duration=Duration.from_seconds(5), name="rest")
        return [fetched, context.step(process, name="process")]

    handler.__module__ = "app"
    with DurableFunctionTestRunner(
        handler=durable_execution(plugins=[made()])(handler), poll_interval=0.02
    ) as runner:
        result = runner.run(input='"x"')
    assert result.result == '["x", 2]', result


def durable_invocation() -> None:
    """Its view of invocations."""
    durable("InvocationOtelPluginFactory")


def durable_execution() -> None:
    """Its view of executions."""
    durable("ExecutionOtelPluginFactory")


def answered(send: Callable[[Any], None]) -> None:
    """Ask OpenAI's client, whose transport answers by itself."""
    import httpx2
    import openai

    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, json=ANSWER))
    client = openai.OpenAI(api_key="none", http_client=httpx2.Client(transport=transport))
    send(client)


def chat(client: Any) -> None:
    """Ask once, within a span of the program's."""
    with trace.get_tracer("app").start_as_current_span("asking"):
        client.chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": "Say hello"}]
        )


def openinference() -> None:
    """OpenInference's instrumentor, with the provider handed to it."""
    from openinference.instrumentation.openai import OpenAIInstrumentor

    OpenAIInstrumentor().instrument(tracer_provider=trace.get_tracer_provider())
    answered(chat)


def openllmetry() -> None:
    """OpenLLMetry's instrumentor (traceloop)."""
    from opentelemetry.instrumentation.openai import OpenAIInstrumentor

    OpenAIInstrumentor().instrument()
    answered(chat)


def strands() -> None:
    """An agent of Strands with a tool, and a model that answers by itself."""
    from strands import Agent, tool
    from strands.models import Model

    class Echo(Model):
        """Calls the tool, then answers."""

        turns = 0

        def update_config(self, **_: Any) -> None: ...

        def get_config(self) -> dict[str, str]:
            return {"model_id": "echo"}

        async def structured_output(self, *_: Any, **__: Any) -> Any:
            raise NotImplementedError

        async def stream(self, *_: Any, **__: Any) -> Any:
            self.turns += 1
            yield {"messageStart": {"role": "assistant"}}
            if self.turns == 1:
                use = {"toolUse": {"toolUseId": "t1", "name": "price"}}
                yield {"contentBlockStart": {"start": use}}
                yield {"contentBlockDelta": {"delta": {"toolUse": {"input": '{"item": "tea"}'}}}}
            else:
                yield {"contentBlockStart": {"start": {}}}
                yield {"contentBlockDelta": {"delta": {"text": "5"}}}
            yield {"contentBlockStop": {}}
            yield {"messageStop": {"stopReason": "tool_use" if self.turns == 1 else "end_turn"}}
            counts = {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3}
            yield {"metadata": {"usage": counts, "metrics": {"latencyMs": 1}}}

    @tool
    def price(item: str) -> str:
        """Return the price of an item.

        Args:
            item: Its name.
        """
        return f"{item}: 5"

    Agent(model=Echo(), tools=[price], callback_handler=None)("What is tea?")


def baggage_processor() -> None:
    """The official processor of baggage, added to the provider in use."""
    from opentelemetry.processor.baggage import ALLOW_ALL_BAGGAGE_KEYS, BaggageSpanProcessor

    provider: Any = trace.get_tracer_provider()
    provider.add_span_processor(BaggageSpanProcessor(ALLOW_ALL_BAGGAGE_KEYS))
    tracer = trace.get_tracer("app")
    token = context.attach(baggage.set_baggage("session.id", "s-1"))
    with tracer.start_as_current_span("first"), tracer.start_as_current_span("second"):
        context.detach(token)
    with tracer.start_as_current_span("without"):
        pass


def logfire() -> None:
    """Logfire, which sets providers of its own."""
    import logfire
    from opentelemetry.sdk.trace import SpanProcessor

    class Hearing(SpanProcessor):
        def on_end(self, span: Any) -> None:
            HEARD.append([span.name, span.resource.attributes["service.name"]])

    logfire.configure(
        send_to_logfire=False, console=False, service_name="shop",
        additional_span_processors=[Hearing()], inspect_arguments=False,
    )  # fmt: skip
    with logfire.span("order {n}", n=1), trace.get_tracer("app").start_as_current_span("inside"):
        pass


def provider() -> None:
    """What code of the function's own does with a provider of the SDK."""
    from opentelemetry.sdk import trace as sdk
    from opentelemetry.sdk.trace import sampling
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
    from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

    class Ids(RandomIdGenerator):
        def generate_span_id(self) -> int:
            return super().generate_span_id() | 0xF << 60

        def generate_trace_id(self) -> int:
            return 0xABC << 100 | 1

    class Quiet(sampling.Sampler):
        def should_sample(  # type: ignore[override]
            self, parent_context: Any, trace_id: int, name: str, *_: Any, **__: Any
        ) -> Any:
            if name == "health":
                return sampling.SamplingResult(sampling.Decision.DROP)
            state = trace.TraceState([("shop", "1")])
            kept = sampling.Decision.RECORD_AND_SAMPLE
            return sampling.SamplingResult(kept, {"asked": True}, state)

        def get_description(self) -> str:
            return "quiet"

    used: Any = trace.get_tracer_provider()
    assert isinstance(used, sdk.TracerProvider)
    assert used.resource.attributes["service.name"]
    assert used.sampler.get_description()
    assert used.id_generator.generate_span_id()
    memory = InMemorySpanExporter()
    used.add_span_processor(BatchSpanProcessor(memory))
    tracer: Any = used.get_tracer("app", "1", "https://schema", {"in": "scope"})
    assert isinstance(tracer, sdk.Tracer)
    tracer.sampler, tracer.id_generator = Quiet(), Ids()
    with tracer.start_as_current_span("root", context.Context(), attributes={"a": 1}) as span:
        assert span.attributes == {"asked": True}
        with tracer.start_as_current_span("health") as health:
            assert not health.is_recording()
        tracer.start_span("inner").end()
    assert used.force_flush()
    HEARD.extend([one.name, hex(one.context.span_id)[2]] for one in memory.get_finished_spans())


def print_spans(spans: Any) -> None:
    """Print spans: all but times and what is random in each run."""
    places = {span.context.span_id: span.name for span in spans}
    traces: dict[int, int] = {}
    told = [
        {
            "name": span.name,
            "parent": span.parent and places.get(span.parent.span_id, "?"),
            "kind": span.kind.name,
            "status": [span.status.status_code.name, span.status.description],
            "attributes": {key: repr(value) for key, value in span.attributes.items()},
            "events": [[event.name, sorted(event.attributes)] for event in span.events],
            "links": [places.get(link.context.span_id, "?") for link in span.links],
            "trace": traces.setdefault(span.context.trace_id, len(traces)),
            "fixed": span.context.trace_id == 0xABC << 100 | 1,
            "state": dict(span.context.trace_state),
            "scope": [span.instrumentation_scope.name, span.instrumentation_scope.version],
        }
        for span in sorted(spans, key=lambda span: span.start_time)
    ]
    print(json.dumps({"heard": HEARD, "spans": told}))


@contextmanager
def in_line() -> Iterator[Callable[[], Any]]:
    """Set the official SDK up."""
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    memory, used = InMemorySpanExporter(), TracerProvider()
    used.add_span_processor(SimpleSpanProcessor(memory))
    trace.set_tracer_provider(used)
    yield memory.get_finished_spans


@contextmanager
def recorded() -> Iterator[Callable[[], Any]]:
    """Record, and let nothing be swallowed."""
    from heliograph.testing import capture, strict

    with strict(), capture() as captured:
        yield lambda: captured.spans


if __name__ == "__main__":
    rig, way = sys.argv[1:]
    with (recorded if way == "ours" else in_line)() as finished:
        globals()[rig]()
        print_spans(finished())
