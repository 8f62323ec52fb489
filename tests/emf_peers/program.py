"""The same measurements through four doors: `program.py powertools|embedded|door|otel`.

Prints the lines of each case after a line with its name, and a line for what a library refused.
"""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from heliograph.testing import FakeContext

if TYPE_CHECKING:
    from collections.abc import Callable

    Measurement = tuple[str, Any, str, int]

SPACE, SERVICE = "Shop", "orders"


@dataclass(frozen=True)
class Batch:
    """Measurements that have dimensions in common.

    Attributes:
        measurements: Name, value, CloudWatch unit and resolution of each.
        dimensions: Besides `service`.
        sets: Dimension sets, if there is more than the one of all of them.
        properties: What shall be found in the log, and is no dimension.
        counted: Whether OpenTelemetry's instrument for it is a counter, not a histogram.
    """

    measurements: list[Measurement]
    dimensions: dict[str, str] = field(default_factory=dict)
    sets: list[list[str]] | None = None
    properties: dict[str, str] = field(default_factory=dict)
    counted: bool = False

    @property
    def named(self) -> dict[str, str]:
        """All dimensions."""
        return {"service": SERVICE, **self.dimensions}


def values(name: str, *numbers: float, unit: str = "Milliseconds") -> list[Measurement]:
    """Values of one metric."""
    return [(name, number, unit, 60) for number in numbers]


AMOUNTS = [
    f"{size}{noun}" for size in ("Kilo", "Mega", "Giga", "Tera") for noun in ("bits", "bytes")
]
UNITS = ["Seconds", "Microseconds", "Milliseconds", "Percent", "Count", "Count/Second", "None"]
UNITS += [unit + per for unit in ("Bytes", "Bits", *AMOUNTS) for per in ("", "/Second")]
MANY = [number / 8 for number in range(295)]

BATCHES = {
    "one value": Batch(values("sales", 1, unit="Count"), {"tier": "gold"}),
    "several values": Batch(values("latency", 12.5, 14, 14, -3, 1e-9)),
    "numbers": Batch(values("size", 0, 2**53, -0.1, 1e99, 1 / 3, unit="Bytes")),
    "every unit": Batch([(f"m{n}", n, unit, 60) for n, unit in enumerate(UNITS)]),
    "high resolution": Batch([("fast", 1, "Count", 1), ("slow", 2, "Count", 60)]),
    "295 metrics": Batch([(f"m{n}", n, "Count", 60) for n in range(295)]),
    "295 values": Batch(values("latency", *MANY)),
    "30 metrics of 295 values": Batch(
        [one for n in range(30) for one in values(f"m{n}", *MANY)], {"tier": "gold"}
    ),
    "one value beside many": Batch([*values("one", 7), *values("many", *MANY, *MANY)]),
    "two sets": Batch(
        values("latency", 12, 13), {"tier": "gold", "stage": "prod"},
        sets=[["service", "tier", "stage"], ["tier"]],
    ),
    "a set twice": Batch(
        values("latency", 12), {"tier": "gold"}, sets=[["service", "tier"], ["tier"], ["tier"]]
    ),
    "a property": Batch(values("latency", 12, 13), {"tier": "gold"}, properties={"user": "u1"}),
    "a property named like the metric": Batch(
        values("latency", 12, 13), {"tier": "gold"}, properties={"latency": "x"}
    ),
    "a dimension named like the metric": Batch(values("latency", 12), {"latency": "x"}),
    "a dimension that is not ASCII": Batch(values("latency", 12), {"city": "Z\u00fcrich"}),
    "31 dimensions": Batch(values("latency", 12), {f"k{n:02}": "v" for n in range(30)}),
    "not a number": Batch([*values("odd", float("nan")), *values("latency", 12)]),
    "beyond 2^360": Batch([*values("odd", 1e200), *values("latency", 12)]),
    "unknown unit": Batch([*values("odd", 3, unit="Kilometers"), *values("latency", 12)]),
    "two units": Batch([("size", 1, "Bytes", 60), ("size", 2, "Kilobytes", 60)]),
    "two resolutions": Batch([("odd", 1, "Count", 60), ("odd", 2, "Count", 1)]),
    "counted": Batch(values("sales", 1, 1, 2, unit="Count"), {"tier": "gold"}, counted=True),
    "capitals": Batch(values("OrderValue", 5, unit="None"), {"Tier": "Gold"}),
}  # fmt: skip


# -- the doors -------------------------------------------------------------------------------------


