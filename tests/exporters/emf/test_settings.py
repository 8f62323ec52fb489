"""What users choose of EMF, in the environment and per measurement, as it reaches the lines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.metrics import Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource

from heliograph.exporters import Setup
from heliograph.exporters.emf import metric_exporter
from heliograph.settings.config import Config

if TYPE_CHECKING:
    from collections.abc import Callable

RESOURCE = {
    "service.name": "orders", "deployment.environment.name": "prod", "faas.instance": "i-1",
    "process.pid": 7,
}  # fmt: skip
ATTRIBUTES = {"tier": "gold", "user.id": "u1"}


@pytest.fixture
def measured(capfd: pytest.CaptureFixture[str]) -> Callable[..., list[dict[str, Any]]]:
    """Measure under some variables of the environment; return the records on standard output."""

    def measure(environ: dict[str, str], record: Callable[[Any], object]) -> list[dict[str, Any]]:
        exporter = metric_exporter(Setup(Config.read(environ)))
        reader = PeriodicExportingMetricReader(exporter, export_interval_millis=float("inf"))
        provider = MeterProvider([reader], resource=Resource(RESOURCE), shutdown_on_exit=False)
        record(provider.get_meter("app"))
        assert provider.force_flush()
        return [json.loads(line) for line in capfd.readouterr().out.splitlines() if line]

    return measure


def latency(meter: Any, value: float = 12, unit: str = "ms", **attributes: Any) -> None:
    """Measure something that has a tier and a user."""
    meter.create_histogram("latency", unit).record(value, {**ATTRIBUTES, **attributes})


def shown(record: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """A record's dimension sets, and its members besides `_aws`."""
    [directive] = record["_aws"]["CloudWatchMetrics"]
    return directive["Dimensions"], {key: record[key] for key in record if key != "_aws"}


SHARED = {"service.name": "orders", "deployment.environment.name": "prod"}
PLAIN = {"service": "orders", "tier": "gold", "user.id": "u1", "latency": 12}


@pytest.mark.parametrize(
    ("environ", "sets", "members"),
    [
        pytest.param({}, [["service", "tier", "user.id"]], SHARED, id="default"),
        pytest.param({"PROPERTIES": "user.*"}, [["service", "tier"]], SHARED, id="properties"),
        pytest.param({"PROPERTIES": "*"}, [["service"]], SHARED, id="all properties"),
        pytest.param({"PROPERTIES": "*, !tier"}, [["service", "tier"]], SHARED, id="all but one"),
        pytest.param(
            {"DIMENSIONS": "[[service],[tier,deployment.environment.name]]"},
            [["service"], ["tier", "deployment.environment.name"]], SHARED, id="sets",
        ),
        pytest.param(
            {"METRIC_DIMENSIONS": "x*=[[]]; lat*=[[tier]]", "DIMENSIONS": "[[service]]"},
            [["tier"]], SHARED, id="sets of a metric",
        ),
        pytest.param(
            {"DEFAULT_DIMENSIONS": "service=service.name, stage = deployment.environment.name,"
             "process.pid,absent", "PROPERTIES": "*"},
            [["process.pid", "service", "stage"]],
            {**SHARED, "stage": "prod", "process.pid": "7"}, id="default dimensions",
        ),
        pytest.param(
            {"DEFAULT_DIMENSIONS": "none", "PROPERTIES": "*"}, [[]],
            {**SHARED, "service": None}, id="no default dimensions",
        ),
        pytest.param(
            {"RESOURCE_PROPERTIES": "none"}, [["service", "tier", "user.id"]], {},
            id="no resource",
        ),
        pytest.param(
            {"RESOURCE_PROPERTIES": "*"}, [["service", "tier", "user.id"]], RESOURCE,
            id="whole resource",
        ),
        pytest.param(
            {"OPTIONS": "rollup_zero,rollup_single", "PROPERTIES": "user.id"},
            [["service", "tier"], [], ["service"], ["tier"]], SHARED, id="rollup",
        ),
        pytest.param(
            {"OPTIONS": "STATS_ONLY"}, [["service", "tier", "user.id"]],
            {**SHARED, "latency": {"Max": 12, "Min": 12, "Count": 1, "Sum": 12}}, id="stats_only",
        ),
    ],
)  # fmt: skip
def test_setting(measured: Any, environ: Any, sets: Any, members: dict[str, Any]) -> None:
    """Each variable has the effect on sets and members that its row promises."""
    environ = {f"HELIOGRAPH_EMF_{name}": value for name, value in environ.items()}
    [record] = measured(environ, latency)
    expected = {key: value for key, value in {**PLAIN, **members}.items() if value is not None}
    assert shown(record) == (sets, expected)


