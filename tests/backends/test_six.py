"""One function, six configurations: the README's table is what these runs gave back."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scripts import zipkin as zipkin_build
from tests.backends import expected, reading
from tests.backends.collecting import Collector
from tests.backends.test_configurations import VARIABLES

if TYPE_CHECKING:
    from collections.abc import Callable

    from heliograph.lab.daemon import XRayDaemon
    from heliograph.lab.function import Function
    from heliograph.lab.invocation import Invocation
    from scripts.jaeger import Jaeger
    from scripts.zipkin import Zipkin
    from tests.backends.reading import Seen

    Trace = dict[str, Seen]

README = Path(__file__).parents[2] / "README.md"
TABLE = re.compile(r"(?<=<!-- six -->\n).*?(?=<!-- /six -->)", re.DOTALL)
HEAD = """\
| Traces to | Variables | Spans | Attributes | Events | Links | Errors | What is different there |
|---|---|---|---|---|---|---|---|
"""


@dataclass
class Row:
    """A configuration, what came back from it, and what should have."""

    where: str
    variables: dict[str, str]
    traces: list[tuple[Trace, Trace]]
    difference: str = "nothing"

    def __str__(self) -> str:
        """Return the row of the README's table; the figures are of what came back."""
        said = "<br>".join(f"`{name}={value}`" for name, value in self.variables.items())
        came = [counts(trace) for trace, _ in self.traces]
        cells = [
            " and ".join(dict.fromkeys(map(str, column))) for column in zip(*came, strict=True)
        ]
        return " | ".join([f"| {self.where}", said or "none", *cells, self.difference]) + " |\n"


def counts(trace: Trace) -> tuple[int, ...]:
    """Return how many spans, attributes, events, links and errors a trace has."""
    seen = trace.values()
    errors = sum(one.error is not None for one in seen)
    lists = ("attributes", "events", "links")
    return len(seen), *(sum(len(getattr(one, name)) for one in seen) for name in lists), errors


# -- what a backend makes of it --------------------------------------------------------------------


def as_jaeger(trace: Trace) -> Trace:
    """Return a trace as Jaeger keeps it."""
    for span in trace.values():
        span.links = [(trace_id, span_id, {}) for trace_id, span_id, _ in span.links]
    return trace


def as_zipkin(trace: Trace) -> Trace:
    """Return a trace as Zipkin keeps it, with the resource's attributes on every span."""
    for span in trace.values():
        span.attributes = {name: as_text(value) for name, value in span.attributes.items()}
        span.links = []
    return trace


