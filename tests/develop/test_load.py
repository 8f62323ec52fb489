"""What a first development loads, and that lent modules are the real ones for everybody else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

RECORD = """
import json, sys
import boto3, requests
import heliograph
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
memory = InMemorySpanExporter()
from heliograph.settings.config import Config
from heliograph.develop.development import SdkObjects
from heliograph.runtime import wrapping
nowhere = {"traces_exporters": "none", "metrics_exporters": "none"}
wrapping.record(Config.read(given=nowhere), SdkObjects(span_exporters=[memory]))
from botocore.stub import Stubber
keys = {"aws_access_key_id": "id", "aws_secret_access_key": "secret"}
sts = boto3.client("sts", region_name="eu-central-1", **keys)
stubber = Stubber(sts)
stubber.activate()
def call():
    stubber.add_response("get_caller_identity", {"Account": "1"})
    with heliograph.span("outer"):
        sts.get_caller_identity()
call()
assert heliograph.flush()
"""


def run(source, **env):
    """Run a program in a Python of its own; what it printed last."""
    done = subprocess.run(
        [sys.executable, "-c", RECORD + source],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), **env},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_load():
    """Two library calls are described without the modules that nobody asked for."""
    result = run(
        "print(json.dumps([sorted(sys.modules), [s.name for s in memory.get_finished_spans()]]))"
    )
    loaded, names = result
    assert names == ["outer", "STS.GetCallerIdentity"]
    assert "opentelemetry.instrumentation.botocore" in loaded
    assert "opentelemetry.instrumentation.requests" in loaded
    for unwanted in (
        "asyncio", "wrapt", "packaging.requirements", "packaging.version", "psutil",
        "google.protobuf",
        "opentelemetry.instrumentation.dependencies", "opentelemetry.sdk.metrics",
    ):  # fmt: skip
        assert unwanted not in loaded, unwanted


def test_lent_modules_are_real_later():
    """User code that instruments with its own provider afterwards wraps with the real `wrapt`."""
    result = run(
        """
import wrapt
from opentelemetry.instrumentation import dependencies
from opentelemetry.instrumentation import _semconv
from opentelemetry.instrumentation.botocore import BotocoreInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
theirs = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(theirs))
BotocoreInstrumentor().instrument(tracer_provider=provider)
call()
BotocoreInstrumentor().uninstrument()
stubber.add_response("get_caller_identity", {"Account": "1"})
sts.get_caller_identity()
heliograph.flush()
print(json.dumps([
    [span.name for span in theirs.get_finished_spans()],
    [span.name for span in memory.get_finished_spans()],
    wrapt.__file__.endswith("wrapt/__init__.py"),
    dependencies.__file__.endswith("dependencies.py"),
    isinstance(type(sts)._make_api_call, wrapt.BaseObjectProxy),
    str(_semconv.package_version.Version("1.10")),
]))
"""
    )
    assert result == [
        ["STS.GetCallerIdentity"],
        ["outer", "STS.GetCallerIdentity", "outer"],
        True,
        True,
        False,
        "1.10",
    ]


def test_a_propagator_that_is_not_installed_costs_no_description():
    """`opentelemetry.propagate` cannot be imported with one; calls are described all the same."""
    attributes = run(
        """
import opentelemetry.propagate
print(json.dumps([dict(span.attributes) for span in memory.get_finished_spans()][1]))
""",
        OTEL_PROPAGATORS="xray,nowhere",
    )
    assert attributes["rpc.service"] == "STS"
    assert attributes["rpc.method"] == "GetCallerIdentity"
