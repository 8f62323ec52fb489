"""Lines in the embedded metric format → rows, as CloudWatch counts them."""

from __future__ import annotations

import json

import pytest

from heliograph.lab.emf import Row, is_record, metrics


def record(value: object, *, dimensions=(("service",),), unit="Milliseconds", **members) -> str:
    """Return a record with the metric `latency` of the service `orders`."""
    definition = {"Name": "latency", "Unit": unit} if unit else {"Name": "latency"}
    directive = {"Namespace": "Shop", "Dimensions": dimensions, "Metrics": [definition]}
    meta = {"Timestamp": 1_700_000_000_000, "CloudWatchMetrics": [directive]}
    return json.dumps({"_aws": meta, "service": "orders", "latency": value, **members})


def figures(row: Row) -> tuple[float | None, ...]:
    """Return count, minimum, average, median and maximum of a row."""
    return (row.count, row.minimum, row.average, row.p50, row.maximum)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(12.5, (1, 12.5, 12.5, 12.5, 12.5), id="number"),
        pytest.param(0, (1, 0, 0, 0, 0), id="zero"),
        pytest.param([3, 1, 2], (3, 1, 2, 2, 3), id="array"),
        pytest.param([1, 2, 3, 100], (4, 1, 26.5, 2, 100), id="array-even"),
        pytest.param({"Values": [10, 20], "Counts": [9, 1]}, (10, 10, 11, 10, 20), id="counts"),
        pytest.param({"Values": [1, 2]}, (2, 1, 1.5, 1, 2), id="counts-left-out"),
        pytest.param(
            {"Values": [5], "Counts": [4], "Min": 4, "Max": 6, "Sum": 22, "Count": 4},
            (4, 4, 5.5, 5, 6),
            id="values-and-statistics",
        ),
        pytest.param(
            {"Min": 1, "Max": 9, "Sum": 20, "Count": 4}, (4, 1, 5, None, 9), id="statistics-only"
        ),
    ],
)
def test_reads_every_form_of_a_value(value, expected):
    """A number, an array, values with counts, statistics: each counts as in CloudWatch."""
    found = metrics([record(value)])

    assert found.problems == []
    (row,) = found.rows
    assert (row.namespace, row.metric, row.unit) == ("Shop", "latency", "Milliseconds")
    assert row.dimensions == {"service": "orders"}
    assert figures(row) == expected


def test_lines_add_up():
    """The same metric with the same dimensions is one row, however many lines it came in."""
    found = metrics(["plain", record(1), '{"json": "log"}', record([2, 9]), record(7, service="x")])

    assert [(row.dimensions["service"], *figures(row)) for row in found.rows] == [
        ("orders", 3, 1, 4, 2, 9),
        ("x", 1, 7, 7, 7, 7),
    ]


def test_statistics_take_the_median_away():
    """Once statistics without values are in a row, nobody can know its median."""
    (row,) = metrics([record(1), record({"Min": 1, "Max": 9, "Sum": 20, "Count": 4})]).rows

    assert figures(row) == (5, 1, 4.2, None, 9)


def test_every_dimension_set_is_a_metric():
    """Two sets of dimensions are two rows; without a unit it is None."""
    found = metrics([record(1, dimensions=[["service"], []], unit=None)])

    assert [(row.dimensions, row.unit) for row in found.rows] == [
        ({"service": "orders"}, "None"),
        ({}, "None"),
    ]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        pytest.param(record("fast"), "metric 'latency' is 'fast'", id="string"),
        pytest.param(record(True), "metric 'latency' is True", id="bool"),
        pytest.param(record(float("nan")), "metric 'latency' is nan", id="nan"),
        pytest.param(record([]), "metric 'latency' is []", id="empty"),
        pytest.param(record([1, "x"]), "metric 'latency' is [1, 'x']", id="mixed"),
        pytest.param(record({"Values": [1], "Counts": [1, 2]}), "metric 'latency'", id="uneven"),
        pytest.param(record({"Values": [1], "Sum": "x"}), "metric 'latency'", id="sum"),
        pytest.param(record({"Min": 1}), "metric 'latency' is {'Min': 1}", id="half-statistics"),
        pytest.param(record(1, service=5), "dimension 'service' is 5, no string", id="dimension"),
        pytest.param(record(1, dimensions=["service"]), "Dimensions", id="dimensions"),
        pytest.param('{"_aws": 5}', "CloudWatchMetrics", id="meta"),
        pytest.param(
            '{"_aws": {"Timestamp": 1.5, "CloudWatchMetrics": []}}', "Timestamp 1.5", id="timestamp"
        ),
        pytest.param(
            record(1).replace('[{"Name"', '[7, {"Nome"'), "definition 7 is no object", id="def"
        ),
    ],
)
def test_tells_what_cloudwatch_leaves_out(line, problem):
    """What CloudWatch drops without a word is no row, and is said."""
    found = metrics([line])

    assert found.rows == []
    assert found.problems[0].startswith(problem) or problem in found.problems[0]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param(record(1), True, id="record"),
        pytest.param('{"_aws": 5}', True, id="wrong-record"),
        pytest.param('{"a": "_aws"}', False, id="other-json"),
        pytest.param('{"_aws"', False, id="broken"),
        pytest.param('say "_aws"', False, id="text"),
    ],
)
def test_knows_a_record(line, expected):
    """Records are told from the rest of the log."""
    assert is_record(line) is expected
