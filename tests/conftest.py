"""What every test shares: a clean environment, nothing swallowed, the real runtimes and layer."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

from heliograph import _notice, libraries, testing
from heliograph.journal import current, journal
from heliograph.lab.daemon import XRayDaemon
from heliograph.lab.function import Function
from heliograph.libraries.requests import HttpRecorder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[1]
RUNTIMES = ROOT / "build" / "runtimes.json"
# in CI it is hypothesis' own profile for CI, with the same examples in each run
hypothesis.settings.register_profile(
    "any machine",
    parent=hypothesis.settings(),
    deadline=None,  # nothing is timed
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("any machine")
OURS = ("AWS_", "HELIOGRAPH_", "LAMBDA_", "OTEL_", "POWERTOOLS_", "_HANDLER", "_X_AMZN")


def runtimes() -> list[dict[str, str]]:
    """The runtime trees of `make runtimes`: one for every supported Python on this machine."""
    return json.loads(RUNTIMES.read_text()) if RUNTIMES.exists() else []


@pytest.fixture(scope="session")
def trees() -> dict[str, dict[str, str]]:
    """The runtime trees by Python."""
    return {tree["version"]: tree for tree in runtimes()}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for `runtime` under each of them, for `one_runtime` under the newest."""
    trees = runtimes()
    if "runtime" in metafunc.fixturenames:
        ids = [tree["version"] for tree in trees] or ["none"]
        metafunc.parametrize("runtime", trees or [None], ids=ids)
    if "one_runtime" in metafunc.fixturenames:
        metafunc.parametrize("one_runtime", [trees[-1] if trees else None], ids=["newest"])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without runtimes their tests are skipped, and in CI they fail: nothing is left out there.

    What asks for the built layer is for `make test`, too.
    """
    missing = not runtimes()
    for item in items:
        asked = set(getattr(item, "fixturenames", ()))
        if {"runtime", "one_runtime", "layer"} & asked:
            item.add_marker(pytest.mark.runtime)
        if {"runtime", "one_runtime"} & asked and missing and not os.environ.get("CI"):
            item.add_marker(pytest.mark.skip(reason="no runtimes; `make runtimes` makes them"))
    # begun first, or one process would be at it when the other has nothing left to do
    items.sort(key=lambda item: item.get_closest_marker("minutes") is None)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What tests have to tell is in the output, whichever process ran them."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "told":
                terminalreporter.write_line(value)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees a variable of this machine's that we read."""
    for name in list(os.environ):
        if name.startswith(OURS) and name != "HELIOGRAPH_ACCEPT":  # accepts gold files
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def nothing_swallowed(request: pytest.FixtureRequest) -> Iterator[None]:
    """What the guard swallowed fails the test, unless it is marked `guarded` or `hostile`.

    What is told once has not been told yet when a test begins: `strict` forgets it at its end.
    """
    _notice.counts.clear()
    if request.node.get_closest_marker("guarded"):
        try:
            with testing.strict():
                yield
        except AssertionError:
            return
        pytest.fail("this test is marked `guarded`, and nothing was swallowed")
    with testing.strict() as swallowed:
        yield
        if request.node.get_closest_marker("hostile"):
            swallowed.clear()


@pytest.fixture(autouse=True)
def recorders_as_new() -> Iterator[None]:
    """What a test does with an official instrumentor is over with the test."""
    yield
    for library in libraries.TABLE:  # in place or not yet: a test may have stopped it for later
        recorder = libraries.part(library).recorder
        recorder.recording = True
        recorder.request_hook = recorder.response_hook = None
        recorder.adopted({})
        if isinstance(recorder, HttpRecorder):
            recorder.exclude(())  # not by the settings that this test had
    for library, (_, instrumentor) in libraries.TABLE.items():
        module = sys.modules.get(f"opentelemetry.instrumentation.{library}")
        if module is not None:
            getattr(module, instrumentor)()._is_instrumented_by_opentelemetry = False
    conventions = sys.modules.get("opentelemetry.instrumentation._semconv")
    if conventions is not None:  # the choice of a test's OTEL_SEMCONV_STABILITY_OPT_IN
        conventions._OpenTelemetrySemanticConventionStability._initialized = False


@pytest.fixture(autouse=True)
def current_as_before() -> Iterator[None]:
    """What a test has left current, such as a context that it detached too late, ends with it."""
    before = current.here.get()
    yield
    current.here.set(before)


@pytest.fixture(autouse=True)
def observables_as_before() -> Iterator[None]:
    """Observable instruments are collected for ever: those of a test end with it."""
    before = journal.observables[:]
    yield
    journal.observables[:] = before


@pytest.fixture(scope="session")
def layer() -> Path:
    """The built layer, the tree as under /opt."""
    from layer import build
    from scripts import webassembly

    build.build(ROOT, webassembly.compilers())
    tree, _, _ = build.paths(ROOT)
    return tree


@pytest.fixture
def daemon() -> Iterator[XRayDaemon]:
    """A receiver of X-Ray's datagrams."""
    with XRayDaemon() as receiver:
        yield receiver


@pytest.fixture
def function(tmp_path: Path, layer: Path, daemon: XRayDaemon) -> Iterator[Callable[..., Function]]:
    """Start a function under the real runtime client, with our layer unless `layers=[]` says so.

    `function(runtime, source, handler="app.handler", **as_for_Function)` writes `source` to app.py.
    """
    started: list[Function] = []

    def start(
        runtime: dict[str, str], source: str | None, handler: str = "app.handler", **more: Any
    ) -> Function:
        task = tmp_path / f"task{len(started)}"
        task.mkdir(exist_ok=True)
        if source is not None:
            (task / "app.py").write_text(source)
        more.setdefault("layers", [layer])
        more.setdefault("daemon", daemon)
        env = {"PYTHONDONTWRITEBYTECODE": "1", **more.pop("env", {})}
        running = Function(
            task,
            handler,
            python=runtime["python"],
            runtime_dir=ROOT / runtime["runtime_dir"],
            env=env,
            **more,
        )
        started.append(running)
        running.start()
        return running

    yield start
    for running in started:
        running.close()


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """The address of moto's server, which stands for AWS."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()
