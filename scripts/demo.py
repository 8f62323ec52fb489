"""`make demo`: the orders example through the layer, cold and warm, and what the layer cost.

The function runs under AWS's own runtime client in a process laid out as Lambda's; moto's server
stands for DynamoDB, a small HTTP server for the partner. Nothing leaves this machine.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.places import BUILD, ROOT, packages

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLE = ROOT / "examples" / "orders"
LAYER = BUILD / "layer"
RUNTIMES = BUILD / "runtimes.json"
STARTS = 8
"""Cold starts of the comparison; the least counts, the rest is the machine's noise."""
WARM = 10
"""Warm invocations after each of them."""
ROWS = {
    "init": "init, to the first wait for an event",
    "cold": "first response, what its caller waits",
    "once": "after it, once: the SDK is imported",
    "warm": "warm response, what the caller waits",
    "after": "after a warm response, until ready again",
}


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
    with ThreadingHTTPServer(("127.0.0.1", 0), Partner) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


@contextmanager
def aws() -> Iterator[str]:
    """Run moto's server with the table of the example; yields its address."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        fill(f"http://{host}:{port}")
        yield f"http://{host}:{port}"
    finally:
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
    import certifi
    import charset_normalizer
    import idna
    import requests

    path.mkdir(parents=True)
    shutil.copy(EXAMPLE / "app.py", path)
    for package in (requests, certifi, charset_normalizer, idna):
        source = Path(str(package.__file__)).parent
        ignored = shutil.ignore_patterns("*.so", "__pycache__")
        shutil.copytree(source, path / source.name, ignore=ignored)
    return compiled(path)


def compiled(path: Path) -> Path:
    """Compile a package, as one that is deployed for speed: no start has to do it."""
    subprocess.run([runtime()["python"], "-m", "compileall", "-q", str(path)], check=True)
    return path


def bare_task(path: Path) -> Path:
    """Lay the example out for a run without the layer: the package alone does nothing by itself."""
    task(path)
    ours = packages(LAYER, runtime()["version"]) / "heliograph"
    shutil.copytree(ours, path / "heliograph")
    return compiled(path)


def runtime() -> dict[str, str]:
    """Return the newest Python that has a runtime, as `make runtimes` noted it."""
    rows: list[dict[str, str]] = json.loads(RUNTIMES.read_text()) if RUNTIMES.exists() else []
    if not rows:
        sys.exit("demo: there is no Python from 3.10 on with a runtime; `make runtimes` says why")
    return rows[-1]


def invoke(where: Path, env: dict[str, str], *more: str) -> subprocess.CompletedProcess[str]:
    """Run `heliograph invoke` on the example."""
    newest = runtime()
    pairs = [f"--env={name}={value}" for name, value in env.items()]
    return subprocess.run(
        [
            sys.executable, "-m", "heliograph.lab", "invoke", "app.handler", f"--task={where}",
            f"--python={newest['python']}", f"--runtime={ROOT / newest['runtime_dir']}",
            *pairs, *more,
        ],
        text=True,
        check=False,
        stdout=subprocess.PIPE if "--json" in more else None,
    )  # fmt: skip


def shown(title: str, *given: Any) -> bool:
    """Invoke with the output on the terminal, under a title; tell whether all went well."""
    print(f"\n{title}\n", flush=True)
    return invoke(*given).returncode == 0


def figures(where: Path, env: dict[str, str], *more: str) -> dict[str, float]:
    """Start the example once, invoke it a few times, and return its times in milliseconds."""
    event = f"--event={EXAMPLE / 'event.json'}"
    made = invoke(where, env, event, f"--times={WARM + 1}", "--json", *more)
    if made.returncode:
        sys.exit(f"demo: an invocation of the comparison failed:\n{made.stdout}")
    rows: list[dict[str, Any]] = json.loads(made.stdout)["invocations"]
    if more and not all(row["documents"] for row in rows):
        sys.exit("demo: an invocation with the layer sent no trace")
    return {
        "init": rows[0]["init_ms"],
        "cold": rows[0]["response_ms"],
        "once": rows[0]["after_ms"],
        "warm": min(row["response_ms"] for row in rows[1:]),
        "after": min(row["after_ms"] for row in rows[1:]),
    }


def cost(without: Path, layered: Path, env: dict[str, str]) -> None:
    """Print what the layer added, against the same function without it, run in turns."""
    bare, ours = [], []
    for _ in range(STARTS):
        bare.append(figures(without, env))
        ours.append(figures(layered, env, f"--layer={LAYER}"))
    print(
        f"What the layer costs: milliseconds, the least of {STARTS} starts in turns and of "
        f"{STARTS * WARM} warm invocations\n"
    )
    print(f"{'':<44}{'without':>10}{'with':>10}{'added':>10}")
    for key, label in ROWS.items():
        first, second = min(one[key] for one in bare), min(one[key] for one in ours)
        print(f"{label:<44}{first:>10.2f}{second:>10.2f}{second - first:>+10.2f}")
    print("\nThe caller does not wait for what comes after the response; Lambda bills it.")


def alone() -> None:
    """Leave out this machine's own set-up: no profile, no credentials, no proxy; and be quiet."""
    os.environ.update(AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull)
    os.environ.update(NO_PROXY="127.0.0.1", no_proxy="127.0.0.1")
    os.environ.pop("AWS_PROFILE", None)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # moto's server logs every request


def main() -> int:
    """Run the demo; return the exit status."""
    alone()
    print(
        f"examples/orders/app.py through the layer, by AWS's own runtime client on Python "
        f"{runtime()['version']}.\nmoto stands for DynamoDB; nothing leaves this machine."
    )
    with tempfile.TemporaryDirectory(prefix="heliograph-demo-") as temporary:
        layered, without = task(Path(temporary, "task")), bare_task(Path(temporary, "bare"))
        with aws() as aws_url, partner() as partner_url:
            env = {"AWS_ENDPOINT_URL": aws_url, "PARTNER_URL": partner_url}
            good, refused = (f"--event={EXAMPLE / name}" for name in ("event.json", "refused.json"))
            layer = f"--layer={LAYER}"
            fine = shown("An order, cold and warm", layered, env, good, "--times=2", layer)
            title = "An order that is refused: the error of a span, not of the function"
            fine &= shown(title, layered, env, refused, layer)
            cost(without, layered, env)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
