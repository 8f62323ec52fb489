"""The locks: they hold what pyproject.toml asks for, by hash, on every supported Python."""

from __future__ import annotations

import re
import sys

import pytest
from packaging.markers import Marker, default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from layer import wheels
from scripts import locks, pythons
from scripts.places import REQUIREMENTS, ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def group(name: str) -> list[str]:
    """Return a dependency group's requirements, with those of the groups it includes."""
    flat: list[str] = []
    for item in PROJECT["dependency-groups"][name]:
        flat += [item] if isinstance(item, str) else group(item["include-group"])
    return flat


def listed(name: str) -> list[str]:
    """Return the requirements of a file."""
    lines = (REQUIREMENTS / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


ASKED = {
    "aiobotocore": listed("aiobotocore.in"),
    "dev": [
        *PROJECT["project"]["dependencies"],
        *(r for extra in PROJECT["project"]["optional-dependencies"].values() for r in extra),
        *group("dev"),
        *PROJECT["build-system"]["requires"],
    ],
    "layer": PROJECT["project"]["dependencies"],
    "layer-otlp": [
        *PROJECT["project"]["dependencies"],
        *PROJECT["project"]["optional-dependencies"]["otlp"],
    ],
    "instrumented": listed("instrumented.in"),
    "instrumentors": listed("instrumentors.in"),
    "libraries": listed("libraries.in"),
    "rigs": listed("rigs.in"),
    "runtime": listed("runtime.in"),
    "shop": listed("../examples/shop/requirements.txt"),
    "uv": ["uv"],
    "webassembly": listed("webassembly.in"),
    "zipkin": listed("zipkin.in"),
    **{f"otel-{version}": listed(f"otel-{version}.in") for version in locks.BROUGHT},
}


def pinned(lock: str, version: str) -> dict[str, str]:
    """Return what a lock installs on a Python of this version: name to version."""
    env = {
        **default_environment(),
        "python_version": version,
        "python_full_version": f"{version}.0",
    }
    pins = locks.read(REQUIREMENTS / f"{lock}.txt")
    here = [p for p in pins if not p.marker or Marker(p.marker).evaluate(env)]
    assert len({p.name for p in here}) == len(here), "a package is pinned twice"
    return {p.name: p.version for p in here}


@pytest.mark.parametrize("lock", locks.LOCKS)
def test_lock_holds_what_is_asked(lock: str) -> None:
    """Every requirement is met by its pin on every supported Python; else run `make lock`."""
    unmet = [
        (version, text)
        for version in pythons.SUPPORTED
        for pins in [pinned(lock, version)]
        for text in ASKED[lock]
        for wanted in [Requirement(text)]
        if (wanted.marker is None or wanted.marker.evaluate({"python_version": version}))
        and not wanted.specifier.contains(
            pins.get(canonicalize_name(wanted.name), "0"), prereleases=True
        )
    ]
    assert unmet == []


@pytest.mark.parametrize("lock", ["layer", "layer-otlp", "runtime", "zipkin"])
def test_locks_agree(lock: str) -> None:
    """What is tested in the development environment is what is shipped and run."""
    for version in pythons.SUPPORTED:
        tested = pinned("dev", version)
        if lock == "zipkin":  # its exporter is brought by a function, and not developed with
            tested = {**pinned(lock, version), **tested}
        assert {name: tested.get(name) for name in pinned(lock, version)} == pinned(lock, version)


@pytest.mark.parametrize("lock", locks.LOCKS)
def test_every_pin_has_hashes(lock: str) -> None:
    """Nothing is installed that is not the file that was locked."""
    assert [p.name for p in locks.read(REQUIREMENTS / f"{lock}.txt") if not p.hashes] == []


@pytest.mark.parametrize("lock", locks.LOCKS)
def test_no_address_and_no_path(lock: str) -> None:
    """A lock names no index and no place: it works with whatever index the machine reaches."""
    lines = (REQUIREMENTS / f"{lock}.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if re.search(r"://|--(extra-)?index|^\s*#.*/|^-", line)] == []


@pytest.mark.parametrize("lock", ["layer", "layer-otlp"])
def test_layer_lock_leaves_the_runtime_its_own(lock: str) -> None:
    """The layer's lock asks for nothing that Lambda's runtime or the function brings."""
    assert set(pinned(lock, "3.10")) & {*wheels.NEVER, *pinned("runtime", "3.10")} == set()


def test_what_is_left_out_of_the_layer() -> None:
    """Of what the packages ask for, the layer lacks the transports that it does not use."""
    lacking = set(pinned("dev", "3.13")) - set(pinned("layer-otlp", "3.13"))
    assert set(locks.NOT_OURS) <= lacking
    assert set(pinned("layer", "3.13")) < set(pinned("layer-otlp", "3.13"))


def test_supported_pythons_are_declared() -> None:
    """The classifiers, requires-python and the scripts speak of the same versions."""
    prefix = "Programming Language :: Python :: 3."
    declared = [c for c in PROJECT["project"]["classifiers"] if c.startswith(prefix)]
    assert [c.rpartition(" ")[2] for c in declared] == list(pythons.SUPPORTED)
    assert PROJECT["project"]["requires-python"] == f">={pythons.SUPPORTED[0]}"
