"""Packages that expect the SDK's tracer provider: kept in the cache, beside the tests' own.

The lock is `requirements/rigs.txt`, made with the versions that `dev.txt` has: what is in both
comes from the environment that runs the tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts import brought, pythons
from scripts.locks import read
from scripts.places import REQUIREMENTS, kept, named

if TYPE_CHECKING:
    from pathlib import Path


def folder(version: str) -> Path:
    """Return the folder with what the rigs need, made if it is not there yet.

    Args:
        version: Of the Python that runs them, such as "3.11".
    """
    python = pythons.find()[version]
    known = {pin.name for pin in read(REQUIREMENTS / "dev.txt")}
    pins = [pin for pin in read(REQUIREMENTS / "rigs.txt") if pin.name not in known]
    listed = "".join(map(brought.line, pins))
    name = named(f"rigs-{python.full}-{python.platform}", listed.encode())
    return kept(name, lambda work: brought.install(listed, python, work))
