"""Budgets of modules: what is loaded before the response, and by the first development."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bench.services import Services
from heliograph.lab.invocation import Invocation

if TYPE_CHECKING:
    from collections.abc import Callable

    from heliograph.lab.function import Function

WORKLOAD = """
import os, sys
import boto3, requests
table = boto3.resource("dynamodb").Table("orders")
def handler(event, context):
    loaded = sorted(sys.modules)
    table.get_item(Key={"orderId": "1"})
    requests.get(os.environ["HTTP_TARGET"], timeout=5)
    return {"before": loaded, "at the end": sorted(sys.modules)}
"""

BEFORE = 21
"""Modules of ours, and for us, that are loaded when the first response is posted."""

DEVELOPMENT = 152
"""Modules that the first development loads, of the SDK, the describers and the standard library."""

NEVER = {
    "asyncio",
    "concurrent.futures.process",
    "google.protobuf",
    "grpc",
    "importlib.metadata",
    "multiprocessing",
    "opentelemetry.instrumentation.dependencies",
    "opentelemetry.sdk._logs",
    "opentelemetry.sdk.metrics",
    "packaging.requirements",
    "packaging.specifiers",
    "packaging.version",
    "psutil",
    "unittest",
    "yaml",
}
"""What costs much and gives nothing to a function with traces alone."""


@pytest.fixture
def loaded(
    function: Callable[..., Function], one_runtime: dict[str, str], tmp_path: Path
) -> Callable[[bool], list[set[str]]]:
    """Run the workload twice, with the layer or bare; returns the modules at each handler's end."""

    def run(layered: bool) -> list[set[str]]:
        services = Services()
        env = {k: v for k, v in services.environment.items() if "XRAY" not in k}
        source = packaged(tmp_path / ("ours" if layered else "bare"))
        options: dict[str, Any] = {} if layered else {"layers": []}
        running = function(one_runtime, WORKLOAD, env={**env, "PYTHONPATH": str(source)}, **options)
        answers = [running.invoke(Invocation({})).json() for _ in range(2)]
        return [set(answers[0]["at the end"]), set(answers[1]["before"])]

    return run


def packaged(folder: Path) -> Path:
    """Lay requests out as a deployment package has it."""
    import certifi
    import charset_normalizer
    import idna
    import requests

    for package in (requests, certifi, charset_normalizer, idna):
        source = Path(package.__file__).parent
        shutil.copytree(source, folder / source.name, ignore=shutil.ignore_patterns("*.so"))
    return folder


def test_modules(loaded: Callable[[bool], list[set[str]]]) -> None:
    """Few modules before the response, a known number after it, and none that costs for nothing."""
    bare, _ = loaded(False)
    at_the_response, developed = loaded(True)
    before = at_the_response - bare
    after = developed - at_the_response

    others = {name for name in before if not name.startswith("heliograph")}
    assert others == set(), f"loaded before the response, for us: {sorted(others)}"
    assert len(before) <= BEFORE, told("before the response", before, BEFORE)
    assert len(after) <= DEVELOPMENT, told("by the first development", after, DEVELOPMENT)
    assert after & NEVER == set()


def told(when: str, names: set[str], allowed: int) -> str:
    """Return what a failure says: the count, and the packages that have the most."""
    packages: dict[str, int] = {}
    for name in names:
        top = ".".join(name.split(".")[:2])
        packages[top] = packages.get(top, 0) + 1
    most = sorted(packages.items(), key=lambda pair: -pair[1])[:8]
    largest = ", ".join(f"{name} {count}" for name, count in most)
    return f"{len(names)} modules loaded {when} ({allowed} allowed): {largest}; {sorted(names)}"
