"""Write `docs/zipkin.png`: Zipkin's own page of the refused order of the demo.

`python -m scripts.zipkin_picture` needs what `scripts.zipkin` needs, and Chromium.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from heliograph.lab.function import Function
from heliograph.lab.invocation import Invocation
from scripts import demo, demo_jaeger, zipkin
from scripts.places import ROOT

PICTURE = ROOT / "docs" / "zipkin.png"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1400,620",
    "--virtual-time-budget=8000",
)  # fmt: skip
"""The page asks Zipkin's API and draws itself after that: it is given time of its own to do so."""


def main() -> None:
    """Send the order to Zipkin, and have a browser draw its page."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if missing := zipkin.lacking() or (None if browser else "chromium"):
        sys.exit(f"zipkin_picture: {missing} is not installed")
    demo.alone()
    with tempfile.TemporaryDirectory(prefix="heliograph-zipkin-") as temporary:
        folder = Path(temporary)
        with zipkin.Zipkin(zipkin.build(), folder / "log") as server:
            page = f"{server.url}/zipkin/traces/{order(server, folder)}"
            mine = [f"--user-data-dir={folder / 'browser'}", f"--screenshot={PICTURE}"]
            subprocess.run(
                [str(browser), *OPTIONS, *mine, page], check=True, timeout=120, capture_output=True
            )
    print(PICTURE)


def order(server: zipkin.Zipkin, folder: Path) -> str:
    """Run the example's refused order with its traces to a server; return the trace's id."""
    newest, package = demo.runtime(), folder / "package"
    package.mkdir()
    (package / "python").symlink_to(zipkin.exporter(newest["python"]))
    chosen = {
        "OTEL_TRACES_EXPORTER": "zipkin_json",
        "OTEL_EXPORTER_ZIPKIN_ENDPOINT": server.endpoint,
    }
    invocation = Invocation(json.loads((demo.EXAMPLE / "refused.json").read_text(encoding="utf-8")))
    with demo.aws() as aws, demo.partner() as partner:
        env = {"AWS_ENDPOINT_URL": aws, "PARTNER_URL": partner, **chosen}
        with Function(
            demo.task(folder / "task"),
            "app.handler",
            layers=[demo.LAYER, package],
            python=newest["python"],
            runtime_dir=newest["runtime_dir"],
            env=env,
        ) as function:
            function.invoke(invocation)
            trace_id = demo_jaeger.trace_id(invocation.trace_header)
            server.spans(trace_id, demo_jaeger.SPANS)
    return trace_id


if __name__ == "__main__":
    main()
