"""Run the tests that need no process, socket or thread under Python 3.14 as WebAssembly.

`python -m scripts.py314 [ARGUMENTS OF PYTEST]`: without arguments, those of `TESTS` without
`LEFT_OUT`. pytest and what the tests import come from the locks, as wheels of pure Python.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import chain
from typing import TYPE_CHECKING

from layer.wheels import requirement
from scripts import webassembly
from scripts.locks import read
from scripts.places import REQUIREMENTS, ROOT, kept, named

if TYPE_CHECKING:
    from pathlib import Path

LOCKED = REQUIREMENTS / "webassembly.txt"
"""What is needed in another version than elsewhere."""

NEEDED = (
    *("pytest", "pluggy", "iniconfig", "packaging", "pygments", "wrapt", "typing-extensions"),
    *("boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six"),
    *("requests", "urllib3", "idna", "certifi", "charset-normalizer"),
    *("opentelemetry-api", "opentelemetry-sdk", "opentelemetry-semantic-conventions"),
    *("opentelemetry-exporter-http-transport", "opentelemetry-exporter-otlp-common"),
    *("opentelemetry-exporter-otlp-json-common", "opentelemetry-exporter-otlp-json-http"),
    *("opentelemetry-instrumentation", "opentelemetry-instrumentation-botocore"),
    *("opentelemetry-instrumentation-kafka-python",),
    *("opentelemetry-instrumentation-requests", "opentelemetry-propagator-aws-xray"),
    *("googleapis-common-protos", "opentelemetry-exporter-otlp-proto-common"),
    *("opentelemetry-proto", "protobuf"),
    *("opentelemetry-proto-json", "opentelemetry-sdk-extension-aws", "opentelemetry-util-http"),
)
"""What is taken from the lock of all tests."""

TESTS = (
    *("encode", "propagation", "triggers", "settings", "journal", "develop", "otel_api", "secrets"),
    *("test_any_value.py", "test_config.py", "test_guard.py", "test_lines.py", "test_manual.py"),
    *("test_public_api.py", "test_testing.py"),
)
"""What is tried, below `tests/`."""

FIXTURES = {
    "a server": ("moto", "server", "stub"),
    "a receiver of datagrams": ("daemon",),
    "a process": ("function", "layer", "one_runtime", "runtime"),
}
"""What cannot be had, and the fixtures that make it: a test that asks for one is left out."""

LEFT_OUT = {
    "it starts threads": (
        "develop/test_baggage.py::test_what_came_with_the_event",
        "journal/test_entry.py::test_many_threads_write",
        "journal/test_entry.py::test_nothing_is_lost_at_the_bound",
        "journal/test_full.py::test_a_development_that_waits_for_its_recorder",
        "journal/test_full.py::test_flush_waits_for_another_threads_development",
        "journal/test_full.py::test_many_threads_past_the_bound",
        "journal/test_full.py::test_the_end_of_an_invocation_waits_for_it",
        "journal/test_full.py::test_what_strays_into_a_new_thread",
        "journal/test_hooks.py::test_one_module_from_many_threads",
        "journal/test_hooks.py::test_zip_file_from_many_threads",
        "journal/test_interrupted_calls.py::test_tasks_of_a_pool",
        "journal/test_interrupted_calls.py::test_threads",
        "journal/test_objects.py::test_objects_stay_what_they_are",
        "journal/test_requests.py::test_one_request_sent_by_two_threads",
        "journal/test_threads.py",
        "otel_api/test_sdk_provider.py::test_exporters_that_code_adds",
        "otel_api/test_sdk_provider.py::test_threads_add_and_start",
        "test_config.py::test_settings_of_exporting_are_read_by_any_thread",
        "test_config.py::test_batches_fit_the_queue",
    ),
    "it starts processes": (
        "develop/test_light_imports.py::test_another_thread_meets_the_real_modules",
        "develop/test_load.py::test_a_propagator_that_is_not_installed_costs_no_description",
        "develop/test_load.py::test_lent_modules_are_real_later",
        "develop/test_load.py::test_load",
        "otel_api/test_sdk_provider.py::test_objects_handed_out_before_the_sdk_is_imported",
        "otel_api/test_sdk_provider.py::test_without_the_sdk",
        "otel_api/test_trace.py::test_import_in_a_thread_and_in_a_task",
        "otel_api/test_trace.py::test_import_in_the_middle_of_an_invocation",
        "otel_api/test_trace.py::test_none_of_it_imports_the_sdk",
        "otel_api/test_trace.py::test_only_context_and_baggage_imported",
        "secrets/test_everywhere.py::test_a_process",
        "settings/test_sweep.py::test_no_value_loses_more_than_itself",
        "test_public_api.py::test_cost_where_nothing_is_set_up",
        "triggers/test_cost.py::test_modules",
    ),
    "it runs a loop of asyncio, which would have to be Node's": (
        "otel_api/test_trace_parity.py::test_same_spans[decorated]",
        "otel_api/test_trace_parity.py::test_same_spans[in_tasks]",
        "test_manual.py::test_async_generator_protocol",
        "test_manual.py::test_async_generators_left_to_the_loop",
        "test_manual.py::test_gather",
        "test_manual.py::test_traceback_is_the_users[async_generator]",
        "test_manual.py::test_traceback_is_the_users[coroutine]",
    ),
    "heliograph is not installed there": ("test_public_api.py::test_version_is_the_distributions",),
    "it opens sockets": (
        "journal/test_interrupted_calls.py::test_a_failure_without_a_file_descriptor",
        "journal/test_requests.py::test_exception_is_the_libraries_own",
        "propagation/test_header_vectors.py::test_header",
        *(
            f"triggers/test_vectors.py::test_v{n}"
            for n in ("01", "02", "06", "17", "20", "48", "54")
        ),
    ),
    "Node ends where Python would raise a RecursionError": (
        "encode/xray/test_metadata.py::test_json_without_end",
        "journal/test_bedrock.py::test_long_answers_are_bounded",
    ),
}
"""Why tests are left out, and the beginnings of their names."""

PROGRAM = """
import json, os, socket, sys
import concurrent.futures.thread, concurrent.futures as pool
root, fixtures, left_out, *options = sys.argv[1:]
os.chdir(root)
fixtures, left_out = set(json.loads(fixtures)), tuple(json.loads(left_out))
def refused(*_):
    raise OSError("no sockets here")  # else Node ends
