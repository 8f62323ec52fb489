"""Trace headers between services, and the segments that the Lambda service sends of itself.

Which trace an invocation belongs to is for its source to say (triggers spec 4.4): a caller's header
is passed on, except through a queue, whose mapping begins a trace of its own.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from ..invocation import new_trace_header
from .names import arn

NAMED = ("root", "parent", "sampled", "self")


@dataclass(frozen=True)
class Facade:
    """The segment of an invocation that Lambda itself sends, and what the function hears of it."""

    header: str
    """The invocation's own: names this segment as the parent."""
    segment_id: str
    trace_id: str
    parent_id: str | None
    """The span of the caller, if it sent one."""
    sampled: bool

    def document(self, function: str, began: float, ended: float, *, fault: bool) -> dict[str, Any]:
        """Return the segment document of the invocation."""
        return {
            "id": self.segment_id,
            "trace_id": self.trace_id,
            "name": function,
            "origin": "AWS::Lambda",
            "resource_arn": arn("lambda", f"function:{function}"),
            "start_time": began,
            "end_time": ended,
            **({"parent_id": self.parent_id} if self.parent_id else {}),
            **({"fault": True} if fault else {}),
        }


def facade(header: str | None) -> Facade:
    """Return the segment of an invocation whose caller sent a header, or whose source has none."""
    given = pairs(header or new_trace_header())
    known = {name.lower(): value for name, value in given}
    root = known.get("root") or pairs(new_trace_header())[0][1]
    sampled = "0" if known.get("sampled") == "0" else "1"
    segment_id = os.urandom(8).hex()
    others = [f"{name}={value}" for name, value in given if name.lower() not in NAMED]
    return Facade(
        header=";".join([f"Root={root}", f"Parent={segment_id}", f"Sampled={sampled}", *others]),
        segment_id=segment_id,
        trace_id=root,
        parent_id=known.get("parent") if header else None,
        sampled=sampled == "1",
    )


def pairs(header: str) -> list[tuple[str, str]]:
    """Return the names and values of a header; what is no pair is left out."""
    found = [part.strip().partition("=") for part in header.split(";")]
    return [(name, value) for name, equals, value in found if equals]
