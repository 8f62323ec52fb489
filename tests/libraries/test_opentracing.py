"""docs/opentracing.md: its code runs, and its spans are where the page says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "opentracing.md"
TELL = """
import json, sys
import heliograph
from heliograph import testing
def run():
{code}
    with tracer.start_active_span("outer"), heliograph.span("within"):
        pass
    return headers
with testing.strict(), testing.capture() as captured:
    with heliograph.span("handler"):
        headers = run()
    names = {{one.context.span_id: one.name for one in captured.spans}}
    told = [
        [one.name, one.parent and names[one.parent.span_id], [event.name for event in one.events],
         dict(one.attributes).get("article")]
        for one in captured.spans
    ]
    order = next(one for one in captured.spans if one.name == "order")
    sent = f"{{order.context.span_id:016x}}" in headers["traceparent"]
print(json.dumps([sorted(told), sent]))
"""


def test_the_page(packages: Path) -> None:
    """Spans of both kinds are below each other, logs are events, headers carry the span's id."""
    _, setting, using = re.findall(
        r"^```text\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE
    )
    code = "".join(f"    {line}\n" for line in (setting + using).splitlines())
    done = subprocess.run(
        [sys.executable, "-c", TELL.format(code=code)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(packages)])},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    spans, sent = json.loads(done.stdout)
    assert spans == [
        ["handler", None, [], None],
        ["order", "handler", ["placed"], "lens"],
        ["outer", "handler", [], None],
        ["price", "order", [], None],
        ["within", "outer", [], None],
    ]
    assert sent
