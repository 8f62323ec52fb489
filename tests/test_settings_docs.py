"""docs/settings.md says what the table says."""

from __future__ import annotations

import re
from pathlib import Path

import opentelemetry.environment_variables as api
import opentelemetry.sdk.environment_variables as sdk
import pytest
from opentelemetry.instrumentation import environment_variables as instrument
from opentelemetry.instrumentation.botocore import environment_variables as botocore
from opentelemetry.util import http

from heliograph.settings.config import every
from scripts import settings_docs

ROOT = Path(__file__).parents[1]
VARIABLE = re.compile(r"\b(?:OTEL|HELIOGRAPH|AWS|POWERTOOLS)_[A-Z0-9_]*[^\W_]\b|\b_X_AMZN_TRACE_ID")


@pytest.mark.parametrize("path", settings_docs.FILES, ids=lambda path: path.name)
def test_what_is_written_is_up_to_date(path: Path) -> None:
    """Run `python -m scripts.settings_docs` after a change of a table."""
    assert path.read_text() == settings_docs.FILES[path]()


def test_other_variables_exist() -> None:
    """What OpenTelemetry is said to read is something that the installed packages read."""
    known = {
        *vars(api),
        *vars(sdk),
        *vars(instrument),
        *vars(botocore),
        *re.findall(VARIABLE, Path(http.__file__).read_text()),
    }
    known.add("OTEL_SEMCONV_STABILITY_OPT_IN")  # opentelemetry.instrumentation._semconv
    assert set(settings_docs.READ_BY_OPENTELEMETRY) - known == set()


def test_wrappers_variables_are_its_own() -> None:
    """What the wrapper is said to read, it reads."""
    script = (ROOT / "layer" / "heliograph").read_text()
    for name in settings_docs.READ_BY_THE_WRAPPER:
        assert f"${name}" in script


def test_every_variable_of_the_source_is_on_the_page() -> None:
    """No variable is read that the page does not name."""
    page = settings_docs.page()
    for path in (ROOT / "src" / "heliograph" / "settings").glob("*.py"):
        for name in re.findall(VARIABLE, path.read_text()):
            assert f"`{name}`" in page, f"{path.name} names {name}"
    assert all(setting.about.endswith(".") for setting in every())
