"""Which modules of the packages a function can come to import: they are bytecode in the layer.

The conventions of every cloud, the SDK's logs and the like were a fifth of it; they are kept as
text (`pack.py`).
"""

from __future__ import annotations

import ast
import configparser
from typing import TYPE_CHECKING

from layer import pack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROOTS = (
    "heliograph",
    "opentelemetry.instrumentation",
    "opentelemetry.sdk.metrics",
    "opentelemetry.sdk.resources",
    "opentelemetry.sdk.trace",
)
"""Packages of which every public module counts: ours, and what users' own instrumentors import."""

RARE = (
    "opentelemetry.instrumentation._labeler",
    "opentelemetry.instrumentation.auto_instrumentation",
    "opentelemetry.instrumentation.bootstrap",
    "opentelemetry.instrumentation.distro",
    "opentelemetry.instrumentation.log_utils",
    "opentelemetry.instrumentation.urllib3",
    "opentelemetry.sdk.extension.aws.resource",
    "opentelemetry.sdk.trace.export.in_memory_span_exporter",
)
"""What is run from a command line or by the wrapper of another distribution, the detectors of
machines that are no functions, labels for instrumentors of servers, what only tests use; and the
instrumentor of urllib3, which few functions call by themselves: compiled after the response."""

UNASKED = {"console_scripts", "opentelemetry_logger_provider", "opentelemetry_logs_exporter"}
"""Groups of entry points that nothing here looks up: the layer has neither scripts nor logs."""


def reachable(site: Path) -> list[Path]:
    """Return the files of all modules that the roots and the entry points come to, sorted.

    Follows every `import` in their text, wherever it stands: in functions, under conditions.
    """
    modules = {pack.module_name(path.relative_to(site))[0]: path for path in site.rglob("*.py")}
    waiting = [name for name in modules if is_root(name)]
    waiting += entry_points(site)
    reached: set[str] = set()
    while waiting:
        for name in with_parents(waiting.pop()):
            if name in modules and name not in reached and not name.startswith(RARE):
                reached.add(name)
                waiting += imports(name, modules[name])
    return sorted(modules[name] for name in reached)


def is_root(name: str) -> bool:
    """Say whether a module is one of the roots' public ones."""
    inside = any(f"{name}.".startswith(f"{root}.") for root in ROOTS)
    return inside and "_experimental" not in name


def entry_points(site: Path) -> list[str]:
    """Return the modules that the packages' entry points name."""
    found = []
    for path in sorted(site.glob("*.dist-info/entry_points.txt")):
        groups = configparser.ConfigParser(delimiters="=", interpolation=None)
        groups.read(path, encoding="utf-8")
        for group in groups.sections():
            if group not in UNASKED:
                found += [value.partition(":")[0].strip() for value in groups[group].values()]
    return found


def imports(name: str, path: Path) -> Iterator[str]:
    """Yield all that a module's text may import, as absolute names, some of them not modules."""
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def with_parents(name: str) -> list[str]:
    """Return `a`, `a.b`, `a.b.c` for `a.b.c`: importing the last imports all."""
    parts = name.split(".")
    return [".".join(parts[: end + 1]) for end in range(len(parts))]
