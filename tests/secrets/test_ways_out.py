"""Secrets planted in thirty-five places of URLs, events, exceptions and spans leave by no way."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from heliograph.lab.invocation import Invocation
from tests.bench.test_modules import packaged

if TYPE_CHECKING:
    from collections.abc import Callable

    from heliograph.lab.daemon import XRayDaemon
    from heliograph.lab.function import Function

PROGRAM = Path(__file__).with_name("planted.py")
EVENT = Path(__file__).with_name("event.json")
SECRET = re.compile(r"s3cr3t[-\w]*")
HARMLESS = "keep=a%20b&keep=c+d&empty=&sortKey=%2F"
HTTP = "HTTP_TARGET"


def leaks(*outputs: str) -> list[str]:
    """What of the secrets is in some outputs, with what is before it."""
    whole = "\n".join(outputs)
    return [whole[max(0, at.start() - 100) : at.end()] for at in SECRET.finditer(whole)]


def arrived(server: Any) -> None:
    """Assert that the function's requests arrived as the function made them."""
    assert f"/a?{HARMLESS}&token=s3cr3t-01&api_key=s3cr3t-02" in server.asked
    assert "/back?code_token=s3cr3t-11&b=1" in server.asked
    assert server.asked.count("/503?session_id=s3cr3t-14") % 3 == 0


@pytest.fixture
def environment(tmp_path: Path, server: Any) -> dict[str, str]:
    """What the function needs: requests, and where to send to."""
    return {
        HTTP: server.url,
        "PYTHONPATH": str(packaged(tmp_path / "packages")),
        "HELIOGRAPH_FLUSH_TIMEOUT": "20000",
        "OTEL_EXPORTER_OTLP_ENDPOINT": server.url,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json",
    }


@pytest.mark.parametrize("queries", ["on", "off"])
def test_in_lambda(
    one_runtime: dict[str, str],
    function: Callable[..., Function],
    daemon: XRayDaemon,
    server: Any,
    environment: dict[str, str],
    queries: str,
) -> None:
    """X-Ray's documents, OTLP, the console, EMF and the log, from the layer."""
    env = {
        **environment,
        "OTEL_TRACES_EXPORTER": "xray,otlp,console",
        "OTEL_METRICS_EXPORTER": "emf,otlp",
        "HELIOGRAPH_CAPTURE_QUERY": queries,
    }
    running = function(one_runtime, PROGRAM.read_text(), env=env)
    event = json.loads(EVENT.read_text())
    assert running.invoke(Invocation(event)).json() == {"statusCode": 200}
    assert running.invoke(Invocation(event)).json() == {"statusCode": 200}
    daemon.settle()
    documents = json.dumps(list(daemon.documents))
    log = "\n".join([*running.stdout.lines(), *running.stderr.lines()])
    arrived(server)
    assert leaks(documents, log, *server.told) == []
    for output in documents, log, "\n".join(server.told):
        assert "refused_within_a_span" in output
        assert (f"/a?{HARMLESS}&token=REDACTED&api_key=REDACTED" in output) is (queries == "on")
        assert (f"{HARMLESS}&password=REDACTED&sig=REDACTED" in output) is (queries == "on")
        assert ("X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Cred" in output) is (queries == "on")
        assert (f"/f?{HARMLESS}" in output) is (queries == "on")
        assert "/f" in output
    assert [line for line in log.splitlines() if re.match(r"\[(ERROR|WARNING)\]", line)] == []


def test_in_the_lab(
    one_runtime: dict[str, str],
    server: Any,
    environment: dict[str, str],
    tmp_path: Path,
    layer: Path,
) -> None:
    """`heliograph invoke` shows traces, metrics and documents without them."""
    task = tmp_path / "task"
    shutil.copytree(environment["PYTHONPATH"], task)
    (task / "app.py").write_text(PROGRAM.read_text())
    where = ["--python", one_runtime["python"], "--runtime", one_runtime["runtime_dir"]]
    command = [sys.executable, "-m", "heliograph.lab", "invoke", "app.handler", *where]
    command += ["--task", str(task), "--env", f"{HTTP}={server.url}", "--event", str(EVENT)]
    command += ["--layer", str(layer), "--memory", "1024"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    assert done.returncode == 0, done.stderr
    assert "refused_within_a_span" in done.stdout
    arrived(server)
    assert leaks(done.stdout, done.stderr) == []
