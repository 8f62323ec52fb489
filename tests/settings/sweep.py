"""A process for each variable and each wrong value: what arrives, and what is printed.

Run as a program: reads variables from standard input, one a line, and writes a line of JSON for
each value. What no variable can change is loaded once; each value has a fork of that.
"""

from __future__ import annotations

import asyncio  # noqa: F401 - loaded once, as are those below
import concurrent.futures  # noqa: F401
import decimal  # noqa: F401
import importlib.metadata  # noqa: F401
import json
import logging
import os
import socket
import sys
import traceback
from types import SimpleNamespace
from typing import Any

import boto3
import requests
from botocore.stub import Stubber
from requests.adapters import BaseAdapter

from heliograph.runtime import wrapping

CANARY = "sk_live_4242canaryCANARY4242"
"""Stands for a key that was pasted into the wrong variable."""

VALUES = {
    "empty": "",
    "blank": " \t ",
    "word": CANARY,
    "negative": "-1",
    "huge": "9" * 5000,
    "odd": "é\x1b[31m\n\r\x7f\udcff",
    "long": "x" * 20_000,
    "pattern": '*,[{"a": 1}, (?i)no-such,(?i)nor-that,x=y,\\',
}
"""The kinds of wrong values."""

SURROUNDINGS = {
    "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9",
    "AWS_LAMBDA_FUNCTION_NAME": "function",
    "AWS_REGION": "eu-central-1",
}

OTLP = {
    "OTEL_TRACES_EXPORTER": "xray,otlp",
    "OTEL_METRICS_EXPORTER": "emf,otlp",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9",
    "HELIOGRAPH_FLUSH_TIMEOUT": "50",
}
"""Set beside what only OTLP reads."""


class Answering(BaseAdapter):
    """Answers requests without a network."""

    def send(self, request: requests.PreparedRequest, **_: object) -> requests.Response:
        response = requests.Response()
        response.status_code, response.url, response.request = 204, str(request.url), request
        response.raw, response._content = SimpleNamespace(version=11), b""
        return response

    def close(self) -> None:
        """Nothing is open."""


session = requests.Session()
session.mount("http://", Answering())
sts: Any = boto3.client(
    "sts", region_name="eu-central-1", aws_access_key_id="id", aws_secret_access_key="secret"
)
stubber = Stubber(sts)
stubber.activate()


def handler(event: object, context: object) -> object:
    """Do one of everything that is recorded."""
    import heliograph

    with heliograph.span("work"):
        session.get("http://service.example/path?a=b")
        stubber.add_response("get_caller_identity", {"Account": "1"})
        sts.get_caller_identity()
        heliograph.metric("orders", 1)
    return event


def child(variable: str, value: str, about: dict[str, str]) -> dict[str, object]:
    """Run the function with a value, in a process that is a fork of its own."""
    daemon = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    daemon.bind(("127.0.0.1", 0))
    daemon.settimeout(0.2)
    os.environ["AWS_XRAY_DAEMON_ADDRESS"] = f"127.0.0.1:{daemon.getsockname()[1]}"
    os.environ.update({**SURROUNDINGS, **about})
    os.environ[variable] = value
    before = dict(os.environ)
    context = SimpleNamespace(
        aws_request_id="1", invoked_function_arn="arn", get_remaining_time_in_millis=lambda: 60_000
    )
    result = wrapping.wrap(handler)({"given": 1}, context)
    names: set[str] = set()
    try:
        while len(names) < 4:
            document = json.loads(daemon.recv(65_536).split(b"\n", 1)[1])
            names.add(document["name"])
    except TimeoutError:
        pass
    return {
        "result": result == {"given": 1},
        "same": dict(os.environ) == before,
        "names": sorted(names),
    }


def run(variable: str, kind: str) -> dict[str, object]:
    """Fork, and return what the child saw and what it printed."""
    kept = {name: os.memfd_create(name) for name in ("out", "err", "seen")}
    about = OTLP if "OTLP" in variable or "PRESET" in variable or "SIGV4" in variable else {}
    pid = os.fork()
    if pid == 0:
        os.dup2(kept["out"], 1)
        os.dup2(kept["err"], 2)
        try:
            logging.basicConfig(level="WARNING", stream=sys.stderr)
            seen = child(variable, VALUES[kind], about)
            os.write(kept["seen"], json.dumps(seen).encode())
        except BaseException:  # noqa: BLE001 - the parent reads it
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(0)
    os.waitpid(pid, 0)
    text = {}
    for name, file in kept.items():
        os.lseek(file, 0, 0)
        with os.fdopen(file, errors="surrogateescape") as opened:
            text[name] = opened.read()
    seen = json.loads(text["seen"] or "{}")
    said = text["err"] if CANARY in text["err"] or not seen else text["err"][-3000:]
    return {
        "variable": variable,
        "kind": kind,
        **seen,
        "metrics": '"orders":' in text["out"] and '"_aws"' in text["out"],
        "secret": CANARY in text["err"],
        "said": said,
    }


if __name__ == "__main__":
    for line in sys.stdin.read().split():
        for each in VALUES:
            print(json.dumps(run(line, each)), flush=True)
