"""A program in a process of its own, as a user starts it."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

INSTRUMENT = Path(sys.executable).with_name("opentelemetry-instrument")


@pytest.fixture
def program(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a program; `instrumented` starts it by OpenTelemetry's own command, as our distro."""

    def run(
        source: str, *, instrumented: bool = False, **env: str
    ) -> subprocess.CompletedProcess[str]:
        path = tmp_path / "app.py"
        path.write_text(textwrap.dedent(source))
        before = [str(INSTRUMENT)] if instrumented else []
        if instrumented:
            env.setdefault("OTEL_PYTHON_DISTRO", "heliograph")
        done = subprocess.run(
            [*before, sys.executable, str(path)],
            env={**os.environ, "AWS_DEFAULT_REGION": "eu-central-1", **env},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done

    return run
