"""The documents of a whole pipeline as one tree: traces hang below what their spans link to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from rich.text import Text
from rich.tree import Tree

from ..trace import traces
from ..trace_tree import MAX_DEPTH, label, placeholder, title_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ..trace import Node, Trace

    Key = tuple[str, str]
    """A span: its trace and its id."""

MAX_NAME = 72
"""Columns kept for the names of a tree before the times."""
LINKED, LINKS = "⇢ ", "⇠ "
"""Before a trace that hangs below what it links to; before what a span links to."""
ORIGINS = {"AWS::Lambda": "Lambda "}
"""Before the name of a function in the segment that the service sends."""


class Picture(NamedTuple):
    """Traces, and which of them hangs below which span of another."""

    roots: list[Trace]
    below: Mapping[Key, list[Trace]]
    nodes: Mapping[Key, Node]


def links(node: Node) -> Iterator[Key]:
    """Yield what a span links to."""
    for link in node.document.get("links") or ():
        yield str(link.get("trace_id")), str(link.get("id"))


def joined(documents: Iterable[Mapping[str, Any]]) -> Picture:
    """Put each trace below the first span of an earlier trace that it links to, if there is one."""
    nodes: dict[Key, Node] = {}
    below: dict[Key, list[Trace]] = {}
    roots = []
    for trace in traces(documents):
        own = [node for root in trace.roots for node in root.walk()]
        linked = (key for node in own for key in links(node) if key in nodes)
        origin = next(linked, None)
        if origin is None:
            roots.append(trace)
        else:
            below.setdefault(origin, []).append(trace)
        nodes |= {(trace.trace_id, node.id): node for node in own}
    return Picture(roots, below, nodes)


def trees(documents: Iterable[Mapping[str, Any]]) -> Iterator[Tree]:
    """Yield a tree for each trace that hangs below no other."""
    picture = joined(documents)
    for trace in picture.roots:
        yield _Drawing(picture, trace).tree


class _Drawing:
    """One tree of a picture."""

    def __init__(self, picture: Picture, trace: Trace) -> None:
        self._picture = picture
        self._start = min(root.start for root in trace.roots)
        ends = (self._end(node, depth) for node, depth in self._walk(trace))
        self._column = min(max(ends), MAX_NAME)
        self.tree = Tree(Text(f"trace {trace.trace_id}", "bold"), guide_style="dim")
        for root in trace.roots:
            self._grow(self.tree, root, trace, 1)

    def _walk(self, trace: Trace) -> Iterator[tuple[Node, int]]:
        waiting = [(root, trace, 1) for root in trace.roots]
        while waiting:
            node, owner, depth = waiting.pop()
            yield node, depth
            if depth < MAX_DEPTH:
                waiting += [(child, its, depth + 1) for child, its in self._children(node, owner)]

    def _end(self, node: Node, depth: int) -> int:
        before = _origin(node) and LINKED + _origin(node)
        return 4 * depth + len(before + title_of(node))

    def _children(self, node: Node, trace: Trace) -> list[tuple[Node, Trace]]:
        """Return what is below a node: its own children, and the roots of traces linked to it."""
        linked = self._picture.below.get((trace.trace_id, node.id), ())
        found = [(child, trace) for child in node.children]
        return found + [(root, other) for other in linked for root in other.roots]

    def _grow(self, tree: Tree, node: Node, trace: Trace, depth: int, before: str = "") -> None:
        branch = tree.add(self._label(node, depth, before))
        children = self._children(node, trace)
        if depth == MAX_DEPTH and children:
            branch.add(Text("… more below", "dim"))
            return
        for child, owner in children:
            self._grow(branch, child, owner, depth + 1, "" if owner is trace else LINKED)

    def _label(self, node: Node, depth: int, before: str) -> Text:
        if node.placeholder:
            return placeholder(node, before)
        text = label(node, self._start, self._column - 4 * depth, before + _origin(node))
        for key in links(node):
            other = self._picture.nodes.get(key)
            named = self._named(other) if other else f"a span that did not arrive, {key[1]}"
            text.append(f"\n{LINKS}{named}", "magenta")
        return text

    def _named(self, node: Node) -> str:
        return f"{title_of(node)} at {(node.start - self._start) * 1000:+.1f}"


def _origin(node: Node) -> str:
    return ORIGINS.get(str(node.document.get("origin")), "")
