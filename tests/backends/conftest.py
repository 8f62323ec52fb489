"""Real backends: built or fetched once, outside the checkout, and started once in a process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from heliograph.lab.invocation import Invocation
from scripts import collector as collector_build
from scripts import jaeger as jaeger_build
from scripts import zipkin as zipkin_build
from tests.backends import expected
from tests.backends.building import built, made

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from heliograph.lab.function import Function

SOURCE = (Path(__file__).parent / "app.py").read_text()


@pytest.fixture(scope="session")
def collector_binary() -> Path:
    """The slim collector."""
    return built(collector_build.build)


@pytest.fixture(scope="session")
def jaeger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[jaeger_build.Jaeger]:
    """Jaeger, all in one."""
    binary = built(jaeger_build.build)
    with jaeger_build.Jaeger(binary, tmp_path_factory.mktemp("jaeger") / "log") as running:
        yield running


@pytest.fixture(scope="session")
def zipkin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipkin_build.Zipkin]:
    """Zipkin's server."""
    if missing := zipkin_build.lacking():
        pytest.skip(f"{missing} is not installed")
    jar = made(zipkin_build.build)
    with zipkin_build.Zipkin(jar, tmp_path_factory.mktemp("zipkin") / "log") as running:
        yield running


@pytest.fixture
def order(
    one_runtime: dict[str, str], function: Callable[..., Function]
) -> Callable[..., tuple[Invocation, Function]]:
    """Run `app.py` once, cold, with the variables given."""

    def run(env: dict[str, str], **more: Any) -> tuple[Invocation, Function]:
        running = function(one_runtime, SOURCE, env=env, **more)
        invocation = Invocation(expected.EVENT)
        answer = running.invoke(invocation)
        assert answer.json() == expected.ANSWER
        assert [line for line in running.stdout.lines() if "WARNING" in line] == []
        return invocation, running

    return run
