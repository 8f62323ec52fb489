"""Units: from UCUM, as OpenTelemetry writes them, to CloudWatch's closed list (emf spec 5)."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .options import Options, Tell

_SIZES = ("", "Kilo", "Mega", "Giga", "Tera")
_AMOUNTS = tuple(
    (size + noun.lower()).capitalize() for noun in ("Bytes", "Bits") for size in _SIZES
)

CLOUDWATCH = frozenset(
    {"Seconds", "Microseconds", "Milliseconds", "Percent", "Count", "Count/Second", "None"}
    | set(_AMOUNTS)
    | {f"{amount}/Second" for amount in _AMOUNTS}
)
"""Every unit that CloudWatch accepts; any other makes it drop the metric."""


def _names() -> dict[str, str]:
    """Build the table of what has a CloudWatch name at the same scale."""
    table = {
        "ms": "Milliseconds",
        "s": "Seconds",
        "us": "Microseconds",
        "\u00b5s": "Microseconds",  # the micro sign
        "\u03bcs": "Microseconds",  # the Greek letter, which Unicode prefers
        "%": "Percent",
        "1/s": "Count/Second",
        "Hz": "Count/Second",
    }
    for symbol, noun in (("By", "Bytes"), ("bit", "Bits")):
        for prefix, size in zip(("", "k", "M", "G", "T"), _SIZES, strict=True):
            table[prefix + symbol] = (size + noun.lower()).capitalize()
            table[f"{prefix}{symbol}/s"] = table[prefix + symbol] + "/Second"
    for unit in CLOUDWATCH:
        table[unit.replace("/", "Per")] = unit  # the member names of Powertools' enum
        table[unit] = unit
    return table


_NAMES = _names()

_SCALED: dict[str, tuple[str, float]] = {
    "ns": ("Microseconds", 0.001),
    "min": ("Seconds", 60),
    "h": ("Seconds", 3600),
    "d": ("Seconds", 86400),
    "KiBy": ("Bytes", 1024),
    "MiBy": ("Bytes", 1024**2),
    "GiBy": ("Bytes", 1024**3),
    "TiBy": ("Bytes", 1024**4),
}
"""What has a CloudWatch name only at another scale: unit and factor."""

_ANNOTATION = re.compile(r"\{[^{}]*\}(/s)?")


def convert(unit: str | None, options: Options, tell: Tell) -> tuple[str | None, float]:
    """Return CloudWatch's name of a unit, or `None` to leave it out, and the factor for values.

    A unit unknown to CloudWatch would make it drop the metric, so it is left out and told.
    """
    if not unit:
        return None, 1
    if unit == "1":
        return ("Count" if options.one_as_count else None), 1
    name = _NAMES.get(unit)
    if name is not None:
        return name, 1
    if unit in _SCALED:
        return _SCALED[unit] if options.scale_units else (None, 1)
    counted = _ANNOTATION.fullmatch(unit)
    if counted:
        return ("Count/Second" if counted[1] else "Count"), 1
    tell(
        f"emf unit {unit}",
        f"CloudWatch has no unit {unit!r}: the metric is stored without one. It takes "
        f"{', '.join(sorted(CLOUDWATCH))}, or the UCUM form of one of these.",
    )
    return None, 1
