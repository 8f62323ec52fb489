"""Scripts that run with the layer's packages on their path and nothing else but the library."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.places import packages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scripts.pythons import Python


def told(python: Python, script: str, places: Sequence[Path], *arguments: str | Path) -> Any:
    """Return what a script prints, as JSON, that has these folders on its path."""
    folders = [*places, *(one for one in arguments if isinstance(one, Path))]
    done = subprocess.run(
        python.command("-B", "-S", "-c", script, *arguments, folders=folders),
        env={"PYTHONPATH": os.pathsep.join(map(str, places))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def places_of(tree: Path, python: Python) -> list[Path]:
    """Return where a Python looks for the layer's packages, in Lambda's order."""
    return [packages(tree, python.version), tree / "python"]
