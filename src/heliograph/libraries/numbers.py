"""Versions of libraries, compared by their numbers: `packaging` takes ten milliseconds of init."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def within(version: str, wanted: str) -> bool:
    """Tell whether a version is within what is wanted: ">= 2.0, < 4.0" or "~= 3.0"."""
    have = numbers(version)
    for part in wanted.split(","):
        sign, _, text = part.strip().partition(" ")
        bound = numbers(text)
        if sign == "<":
            fine = have < bound
        else:
            fine = have >= bound and (sign == ">=" or have[:1] == bound[:1])
        if not fine:
            return False
    return True


def numbers(version: str) -> tuple[int, ...]:
    """Return the numbers that a version begins with, without zeros at the end."""
    found = [int(number) for number in _leading(version)]
    while found[1:] and not found[-1]:
        found.pop()
    return tuple(found)


def _leading(version: str) -> Iterator[str]:
    for part in version.split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            return
        yield digits
        if digits != part:
            return
