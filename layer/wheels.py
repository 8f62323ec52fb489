"""The wheels of the layer: fetched by hash, pure Python only, unpacked without the superfluous.

The layer with OTLP has machine code besides, for one Python and one processor: see `Platform`.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath

from scripts.locks import Pin, read
from scripts.places import ROOT, cache

NEVER = frozenset({"boto3", "botocore", "requests", "s3transfer", "urllib3"})
"""What the runtime or the function brings: a second copy in /opt/python would shadow it."""

LEFT_OUT = {".c", ".cc", ".h", ".md", ".proto", ".pyi", ".typed"}
"""Suffixes of files in packages that no import reads."""

NEVER_IMPORTED = (
    "packaging/dependency_groups.py",
    "packaging/direct_url.py",
    "packaging/licenses/",
    "packaging/metadata.py",
    "packaging/pylock.py",
)
"""Parts of packages that are for installers."""

KEPT_METADATA = {"METADATA", "entry_points.txt", "top_level.txt"}
"""Files of a .dist-info that importlib.metadata needs; OpenTelemetry finds its parts by them."""


class UnusableError(Exception):
    """A package cannot be in the layer. Says which one and why."""


@dataclass(frozen=True)
class Platform:
    """What machine code is for: a Python (3.13) and a processor (x86_64, aarch64)."""

    python: str
    machine: str

    @property
    def options(self) -> list[str]:
        """Options of pip for wheels of it: Amazon Linux has glibc 2.26 or newer."""
        tag = "cp" + self.python.replace(".", "")
        abis = [f"--abi={abi}" for abi in (tag, "abi3", "none")]
        platforms = [f"--platform={name}_{self.machine}" for name in MANYLINUX]
        return [*platforms, "--implementation=cp", *abis, f"--python-version={self.python}"]


MANYLINUX = ("manylinux2014", "manylinux_2_17", "manylinux_2_26")

PURE = ["--platform=any", "--implementation=py", "--abi=none", "--python-version=3.10"]
"""Options of pip for no platform and no interpreter: of a package with C wheels the pure one."""


def fetch(lock: Path, platform: Platform | None = None, beyond: Path | None = None) -> list[Path]:
    """Return the wheels of a lock, sorted; downloaded once and kept between checkouts.

    Args:
        lock: The lock.
        platform: For this one; else wheels that serve every Python and processor.
        beyond: Another lock, whose packages are left out.

    Raises:
        UnusableError: A package has no wheel that serves.
    """
    others = {pin.name for pin in read(beyond)} if beyond else set()
    pins = [pin for pin in read(lock) if pin.name not in others]
    for pin in pins:
        if pin.name in NEVER:
            raise UnusableError(f"{pin.name} must not be in the layer: the runtime has its own")
        if pin.marker:
            raise UnusableError(
                f"{pin.name} {pin.version} is only for {pin.marker}: one layer serves every Python"
            )
    wanted = "".join(sorted(requirement(pin) for pin in pins))
    options = platform.options if platform else PURE
    named = hashlib.sha256(f"{wanted}{options}".encode()).hexdigest()
    kept = cache() / f"wheels-{named[:16]}"
    if not kept.is_dir():
        download(wanted, options, kept)
    wheels = sorted(kept.glob("*.whl"))
    verify(wheels, pins)
    return wheels


def requirement(pin: Pin) -> str:
    """Return a pin as a line of a requirements file."""
    hashes = " ".join(f"--hash=sha256:{one}" for one in sorted(pin.hashes))
    return f"{pin.name}=={pin.version} {hashes}\n"


def download(wanted: str, options: list[str], target: Path) -> None:
    """Let pip download wheels into a new folder, whole or not at all.

    Args:
        wanted: The lines of a requirements file.
        options: Of pip, for the platform.
        target: The folder.
    """
    work = Path(tempfile.mkdtemp(prefix="wheels-", dir=target.parent))
    listed = work / "requirements.txt"
    listed.write_text(wanted, encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--only-binary=:all:", *options]
    command += ["--no-deps", "--require-hashes", "--quiet", "--dest", str(work), "-r", str(listed)]
    try:
        if subprocess.run(command, check=False).returncode:
            raise UnusableError(
                "pip could not download the layer's packages; 'No matching distribution' above "
                "means that the package has no pure-Python wheel, or none for the platform"
            )
        listed.unlink()
        work.chmod(0o755)
        work.rename(target)
    except OSError:
        if not target.is_dir():  # else another build was faster, with the same files
            raise
    finally:
        shutil.rmtree(work, ignore_errors=True)


def verify(wheels: list[Path], pins: list[Pin]) -> None:
    """Check that the wheels are the lock's, every one by its hash."""
    hashes = {pin.name: pin.hashes for pin in pins}
    for wheel in wheels:
        name = distribution(wheel)
        if hashlib.sha256(wheel.read_bytes()).hexdigest() not in hashes.pop(name, set()):
            raise UnusableError(f"{wheel} is not the file that the lock names: delete it")
    if hashes:
        raise UnusableError(f"{wheels[0].parent if wheels else 'the cache'} lacks {sorted(hashes)}")