@pytest.mark.parametrize(
    ("word", "unit", "written"),
    [
        pytest.param("", "min", ({"Name": "latency"}, 3), id="no unit"),
        pytest.param(
            "scale_units", "min", ({"Name": "latency", "Unit": "Seconds"}, 180), id="scaled"
        ),
        pytest.param("", "1", ({"Name": "latency"}, 3), id="one"),
        pytest.param(
            "one_as_count", "1", ({"Name": "latency", "Unit": "Count"}, 3), id="one as count"
        ),
    ],
)
def test_units(measured: Any, word: str, unit: str, written: Any) -> None:
    """Units without a name of CloudWatch's are left out, unless a word asks for more."""
    [record] = measured(
        {"HELIOGRAPH_EMF_OPTIONS": word}, lambda meter: latency(meter, 3, unit=unit)
    )
    [directive] = record["_aws"]["CloudWatchMetrics"]
    assert (directive["Metrics"][0], record["latency"]) == written


@pytest.mark.parametrize(("word", "records"), [("", 1), ("drop_zeros", 0)])
def test_idle_counters(measured: Any, word: str, records: int) -> None:
    """An observed counter that stands still says 0, unless zeros are not wanted."""

    def record(meter: Any) -> None:
        meter.create_observable_counter("seen", [lambda _: [Observation(0)]])

    assert len(measured({"HELIOGRAPH_EMF_OPTIONS": word}, record)) == records


@pytest.mark.parametrize(
    ("wish", "sets"),
    [
        pytest.param('[["service"],["service","tier"]]', [["service"], ["service", "tier"]],
                     id="text"),
        pytest.param((("tier",), ()), [["tier"], []], id="tuples"),
        pytest.param("[[]]", [[]], id="none"),
        pytest.param('[["tier"],["user.id","tier"],["tier","user.id"],["absent"]]',
                     [["tier"], ["user.id", "tier"]], id="those that fit, each once"),
    ],
)  # fmt: skip
def test_sets_of_a_measurement(measured: Any, wish: Any, sets: Any) -> None:
    """The measurement's own sets count before every setting; what is in none is a property."""
    environ = {"HELIOGRAPH_EMF_DIMENSIONS": "[[user.id]]"}
    [record] = measured(environ, lambda meter: latency(meter, **{"aws.emf.dimension_sets": wish}))
    used = {key for keys in sets for key in keys}
    service = {} if "service" in used else {"service": None}
    expected = {k: v for k, v in {**PLAIN, **SHARED, **service}.items() if v is not None}
    assert shown(record) == (sets, {**expected, **({"service": "orders"} if service else {})})


@pytest.mark.parametrize(
    "wish",
    ["service", "[1]", '[["a",1]]', "[", "[]", "[" * 100_000, (), 7, True, ("a",), (("a", 1),)],
    ids=lambda wish: repr(wish)[:20],
)
def test_sets_that_are_none(measured: Any, caplog: pytest.LogCaptureFixture, wish: Any) -> None:
    """A wish that makes no sense is told and costs nothing else; it is never in the line."""
    [record] = measured({}, lambda meter: latency(meter, **{"aws.emf.dimension_sets": wish}))
    assert shown(record) == ([["service", "tier", "user.id"]], {**PLAIN, **SHARED})
    [line] = caplog.messages
    assert line.startswith("heliograph: aws.emf.dimension_sets of metric 'latency' is ")


def test_a_default_dimension_that_is_nowhere(
    measured: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """A default dimension without its attribute is told, and metrics go without it."""
    environ = {"HELIOGRAPH_EMF_DEFAULT_DIMENSIONS": "service=service.name,stage"}
    [record] = measured(environ, latency)
    assert shown(record) == ([["service", "tier", "user.id"]], {**PLAIN, **SHARED})
    assert caplog.messages == [
        "heliograph: the resource has no attribute 'stage' for the default dimension 'stage'."
    ]


def test_extraction_can_be_switched_off(measured: Any) -> None:
    """Under aws-embedded-metrics' variable a line has the values, and nothing for CloudWatch."""
    environ = {"AWS_EMF_DISABLE_METRIC_EXTRACTION": "true"}
    assert measured(environ, latency) == [{**PLAIN, **SHARED}]


def test_measurements_choose_apart(measured: Any, cloudwatch: Any) -> None:
    """Two measurements of one metric may have different sets and resolutions: none is lost."""

    def record(meter: Any) -> None:
        latency(meter, 1, **{"aws.emf.dimension_sets": '[["tier"]]'})
        latency(meter, 2, **{"aws.emf.dimension_sets": '[["service"],["tier"]]'})
        latency(meter, 4, **{"aws.emf.storage_resolution": 1})

    lines = [json.dumps(one).encode() + b"\n" for one in measured({}, record)]
    found = {(dict(k[1]).get("tier"), len(k[1]), k[4]): v.sum for k, v in cloudwatch(lines).items()}
    assert found == {("gold", 1, 60): 3, (None, 1, 60): 2, ("gold", 3, 1): 4}
