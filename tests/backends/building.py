"""What tests build or fetch themselves, once, outside the checkout."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from scripts import golang

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def made(make: Callable[[], Path]) -> Path:
    """Return what `make` makes; a machine that cannot, and is not CI's, goes without it."""
    try:
        return make()
    except subprocess.CalledProcessError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"not to be had here: {error}")


def built(build: Callable[[str], Path]) -> Path:
    """Return what Go builds."""
    compiler = golang.find()
    if compiler is None:
        pytest.skip("go is not installed")
    return made(lambda: build(compiler))