def own(target: Path) -> Path:
    """Build the wheel of this package into `target` and return it."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if built.returncode:
        raise UnusableError(f"the wheel of heliograph cannot be built:\n{built.stderr.strip()}")
    return next(target.glob("heliograph-*.whl"))


def distribution(wheel: Path) -> str:
    """Return the normalised name that a wheel's file name holds."""
    return re.sub(r"[-_.]+", "-", wheel.name.split("-")[0]).lower()


def metadata_folder(wheel: Path) -> str:
    """Return the name of a wheel's folder of metadata."""
    return "-".join(wheel.name.split("-")[:2]) + ".dist-info"


def metadata(wheel: Path) -> str:
    """Return the headers of a wheel's METADATA, without the description after them."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        return headers(archive.read(name).decode())


def headers(text: str) -> str:
    """Return the part of a METADATA before its first empty line: no reader needs the rest."""
    return text.replace("\r\n", "\n").partition("\n\n")[0] + "\n"


def unpack(wheel: Path, target: Path, *, machine_code: bool = False) -> None:
    """Unpack the wanted files of a wheel into `target`.

    Args:
        wheel: The wheel.
        target: Where to.
        machine_code: Whether it may hold any.

    Raises:
        UnusableError: It holds machine code, files for elsewhere than site-packages, or a file
            that another wheel has with other bytes.
    """
    with zipfile.ZipFile(wheel) as archive:
        for name in sorted(archive.namelist()):
            path = PurePosixPath(name)
            if name.endswith("/") or not wanted(path):
                continue
            compiled = path.suffix in {".so", ".pyd", ".dylib"} and not machine_code
            if compiled or path.parts[0].endswith(".data"):
                raise UnusableError(f"{wheel.name} is not pure Python: it holds {name}")
            data = archive.read(name)
            if path.name == "METADATA":
                data = headers(data.decode()).encode()
            place(target / path, data, wheel)


def wanted(path: PurePosixPath) -> bool:
    """Say whether the layer has a use for this file of a wheel."""
    if path.parts[0].endswith(".dist-info"):
        return path.name in KEPT_METADATA or is_licence(path)
    if path.parts[:2] == ("heliograph", "lab"):
        return False  # a tool for the user's own machine, which needs packages that are not here
    if {"tests", "test"} & set(path.parts[:-1]):
        return False
    return path.suffix not in LEFT_OUT and not path.as_posix().startswith(NEVER_IMPORTED)


def is_licence(path: PurePath) -> bool:
    """Say whether a file of a .dist-info is the text of a licence."""
    return path.name == "LICENSE" or "licenses" in path.parts


def place(path: Path, data: bytes, wheel: Path) -> None:
    """Write a file that may be there already only with the same bytes."""
    if path.exists() and path.read_bytes() != data:
        raise UnusableError(f"{wheel.name} and another wheel differ on {path.name}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
