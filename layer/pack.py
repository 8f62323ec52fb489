"""Pack a package whose modules are many and small into two files; run by each Python of the layer.

`python -S pack.py SOURCES LIST TARGET PLACE` is `stripped.py` for the modules of `PACKAGE` in LIST.
"""

from __future__ import annotations

import ast
import marshal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE = "opentelemetry/semconv"
"""The semantic conventions: 127 modules of constants, of which a development imports thirty."""


def is_packed(relative: Path) -> bool:
    """Say whether a file of the packages is a module of the package."""
    return relative.as_posix().startswith(f"{PACKAGE}/")


def name_of(relative: Path) -> tuple[str, bool]:
    """Return a module's name within the package, and whether it is a package itself."""
    parts = list(relative.relative_to(PACKAGE).with_suffix("").parts)
    is_package = parts[-1] == "__init__"
    return ".".join(parts[:-1] if is_package else parts), is_package


def with_folders(packed: dict[str, tuple[str, bool, bytes | str]]) -> None:
    """Add the folders that are packages without an `__init__` of their own."""
    for name in list(packed):
        above = name.rpartition(".")[0]
        while above and above not in packed:
            packed[above] = (f"{above.replace('.', '/')}/__init__.py", True, "")
            above = above.rpartition(".")[0]


def rest(sources: Path, reached: set[Path], target: Path) -> None:
    """Write the modules that nothing in the layer imports, as text without what nobody reads.

    Args:
        sources: The folder of all packages.
        reached: Those that have bytecode.
        target: The folder that serves every Python.
    """
    from layer import stripped

    packed: dict[str, tuple[str, bool, bytes | str]] = {}
    for path in sorted((sources / PACKAGE).rglob("*.py")):
        if path in reached:
            continue
        name, is_package = name_of(path.relative_to(sources))
        module = stripped.without_annotations(
            stripped.without_docstrings(ast.parse(path.read_bytes()))
        )
        file = path.relative_to(sources / PACKAGE).as_posix()
        packed[name] = (file, is_package, ast.unparse(stripped.without_texts(module)))
    target.mkdir(parents=True, exist_ok=True)
    (target / f"{PACKAGE.replace('/', '.')}.bin").write_bytes(marshal.dumps(packed, 2))
