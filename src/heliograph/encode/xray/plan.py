"""Which parts a document can have, found out once for each set of attribute names.

A function's spans are of few kinds, and those of a kind have the same names: of the sixty that the
blocks look for, a span has ten.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from . import aws, http, metadata, names, sql
from .annotations import LIST, prefixed_of
from .status import STATUS


class Plan(NamedTuple):
    """What attributes of some names can fill.

    Attributes:
        naming: The steps to a name.
        status: There is an HTTP status.
        http: Parts of the `http` block; None if there is none.
        sql: There may be an `sql` block.
        aws: Parts of the `aws` block.
        prefixed: Annotations by their prefix.
        annotated: There may be annotations, whatever the rule.
        special: There is metadata that is not written under its own name.
    """

    naming: names.Naming
    status: bool
    http: http.Asked | None
    sql: bool
    aws: aws.Asked
    prefixed: tuple[tuple[str, str], ...]
    annotated: bool
    special: bool


@lru_cache(maxsize=128)
def plan_of(keys: tuple[str, ...]) -> Plan:
    """Return what attributes of these names can fill."""
    found = frozenset(keys)
    prefixed = prefixed_of(keys)
    return Plan(
        naming=names.naming_of(found),
        status=not found.isdisjoint(STATUS),
        http=http.asked_of(found),
        sql=not found.isdisjoint(sql.SYSTEM),
        aws=aws.asked_of(found),
        prefixed=prefixed,
        annotated=bool(prefixed) or LIST in found,
        special=any(map(metadata.is_special, keys)),
    )
