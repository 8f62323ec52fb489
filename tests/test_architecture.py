"""The shape of the package: who may import whom, who may swallow, how long things may be."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

import heliograph
from heliograph import libraries

SOURCE = Path(heliograph.__file__).parent
FLOORS = {
    "": 7, "testing": 7, "distro": 7,
    "runtime": 6,
    "libraries": 5,
    "develop": 4,
    "otel_api": 3, "delivery": 3, "exporters": 3, "manual": 3, "measuring": 3, "decorating": 3,
    "propagation": 2, "triggers": 2,
    "settings": 1,
    "encode": 1, "journal": 1,
    "types": 0, "errors": 0, "version": 0, "_limits": 0, "_guard": 0, "_notice": 0,
    "_interrupts": 0, "_shown": 0, "_unloaded": 0, "_unusable": 0, "_failure": 0,
}  # fmt: skip
"""Floors of the house by the first part of a module's name; "" is `heliograph/__init__.py`."""
NEIGHBOURS = {
    ("manual", "decorating"),
    ("_guard", "_notice"),
    ("_guard", "_interrupts"),
    ("_notice", "_interrupts"),
    ("_guard", "_failure"),
    ("_failure", "_notice"),
    ("_failure", "_shown"),
    ("_notice", "_shown"),
    ("_unloaded", "_interrupts"),
    ("_unloaded", "_notice"),
    ("_unusable", "_notice"),
    ("_unusable", "_shown"),
}
"""(importer, imported) on one floor: files that stand alone and would be one room together."""
SIDE_HOUSE = "lab"
BEFORE_THE_RESPONSE = (
    "journal",
    "libraries",
    "propagation",
    "triggers",
    "settings",
    "runtime",
    "manual",
    "measuring",
    "decorating",
)
"""What is loaded before a response: nothing outside the standard library, when loaded."""
AFTER = ("describe", "fallback", "official", "light_imports")
"""Files of `libraries/` that are loaded after it."""
MAX_FILE, MAX_FUNCTION = 350, 50
FILES = sorted(SOURCE.rglob("*.py"))


class Import(NamedTuple):
    """An import of a file: the full module name, and whether it is made when the file is loaded."""

    module: str
    line: int
    at_load: bool


def name_of(path: Path) -> str:
    """`heliograph.journal.entry` for a file."""
    parts = list(path.relative_to(SOURCE.parent).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in FILES}


class Finder(ast.NodeVisitor):
    """Collects the imports of a file, without those under `if TYPE_CHECKING`."""

    def __init__(self, path: Path) -> None:
        self.found: list[Import] = []
        self._package = name_of(path).split(".")
        if path.name != "__init__.py":
            self._package.pop()
        self._depth = 0
        self.visit(ast.parse(path.read_text()))

    def visit_If(self, node: ast.If) -> None:
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            for other in node.orelse:
                self.visit(other)
        else:
            self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._depth += 1
        self.generic_visit(node)
        self._depth -= 1

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - ast's name of the method

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._add(alias.name, node.lineno)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        base = self._package[: len(self._package) - node.level + 1] if node.level else []
        module = ".".join([*base, *([node.module] if node.module else [])])
        for alias in node.names:
            whole = f"{module}.{alias.name}"
            self._add(whole if whole in MODULES else module, node.lineno)

    def _add(self, module: str, line: int) -> None:
        self.found.append(Import(module, line, self._depth == 0))


IMPORTS = {name: Finder(path).found for name, path in MODULES.items()}


def room(module: str) -> str:
    """`journal` for `heliograph.journal.entry`."""
    return module.removeprefix("heliograph").lstrip(".").split(".")[0]


def is_before_the_response(module: str) -> bool:
    """Tell whether a module may be loaded before a response."""
    return room(module) in BEFORE_THE_RESPONSE and module.rpartition(".")[2] not in AFTER


def ours(module: str) -> bool:
    return module.split(".", maxsplit=1)[0] == "heliograph"


def test_the_finder_finds() -> None:
    """The tests below see imports of every form; else they would pass idly."""
    door = {(one.module, one.at_load) for one in IMPORTS["heliograph.manual"]}
    assert {("heliograph._guard", True), ("heliograph._notice", True)} < door
    assert ("heliograph.decorating", False) in door
    develop = {one.module for one in IMPORTS["heliograph.develop.replay"]}
    assert {"heliograph.develop.exception_event", "opentelemetry.context"} < develop
    assert "typing" not in {one.module for one in IMPORTS["heliograph.journal.entry"]}
    assert len(MODULES) > 50


def test_every_room_has_its_floor() -> None:
    """A new file or folder is put on a floor, or in the side house, on purpose."""
    rooms = {room(name) for name in MODULES} - {SIDE_HOUSE}
    assert rooms - set(FLOORS) == set()


