"""The list of the layer's third-party packages and their licences, committed and shipped.

`python -m layer.licenses` writes it; `make lock` does so, and a build with other packages fails.
"""

from __future__ import annotations

from email.parser import HeaderParser
from typing import TYPE_CHECKING

from layer import wheels
from scripts.places import REQUIREMENTS, ROOT

if TYPE_CHECKING:
    from pathlib import Path

LIST = ROOT / "layer" / "THIRD_PARTY_LICENSES.txt"
OTLP_LIST = ROOT / "layer" / "THIRD_PARTY_LICENSES_OTLP.txt"
"""Of what the layer with OTLP has besides."""
OURS = "Apache-2.0"

NOT_SPDX = {"3-Clause BSD License": "BSD-3-Clause"}
"""Licences whose packages name them in words (protobuf's wheels, with the text beside METADATA)."""

HEAD = """\
Third-party packages in the Heliograph layer, as their metadata says; made by `make lock`. The text
of a licence lies in the package's .dist-info/licenses; a package under Apache-2.0 that brings no
text of its own is under the one that is Heliograph's.

"""


def listing(paths: list[Path]) -> str:
    """Return the list for these wheels: name, version, licence as an SPDX expression.

    Raises:
        wheels.UnusableError: A package does not say its licence, or its text is nowhere.
    """
    rows = []
    for path in paths:
        fields = HeaderParser().parsestr(wheels.metadata(path))
        in_words = NOT_SPDX.get(fields["License"] or "")
        licence = fields["License-Expression"] or in_words
        if not licence or not (fields["License-File"] or in_words or licence == OURS):
            raise wheels.UnusableError(f"{path.name} does not name its licence and its text")
        rows.append((fields["Name"], fields["Version"], licence))
    width = max(len(name) for name, _, _ in rows)
    return HEAD + "".join(f"{n:<{width}}  {v:<8}  {licence}\n" for n, v, licence in rows)


def check(paths: list[Path], committed: Path = LIST) -> None:
    """Fail unless the committed list is that of these wheels."""
    if not committed.exists() or committed.read_text(encoding="utf-8") != listing(paths):
        raise wheels.UnusableError(f"layer/{committed.name} is not up to date: run `make lock`")


def write() -> None:
    """Write both lists. Each platform's wheels of a package have the same metadata."""
    plain, otlp = REQUIREMENTS / "layer.txt", REQUIREMENTS / "layer-otlp.txt"
    LIST.write_text(listing(wheels.fetch(plain)), encoding="utf-8")
    more = wheels.fetch(otlp, wheels.Platform("3.13", "x86_64"), plain)
    OTLP_LIST.write_text(listing(more), encoding="utf-8")


if __name__ == "__main__":
    write()
