"""What telemetry may cost before the response: no library, few modules, no side effect."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from heliograph.lab.invocation import Invocation

SRC = str(Path(__file__).parents[1] / "src")
BANNED = ("opentelemetry", "botocore", "requests", "urllib3", "asyncio", "wrapt", "packaging")
MODULES_MORE = 19
HELLO = """
import sys
def handler(event, context):
    return {"statusCode": 200, "modules": sorted(sys.modules)}
"""


def loaded(function, runtime, **options):
    """The modules that are loaded when the first response is made, then at the second one."""
    running = function(runtime, HELLO, **options)
    first, second = (running.invoke(Invocation({"n": n})).json() for n in range(2))
    assert first["statusCode"] == second["statusCode"] == 200
    return first["modules"], second["modules"]


def test_hello_loads_next_to_nothing(function, runtime):
    """Before the first response: no library of the banned ones, and 19 modules more than bare."""
    bare, _ = loaded(function, runtime, layers=[])
    layered, after = loaded(function, runtime)

    assert [name for name in layered if name.partition(".")[0] in BANNED] == []
    more = sorted(set(layered) - set(bare))
    assert len(layered) - len(bare) <= MODULES_MORE, more
    assert "opentelemetry.sdk.trace" in after  # else the test would look at a function without us


def test_hello_loads_only_the_standard_library_and_us(function, one_runtime):
    """What is loaded for telemetry before the response is ours or Python's own."""
    bare, _ = loaded(function, one_runtime, layers=[])
    layered, _ = loaded(function, one_runtime)

    more = {name.partition(".")[0] for name in set(layered) - set(bare)}
    assert sorted(more - set(sys.stdlib_module_names)) == ["heliograph"]


def python(code: str, **env: str) -> str:
    """Run code in a fresh Python that has neither site-packages nor a user's directory."""
    variables = {"PYTHONPATH": SRC, "PYTHONDONTWRITEBYTECODE": "1", **env}
    variables |= {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-S", "-s", "-c", code],
        env=variables, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_the_road_to_the_response_needs_the_standard_library_only():
    """The journal, the triggers, the public names, the runtime's modules load without a package."""
    code = """
import json, pkgutil, sys
import heliograph.journal, heliograph.triggers, heliograph.runtime
import heliograph.manual, heliograph.measuring, heliograph.settings.config
import heliograph.decorating.generators
for package in (heliograph.journal, heliograph.triggers, heliograph.runtime):
    for module in pkgutil.iter_modules(package.__path__):
        __import__(f"{package.__name__}.{module.name}")
print(json.dumps(sorted(sys.modules)))
"""
    names = {name.partition(".")[0] for name in json.loads(python(code))}
    assert names - set(sys.stdlib_module_names) <= {"heliograph", "__main__"}


def test_the_public_api_works_without_any_package():
    """Without OpenTelemetry installed, and nothing switched on, every public name runs."""
    code = """
import heliograph
@heliograph.wrap
def handler(event, context):
    with heliograph.span("price") as s:
        s.annotate("a", 1)
    heliograph.annotate("a", 1); heliograph.metadata("a", 1)
    heliograph.event("a", b=1); heliograph.metric("a", 1)
    return heliograph.span("x")(lambda: event)()
assert handler(5, None) == 5
assert heliograph.flush() is True
print("fine")
"""
    assert python(code) == "fine\n"


def test_the_import_has_no_side_effects():
    """`import heliograph` reads no variable, starts no thread, hooks nothing and logs nothing."""
    code = """
import json, os, sys, threading, atexit
class Watched(type(os.environ)):
    pass
read = []
for name in ("__getitem__", "get", "__contains__", "__iter__", "keys", "items", "copy"):
    def watch(self, *args, _name=name, _base=getattr(type(os.environ), name)):
        read.append((_name, *args)); return _base(self, *args)
    setattr(Watched, name, watch)
os.environ.__class__ = Watched
def state():
    return [list(sys.meta_path), list(sys.path_hooks), list(sys.path), threading.active_count(),
            threading.Thread.start, atexit._ncallbacks(), sys.excepthook, sys.gettrace()]
before, modules = state(), set(sys.modules)
import heliograph
heliograph.__all__, dir(heliograph)
assert state() == before, (before, state())
assert read == [], read
print(json.dumps(sorted(set(sys.modules) - modules)))
"""
    assert json.loads(python(code, OTEL_SDK_DISABLED="nonsense")) == ["__future__", "heliograph"]


@pytest.mark.parametrize("name", ["span", "annotate", "metadata", "event", "metric"])
def test_a_public_name_loads_no_library(name):
    """The first use of a manual name loads modules of ours and Python's own only."""
    code = f"""
import sys, json
before = set(sys.modules)
import heliograph
heliograph.{name}
print(json.dumps(sorted(set(sys.modules) - before)))
"""
    names = {module.partition(".")[0] for module in json.loads(python(code))}
    assert names - set(sys.stdlib_module_names) == {"heliograph"}
    assert not names & {"asyncio", "logging", "inspect", "ssl", "concurrent"}
