"""A trace as a tree on the screen: a line for each span, its times in one column."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rich.text import Text
from rich.tree import Tree

from .terminal import cut, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .trace import Node, Trace

MAX_DEPTH = 16
"""Levels shown of a tree; what is below is counted."""
MAX_NAME = 56
"""Columns kept for the names of a tree before the times; longer names push their own times out."""


def trace_tree(trace: Trace) -> Tree:
    """Return a trace as a tree, the spans below those that made them."""
    tree = Tree(Text(f"trace {trace.trace_id}", "bold"), guide_style="dim")
    depths = [depth for root in trace.roots for depth in _name_ends(root)]
    column = min(max(depths), MAX_NAME)
    for root in trace.roots:
        _grow(tree, root, trace.start, column, 1)
    return tree


def _name_ends(root: Node) -> Iterator[int]:
    """Yield where the names of a node and of all below it end; as deep as there is room for."""
    waiting = [(root, 1)]
    while waiting:
        node, depth = waiting.pop()
        yield 4 * depth + len(title_of(node))
        if depth < MAX_DEPTH:
            waiting += [(child, depth + 1) for child in node.children]


def title_of(node: Node) -> str:
    """Return what a span is: its name, and what it called."""
    return plain(" ".join(filter(None, (node.name, node.call))))


def _grow(tree: Tree, node: Node, start: float, column: int, depth: int) -> None:
    branch = tree.add(
        placeholder(node) if node.placeholder else label(node, start, column - 4 * depth)
    )
    if depth == MAX_DEPTH and node.children:
        branch.add(Text(f"… {sum(1 for _ in node.walk()) - 1} spans below", "dim"))
        return
    for child in node.children:
        _grow(branch, child, start, column, depth + 1)


def placeholder(node: Node, before: str = "") -> Text:
    """Return the line of a segment that somebody else sends."""
    return Text(plain(f"{before}{node.name} (its own segment, {node.id})"), "dim")


def label(node: Node, start: float, width: int, before: str = "") -> Text:
    """Return the line of a span, and lines below it of what was said about it.

    Args:
        node: The span.
        start: What its start is told from, in seconds since 1970.
        width: Columns before its times.
        before: What its name begins with.
    """
    duration = node.duration_ms
    took = "in progress" if duration is None else f"{duration:.1f} ms"
    text = Text.assemble(
        ((before + title_of(node)).ljust(width), "red" if node.status else "cyan"),
        (f"  {(node.start - start) * 1000:>+8.1f}", "dim"),
        f"  {took:>10}",
    )
    facts = [node.document.get("namespace"), node.http_status]
    text.append("".join(f"  {cut(fact)}" for fact in facts if fact), "dim")
    if node.status:
        text.append(f"  {node.status.upper()}", "bold red")
    for kind, message in node.exceptions:
        text.append(f"\n{cut(kind)}: {cut(message)}", "red")
    for name, value in node.annotations.items():
        text.append(f"\nannotation {cut(name)} = {cut(value)}", "yellow")
    for name, value in node.metadata.items():
        text.append(f"\nmetadata {cut(name)} = {cut(_json(value))}", "dim")
    return text


def _json(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