def as_text(value: object) -> str:
    """Return a value as Zipkin's exporter writes it."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def as_xray(trace: Trace) -> Trace:
    """Return a trace as X-Ray has it: its subsegments have no kind but that of a remote call."""
    trace["lab"].name, trace["lab"].kind = "app.handler", "INTERNAL"
    del trace["lab"].attributes["aws.xray.annotations"]  # they are annotations there
    for span in trace.values():
        span.parent = "app.handler" if span.parent == "lab" else span.parent
        span.events = [event for event in span.events if event[0] != "exception"]
        span.error = span.error and span.error.partition(": ")[2]
    return {span.name: span for span in trace.values()}


# -- the six ---------------------------------------------------------------------------------------


@dataclass
class Runs:
    """Runs the function in each configuration; `layers` are ours and one of Zipkin's exporter."""

    order: Callable[..., tuple[Invocation, Function]]
    daemon: XRayDaemon
    jaeger: Jaeger
    zipkin: Zipkin
    collector: Path
    layers: list[Path]
    folder: Path

    def xray(self) -> Row:
        invocation, _ = self.order({})
        return Row(
            "X-Ray", {}, [self.in_xray(invocation)],
            "an exception is the cause of its span; `order.id` is an annotation",
        )  # fmt: skip

    def in_jaeger(self, invocation: Invocation) -> tuple[Trace, Trace]:
        want = as_jaeger(expected.trace(invocation))
        spans = self.jaeger.spans(expected.trace_id_of(invocation), len(want))
        return reading.jaeger(spans), want

    def in_xray(self, invocation: Invocation) -> tuple[Trace, Trace]:
        self.daemon.settle()
        trace_id = expected.header(invocation)["Root"]
        return reading.xray(self.daemon.trace(trace_id)), as_xray(expected.trace(invocation))

    def to_jaeger(self) -> Row:
        said = {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://jaeger:4318"}
        invocation, _ = self.order({**said, "OTEL_EXPORTER_OTLP_ENDPOINT": self.jaeger.endpoint})
        return Row("Jaeger", said, [self.in_jaeger(invocation)], "a link has no attributes")

    def to_zipkin(self) -> Row:
        said = {
            "OTEL_TRACES_EXPORTER": "zipkin_json",
            "OTEL_EXPORTER_ZIPKIN_ENDPOINT": "http://zipkin:9411/api/v2/spans",
        }
        env = {**said, "OTEL_EXPORTER_ZIPKIN_ENDPOINT": self.zipkin.endpoint}
        invocation, _ = self.order(env, layers=self.layers)
        want = as_zipkin(expected.trace(invocation))
        found = reading.zipkin(self.zipkin.spans(expected.trace_id_of(invocation), len(want)))
        return Row(
            "Zipkin, by the exporter `zipkin_json` of its own package", said, [(found, want)],
            "every value is a text; there are no links",
        )  # fmt: skip

    def to_file(self) -> Row:
        said = {
            "OTEL_TRACES_EXPORTER": "otlp",
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318",
        }
        file = self.folder / "lifecycle.jsonl"
        env = {**VARIABLES, "TELEMETRY_FILE": str(file)}
        with Collector(self.collector, "file", self.folder, env) as collector:
            env = {**said, "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint}
            invocation, _ = self.order(env)
        found = reading.otlp(map(json.loads, file.read_text().splitlines()))
        where = "A collector, and by it into a file ([`file.yaml`](collector/file.yaml))"
        return Row(where, said, [(found, expected.trace(invocation))])

    def to_two(self) -> Row:
        said = {
            "OTEL_TRACES_EXPORTER": "xray,otlp",
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://jaeger:4318",
        }
        invocation, _ = self.order({**said, "OTEL_EXPORTER_OTLP_ENDPOINT": self.jaeger.endpoint})
        both = [self.in_xray(invocation), self.in_jaeger(invocation)]
        return Row("X-Ray and Jaeger at once", said, both, "as in each")

    def to_console(self) -> Row:
        said = {"OTEL_TRACES_EXPORTER": "console"}
        invocation, function = self.order(said)
        found = reading.console(function.stdout.lines())
        return Row("The function's log", said, [(found, expected.trace(invocation))])


@pytest.fixture
def package(tmp_path: Path, one_runtime: dict[str, str]) -> Path:
    """A layer with what `pip install opentelemetry-exporter-zipkin-json` brings."""
    tree = tmp_path / "package"
    tree.mkdir()
    (tree / "python").symlink_to(zipkin_build.exporter(one_runtime["python"]))
    return tree


def test_six_configurations(
    order, daemon, jaeger, zipkin, collector_binary, layer, package, tmp_path
):
    """The same function is whole in six places, by variables alone, and the README says so."""
    runs = Runs(order, daemon, jaeger, zipkin, collector_binary, [layer, package], tmp_path)
    rows = [
        runs.xray(), runs.to_jaeger(), runs.to_zipkin(), runs.to_file(), runs.to_two(),
        runs.to_console(),
    ]  # fmt: skip

    for row in rows:
        for found, want in row.traces:
            assert found == want, row.where
    table = HEAD + "".join(map(str, rows))
    text = README.read_text()
    if os.environ.get("HELIOGRAPH_ACCEPT"):
        README.write_text(TABLE.sub(lambda _: table, text))
    else:
        assert TABLE.findall(text) == [table]
