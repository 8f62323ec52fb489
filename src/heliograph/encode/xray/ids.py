"""Trace and span ids in X-Ray's form (xray spec 2.1)."""

from __future__ import annotations


def trace_id(value: int) -> str:
    """Return `1-` + 8 hex + `-` + 24 hex. The first part need not be a time (xray spec 2.1)."""
    text = f"{value:032x}"
    return f"1-{text[:8]}-{text[8:]}"


def span_id(value: int) -> str:
    """Return 16 hex digits."""
    return f"{value:016x}"
