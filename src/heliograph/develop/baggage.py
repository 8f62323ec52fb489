"""Members of the baggage as attributes of spans: those that a setting names.

As OpenTelemetry's processor for it has them: what the baggage was when a span started. An entry
knows around what it was entered, so nothing is looked at before the response.
"""

from __future__ import annotations

import sys
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from ..journal import bounded, current
from ..journal.entry import Entry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def carry(entry: Entry, wanted: Sequence[str]) -> None:
    """Set the wanted members on an entry, before all else that is done to its span.

    Args:
        entry: The entry.
        wanted: Names of members, and globs.
    """
    found = chosen(_members(entry), wanted)
    if not found:
        return
    entry.ops = [("set_attributes", found), *(entry.ops or ())]
    if entry.call is not None and entry.call.answered:
        entry.call.answered += 1


def chosen(members: Mapping[str, object], wanted: Sequence[str]) -> dict[str, object]:
    """Return the members of these names, within the journal's bounds.

    Args:
        members: Of the baggage.
        wanted: Names, and globs.
    """
    return bounded.attributes({
        name: value
        for name, value in members.items()
        if isinstance(name, str) and any(fnmatchcase(name, glob) for glob in wanted)
    }) or {}  # fmt: skip


def _members(entry: Entry) -> Mapping[str, object]:
    """Return the baggage in which an entry started."""
    within: Any = entry
    while type(within) is Entry:
        parent = within.resolve().parent
        within = within.outer
        if within is None and type(parent) is Entry:  # never entered
            within = parent
    if type(within) is current.Received:
        return within.baggage
    module = sys.modules.get("opentelemetry.baggage")  # the function's own
    if module is None or not isinstance(within, dict):
        return {}
    members: Mapping[str, object] = module.get_all(within)
    return members
