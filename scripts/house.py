"""How the house is built, in figures: `python -m scripts.house` prints the table.

The rows that must hold are tested by `tests/test_house.py`.
"""

from __future__ import annotations

import ast
import re
import tokenize
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(__file__).parents[1] / "src" / "heliograph"
MAX_LINES = 50
"""Lines of a function without its docstring."""
SUPPRESSION = re.compile(
    r"#\s*(?:noqa: [A-Z0-9, ]+|type: ignore(?:\[[\w, -]+\])?|pragma: no cover)"
)


class Module:
    """A file of the package.

    Attributes:
        name: In full, such as `heliograph.journal.entry`.
        path: The file.
        tree: Its syntax.
    """

    def __init__(self, path: Path) -> None:
        parts = list(path.relative_to(SOURCE.parent).with_suffix("").parts)
        self.is_package = parts[-1] == "__init__"
        self.name = ".".join(parts[:-1] if self.is_package else parts)
        self.path = path
        self.tree = ast.parse(path.read_text(encoding="utf-8"))

    @property
    def lines(self) -> int:
        """Lines of the file."""
        return len(self.path.read_text(encoding="utf-8").splitlines())

    def functions(self) -> Iterator[tuple[str, int]]:
        """Yield each function's name and its lines, without its docstring."""
        for node in ast.walk(self.tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                about = len((ast.get_docstring(node, clean=False) or "").splitlines())
                yield node.name, (node.end_lineno or 0) - node.lineno + 1 - about

    def imported(self, known: set[str]) -> dict[str, tuple[str, bool]]:
        """Return what it imports of the package, anywhere in it.

        By its name here: the module, and whether it is the module itself or something in it.
        """
        found: dict[str, tuple[str, bool]] = {}
        for node in _run(self.tree):
            if not isinstance(node, ast.ImportFrom) or not node.level:
                continue
            above = self.name.split(".")
            above = above[: len(above) - node.level + self.is_package]
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                is_module = whole in known
                found[alias.asname or alias.name] = (whole if is_module else base), is_module
        return found

    def assigns(self, known: set[str]) -> Iterator[str]:
        """Yield each assignment to an attribute of another module of the package."""
        modules = {name for name, (_, is_module) in self.imported(known).items() if is_module}
        for node in ast.walk(self.tree):
            targets = node.targets if isinstance(node, ast.Assign) else []
            targets = [node.target] if isinstance(node, (ast.AugAssign, ast.AnnAssign)) else targets
            for one in (part for target in targets for part in ast.walk(target)):
                if not isinstance(one, ast.Attribute) or not isinstance(one.ctx, ast.Store):
                    continue
                if isinstance(one.value, ast.Name) and one.value.id in modules:
                    yield f"{self.name}:{one.lineno} {ast.unparse(one)}"

    def unexplained(self) -> Iterator[str]:
        """Yield each suppression that has no reason beside it or above it."""
        lines = self.path.read_text(encoding="utf-8").splitlines()
        with self.path.open("rb") as file:
            for token in tokenize.tokenize(file.readline):
                if token.type == tokenize.COMMENT and SUPPRESSION.match(token.string):
                    rest = SUPPRESSION.sub("", token.string).strip(" -#")
                    if not rest and not lines[token.start[0] - 2].lstrip().startswith("#"):
                        yield f"{self.name}:{token.start[0]} {token.string}"


def _run(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield all nodes but those that only a type checker sees."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            for other in node.orelse:
                yield other
                yield from _run(other)
        else:
            yield node
            yield from _run(node)


def modules() -> list[Module]:
    """Return the files of the package."""
    return [Module(path) for path in sorted(SOURCE.rglob("*.py"))]


def circles(house: list[Module]) -> list[list[str]]:
    """Return the groups of modules that import each other, by whatever way and at whatever time.

    Whoever imports a module imports the packages that it is in, before it; those that it shares
    with that module are there already.
    """
    known = {module.name for module in house}
    graph = {module.name: set(_loaded_by(module, known)) for module in house}
    return [group for group in _components(graph) if len(group) > 1]


def _loaded_by(module: Module, known: set[str]) -> Iterator[str]:
    """Yield the modules of the package that a module imports, and the packages around them."""
    own = {module.name, *_packages(module.name)}
    for other, _ in module.imported(known).values():
        yield from {other, *_packages(other)} & known - (own - {other})


def _packages(name: str) -> list[str]:
    """Return the packages that a module is in, the outermost first."""
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]


def _components(graph: dict[str, set[str]]) -> list[list[str]]:
    """Return the strongly connected parts of a graph (Kosaraju)."""
    order: list[str] = []
    seen: set[str] = set()

    def visit(name: str, edges: dict[str, set[str]], found: list[str]) -> None:
        if name not in seen:
            seen.add(name)
            for other in sorted(edges[name]):
                visit(other, edges, found)
            found.append(name)

    for name in graph:
        visit(name, graph, order)
    back: dict[str, set[str]] = {name: set() for name in graph}
    for name, others in graph.items():
        for other in others:
            back[other].add(name)
    seen.clear()
    parts = []
    for name in reversed(order):
        part: list[str] = []
        visit(name, back, part)
        if part:
            parts.append(sorted(part))
    return parts


def percentile(values: list[int], part: int) -> float:
    """Return the value that so many per cent do not exceed."""
    return quantiles(values, n=100, method="inclusive")[part - 1]


def main() -> None:
    """Print the table."""
    house = modules()
    known = {module.name for module in house}
    lines = [module.lines for module in house]
    sizes = [size for module in house for _, size in module.functions()]
    table = Table("what", "figure", title="The house")
    rows = {
        "files, lines": f"{len(house)}, {sum(lines):,}",
        "file: median, p90": f"{median(lines):.0f}, {percentile(lines, 90):.0f}",
        "functions, p90 of their lines": f"{len(sizes)}, {percentile(sizes, 90):.0f}",
        f"functions over {MAX_LINES} lines": sum(size > MAX_LINES for size in sizes),
        "circles, lazy imports counted": len(circles(house)),
        "assignments to another module": sum(len(list(m.assigns(known))) for m in house),
        "suppressions without a reason": sum(len(list(m.unexplained())) for m in house),
    }
    for what, figure in rows.items():
        table.add_row(what, str(figure))
    Console().print(table)


if __name__ == "__main__":
    main()