socket.has_ipv6 = False  # urllib3 would try
socket.socket.bind = socket.socket.connect = socket.socket.listen = refused
def at_once(self, function, /, *given, **named):
    future = pool.Future()
    try:
        future.set_result(function(*given, **named))
    except BaseException as error:
        future.set_exception(error)
    return future
pool.ThreadPoolExecutor.submit = at_once  # the SDK asks its detectors in a pool
class Choice:
    def pytest_collection_modifyitems(self, config, items):
        out = [one for one in items if fixtures.intersection(one.fixturenames)
               or one.nodeid.removeprefix("tests/").startswith(left_out)]
        config.hook.pytest_deselected(items=out)
        items[:] = [one for one in items if one not in out]
import pytest
sys.exit(pytest.main(options, plugins=[Choice()]))
"""


def main(*arguments: str) -> int:
    """Run the tests and return pytest's status; say what is missing."""
    try:
        python = webassembly.find()
    except webassembly.UnavailableError as missing:
        print(f"py314: {missing}")
        return 1
    brought = packages()
    chosen = arguments or [f"tests/{name}" for name in TESTS]
    tables = [json.dumps(list(chain(*one.values()))) for one in (FIXTURES, LEFT_OUT)]
    unraised = "-Wignore::pytest.PytestUnraisableExceptionWarning"  # sockets that were refused
    options = ["-p", "no:cacheprovider", "--color=no", "-q", unraised, *chosen]
    command = python.command(
        "-B", "-c", PROGRAM, str(ROOT), *tables, *options, folders=[ROOT, brought]
    )
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{brought}:{ROOT / 'src'}"}
    return subprocess.run(command, env=env, check=False).returncode


def packages() -> Path:
    """Return a folder with pytest and what the tests import, made if it is not there yet."""
    pins = [pin for pin in read(LOCKED) if "<" not in pin.marker]
    pins += [pin for pin in read(REQUIREMENTS / "dev.txt") if pin.name in NEEDED]
    lines = "".join(map(requirement, pins))

    def make(folder: Path) -> None:
        listed = folder / "requirements.txt"
        listed.write_text(lines, encoding="utf-8")
        options = ["--platform=any", "--implementation=py", "--abi=none", "--no-compile"]
        options += [f"--python-version={webassembly.VERSION}", "--only-binary=:all:", "--no-deps"]
        options += ["--require-hashes", "--quiet", "--target", str(folder), "-r", str(listed)]
        subprocess.run([sys.executable, "-m", "pip", "install", *options], check=True)
        listed.unlink()

    return kept(named("py314", lines.encode()), make)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
