"""docs/libraries.md lists what is tried: the programs that run, with versions and servers."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from packaging.markers import Marker, default_environment

from scripts import debian
from scripts.locks import read
from scripts.places import REQUIREMENTS

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "libraries.md"
LIBRARY = re.compile(r"\[([\w.-]+)\]\(\.\./tests/libraries/programs/program_(\w+)\.py\)")
SERVERS = {
    "amqp": "double",
    "http": "HTTP server",
    "kafka": "librdkafka's broker",
    "mariadb": "MariaDB 10.11",
    "mongo": "double",
    "moto": "moto's server",
    "postgresql": "PostgreSQL 15",
    "redis": "Redis 7.0",
}
OF_DEBIAN = {
    "mariadb": "usr/sbin/mariadbd",
    "postgresql": "usr/lib/postgresql/15/bin/postgres",
    "redis": "usr/bin/redis-cli",  # the server's own program is named as another one
}
INTERFACES = ("asgi", "wsgi")
IN_PROCESS = "gRPC's own, in process"
ELSEWHERE = {"elasticsearch": "double"}  # it speaks HTTP


def table() -> dict[str, list[str]]:
    """The rows by program: library, version, instrumentor, server."""
    rows = {}
    for line in PAGE.read_text().partition("\n## Tried\n")[2].partition("\n## ")[0].splitlines():
        if found := LIBRARY.search(line):
            cells = [cell.strip() for cell in line.split("|")[2:-2]]
            rows[found[2]] = [found[1], *cells]
    return rows


def pinned() -> dict[str, str]:
    """What the lock has for Python 3.11."""
    here = {**default_environment(), "python_version": "3.11", "python_full_version": "3.11.7"}
    pins = [*read(REQUIREMENTS / "dev.txt"), *read(REQUIREMENTS / "libraries.txt")]
    return {
        pin.name: pin.version for pin in pins if not pin.marker or Marker(pin.marker).evaluate(here)
    }


def server(program: str) -> str:
    """What a program talks to, by its code."""
    source = (HERE / "programs" / f"program_{program}.py").read_text()
    asked = sorted(set(re.findall(r"at\[[\"'](\w+)[\"']\]", source)) & SERVERS.keys())
    if program in ELSEWHERE:
        return ELSEWHERE[program]
    if "grpc.server(" in source:
        return IN_PROCESS
    return ", ".join(SERVERS[name] for name in asked) or "none"


def test_every_program_is_a_row() -> None:
    """The table is what runs, and at least 25 libraries."""
    programs = {path.stem.partition("_")[2] for path in HERE.glob("programs/program_*.py")}
    assert set(table()) == programs
    assert len(programs) >= 25


def test_versions_are_those_that_run() -> None:
    """A version is that of the lock; what Python brings has none, and Debian's is the package's."""
    pins = pinned()
    for program, (library, version, _, _) in table().items():
        if program == "mysqlclient":
            assert "python3-mysqldb" in debian.packages()
            assert version == "1.4.6, Debian's"
        elif library in INTERFACES:
            assert version == "any"
        else:
            assert version == pins.get(library, "Python's own"), library


def test_servers_are_those_that_run() -> None:
    """Each row says whether a real server answers, or a double."""
    rows = table()
    assert {name: row[-1] for name, row in rows.items()} == {name: server(name) for name in rows}


def test_real_servers_say_so(servers: Path) -> None:
    """The versions of the table's servers are what the programs tell of themselves."""
    for name, program in OF_DEBIAN.items():
        told = subprocess.run(
            [servers / program, "--version"],
            env={**os.environ, **debian.libraries(servers)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert SERVERS[name].rpartition(" ")[2] in told


def test_instrumentors_are_those_that_made_the_spans(both, packages) -> None:
    """The name that switches an instrumentor off is its entry point's; its spans are there."""
    points = {}
    for file in packages.glob("opentelemetry_instrumentation_*.dist-info/entry_points.txt"):
        for name, module in re.findall(r"^([\w-]+) = ([\w.]+):", file.read_text(), re.MULTILINE):
            points[name] = module
    for name in INTERFACES:
        points[f"opentelemetry.instrumentation.{name}"] = f"opentelemetry.instrumentation.{name}"
    for name in ("requests", "urllib3"):  # Heliograph's own, in the environment of the tests
        points[name] = f"opentelemetry.instrumentation.{name}"
    for program, (_, _, named, _) in table().items():
        if program not in both[1]["ran"]:
            continue  # mysqlclient on another Python than Debian's
        scopes = {span["scope"][0] for span in both[1]["ran"][program]["spans"]}
        for name in re.findall(r"`([\w.-]+)`", named):
            if name in ("logging", "threading"):  # they make no spans; their programs tell
                assert name in points
                continue
            assert any(scope.startswith(points[name]) for scope in scopes), (name, scopes)
        if program == "elasticsearch":
            assert (named, "elasticsearch-api" in scopes) == ("its own", True)


def test_sqlalchemy_is_held_back(packages: Path) -> None:
    """The page's word on SQLAlchemy 2.1 is true until its instrumentor knows that version."""
    (about,) = packages.glob("opentelemetry_instrumentation_sqlalchemy-*.dist-info/METADATA")
    assert "sqlalchemy<2.1" in about.read_text()
    assert "`sqlalchemy<2.1`" in PAGE.read_text()
