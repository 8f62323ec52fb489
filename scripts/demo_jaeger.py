"""`make demo-jaeger`: two examples through the layer, their traces read back from Jaeger.

The functions are those of `make demo` and `make demo-pipeline`, unchanged; two variables send their
traces to Jaeger instead of X-Ray. What is printed is what Jaeger's query API answers. Nothing
leaves this machine.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text
from rich.tree import Tree

from heliograph.lab.function import Function
from heliograph.lab.invocation import Invocation
from heliograph.lab.pipeline.description import read
from heliograph.lab.pipeline.environments import Options
from heliograph.lab.pipeline.running import Running
from heliograph.lab.terminal import console
from heliograph.lab.trace import is_said
from scripts import demo, demo_pipeline, golang, jaeger

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.console import Console

OF_JAEGER = ("aws.xray.", "error", "internal.", "otel.", "span.kind")
"""Tags that Jaeger made of what is no attribute, and notes for X-Ray."""
SPANS = 10
"""Spans of an order: of the handler, of three calls to DynamoDB and two to the partner, and four of
the function's own."""
NAMES = 34
"""Columns of names and what they are indented by."""
TRACES = (5, 15, 4, 4)
"""Spans of the pipeline's traces: of the order, of the batch and the events that came of it, of the
batch that was tried again, of what was given up."""


def main() -> int:
    """Run the demo; return the exit status."""
    compiler = golang.find()
    if compiler is None:
        sys.exit("demo-jaeger: Jaeger is built with Go, which is not installed here")
    demo.alone()
    with tempfile.TemporaryDirectory(prefix="heliograph-demo-") as temporary:
        server = jaeger.Jaeger(jaeger.build(compiler), Path(temporary, "jaeger.log"))
        task = demo.task(Path(temporary, "task"))
        with server, demo.aws() as aws, demo.partner() as partner:
            endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": server.endpoint}
            chosen = {"OTEL_TRACES_EXPORTER": "otlp", **endpoint}
            print("examples/orders/app.py through the layer. Its traces are in Jaeger, by")
            print(*(f"  {name}={value}" for name, value in chosen.items()), sep="\n")
            env = {"AWS_ENDPOINT_URL": aws, "PARTNER_URL": partner, **chosen}
            return orders(server, task, env) or pipeline(server, chosen)


def orders(server: jaeger.Jaeger, task: Path, env: Mapping[str, str]) -> int:
    """Place both orders of the example, and print what Jaeger has of them."""
    newest, screen = demo.runtime(), console()
    with Function(
        task,
        "app.handler",
        layers=[demo.LAYER],
        python=newest["python"],
        runtime_dir=newest["runtime_dir"],
        env=env,
    ) as function:
        for name in ("event.json", "refused.json"):
            event = json.loads((demo.EXAMPLE / name).read_text(encoding="utf-8"))
            invocation = Invocation(event)
            answer = function.invoke(invocation)
            if not answer.ok:
                print(answer.body.decode(), *function.stdout.lines(), sep="\n")
                return 1
            screen.print(f"\n{name} → {json.dumps(answer.json())}\n", markup=False)
            show(server.spans(trace_id(invocation.trace_header), SPANS), screen)
    return 0


def pipeline(server: jaeger.Jaeger, env: Mapping[str, str]) -> int:
    """Send the order of the pipeline example, and print the traces that Jaeger has of it."""
    newest, screen = demo.runtime(), console()
    example = demo_pipeline.EXAMPLE
    options = Options([demo.LAYER], newest["python"], newest["runtime_dir"], env)
    event = json.loads((example / "event.json").read_text(encoding="utf-8"))
    with Running(read(example), options) as running:
        headers = [step.outcome.trace_header for step in running.request(event)]
        screen.print("\nexamples/pipeline: links lead from one trace to the other\n", markup=False)
        ids = dict.fromkeys(map(trace_id, headers))
        known: dict[str, str] = {}
        for trace, count in zip(ids, TRACES, strict=True):
            spans = server.spans(trace, count)
            known |= {span["spanID"]: span["operationName"] for span in spans}
            show(spans, screen, known)
    return 0


def trace_id(header: str | None) -> str:
    """Return the trace id of an invocation's header in the form of OpenTelemetry."""
    assert header
    return header.partition(";")[0].removeprefix("Root=1-").replace("-", "")


def show(
    spans: list[dict[str, Any]], screen: Console, known: Mapping[str, str] | None = None
) -> None:
    """Print a trace of the query API as a tree.

    Args:
        spans: All of the trace.
        screen: Where.
        known: Names of the spans that links lead to, by their ids.
    """
    ids = {span["spanID"] for span in spans}
    ordered = sorted(spans, key=lambda one: int(one["startTime"]))
    tree = Tree(Text(f"trace {spans[0]['traceID']} in Jaeger", "bold"), guide_style="dim")
    for span in ordered:
        if parent(span) not in ids:
            grow(tree, span, ordered, NAMES, known or {})
    screen.print(tree)


def parent(span: dict[str, Any]) -> str | None:
    """Return the id of a span's parent."""
    above = (one["spanID"] for one in span["references"] if one["refType"] == "CHILD_OF")
    return next(above, None)


def grow(
    tree: Tree,
    span: dict[str, Any],
    spans: list[dict[str, Any]],
    width: int,
    known: Mapping[str, str],
) -> None:
    """Add a span and what is below it; times of the API are microseconds."""
    start = spans[0]["startTime"]
    tags = {tag["key"]: tag["value"] for tag in span["tags"]}
    failed = "error" in tags
    began = f"+{(span['startTime'] - start) / 1000:.1f}"
    line = Text.assemble(
        (span["operationName"].ljust(width), "red" if failed else "cyan"),
        (f"  {began:>8}", "dim"),
        f"  {span['duration'] / 1000:>7.1f} ms",
        (f"  {tags['span.kind']}", "dim"),
        ("  ERROR" if failed else "", "bold red"),
    )
    line.append("".join(said(span, tags)), "yellow")
    for other in span["references"]:
        if other["refType"] == "FOLLOWS_FROM":
            named = known.get(other["spanID"], other["spanID"])
            line.append(f"\n⇠ {named} in trace {other['traceID']}", "magenta")
    branch = tree.add(line)
    for child in spans:
        if parent(child) == span["spanID"]:
            grow(branch, child, spans, width - 4, known)


def said(span: dict[str, Any], tags: dict[str, Any]) -> Iterator[str]:
    """Return lines about a span: its own attributes, and its events."""
    for name, value in tags.items():
        if not (is_said(name) or name.startswith(OF_JAEGER)):
            yield f"\n{name} = {value}"
    for log in span["logs"]:
        fields = {field["key"]: field["value"] for field in log["fields"]}
        name = fields.pop("event")
        if name == "exception":
            yield f"\n{fields['exception.type']}: {fields['exception.message']}"
        else:
            yield f"\nevent {name} {json.dumps(fields)}"


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as failed:
        sys.exit(f"failed: {' '.join(map(str, failed.cmd))}")
