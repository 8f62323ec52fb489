"""Unpack Debian's packages of database servers, for the tests: no root, and nothing is installed.

`python -m scripts.debian` fetches what `requirements/debian.txt` names, once, with the ordinary
`apt-get`; it is kept outside the checkout.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from scripts.places import REQUIREMENTS, kept, named

if TYPE_CHECKING:
    from pathlib import Path

LIST = REQUIREMENTS / "debian.txt"
RELEASE = "bookworm"
"""Whose packages the list names: their names hold versions, such as those of libicu."""


def lacking() -> str | None:
    """Return what this machine has not that is needed, or None."""
    if platform.freedesktop_os_release().get("VERSION_CODENAME") != RELEASE:
        return f"Debian {RELEASE}"
    return next((name for name in ("apt-get", "dpkg") if not shutil.which(name)), None)


def packages() -> list[str]:
    """Return the names in the list."""
    lines = LIST.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def build() -> Path:
    """Return the folder that they are unpacked in, fetched if it is not there yet."""

    def make(folder: Path) -> None:
        print("debian: fetching the servers' packages", flush=True)
        apt = folder / "apt"
        for place in ("lists/partial", "cache/archives/partial", "debs"):
            (apt / place).mkdir(parents=True)
        options = [
            f"--option=Dir::State::lists={apt / 'lists'}",  # an older list names what is gone
            f"--option=Dir::Cache={apt / 'cache'}",
            "--option=APT::Sandbox::User=",  # the user `_apt` cannot write into this folder
            "--quiet=2",
        ]
        subprocess.run(["apt-get", *options, "update"], check=True)
        subprocess.run(["apt-get", *options, "download", *packages()], cwd=apt / "debs", check=True)
        for deb in sorted((apt / "debs").iterdir()):
            subprocess.run(["dpkg", "--extract", str(deb), str(folder)], check=True)
        for unused in (apt, folder / "usr/share/doc", folder / "usr/lib/postgresql/15/lib/bitcode"):
            shutil.rmtree(unused)

    return kept(named("debian", LIST.read_bytes(), platform.machine().encode()), make)


def libraries(root: Path) -> dict[str, str]:
    """Return the variable with which programs find the unpacked libraries."""
    return {"LD_LIBRARY_PATH": str(root / "usr" / "lib" / f"{platform.machine()}-linux-gnu")}


def as_a_user() -> list[str]:
    """Return the words before a command that refuses to be run by root: one who is called nobody.

    In a namespace of its own the files of root are that user's, so none has to be given away.
    """
    if os.geteuid() != 0:
        return []
    return ["unshare", "--user", "--map-user=65534", "--map-group=65534"]


def main() -> None:
    """Fetch or find them and print where they are; say what is missing."""
    if missing := lacking():
        print(f"debian: this is not {missing}; tests that need its servers are left out")
        return
    print(f"debian: {build()}")


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as failed:
        sys.exit(f"failed: {' '.join(map(str, failed.cmd))}")
