"""EMF lines a second: our exporter beside the one of AWS's own distribution (ADOT).

Both run on one OpenTelemetry SDK, in one process, and write to the same place; each collects as its
readers do. Every round measures one after the other, so that what the machine does besides meets
both; the best round counts, in CPU time. "exporter" is from what was collected to the lines that
are written, "from the measurement" has recording and collecting in it, which is mostly the SDK's
own work.

The counters are 100 at most, with up to 100 routes: both write a line for each route. A histogram
of 10,000 values is 100 lines of ours, with every value, and one of ADOT's, with buckets, more than
CloudWatch takes of a metric.
"""

from __future__ import annotations

import contextlib
import os
import sys
from time import process_time
from typing import TYPE_CHECKING, Any

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.resources import Resource

from bench import tree
from heliograph.exporters.emf import EmfMetricExporter
from heliograph.exporters.stdout import StandardOutput
from scripts import pythons

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from opentelemetry.metrics import Meter
    from opentelemetry.sdk.metrics.export import MetricExporter

ROUNDS = 15
SECONDS = 0.02
VALUES = (1, 100, 10_000)
RESOURCE = Resource(
    {
        "service.name": "orders",
        "faas.name": "orders",
        "faas.version": "$LATEST",
        "faas.instance": "2026/11/21/[$LATEST]0123456789abcdef",
        "faas.max_memory": 536_870_912,
        "cloud.provider": "aws",
        "cloud.platform": "aws_lambda",
        "cloud.region": "us-east-1",
        "telemetry.sdk.language": "python",
        "telemetry.sdk.name": "opentelemetry",
        "telemetry.sdk.version": "1.45.2",
    }
)
INVOCATION = {
    "function_request_id": "00000000-0000-0000-0000-000000000001",
    "xray_trace_id": "1-5759e988-bd862e3fe1be46a994272793",
}


class Counted:
    """A place for lines that counts them; what is written is thrown away."""

    def __init__(self) -> None:
        self.stream = open(os.devnull, "w")  # noqa: SIM115 - as long as the process
        self.lines = 0

    def write(self, text: str) -> int:
        """Take a piece of a print."""
        self.lines += text.count("\n")
        return self.stream.write(text)

    def flush(self) -> None:
        """Hand it to the system."""
        self.stream.flush()


def adot() -> type[Any]:
    """Return the exporter that ADOT's layer writes to standard output with."""
    python = pythons.find()["{}.{}".format(*sys.version_info)]
    sys.path.append(str(tree.opt("adot", python) / "python"))
    from amazon.opentelemetry.distro.exporter.aws.metrics import (  # type: ignore[import-not-found]
        console_emf_exporter,
    )

    return console_emf_exporter.ConsoleEmfExporter  # type: ignore[no-any-return]


def counters(meter: Meter, number: int) -> Callable[[], None]:
    """Return what measures `number` increments, each of a counter and a route."""
    made = [meter.create_counter(f"calls.{n}", "{call}") for n in range(min(number, 100))]
    routes = [
        {"route": f"/orders/{n}", "method": "GET", "tier": "gold"}
        for n in range(max(1, number // 100))
    ]

    def measure() -> None:
        for counter in made:
            for route in routes:
                counter.add(1, route)

    return measure


def histogram(meter: Meter, number: int) -> Callable[[], None]:
    """Return what measures `number` different times of one histogram."""
    made = meter.create_histogram("latency", "ms")
    values = [1 + n * 7919 % 10_007 * 0.137 for n in range(number)]

    def measure() -> None:
        for value in values:
            made.record(value, {"route": "/orders"})

    return measure


def works(
    exporter: MetricExporter, measured: Callable[[Meter, int], Callable[[], None]], number: int
) -> tuple[Callable[[], object], Callable[[], object]]:
    """Return the exporter's work alone, and all of it from the measurement on."""
    reader = InMemoryMetricReader(
        preferred_temporality=exporter._preferred_temporality,  # noqa: SLF001 - as SDK readers do
        preferred_aggregation=exporter._preferred_aggregation,  # noqa: SLF001
    )
    provider = MeterProvider([reader], resource=RESOURCE, shutdown_on_exit=False)
    measure = measured(provider.get_meter("bench"), number)
    measure()
    data = reader.get_metrics_data()
    assert data is not None

    def everything() -> None:
        measure()
        collected = reader.get_metrics_data()
        assert collected is not None
        exporter.export(collected)

    return lambda: exporter.export(data), everything


def seconds(work: Callable[[], object]) -> float:
    """Return the CPU time of the work: the mean of a few runs."""
    count, start = 0, process_time()
    while (taken := process_time() - start) < SECONDS or not count:
        work()
        count += 1
    return taken / count


def rows() -> Iterator[tuple[str, int, list[float], list[int]]]:
    """Yield what is measured: name, values, seconds and lines.

    Seconds are those of our exporter, of ADOT's, of all our work, of all of theirs.
    """
    out = Counted()
    null = open(os.devnull, "w")  # noqa: SIM115 - as long as the process
    ours = EmfMetricExporter(StandardOutput(null), properties=lambda: INVOCATION)
    theirs = adot()(namespace="Shop")
    with contextlib.redirect_stdout(out):
        for measured in (counters, histogram):
            for number in VALUES:
                alone, whole = works(ours, measured, number)
                their_alone, their_whole = works(theirs, measured, number)
                lines = [_written(alone, ours), _printed(their_alone, out)]
                timed = (alone, their_alone, whole, their_whole)
                rounds = [[seconds(work) for work in timed] for _ in range(ROUNDS)]
                best = [min(column) for column in zip(*rounds, strict=True)]
                yield measured.__name__, number, best, lines


def _written(work: Callable[[], object], exporter: EmfMetricExporter) -> int:
    """Return how many lines of ours the work writes."""
    written: list[bytes] = []
    sink, exporter._sink = exporter._sink, written.append  # noqa: SLF001 - our own
    work()
    exporter._sink = sink  # noqa: SLF001
    return len(written)


def _printed(work: Callable[[], object], out: Counted) -> int:
    """Return how many lines the work prints."""
    before = out.lines
    work()
    return out.lines - before


def main() -> None:
    """Print the rates side by side."""
    columns = f"{'Heliograph':>14}{'ADOT':>14}{'ratio':>8}"
    told = [
        f"{'':<22}{'exporter: lines a second':>36}{'from the measurement: values':>36}",
        f"{'values':<22}{columns}{columns}",
    ]
    for name, number, (ours, theirs, all_ours, all_theirs), (lines, their_lines) in rows():
        rates = (lines / ours, their_lines / theirs, number / all_ours, number / all_theirs)
        parts = [f"{a:>14,.0f}{b:>14,.0f}{a / b:>8.2f}" for a, b in (rates[:2], rates[2:])]
        told.append(f"{f'{name}, {number:,}':<22}{''.join(parts)}")
    print("\n".join(told))


if __name__ == "__main__":
    main()
