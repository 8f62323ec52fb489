"""The bytes of a layer that one Python has a use for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench import sizes

if TYPE_CHECKING:
    from pathlib import Path

OTHERS = {
    "folders": ("python/lib/python3.13/site-packages/a.pyc", "python/lib/python3.9/lib/a.pyc"),
    "caches": ("python/__pycache__/a.cpython-313.pyc", "python/__pycache__/a.cpython-39.pyc"),
    "both": (
        "python/lib/python3.13/site-packages/__pycache__/a.cpython-313.pyc",
        "python/lib/python3.12/site-packages/__pycache__/a.cpython-313.pyc",
    ),
}


@pytest.mark.parametrize(("counted", "left_out"), OTHERS.values(), ids=OTHERS)
def test_another_pythons_files_are_not_counted(tmp_path: Path, counted: str, left_out: str) -> None:
    """Ours has a folder for each Python, the peers' have bytecode beside their sources."""
    for name, length in {"exec": 1, "python/b.py": 20, counted: 300, left_out: 4000}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(length))
    assert sizes.size(tmp_path, "cpython-313").unpacked == 321
