"""Running a program under the official instrumentation and under ours, and comparing the spans."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def load(name: str) -> Any:
    """A module of this folder; test files cannot import each other by name."""
    spec = importlib.util.spec_from_file_location(f"parity_{name}", HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def stub() -> Iterator[Any]:
    """A server whose answers are scripted by the path."""
    server = load("stub").Stub()
    yield server
    server.close()


@pytest.fixture
def new_stub() -> Iterator[Callable[[], Any]]:
    """Makes such servers, one for each run: their counts start anew."""
    servers = []

    def make() -> Any:
        servers.append(load("stub").Stub())
        return servers[-1]

    yield make
    for server in servers:
        server.close()


@pytest.fixture
def start(tmp_path: Path) -> Callable[..., Callable[[], dict[str, Any]]]:
    """Start the driver; what is returned waits for its spans."""

    def started(mode: str, program: str, endpoint: str, env: dict[str, str]) -> Any:
        output = tmp_path / f"{mode}.json"
        command = [
            sys.executable, str(HERE / "driver.py"), mode,
            str(HERE / "programs" / f"{program}.py"), str(output), endpoint,
        ]  # fmt: skip
        process = subprocess.Popen(
            command,
            env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "NO_PROXY": "*", **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

        def finish() -> dict[str, Any]:
            said, _ = process.communicate(timeout=120)
            assert process.returncode == 0, said
            return {**json.loads(output.read_text()), "said": said, "endpoint": endpoint}

        return finish

    return started


@pytest.fixture
def run_beside(start: Any, new_stub: Any) -> Callable[..., tuple[dict, dict]]:
    """Run a program both ways at the same time, each with a stub server of its own."""

    def run(program: str, **env: str) -> tuple[dict, dict]:
        official = start("official", program, new_stub().url, env)
        ours = start("ours", program, new_stub().url, env)
        return official(), ours()

    return run


@pytest.fixture
def run_in_turn(start: Any, moto: str) -> Callable[..., tuple[dict, dict]]:
    """Run a program both ways against moto, one after the other, each with a fresh AWS."""

    def run(program: str, **env: str) -> tuple[dict, dict]:
        results = []
        for mode in ("official", "ours"):
            for path in ("reset", "seed?a=42"):
                url = f"{moto}/moto-api/{path}"
                urllib.request.urlopen(urllib.request.Request(url, method="POST")).close()
            results.append(start(mode, program, moto, env)())
        return results[0], results[1]

    return run
