"""Run the programs of this folder, in one process, and write what they left behind as JSON.

python driver.py official|ours PORTS.json OUTPUT.json PROGRAM...

`official`: the SDK in line, and every installed instrumentor switched on at the start. `ours`: the
recorded provider of OpenTelemetry's API, and each instrumentor switched on by its library's import.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import logging  # noqa: F401 - as the client of the runtime does before the function
import sys
import threading
import time
import traceback
from pathlib import Path

HERE = Path(__file__).parent
sys.path.append(str(HERE / "programs"))

failures: list[str] = []


class Memory:
    """An exporter that keeps spans, and needs no SDK before it is given one."""

    def __init__(self) -> None:
        self.spans: list = []

    def export(self, spans):
        from opentelemetry.sdk.trace.export import SpanExportResult

        self.spans += spans
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        pass

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        return True


def of_parity(name: str):
    """Return a module of the parity tests; their driver has the name of this one."""
    spec = importlib.util.spec_from_file_location(
        f"parity_{name}", HERE.parent / "parity" / f"{name}.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def official(memory: Memory):
    """The official SDK and instrumentors, in line."""
    from importlib.metadata import entry_points

    from opentelemetry import propagate, trace
    from opentelemetry.propagators.aws import AwsXRayPropagator
    from opentelemetry.propagators.composite import CompositePropagator
    from opentelemetry.sdk.extension.aws.trace import AwsXRayIdGenerator
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor

    provider = TracerProvider(id_generator=AwsXRayIdGenerator())
    provider.add_span_processor(SimpleSpanProcessor(memory))
    trace.set_tracer_provider(provider)
    propagate.set_global_textmap(
        CompositePropagator([propagate.get_global_textmap(), AwsXRayPropagator()])
    )
    for point in entry_points(group="opentelemetry_instrumentor"):
        point.load()().instrument()
    return lambda: None


def ours(memory: Memory):
    """The journal and its development."""
    import heliograph
    from heliograph import _guard
    from heliograph.develop.development import SdkObjects
    from heliograph.journal import journal
    from heliograph.runtime import wrapping
    from heliograph.settings.config import Config

    nowhere = {"traces_exporters": "none", "metrics_exporters": "none"}
    wrapping.record(Config.read(given=nowhere), SdkObjects(span_exporters=[memory]))
    _guard.observers.append(lambda doing, error: failures.append(f"{doing}: {error!r}"))

    def finish() -> None:
        of_parity("facts").check(journal)
        assert heliograph.flush()

    return finish


def run(name: str, at: dict) -> dict:
    """Run a program below a span of its own; what it returns is what servers told it."""
    ran = {"start": time.time_ns(), "error": None, "told": None}
    try:
        program = importlib.import_module(f"program_{name}")
        from opentelemetry import trace

        with trace.get_tracer("program").start_as_current_span(name):
            ran["told"] = program.main(at)
    except Exception:  # noqa: BLE001 - told to the test, and the other programs run
        ran["error"] = traceback.format_exc()
    sdk = sorted(one for one in sys.modules if one.startswith("opentelemetry.sdk."))
    return {**ran, "end": time.time_ns(), "sdk": sdk}


def main() -> None:
    mode, ports, output, *programs = sys.argv[1:]
    at = json.loads(Path(ports).read_text())
    del sys.argv[1:]  # spans of commands have them
    memory = Memory()
    finish = {"official": official, "ours": ours}[mode](memory)
    ran = {name: run(name, at) for name in programs}
    finish()
    document = of_parity("driver").document
    for one in ran.values():
        inside = [s for s in memory.spans if one["start"] <= s.start_time < one["end"]]
        one["spans"] = [document(span) for span in inside]
    threads = [thread.name for thread in threading.enumerate() if not thread.daemon]
    Path(output).write_text(json.dumps({"ran": ran, "failures": failures, "threads": threads}))


if __name__ == "__main__":
    main()
