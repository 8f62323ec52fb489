"""How large the layer may be, and what makes it large."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Size:
    """Bytes of the zip, which Lambda stores, and under /opt, of the 250 MB a function may take."""

    zipped: int
    unpacked: int

    def within(self, allowed: Size) -> bool:
        """Say whether neither is over what is allowed."""
        return self.zipped <= allowed.zipped and self.unpacked <= allowed.unpacked


@dataclass(frozen=True)
class Budget:
    """What a layer may take: `common` for what serves all Pythons, `each` for one of them.

    `longer` are bytes more, by Python, for one whose bytecode is longer than the others'.
    """

    common: Size
    each: Size
    longer: Mapping[str, Size] = field(default_factory=dict)

    def of(self, part: str) -> Size:
        """Return the budget of a part that `parts` names."""
        if part == COMMON:
            return self.common
        more = self.longer.get(part, Size(0, 0))
        return Size(self.each.zipped + more.zipped, self.each.unpacked + more.unpacked)


COMMON = "common"

PLAIN = Budget(
    common=Size(zipped=137_000, unpacked=440_000),
    each=Size(zipped=1_010_000, unpacked=2_700_000),
    longer={"3.14": Size(zipped=20_000, unpacked=60_000)},
)
"""Of the layer: with five Pythons it is within 5,250,000 bytes zipped. A sixth of each
Python's part are instrumentors of libraries, as bytecode: text would be compiled in a function's
init.

3.14 has 5 % more instructions than 3.13 for the same code (a NOT_TAKEN after most jumps).
"""

OTLP = Budget(
    common=Size(zipped=151_000, unpacked=485_000), each=Size(zipped=9_200_000, unpacked=22_780_000)
)
"""Of a layer with OTLP, which is for one Python: 17 MB of it are grpcio's machine code."""


def size(archive: Path) -> Size:
    """Return the bytes of a zip and of what it unpacks to."""
    with zipfile.ZipFile(archive) as opened:
        return Size(archive.stat().st_size, sum(entry.file_size for entry in opened.infolist()))


def parts(archive: Path) -> dict[str, Size]:
    """Return the bytes of what is common, and of each Python that the layer is compiled for.

    The sources for a Python that the building machine lacks are not counted: a release has none.
    """
    found: dict[str, Size] = {}
    for entry, part in entries(archive):
        before = found.get(part, Size(0, 0))
        found[part] = Size(before.zipped + zipped(entry), before.unpacked + entry.file_size)
    compiled = pythons_of(archive)
    return {part: total for part, total in found.items() if part in {COMMON, *compiled}}


def pythons_of(archive: Path) -> list[str]:
    """Return the Pythons that a layer is compiled for: 3.10 ..."""
    compiled = {part for entry, part in entries(archive) if entry.filename.endswith(".pyc")}
    return sorted(compiled, key=lambda version: int(version.partition(".")[2]))


def entries(archive: Path) -> Iterator[tuple[zipfile.ZipInfo, str]]:
    """Yield the files of a layer, each with its part: "common" or the Python that it is for."""
    with zipfile.ZipFile(archive) as opened:
        for entry in opened.infolist():
            own = re.match(r"python/lib/python(3\.\d+)/", entry.filename)
            yield entry, own[1] if own else COMMON


def zipped(entry: zipfile.ZipInfo) -> int:
    """Return the bytes that a file takes in a zip, with its headers."""
    return entry.compress_size + headers(entry.filename)


def headers(name: str) -> int:
    """Return the bytes of a file's two headers in a zip, a local and a central one: 30 and 46."""
    return 2 * len(name.encode()) + 76


def contributors(archive: Path) -> list[tuple[str, int]]:
    """Return the zipped bytes of each package (two levels of folders), the largest first."""
    bytes_of: Counter[str] = Counter()
    for entry, _ in entries(archive):
        names = re.sub(r"^python/(lib/[^/]+/site-packages/)?", "", entry.filename).split("/")
        bytes_of["/".join(names[:-1][:2] or [names[-1].partition(".")[0]])] += zipped(entry)
    return bytes_of.most_common()


def told(archive: Path, budget: Budget) -> str:
    """Return lines about the size of a layer and of its parts, for whoever builds it."""
    whole = size(archive)
    lines = [f"  {whole.zipped:,} bytes zipped, {whole.unpacked:,} unpacked"]
    for part, real in parts(archive).items():
        allowed = budget.of(part)
        lines.append(
            f"  {part}: {real.zipped:,} zipped ({allowed.zipped:,} allowed), "
            f"{real.unpacked:,} unpacked ({allowed.unpacked:,} allowed)"
        )
    return "\n".join(lines)


def complaint(archive: Path, budget: Budget) -> str:
    """Return "" for a layer within the budget, else what is over and the largest parts of it."""
    over = [
        f"{part} has {real.zipped:,} bytes zipped ({allowed.zipped:,} allowed) and "
        f"{real.unpacked:,} unpacked ({allowed.unpacked:,} allowed)"
        for part, real in parts(archive).items()
        for allowed in [budget.of(part)]
        if not real.within(allowed)
    ]
    if not over:
        return ""
    largest = ", ".join(f"{name} {count:,}" for name, count in contributors(archive)[:5])
    return f"the layer is too large: {'; '.join(over)}; the largest parts of the zip: {largest}"
