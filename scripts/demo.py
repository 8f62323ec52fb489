"""`make demo`: the orders example through the layer, cold and warm, and what the layer cost.

The function runs under AWS's own runtime client in a process laid out as Lambda's; moto's server
stands for DynamoDB, a small HTTP server for the partner. Nothing leaves this machine.
"""

from __future__ import annotations

import json
import logging
import shutil
import statistics
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.places import BUILD, REQUIREMENTS, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLE = ROOT / "examples" / "orders"
TASK = BUILD / "demo" / "task"
LAYER = BUILD / "layer"
STARTS = 5
"""Cold starts of the comparison; the least counts, the rest is the machine's noise."""


class Partner(BaseHTTPRequestHandler):
    """Stands for another team's service: every article has a price."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer with the price of the article in the path."""
        body = json.dumps({"cents": 100 * len(self.path)}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@contextmanager
def partner() -> Iterator[str]:
    """Run the partner's service; yields its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Partner)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


@contextmanager
def aws() -> Iterator[str]:
    """Run moto's server with the table of the example; yields its address."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    fill(url)
    yield url
    server.stop()


def fill(url: str) -> None:
    """Make the table, with two articles in stock."""
    import boto3

    table = boto3.resource(
        "dynamodb",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    ).create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for article in ("lens", "tripod"):
        table.put_item(Item={"id": f"stock-{article}", "left": 3})


def task(path: Path) -> Path:
    """Lay the example out as a deployment package: its code, and requests beside it."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    shutil.copy(EXAMPLE / "app.py", path)
    import certifi
    import charset_normalizer
    import idna
    import requests

    for package in (requests, certifi, charset_normalizer, idna):
        source = Path(str(package.__file__)).parent
        shutil.copytree(source, path / source.name, ignore=shutil.ignore_patterns("*.so"))
    return path


def bare_task() -> Path:
    """Lay the example out for a run without the layer: the package alone does nothing by itself."""
    path = task(BUILD / "demo" / "bare")
    shutil.copytree(LAYER / "python" / "heliograph", path / "heliograph")
    return path


def invoke(where: Path, env: dict[str, str], *more: str) -> subprocess.CompletedProcess[str]:
    """Run `heliograph invoke` on the example, under the newest Python that has a runtime."""
    runtime: dict[str, str] = json.loads((BUILD / "runtimes.json").read_text())[-1]
    pairs = [f"--env={name}={value}" for name, value in env.items()]
    return subprocess.run(
        [
            sys.executable, "-m", "heliograph.lab", "invoke", "app.handler", f"--task={where}",
            f"--python={runtime['python']}", f"--runtime={ROOT / runtime['runtime_dir']}",
            *pairs, *more,
        ],
        text=True,
        check=False,
        capture_output="--json" in more,
    )  # fmt: skip


def cost(env: dict[str, str], event: Path) -> None:
    """Print what the layer added, against the same function without it, run in turns."""
    figures: dict[str, dict[str, list[float]]] = {}
    runs = (("without", bare_task(), ()), ("with", TASK, (f"--layer={LAYER}",)))
    for _ in range(STARTS):
        for name, where, layer in runs:
            made = invoke(where, env, f"--event={event}", "--times=6", "--json", *layer)
            rows: list[dict[str, Any]] = json.loads(made.stdout)["invocations"]
            mine = figures.setdefault(name, {"init": [], "cold": [], "warm": [], "after": []})
            mine["init"].append(rows[0]["init_ms"])
            mine["cold"].append(rows[0]["response_ms"])
            mine["warm"].append(statistics.median(row["response_ms"] for row in rows[1:]))
            mine["after"].append(statistics.median(row["after_ms"] for row in rows[1:]))
    labels = {
        "init": "init, to the first wait for an event",
        "cold": "first response",
        "warm": "warm response, what the caller waits",
        "after": "after a warm response, until ready again",
    }
    print(f"\nWhat the layer costs (least of {STARTS} starts each, in turns, milliseconds)\n")
    print(f"{'':<44}{'without':>10}{'with':>10}{'added':>10}")
    for key, label in labels.items():
        bare, ours = min(figures["without"][key]), min(figures["with"][key])
        print(f"{label:<44}{bare:>10.2f}{ours:>10.2f}{ours - bare:>+10.2f}")


def main() -> None:
    """Run the demo."""
    task(TASK)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # moto's server logs every request
    with aws() as aws_url, partner() as partner_url:
        env = {"AWS_ENDPOINT_URL": aws_url, "PARTNER_URL": partner_url}
        print("An order that succeeds, cold and warm\n", flush=True)
        good = invoke(TASK, env, f"--event={EXAMPLE / 'event.json'}", "--times=2", f"--layer={LAYER}")
        print("\nAn order that is refused: the error of a span, not of the function\n", flush=True)
        refused = invoke(TASK, env, f"--event={EXAMPLE / 'refused.json'}", f"--layer={LAYER}")
        cost(env, EXAMPLE / "event.json")
    sys.exit(max(good.returncode, refused.returncode))


if __name__ == "__main__":
    main()
