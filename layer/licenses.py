"""The list of the layer's third-party packages and their licences, committed and shipped.

`python -m layer.licenses` writes it; `make lock` does so, and a build with other packages fails.
"""

from __future__ import annotations

import zipfile
from email.parser import HeaderParser
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from layer import wheels
from scripts.places import REQUIREMENTS, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LIST = ROOT / "layer" / "THIRD_PARTY_LICENSES.txt"
OTLP_LIST = ROOT / "layer" / "THIRD_PARTY_LICENSES_OTLP.txt"
"""Of what the layer with OTLP has besides."""
OURS = "Apache-2.0"
OUR_TEXT = ROOT / "LICENSE"

NOT_SPDX = {"3-Clause BSD License": "BSD-3-Clause"}
"""Licences whose packages name them in words (protobuf's wheels, with the text beside METADATA)."""

HEAD = """\
Third-party packages in the Heliograph layer, as their metadata says; made by `make lock`. The text
of a licence lies in the .dist-info of the package that is named last: the same text, byte for byte,
is there once. A package under Apache-2.0 that brings no text is under the one of Heliograph's.

"""


def listing(paths: Iterable[Path], before: Sequence[Path] = ()) -> str:
    """Return the list for wheels: name, version, licence as an SPDX expression, place of its text.

    Args:
        paths: The wheels.
        before: Wheels of another list, which may have the texts already.

    Raises:
        wheels.UnusableError: A package does not say its licence, or its text is nowhere.
    """
    paths = list(paths)
    held = holders([*before, *paths])
    rows = [("name", "version", "licence", "text")]
    for path in paths:
        fields = HeaderParser().parsestr(wheels.metadata(path))
        licence = fields["License-Expression"] or NOT_SPDX.get(fields["License"] or "")
        at = sorted({held[text] for text in texts(path)})
        if not licence or not (at or licence == OURS):
            raise wheels.UnusableError(f"{path.name} does not name its licence and its text")
        rows.append((fields["Name"], fields["Version"], licence, ", ".join(at or ["heliograph"])))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    return HEAD + "".join(f"{line}\n" for line in lines)


def texts(wheel: Path) -> Iterator[bytes]:
    """Yield the texts of licences that a wheel has."""
    with zipfile.ZipFile(wheel) as archive:
        for name in sorted(archive.namelist()):
            path = PurePosixPath(name)
            if path.parts[0].endswith(".dist-info") and wheels.is_licence(path):
                yield archive.read(name)


def holders(paths: Iterable[Path]) -> dict[bytes, str]:
    """Return for each text the package that has it in the layer: ours, or the first wheel's."""
    held = {OUR_TEXT.read_bytes(): "heliograph"}
    for path in paths:
        for text in texts(path):
            held.setdefault(text, wheels.distribution(path))
    return held


def keep_once(site: Path, paths: Iterable[Path]) -> None:
    """Leave each text in the package that the lists name, of those unpacked in a folder.

    Args:
        site: The folder.
        paths: The wheels, in the order of the lists.
    """
    held = holders(paths)
    for path in site.glob("*.dist-info/**/*"):
        info = site / path.relative_to(site).parts[0]
        is_text = path.is_file() and wheels.is_licence(path.relative_to(info))
        if is_text and held[path.read_bytes()] != wheels.distribution(info):
            path.unlink()


def check(paths: list[Path], before: Sequence[Path] = ()) -> None:
    """Fail unless the committed list is that of these wheels; `before` as in `listing`."""
    committed = OTLP_LIST if before else LIST
    if not committed.exists() or committed.read_text(encoding="utf-8") != listing(paths, before):
        raise wheels.UnusableError(f"layer/{committed.name} is not up to date: run `make lock`")


def write() -> None:
    """Write both lists. Each platform's wheels of a package have the same metadata."""
    plain, otlp = REQUIREMENTS / "layer.txt", REQUIREMENTS / "layer-otlp.txt"
    wheels_of_plain = [*wheels.fetch(plain), *wheels.fetch(REQUIREMENTS / "instrumentors.txt")]
    LIST.write_text(listing(wheels_of_plain), encoding="utf-8")
    more = wheels.fetch(otlp, wheels.Platform("3.13", "x86_64"), plain)
    OTLP_LIST.write_text(listing(more, wheels_of_plain), encoding="utf-8")


if __name__ == "__main__":
    write()
