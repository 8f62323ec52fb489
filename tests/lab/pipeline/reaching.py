"""Which spans nothing leads to: parents and links are followed, either way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    Key = tuple[str, str]
    """A span: its trace and its id."""


def unreached(edges: Mapping[Key, set[Key]], first: Key) -> set[Key]:
    """Return the spans that are not to be reached from the first.

    An edge may lead to a span that is nobody's: those that have it in common meet there.
    """
    either: dict[Key, set[Key]] = {}
    for span, others in edges.items():
        for other in others:
            either.setdefault(span, set()).add(other)
            either.setdefault(other, set()).add(span)
    seen, waiting = {first}, [first]
    while waiting:
        new = either.get(waiting.pop(), set()) - seen
        seen |= new
        waiting += new
    return edges.keys() - seen


def edges_of(documents: Iterable[Mapping[str, Any]]) -> dict[Key, set[Key]]:
    """Return parents and links of X-Ray's documents."""
    return {
        (document["trace_id"], document["id"]): {
            *((document["trace_id"], document[key]) for key in ("parent_id",) if key in document),
            *((link["trace_id"], link["id"]) for link in document.get("links", ())),
        }
        for document in whole(documents)
    }


def whole(documents: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yield documents and what they embed, each with its trace and its parent."""
    for document in documents:
        yield document
        above = {"trace_id": document["trace_id"], "parent_id": document["id"]}
        yield from whole({**above, **part} for part in document.get("subsegments", ()))
