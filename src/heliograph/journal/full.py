"""A journal that is full and cannot be developed now: what is left out of it, and told."""

from __future__ import annotations

from .. import _notice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import Journal

STUCK = 16
"""Journals that may wait while another thread develops one, before facts are left out."""


def bounded(journal: Journal) -> tuple[int, int]:
    """Leave out what is too much; returns at how many spans and measurements to try again."""
    if journal.overflow is None:
        shorten(journal)
    refuse(journal)
    (spans, _, most), (measured, _, at_most) = _parts(journal, 1)
    return (len(spans) // most + 1) * most, (len(measured) // at_most + 1) * at_most


def shorten(journal: Journal) -> None:
    """Leave the oldest facts out, beyond two journals.

    Only while nothing is being developed: it takes from the front, too.
    """
    for facts, what, bound in _parts(journal, 2):
        surplus = len(facts) - bound
        if surplus < 0:
            continue
        del facts[: surplus + bound // 4]
        journal.lost += surplus + bound // 4
        _notice.warn(
            f"journal full of {what}",
            f"the journal holds {bound} {what} that could not be developed; the "
            "oldest are left out. Raise the function's timeout or memory.",
        )


def refuse(journal: Journal) -> None:
    """Leave the newest facts out: another thread's development has been stuck for long."""
    for facts, what, bound in _parts(journal, STUCK):
        surplus = len(facts) - bound
        if surplus <= 0:
            continue
        del facts[-surplus:]
        journal.lost += surplus
        _notice.warn(
            f"development stuck, {what}",
            f"{bound} {what} wait for a development that does not end (an exporter, processor or "
            "callback in it may be waiting): the newest are left out.",
        )


def _parts(journal: Journal, journals: int) -> tuple[tuple[list[Any], str, int], ...]:
    return (
        (journal.entries, "spans", journals * journal.most_spans),
        (journal.measurements, "measurements", journals * journal.most_measurements),
    )
