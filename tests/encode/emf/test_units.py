"""Units, row by row of the emf spec 5."""

from __future__ import annotations

import pytest

from heliograph.encode.emf import Options
from heliograph.encode.emf.units import CLOUDWATCH, convert

SCALING = Options(scale_units=True)


def converted(unit: str | None, options: Options = Options()) -> tuple[str | None, float, int]:  # noqa: B008 - never changed
    """The unit, the factor, and how many lines were told."""
    told: list[str] = []
    name, factor = convert(unit, options, lambda topic, line: told.append(line))
    return name, factor, len(told)


def test_cloudwatchs_own() -> None:
    """Every unit of CloudWatch stays, and so does the name that Powertools' enum has for it."""
    as_they_are = {unit: (unit, 1, 0) for unit in CLOUDWATCH}
    assert {unit: converted(unit) for unit in CLOUDWATCH} == as_they_are
    assert {unit: converted(unit.replace("/", "Per")) for unit in CLOUDWATCH} == as_they_are
    assert len(CLOUDWATCH) == 27


@pytest.mark.parametrize(
    ("unit", "name"),
    [
        (None, None), ("", None), ("1", None), ("ms", "Milliseconds"), ("s", "Seconds"),
        ("us", "Microseconds"), ("\u00b5s", "Microseconds"), ("\u03bcs", "Microseconds"),
        ("%", "Percent"), ("1/s", "Count/Second"), ("Hz", "Count/Second"),
        ("{x}/s", "Count/Second"),
        ("{request}", "Count"), ("{}", "Count"), ("By", "Bytes"), ("bit", "Bits"),
        ("kBy", "Kilobytes"), ("MBy", "Megabytes"), ("GBy", "Gigabytes"), ("TBy", "Terabytes"),
        ("kbit", "Kilobits"), ("Mbit", "Megabits"), ("Gbit", "Gigabits"), ("Tbit", "Terabits"),
        ("By/s", "Bytes/Second"), ("GBy/s", "Gigabytes/Second"), ("kbit/s", "Kilobits/Second"),
        ("ns", None), ("min", None), ("h", None), ("d", None), ("KiBy", None), ("TiBy", None),
    ],
)  # fmt: skip
def test_ucum(unit: str | None, name: str | None) -> None:
    """UCUM's units get CloudWatch's name, or none, without a word."""
    assert converted(unit) == (name, 1, 0)


@pytest.mark.parametrize(
    ("unit", "name", "factor"),
    [
        ("ns", "Microseconds", 0.001), ("min", "Seconds", 60), ("h", "Seconds", 3600),
        ("d", "Seconds", 86400), ("KiBy", "Bytes", 1024), ("MiBy", "Bytes", 1024**2),
        ("GiBy", "Bytes", 1024**3), ("TiBy", "Bytes", 1024**4), ("ms", "Milliseconds", 1),
    ],
)  # fmt: skip
def test_scaled(unit: str, name: str, factor: float) -> None:
    """Those of another scale are converted if that is asked for."""
    assert converted(unit, SCALING) == (name, factor, 0)


@pytest.mark.parametrize(
    "unit", ["furlong", "Kilometers", "milliseconds", "{a}{b}", "By/min", " s"]
)
def test_unknown(unit: str) -> None:
    """Any other would cost the metric: it is left out, and told."""
    assert converted(unit) == (None, 1, 1)
