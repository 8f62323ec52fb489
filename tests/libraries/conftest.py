"""The servers, and the two runs that are compared: all programs under the SDK, and under ours."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts import brought, databases, debian, pythons
from scripts.servers import Server
from tests.backends.building import made

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PROGRAMS = sorted(path.stem.partition("_")[2] for path in HERE.glob("programs/program_*.py"))
if sys.version_info[:2] != (3, 11):
    PROGRAMS.remove("mysqlclient")  # Debian's is of Debian's Python
PROGRAMS.sort(key="redis".__eq__)  # the last: it loads an SDK itself, where there is one


class Doubles(Server):
    """The process with the doubles."""

    def __init__(self, packages: Path, folder: Path) -> None:
        self.folder = folder
        command = [sys.executable, str(HERE / "doubles.py"), str(folder)]
        super().__init__(command, {"PYTHONPATH": str(packages)}, folder / "log")

    def ready(self) -> bool:
        return (self.folder / "ports.json").exists()

    def ports(self) -> dict[str, int]:
        """Where each is."""
        return json.loads((self.folder / "ports.json").read_text())


@pytest.fixture(scope="session")
def servers() -> Path:
    """Debian's packages of servers, unpacked."""
    if missing := debian.lacking():
        pytest.skip(f"this is not {missing}")
    return made(debian.build)


@pytest.fixture(scope="session")
def packages() -> Path:
    """The libraries and their instrumentors."""
    return made(lambda: brought.libraries(pythons.probe(sys.executable)))


@pytest.fixture(scope="session")
def both(
    servers: Path, packages: Path, moto: str, tmp_path_factory: pytest.TempPathFactory
) -> list[dict[str, Any]]:
    """What all programs left behind, run the official way and ours, each with its own servers.

    Processes that run the tests together share it: the first one runs them.
    """
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent
    kept = root / "libraries.json"
    with (root / "libraries.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            kept.write_text(json.dumps(run_both(servers, packages, moto, tmp_path_factory)))
    return json.loads(kept.read_text())


def run_both(
    servers: Path, packages: Path, moto: str, folders: pytest.TempPathFactory
) -> list[dict[str, Any]]:
    """Run the two drivers at the same time; moto is one for both."""
    running: list[Server] = []
    waiting = []
    try:
        for mode in ("official", "ours"):
            folder = folders.mktemp(mode)
            at, of_this_mode = start_servers(servers, packages, folder)
            running += of_this_mode
            at |= {"moto": moto, "queue": f"orders-{mode}"}
            waiting.append(run(mode, at, folder, servers, packages))
        return [finish() for finish in waiting]
    finally:
        for server in running:
            server.close()


def start_servers(
    servers: Path, packages: Path, folder: Path
) -> tuple[dict[str, str], list[Server]]:
    """Start one of each; returns where each is."""
    made = {}
    for name, kind in (("redis", databases.Redis), ("postgresql", databases.PostgreSQL),
                       ("mariadb", databases.MariaDB)):  # fmt: skip
        (folder / name).mkdir()
        made[name] = kind(servers, folder / name)
    (folder / "doubles").mkdir()
    doubles = Doubles(packages, folder / "doubles")
    running = [server.start() for server in (*made.values(), doubles)]
    try:
        for server in running:
            server.wait()
    except TimeoutError:
        for server in running:
            server.close()
        raise
    ports = {name: server.port for name, server in made.items()} | doubles.ports()
    at = {name: f"127.0.0.1:{port}" for name, port in ports.items()}
    return {**at, "http": f"http://{at['http']}"}, running


def run(mode: str, at: dict[str, str], folder: Path, servers: Path, packages: Path) -> Any:
    """Start the driver; what is returned waits for its result."""
    (folder / "at.json").write_text(json.dumps(at))
    output = folder / "output.json"
    paths = [ROOT / "src", packages, servers / "usr" / "lib" / "python3" / "dist-packages"]
    command = [sys.executable, str(HERE / "driver.py"), mode, str(folder / "at.json"), str(output)]
    process = subprocess.Popen(
        [*command, *PROGRAMS],
        env={
            **os.environ,
            **debian.libraries(servers),
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
            "OTEL_PYTHON_LOG_CORRELATION": "true",
            "OTEL_PYTHON_LOG_LEVEL": "error",
            "DJANGO_SETTINGS_MODULE": "urls_of_django",
            "NO_PROXY": "*",
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )

    def finish() -> dict[str, Any]:
        said, _ = process.communicate(timeout=300)
        assert process.returncode == 0, said
        return {**json.loads(output.read_text()), "said": said, "at": at}

    return finish
