"""How old an event is: the time of its cause, in any form that AWS writes (triggers spec 6).

A time that cannot be read, or that is older than 2001 as those of samples are, is none. One of the
future is now: clocks differ.
"""

from __future__ import annotations

from math import isfinite

TYPE_CHECKING = False
if TYPE_CHECKING:
    Times = tuple[str, object, object]

EARLIEST_NS = 978_307_200 * 10**9
"""The year 2001."""
LATEST_NS = 2**62
UNITS = {"s": 10**9, "ms": 10**6, "us": 10**3}


def attributes(times: Times, start: int) -> dict[str, object]:
    """Return the ages of an event, in milliseconds before `start`.

    Args:
        times: Form, the first record's time, and the last one's or None.
        start: Start of the invocation, epoch nanoseconds.
    """
    found = _known(times, start)
    if not found:
        return {}
    told: dict[str, object] = {"heliograph.event.age_ms": (start - min(found)) // 1_000_000}
    if times[2] is not None:
        told["heliograph.event.newest_age_ms"] = (start - max(found)) // 1_000_000
    return told


def oldest_ns(times: Times, start: int) -> int | None:
    """Return the oldest time in epoch nanoseconds, never after `start`; None if there is none."""
    return min(_known(times, start), default=None)


def _known(times: Times, start: int) -> list[int]:
    form, *values = times
    found = [_iso(value) if form == "iso" else _number(value, UNITS[form]) for value in values]
    return [min(one, start) for one in found if one is not None and one >= EARLIEST_NS]


def _number(value: object, unit: int) -> int | None:
    if type(value) is str:
        value = int(value) if value.isascii() and value.isdigit() else None
    if type(value) is float:
        value = value if isfinite(value) and 0 <= value * unit < LATEST_NS else None
    if type(value) not in (int, float):
        return None
    found = int(value * unit)  # type: ignore[operator] # a number
    return found if 0 <= found < LATEST_NS else None


def _iso(value: object) -> int | None:
    """Read `2026-11-24T10:00:00.123Z`, with any offset; `fromisoformat` of 3.10 takes few."""
    if type(value) is not str or len(value) < 19 or value[10:11] not in ("T", " "):
        return None
    from datetime import datetime, timezone

    fraction, offset = "", value[19:]
    if offset.startswith("."):
        digits = len(offset[1:]) - len(offset[1:].lstrip("0123456789"))
        fraction, offset = offset[1 : 1 + digits], offset[1 + digits :]
    minutes = _offset(offset)
    parts = value[:10].split("-") + value[11:19].split(":")
    if minutes is None or len(parts) != 6 or not all(map(_is_digits, parts)):
        return None
    year, month, day, hour, minute, second = map(int, parts)
    try:
        found = datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)
    except ValueError:
        return None
    whole = int(found.timestamp()) - minutes * 60
    return whole * 10**9 + int((fraction + "0" * 9)[:9])


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _offset(text: str) -> int | None:
    """Return the minutes of `Z`, `+0100` or `+01:00`; None for anything else."""
    if text in ("", "Z", "z"):
        return 0
    digits = text[1:].replace(":", "")
    if text[0] not in "+-" or len(digits) != 4 or not _is_digits(digits):
        return None
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return -minutes if text[0] == "-" else minutes
