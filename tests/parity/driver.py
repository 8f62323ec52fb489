"""Run one program under the official instrumentation or under ours, and write its spans as JSON.

python driver.py official|ours PROGRAM.py OUTPUT.json ENDPOINT
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path


def official(program):
    """The official SDK and instrumentors, in line."""
    import os

    from opentelemetry import propagate, trace
    from opentelemetry.propagators.aws import AwsXRayPropagator
    from opentelemetry.propagators.composite import CompositePropagator
    from opentelemetry.sdk.extension.aws.trace import AwsXRayIdGenerator
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    memory = InMemorySpanExporter()
    provider = TracerProvider(id_generator=AwsXRayIdGenerator())
    provider.add_span_processor(SimpleSpanProcessor(memory))
    trace.set_tracer_provider(provider)
    propagate.set_global_textmap(
        CompositePropagator([propagate.get_global_textmap(), AwsXRayPropagator()])
    )
    off = os.environ.get("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", "").split(",")
    if "threading" not in off:
        threads_keep_context()
    if hasattr(program, "setup"):
        program.setup()
        return memory.get_finished_spans
    from opentelemetry.instrumentation.botocore import BotocoreInstrumentor
    from opentelemetry.instrumentation.requests import RequestsInstrumentor
    from opentelemetry.instrumentation.urllib3 import URLLib3Instrumentor

    for name, instrumentor in (
        ("botocore", BotocoreInstrumentor),
        ("requests", RequestsInstrumentor),
        ("urllib3", URLLib3Instrumentor),
    ):
        if name not in off:
            instrumentor().instrument()
    return memory.get_finished_spans


def measured():
    """Set providers of metrics and of loggers; returns what reads both."""
    from opentelemetry import _logs, metrics
    from opentelemetry.sdk._logs import LoggerProvider
    from opentelemetry.sdk._logs.export import (
        InMemoryLogRecordExporter,
        SimpleLogRecordProcessor,
    )
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader

    reader, logs = InMemoryMetricReader(), InMemoryLogRecordExporter()
    provider = LoggerProvider()
    provider.add_log_record_processor(SimpleLogRecordProcessor(logs))
    _logs.set_logger_provider(provider)
    if sys.argv[1] == "official":
        metrics.set_meter_provider(MeterProvider([reader]))

    def read():
        data = reader.get_metrics_data()
        return {
            "metrics": [
                [scope.scope.name, scope.scope.schema_url, metric.name, metric.unit,
                 metric.description, plain(point.attributes), point.count,
                 list(point.explicit_bounds), None if metric.unit == "s" else point.sum]
                for resource in (data.resource_metrics if data is not None else ())
                for scope in resource.scope_metrics
                for metric in scope.metrics
                for point in metric.data.data_points
            ],
            "records": [
                [one.log_record.event_name, one.log_record.body, plain(one.log_record.attributes),
                 f"{one.log_record.span_id:016x}", one.instrumentation_scope.name]
                for one in logs.get_finished_logs()
            ],
        }  # fmt: skip

    return reader, read


def threads_keep_context() -> None:
    """What the official instrumentor of threads does; it is a package of its own."""
    from concurrent.futures import ThreadPoolExecutor
    from threading import Thread

    from opentelemetry import context

    def within(function, where):
        def run(*args, **kwargs):
            token = context.attach(where)
            try:
                return function(*args, **kwargs)
            finally:
                context.detach(token)

        return run

    start, submit = Thread.start, ThreadPoolExecutor.submit

    def started(self):
        self.run = within(self.run, context.get_current())
        start(self)

    def submitted(self, function, /, *args, **kwargs):
        return submit(self, within(function, context.get_current()), *args, **kwargs)

    Thread.start, ThreadPoolExecutor.submit = started, submitted


def ours(program):
    """The journal and its development."""
    from facts import check  # beside this file
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    import heliograph
    from heliograph import _guard
    from heliograph.develop.development import SdkObjects
    from heliograph.journal import journal
    from heliograph.runtime import wrapping
    from heliograph.settings.config import Config

    memory = InMemorySpanExporter()
    nowhere = {"traces_exporters": "none", "metrics_exporters": "none"}
    readers = [reader] if (reader := getattr(program, "reader", None)) else []
    objects = SdkObjects(span_exporters=[memory], metric_readers=readers)
    wrapping.record(Config.read(given=nowhere), objects)
    _guard.observers.append(lambda doing, error: failures.append(f"{doing}: {error!r}"))
    if hasattr(program, "setup"):
        program.setup()

    def finished():
        check(journal)
        assert heliograph.flush()
        return memory.get_finished_spans()

    return finished


failures: list[str] = []


def document(span) -> dict:
    """One span: every field but the resource."""
    context, scope = span.get_span_context(), span.instrumentation_scope
    return {
        "id": f"{context.span_id:016x}",
        "trace": f"{context.trace_id:032x}",
        "flags": int(context.trace_flags),
        "state": dict(context.trace_state),
        "parent": f"{span.parent.span_id:016x}" if span.parent else None,
        "parent_remote": span.parent.is_remote if span.parent else None,
        "start": span.start_time,
        "end": span.end_time,
        "name": span.name,
        "kind": span.kind.name,
        "attributes": plain(span.attributes),
        "dropped": [span.dropped_attributes, span.dropped_events, span.dropped_links],
        "events": [
            {
                "name": event.name,
                "attributes": plain(event.attributes),
                "time": event.timestamp,
                "dropped": event.dropped_attributes,
            }
            for event in span.events
        ],
        "links": [
            {
                "to": f"{link.context.trace_id:032x}-{link.context.span_id:016x}",
                "attributes": plain(link.attributes),
            }
            for link in span.links
        ],
        "status": [span.status.status_code.name, span.status.description],
        "scope": [scope.name, scope.version, scope.schema_url, plain(scope.attributes)],
    }


def plain(attributes) -> dict:
    """Attributes with the type of every value: 1, 1.0 and True are not equal here."""
    return {key: shown(value) for key, value in (attributes or {}).items()}


def shown(value):
    if isinstance(value, (list, tuple)):
        return [type(value).__name__, *(shown(member) for member in value)]
    if hasattr(value, "items"):
        return {key: shown(member) for key, member in value.items()}
    return value if type(value) is str else f"{type(value).__name__} {value!r}"


def main() -> None:
    mode, path, output, endpoint = sys.argv[1:]
    spec = importlib.util.spec_from_file_location("program", path)
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    more = dict
    if getattr(program, "MEASURED", False):
        program.reader, more = measured()
    finished = {"official": official, "ours": ours}[mode](program)
    from opentelemetry import trace

    with trace.get_tracer("program").start_as_current_span("program"):
        program.main(endpoint)
    spans = [document(span) for span in finished()]
    Path(output).write_text(json.dumps({"spans": spans, "failures": failures, **more()}))


if __name__ == "__main__":
    main()