@pytest.mark.parametrize("name", MODULES)
def test_imports_go_down(name: str) -> None:
    """A module imports from its own room or from lower floors; nothing imports the lab."""
    here = room(name)
    for one in IMPORTS[name]:
        if not ours(one.module) or room(one.module) == here:
            continue
        there = room(one.module)
        where = f"{name}:{one.line} imports {one.module}"
        assert there != SIDE_HOUSE, where
        if here == SIDE_HOUSE:
            assert FLOORS[there] <= 1, where
        elif (
            here == "" or (here, there) in NEIGHBOURS or FLOORS[here] == FLOORS[there] == 7
        ):  # the door opens the rooms behind it
            continue
        else:
            assert FLOORS[there] < FLOORS[here], where


@pytest.mark.parametrize("name", MODULES)
def test_imports_are_relative(name: str) -> None:
    """Within the package imports are relative: a room can be moved as a whole."""
    for node in ast.walk(ast.parse(MODULES[name].read_text())):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            assert not ours(node.module), f"{name}:{node.lineno} names {node.module} in full"


@pytest.mark.parametrize("name", [name for name in MODULES if is_before_the_response(name)])
def test_standard_library_only_before_the_response(name: str) -> None:
    """Loading what runs before a response loads nothing that is not Python's own."""
    for one in IMPORTS[name]:
        if one.at_load and not ours(one.module):
            top = one.module.split(".")[0]
            assert top in sys.stdlib_module_names, f"{name}:{one.line} imports {one.module}"


@pytest.mark.parametrize(
    "name", [name for name in MODULES if room(name) in ("journal", "propagation", "triggers")]
)
def test_the_journal_knows_no_opentelemetry(name: str) -> None:
    """Not even within a function: the journal is plain data."""
    for one in IMPORTS[name]:
        assert not one.module.startswith("opentelemetry"), f"{name}:{one.line}"


SENDING = ("exporters.credentials", "exporters.secret", "exporters.signing")
"""Modules that call AWS themselves, through the function's own botocore."""


def test_only_its_room_names_a_library() -> None:
    """What is special to one recorded library is in its folder: no other code says its name."""
    for name, path in MODULES.items():
        if room(name) in ("libraries", SIDE_HOUSE) or name.endswith(SENDING):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert node.value.split(".")[0] not in libraries.TABLE, f"{name}:{node.lineno}"
        named = {one.module.split(".")[0] for one in IMPORTS[name]}
        named |= {one.module.split("libraries.")[-1] for one in IMPORTS[name]}
        assert not named & libraries.TABLE.keys(), name


@pytest.mark.parametrize("name", [name for name in MODULES if room(name) == "encode"])
def test_encoding_is_pure(name: str) -> None:
    """No clock, no randomness, no input or output, no environment in `encode`."""
    impure = {
        "os",
        "time",
        "random",
        "secrets",
        "socket",
        "sys",
        "io",
        "pathlib",
        "logging",
        "uuid",
    }
    for one in IMPORTS[name]:
        assert one.module.split(".")[0] not in impure, f"{name}:{one.line} imports {one.module}"


def broad(handler: ast.ExceptHandler) -> bool:
    """Tell whether an `except` catches whatever comes."""
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = {kind.id for kind in kinds if isinstance(kind, ast.Name)}
    return handler.type is None or bool(names & {"Exception", "BaseException"})


def goes_on(handler: ast.ExceptHandler) -> bool:
    """Tell whether what was caught is raised again, here, in the user's generator, in a thread."""
    last = handler.body[-1]
    if ast.unparse(last) == "strayed.append(error)":  # raised by the thread that waits for it
        return True
    if isinstance(last, ast.Raise) and last.exc is None:
        return True
    return isinstance(last, ast.Assign) and ast.unparse(last.value).endswith(".athrow(error)")


SWALLOWING = ("_guard", "_notice", "lab")


@pytest.mark.parametrize("name", [name for name in MODULES if room(name) not in SWALLOWING])
def test_only_the_guard_swallows(name: str) -> None:
    """A broad `except` outside `_guard.py` lets it go on; others name what they catch.

    `_notice.py` has one more, around the function's own logging.
    """
    for node in ast.walk(ast.parse(MODULES[name].read_text())):
        if isinstance(node, ast.ExceptHandler) and broad(node):
            assert goes_on(node), f"{name}:{node.lineno}"


@pytest.mark.parametrize("name", MODULES)
def test_sizes(name: str) -> None:
    """A file fits in a head, a function on a screen."""
    text = MODULES[name].read_text()
    assert len(text.splitlines()) <= MAX_FILE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            about = len((ast.get_docstring(node, clean=False) or "").splitlines())
            length = (node.end_lineno or 0) - node.lineno + 1 - about
            assert length <= MAX_FUNCTION, f"{name}:{node.lineno} {node.name} has {length} lines"


def test_typed() -> None:
    """The package says that it is typed."""
    assert (SOURCE / "py.typed").read_text() == ""