class Told:
    """Prints the name of what is raised within."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, *of: object) -> bool:
        if kind is not None:
            print("!", kind.__name__)
        return True


told = Told()


@cache
def powertools() -> Any:
    from aws_lambda_powertools import Metrics

    return Metrics(namespace=SPACE, service=SERVICE)


def by_powertools(batch: Batch) -> None:
    """`Metrics`: the first set is that of `add_dimension`, and `service`."""
    metrics = powertools()
    first, *others = batch.sets or [[*batch.dimensions]]
    for key in [key for key in first if key != "service"]:
        with told:
            metrics.add_dimension(key, batch.dimensions[key])
    for keys in others:
        with told:
            metrics.add_dimensions(**{key: batch.named[key] for key in keys})
    for key, value in batch.properties.items():
        metrics.add_metadata(key, value)
    for name, value, unit, resolution in batch.measurements:
        with told:
            metrics.add_metric(name, unit, value, resolution)
    with told:
        metrics.flush_metrics()
    metrics.clear_metrics()


def by_embedded(batch: Batch, *, use_default: bool = False) -> None:
    """The logger of aws-embedded-metrics, with dimensions of the function's own."""
    from aws_embedded_metrics.logger.metrics_logger_factory import create_metrics_logger
    from aws_embedded_metrics.storage_resolution import StorageResolution

    logger = create_metrics_logger()
    logger.set_namespace(SPACE)
    sets = [{key: batch.named[key] for key in keys} for keys in batch.sets or [[*batch.named]]]
    with told:
        logger.set_dimensions(*sets, use_default=use_default)
    for key, value in batch.properties.items():
        logger.set_property(key, value)
    for name, value, unit, resolution in batch.measurements:
        with told:
            logger.put_metric(name, value, unit, StorageResolution(resolution))
    with told:
        logger.flush_sync()


def by_door(batch: Batch) -> None:
    """`heliograph.metric`."""
    import heliograph

    sets = batch.sets or ([[*batch.named]] if batch.properties else None)
    for name, value, unit, resolution in batch.measurements:
        heliograph.metric(
            name, value, unit=unit, resolution=resolution, dimension_sets=sets,
            **batch.dimensions, **batch.properties,
        )  # fmt: skip
    heliograph.flush()


def by_otel(batch: Batch) -> None:
    """Instruments of OpenTelemetry's API, under Heliograph."""
    from opentelemetry import metrics

    import heliograph

    meter = metrics.get_meter("app")
    sets = batch.sets or ([[*batch.named]] if batch.properties else None)
    for name, value, unit, resolution in batch.measurements:
        attributes: dict[str, Any] = {**batch.dimensions, **batch.properties}
        if resolution == 1:
            attributes["aws.emf.storage_resolution"] = 1
        if sets:
            attributes["aws.emf.dimension_sets"] = str(sets).replace("'", '"')
        if batch.counted:
            meter.create_counter(name, unit).add(value, attributes)
        else:
            meter.create_histogram(name, unit).record(value, attributes)
    heliograph.flush()


# -- what is more than measurements ----------------------------------------------------------------


def handlers(kind: str) -> dict[str, Callable[[Any, Any], object]]:
    """Handlers that measure, instrumented as each library says: one fails, one counts its start."""
    if kind == "powertools":
        metrics = powertools()

        @metrics.log_metrics
        def failing(event: object, context: object) -> None:
            metrics.add_metric("latency", "Milliseconds", 12)
            raise LookupError

        @metrics.log_metrics(capture_cold_start_metric=True)
        def starting(event: object, context: object) -> None:
            metrics.add_metric("latency", "Milliseconds", 12)

        return {"a handler that fails": failing, "a cold start": starting}
    if kind == "embedded":
        from aws_embedded_metrics import metric_scope

        @metric_scope
        def scoped(event: object, context: object, metrics: Any) -> None:
            metrics.set_namespace(SPACE)
            metrics.set_dimensions({"service": SERVICE})
            metrics.put_metric("latency", 12, "Milliseconds")
            raise LookupError

        return {"a handler that fails": scoped}
    import heliograph

    @heliograph.wrap
    def wrapped(event: object, context: Any) -> None:
        heliograph.metric("latency", 12, unit="Milliseconds")
        raise LookupError

    @heliograph.wrap
    def counting(event: object, context: Any) -> None:
        name = context.function_name
        heliograph.metric("ColdStart", 1, unit="Count", function_name=name)
        heliograph.metric("latency", 12, unit="Milliseconds")

    return {"a handler that fails": wrapped, "a cold start": counting}


DOORS = {
    "powertools": by_powertools,
    "embedded": by_embedded,
    "door": by_door,
    "otel": by_otel,
}


def main(kind: str) -> None:
    """Play every case."""
    import heliograph

    if kind in ("door", "otel"):
        heliograph.configure(traces_exporters="none", emf_namespace=SPACE)
    for name, handler in handlers(kind).items() if kind != "otel" else ():
        print("#", name, flush=True)
        with contextlib.suppress(LookupError):
            handler({}, FakeContext(function_name="orders"))
        heliograph.flush()
    for name, batch in BATCHES.items():
        print("#", name, flush=True)
        DOORS[kind](batch)
    if kind == "embedded":
        print("# default dimensions", flush=True)
        by_embedded(BATCHES["one value"], use_default=True)
    elif kind == "door":
        print("# default dimensions", flush=True)
        by_door(BATCHES["one value"])


if __name__ == "__main__":
    main(sys.argv[1])
