"""The JSON schema of an EMF record, and of the members that its directives point to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema

if TYPE_CHECKING:
    from collections.abc import Iterable

SCHEMA = json.loads(Path(__file__).with_name("record.schema.json").read_text(encoding="utf-8"))


def _part(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]})


RECORD = jsonschema.Draft202012Validator(SCHEMA)
TARGET, DIMENSION = _part("target"), _part("dimensionValue")


def validate(record: dict[str, Any]) -> None:
    """Check a record, and what its metrics and dimensions are in it.

    Raises:
        jsonschema.ValidationError: Something is not as CloudWatch takes it.
    """
    RECORD.validate(record)
    for directive in record["_aws"]["CloudWatchMetrics"]:
        for metric in directive["Metrics"]:
            TARGET.validate(record.get(metric["Name"]))
        for key in {key for keys in directive["Dimensions"] for key in keys}:
            DIMENSION.validate(record.get(key))


def validate_lines(lines: Iterable[bytes]) -> None:
    """Check every line."""
    for line in lines:
        validate(json.loads(line))
