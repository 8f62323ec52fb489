"""Whatever value any variable has, nothing but the named thing is lost."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pytest

import heliograph
from heliograph.settings.config import every
from heliograph.settings.lending import READERS

PROGRAM = Path(__file__).with_name("sweep.py")
SHARES = 8

OFFICIAL = re.compile(r"""(?:["'])(OTEL_[A-Z0-9_]+[A-Z0-9])["']""")
OURS = re.compile(r'environ(?:\.get\(|\[)"([A-Z_]+)"')

NAMED = {
    "OTEL_TRACES_EXPORTER": "spans",
    "OTEL_METRICS_EXPORTER": "metrics",
    "AWS_XRAY_DAEMON_ADDRESS": "spans",
    "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "spans",  # `*` is all of them
    "OTEL_SERVICE_NAME": "name",  # of the function's segment
    "OTEL_PROPAGATORS": "environment",  # what is not installed is left out, for imports of yours
}
"""What a wrong value of a variable may cost, where it is more than the value."""

SPANS = ["STS", "function", "service.example", "work"]
"""One of each way to make a span."""


def variables() -> list[str]:
    """Every variable that we read, or the official packages: a new one joins by itself."""
    found = set(READERS)
    for setting in every():
        found.update(setting.variables)
    found.update(
        OURS.findall((Path(heliograph.__file__).parent / "settings" / "config.py").read_text())
    )
    for dist in distributions():
        if dist.name.startswith("opentelemetry-"):
            for path in dist.files or ():
                if path.suffix == ".py":
                    text = Path(str(dist.locate_file(path))).read_text()
                    if "environ" in text or path.name.startswith("environment_variables"):
                        found.update(OFFICIAL.findall(text))
    # another wrapper sets it, or the handler's span would have another name
    return sorted(found - {"AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_FUNCTION_NAME"})


def test_variables_are_found() -> None:
    """The scan finds ours, the SDK's, the instrumentors' and the exporters'."""
    assert {
        "HELIOGRAPH_PRESET_KEY",
        "AWS_REGION",
        "_X_AMZN_TRACE_ID",
        "OTEL_BSP_SCHEDULE_DELAY",
        "OTEL_PYTHON_CONTEXT",
        "OTEL_SEMCONV_STABILITY_OPT_IN",
        "OTEL_EXPORTER_OTLP_HEADERS",
        "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SANITIZE_FIELDS",
        "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS",
    } <= set(variables())


@pytest.mark.runtime  # a thousand processes: not for every save
@pytest.mark.parametrize("share", range(SHARES))
def test_no_value_loses_more_than_itself(
    share: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Result, environment, spans and metrics are there with any value; no line shows a key."""
    env = {**os.environ, "PYTHONPYCACHEPREFIX": str(tmp_path_factory.getbasetemp() / "bytecode")}
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # compiled once, not a thousand times
    done = subprocess.run(
        [sys.executable, PROGRAM],
        input="\n".join(variables()[share::SHARES]),
        env=env,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    runs: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(runs) == 8 * len(variables()[share::SHARES])
    assert [run for run in runs if not is_whole(run)] == []


def is_whole(run: dict[str, Any]) -> bool:
    """Tell whether nothing was lost but what the variable names."""
    lost = NAMED.get(run["variable"], "")
    return bool(
        run.get("result")
        and (lost == "environment" or run["same"])
        and not run["secret"]
        and (lost == "spans" or len(SPANS) - len({*SPANS} & {*run["names"]}) <= (lost == "name"))
        and (lost == "metrics" or run["metrics"])
    )
