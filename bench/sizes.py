"""How many bytes a layer has for one Python: zipped, and under /opt."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING

from layer import archive, budget

if TYPE_CHECKING:
    from pathlib import Path

OWNED = re.compile(r"^python/lib/python3\.(\d+)/|\.cpython-3(\d+)\.pyc$")
"""What is for one Python only: a folder of its own, or bytecode beside the source."""


def size(tree: Path, tag: str) -> budget.Size:
    """Return the bytes of a layer without what is for other Pythons: what is alike can be compared.

    Args:
        tree: As under /opt.
        tag: The Python, such as cpython-313.
    """
    zipped = unpacked = 0
    for name, path in archive.files(tree):
        owned = OWNED.search(name)
        if owned and f"cpython-3{owned[1] or owned[2]}" != tag:
            continue
        data = path.read_bytes()
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = len(packer.compress(data)) + len(packer.flush())
        zipped += packed + budget.headers(name)
        unpacked += len(data)
    return budget.Size(zipped, unpacked)
