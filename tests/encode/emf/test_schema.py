"""The schema itself: what CloudWatch refuses does not keep to it."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from tests.encode.emf.schema import RECORD, validate

if TYPE_CHECKING:
    from collections.abc import Callable

GOLD = Path(__file__).parents[2] / "gold" / "emf"
WHOLE: dict[str, Any] = {
    "_aws": {
        "Timestamp": 1_609_459_200_000,
        "CloudWatchMetrics": [
            {
                "Namespace": "Shop",
                "Dimensions": [["service"], []],
                "Metrics": [{"Name": "m", "Unit": "Count", "StorageResolution": 1}],
            }
        ],
    },
    "service": "orders",
    "m": {"Values": [1], "Counts": [2.0], "Max": 1, "Min": 1, "Count": 2, "Sum": 2},
}


def test_a_schema_at_all() -> None:
    """The schema is one, and takes a record with every member that there is."""
    jsonschema.Draft202012Validator.check_schema(RECORD.schema)
    validate(WHOLE)


def place(record: dict[str, Any]) -> dict[str, Any]:
    """Return the directive."""
    return record["_aws"]["CloudWatchMetrics"][0]


def put(*path: Any) -> Callable[[dict[str, Any]], None]:
    """Set a member: the path to it, and its value."""

    def change(record: dict[str, Any]) -> None:
        here: Any = record
        for step in path[:-2]:
            here = here[step]
        here[path[-2]] = path[-1]

    return change


WRONG: dict[str, Callable[[dict[str, Any]], object]] = {
    "no _aws": lambda record: record.pop("_aws"),
    "no time": lambda record: record["_aws"].pop("Timestamp"),
    "time as text": put("_aws", "Timestamp", "1609459200000"),
    "time as float": put("_aws", "Timestamp", 1.5),
    "no directive": put("_aws", "CloudWatchMetrics", []),
    "no namespace": lambda record: place(record).pop("Namespace"),
    "blank namespace": lambda record: place(record).update(Namespace="  "),
    "namespace of AWS": lambda record: place(record).update(Namespace="AWS/Lambda"),
    "namespace with a colon": lambda record: place(record).update(Namespace=":x"),
    "long namespace": lambda record: place(record).update(Namespace="n" * 256),
    "no dimensions": lambda record: place(record).pop("Dimensions"),
    "no dimension set": lambda record: place(record).update(Dimensions=[]),
    "a set twice": lambda record: place(record).update(Dimensions=[["service"]] * 2),
    "a dimension twice": lambda record: place(record).update(Dimensions=[["service"] * 2]),
    "31 dimensions": lambda record: place(record).update(Dimensions=[[str(n) for n in range(31)]]),
    "blank dimension": lambda record: place(record).update(Dimensions=[[" "]]),
    "dimension with a colon": lambda record: place(record).update(Dimensions=[[":d"]]),
    "absent dimension": lambda record: place(record).update(Dimensions=[["absent"]]),
    "dimension value of a number": put("service", 7),
    "blank dimension value": put("service", " "),
    "dimension value with a newline": put("service", "a\nb"),
    "dimension value that is not ASCII": put("service", "\u00fc"),
    "long dimension value": put("service", "v" * 1025),
    "no metrics": lambda record: place(record).update(Metrics=[]),
    "101 metrics": lambda record: place(record).update(
        Metrics=[{"Name": f"m{n}"} for n in range(101)]
    ),
    "a metric twice": lambda record: place(record).update(Metrics=[{"Name": "m"}] * 2),
    "metric without a name": lambda record: place(record).update(Metrics=[{}]),
    "metric named _aws": lambda record: place(record).update(Metrics=[{"Name": "_aws"}]),
    "long metric name": lambda record: place(record).update(Metrics=[{"Name": "n" * 256}]),
    "absent metric": lambda record: record.pop("m"),
    "unit": lambda record: place(record)["Metrics"][0].update(Unit="Kilometers"),
    "resolution": lambda record: place(record)["Metrics"][0].update(StorageResolution=5),
    "value as text": put("m", "1"),
    "value true": put("m", True),
    "value too large": put("m", 2**361),
    "no values": put("m", []),
    "101 values": put("m", [1] * 101),
    "value in a value": put("m", [[1]]),
    "statistics without a count": lambda record: record["m"].pop("Count"),
    "statistics without a sum": lambda record: record["m"].pop("Sum"),
    "values without counts": lambda record: record["m"].pop("Counts"),
    "101 values with counts": put("m", "Values", [1] * 101),
    "other statistics": put("m", "Median", 1),
    "no count at all": put("m", "Count", 0),
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_what_cloudwatch_refuses(change: Callable[[dict[str, Any]], object]) -> None:
    """A record that breaks one rule does not keep to the schema."""
    record = copy.deepcopy(WHOLE)
    change(record)
    with pytest.raises(jsonschema.ValidationError):
        validate(json.loads(json.dumps(record)))
