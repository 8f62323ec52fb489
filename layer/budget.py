"""How large the layer may be, and what makes it large."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Size:
    """Bytes of the zip, which Lambda stores, and under /opt, of the 250 MB a function may take."""

    zipped: int
    unpacked: int


SOURCES = Size(zipped=1_050_000, unpacked=3_500_000)
"""What the sources and licences may take."""

COMPILED = Size(zipped=880_000, unpacked=2_100_000)
"""What the .pyc of one Python may take, the mean of all (3.10 has the smallest)."""

SMALLEST = Size(zipped=1_050_000, unpacked=2_600_000)
"""What the layer for a single Python may take, without what nothing comes to import and sources."""

OTLP = Size(zipped=10_000_000, unpacked=27_000_000)
"""What the layer with OTLP for a single Python may take: 17 MB of it are grpcio's machine code."""


def allowed(pythons: int) -> Size:
    """Return the budget of a layer that is compiled for so many Pythons."""
    return Size(
        SOURCES.zipped + pythons * COMPILED.zipped, SOURCES.unpacked + pythons * COMPILED.unpacked
    )


def size(archive: Path) -> Size:
    """Return the bytes of a zip and of what it unpacks to."""
    with zipfile.ZipFile(archive) as opened:
        return Size(archive.stat().st_size, sum(entry.file_size for entry in opened.infolist()))


def pythons_of(archive: Path) -> list[str]:
    """Return the tags of the Pythons that a layer is compiled for: cpython-310 ..."""
    with zipfile.ZipFile(archive) as opened:
        tags = (re.search(r"\.(cpython-\d+)\.pyc$", name) for name in opened.namelist())
        return sorted({tag[1] for tag in tags if tag})


def contributors(archive: Path) -> list[tuple[str, int]]:
    """Return the zipped bytes of each package (two levels of folders), the largest first."""
    bytes_of: Counter[str] = Counter()
    with zipfile.ZipFile(archive) as opened:
        for entry in opened.infolist():
            parts = [part for part in entry.filename.split("/") if part != "__pycache__"]
            bytes_of["/".join(parts[1:-1][:2] or [parts[-1].partition(".")[0]])] += (
                entry.compress_size
            )
    return bytes_of.most_common()


def complaint(archive: Path, budget: Size) -> str:
    """Return "" for a layer within the budget, else what is over and the largest parts of it."""
    real = size(archive)
    if real.zipped <= budget.zipped and real.unpacked <= budget.unpacked:
        return ""
    largest = ", ".join(f"{name} {count:,}" for name, count in contributors(archive)[:5])
    return (
        f"the layer has {real.zipped:,} bytes zipped ({budget.zipped:,} allowed) and "
        f"{real.unpacked:,} unpacked ({budget.unpacked:,} allowed); the largest parts of the zip: "
        f"{largest}"
    )
