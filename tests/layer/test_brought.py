"""The instrumentors that the layer brings are those that the table says, with their own words."""

from __future__ import annotations

import configparser
import re
import zipfile
from email.parser import HeaderParser
from typing import TYPE_CHECKING

import pytest

from heliograph.libraries import BROUGHT, brought, installed
from layer import build, wheels

if TYPE_CHECKING:
    from pathlib import Path

AT_HAND = {"asyncio", "boto3", "click"}
"""In the layer for the function's own code, and not on by themselves: docs/libraries.md."""


def entry_points(wheel: Path) -> dict[str, str]:
    """The instrumentors of a wheel: entry point and class."""
    with zipfile.ZipFile(wheel) as archive:
        names = [n for n in archive.namelist() if n.endswith("/entry_points.txt")]
        parser = configparser.ConfigParser(delimiters="=")
        for name in names:
            parser.read_string(archive.read(name).decode())
    group = installed.GROUP
    return dict(parser[group]) if group in parser else {}


def wanted(wheel: Path) -> set[str]:
    """The libraries of a wheel's extras, without spaces."""
    fields = HeaderParser().parsestr(wheels.metadata(wheel))
    lines = [line for line in fields.get_all("Requires-Dist", []) if "instruments" in line]
    return {specified(line.partition(";")[0]) for line in lines}


def specified(text: str) -> str:
    """A requirement in one order, without spaces: "grpcio>=1.42.0"."""
    [(name, versions)] = re.findall(r"^([\w.-]+?)\s*([<>=~!].*)$", text.strip())
    parts = sorted(part.replace(" ", "") for part in versions.split(","))
    return re.sub(r"[-_.]+", "-", name).lower() + ",".join(parts)


ROWS = [(library, row) for library, rows in brought.TABLE.items() for row in rows]


def test_the_table_is_what_the_packages_say() -> None:
    """Each entry point has its row, with its class and the versions that it fits."""
    fetched = wheels.fetch(build.INSTRUMENTORS_LOCK)
    points = {name: one for wheel in fetched for name, one in entry_points(wheel).items()}
    ours = {row.name: f"{brought.BASE}.{row.module}:{row.kind}" for _, row in ROWS}
    assert ours == {name: one for name, one in points.items() if name not in AT_HAND}
    said = set().union(*(wanted(wheel) for wheel in fetched))
    assert {
        row.wanted for _, row in ROWS if row.wanted and specified(row.wanted) not in said
    } == set()


def test_the_modules_they_wait_for() -> None:
    """The names known in init are the table's, and those that an installed one would wait for."""
    assert sorted(BROUGHT) == sorted(brought.TABLE)
    waited = {row.name: library for library, row in ROWS}
    assert {name: installed.library_of(name) for name in waited} == waited


@pytest.mark.parametrize(
    ("version", "text", "fits"),
    [
        ("3.0.0", "~= 3.0", True),
        ("3.14.1", "~= 3.0", True),
        ("4.0", "~= 3.0", False),
        ("2.9", "~= 3.0", False),
        ("2.0", ">= 2.0, < 4.0", True),
        ("4.0.0", ">= 2.0, < 4.0", False),
        ("3.99.dev1", ">= 2.0, < 4.0", True),
        ("2.1.0b1", ">= 1.0.0, < 2.1.0", False),
        ("2.9.9 (dt dec pq3 ext lo64)", ">= 2.7.3.1", True),
        ("2.7.3", ">= 2.7.3.1", False),
        ("1", "< 2", True),
        ("unknown", ">= 1", False),
    ],
)
def test_versions(version: str, text: str, *, fits: bool) -> None:
    """Versions are compared by their numbers."""
    assert brought.within(version, text) is fits
