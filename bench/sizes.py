"""How many bytes a layer has: zipped, and under /opt."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING

from layer import archive, budget

if TYPE_CHECKING:
    from pathlib import Path

COMPILED = re.compile(r"\.(cpython-\d+)\.pyc$")


def size(tree: Path, tag: str) -> budget.Size:
    """Return the bytes of a layer with the .pyc of one Python: what is alike can be compared.

    Args:
        tree: As under /opt.
        tag: The Python, such as cpython-313.
    """
    zipped = unpacked = 0
    for name, path in archive.files(tree):
        compiled = COMPILED.search(name)
        if compiled and compiled[1] != tag:
            continue
        data = path.read_bytes()
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = len(packer.compress(data)) + len(packer.flush())
        zipped += packed + 2 * len(name.encode()) + 76  # a local and a central header: 30 + 46
        unpacked += len(data)
    return budget.Size(zipped, unpacked)
