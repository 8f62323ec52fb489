"""The shape of the package: who may import whom, who may swallow, how long things may be."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import heliograph
from heliograph import libraries

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(heliograph.__file__).parent
STOREYS = (
    ("types", "errors", "version", "_limits", "_interrupts", "_shown", "_redaction"),
    ("_notice",),
    ("_failure", "_unloaded", "_unusable"),
    ("_guard",),
    ("encode", "journal", "settings"),
    ("propagation", "triggers", "blackbox"),
    ("otel_api", "delivery", "exporters", "measuring", "decorating"),
    ("manual", "develop"),
    ("per_record",),
    ("libraries", "deadline"),
    ("runtime",),
    ("", "distro"),
    ("testing",),
)
"""The house from the ground up, by the first part of a module's name; "" is the package itself."""
FLOORS = {room: floor for floor, rooms in enumerate(STOREYS) for room in rooms}
SETTINGS = FLOORS["settings"]
SIDE_HOUSE = "lab"
BEFORE_THE_RESPONSE = (
    "blackbox",
    "deadline",
    "journal",
    "libraries",
    "propagation",
    "triggers",
    "settings",
    "runtime",
    "manual",
    "measuring",
    "decorating",
    "per_record",
)
"""What is loaded before a response: nothing outside the standard library, when loaded."""
AFTER = ("describe", "firing", "fallback", "official", "light_imports")
"""Files of `libraries/` that are loaded after it."""
MAX_FILE = 350
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


def every_import() -> Iterator[tuple[str, Import]]:
    """Yield each import of the package, and the module that makes it."""
    for name, found in IMPORTS.items():
        for one in found:
            yield name, one


def every_node() -> Iterator[tuple[str, ast.AST]]:
    """Yield all syntax of the package, and the module that it is in."""
    for name, path in MODULES.items():
        for node in ast.walk(ast.parse(path.read_text())):
            yield name, node


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
    assert rooms == set(FLOORS)
    assert len(FLOORS) == sum(map(len, STOREYS))


def test_imports_go_down() -> None:
    """A module imports from its own room or from lower floors, and no pair is excused.

    Nothing imports the lab, which imports nothing above the settings.
    """
    offenders = []
    for name, one in every_import():
        here, there = room(name), room(one.module)
        if not ours(one.module) or there == here:
            continue
        ceiling = SETTINGS + 1 if here == SIDE_HOUSE else FLOORS[here]
        if there == SIDE_HOUSE or FLOORS[there] >= ceiling:
            offenders.append(f"{name}:{one.line} imports {one.module}")
    assert offenders == []


def test_imports_are_relative() -> None:
    """Within the package imports are relative: a room can be moved as a whole."""
    offenders = []
    for name, node in every_node():
        named = [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
        if isinstance(node, ast.Import):
            named = [alias.name for alias in node.names]
        offenders += [f"{name}:{node.lineno} names {module}" for module in named if ours(module)]
    assert offenders == []


def test_standard_library_only_before_the_response() -> None:
    """Loading what runs before a response loads nothing that is not Python's own."""
    assert [
        f"{name}:{one.line} imports {one.module}"
        for name, one in every_import()
        if is_before_the_response(name)
        and one.at_load
        and not ours(one.module)
        and one.module.split(".")[0] not in sys.stdlib_module_names
    ] == []


def test_the_journal_knows_no_opentelemetry() -> None:
    """Not even within a function: the journal is plain data."""
    assert [
        f"{name}:{one.line} imports {one.module}"
        for name, one in every_import()
        if room(name) in ("journal", "propagation", "triggers")
        and one.module.split(".")[0] == "opentelemetry"
    ] == []


SENDING = ("exporters.credentials", "exporters.secret_store", "exporters.signing")
"""Modules that call AWS themselves, through the function's own botocore."""


def test_only_its_room_names_a_library() -> None:
    """What is special to one recorded library is in its folder: no other code says its name."""
    offenders: dict[str, list[str]] = {}
    elsewhere = {name for name in MODULES if room(name) not in ("libraries", SIDE_HOUSE)}
    for name, node in every_node():
        text = node.value if isinstance(node, ast.Constant) else None
        if not isinstance(text, str) or name not in elsewhere:
            continue
        if text.split(".")[0] in libraries.TABLE:
            offenders.setdefault(name, []).append(f"{node.lineno} says {text}")
    for name, one in every_import():
        named = {one.module.split(".")[0], one.module.split("libraries.")[-1]}
        if name in elsewhere and named & libraries.TABLE.keys():
            offenders.setdefault(name, []).append(f"{one.line} imports {one.module}")
    sending = {f"heliograph.{name}" for name in SENDING}
    assert {name: found for name, found in offenders.items() if name not in sending} == {}
    assert sending <= offenders.keys(), "one is excused that need not be"


IMPURE = {
    "os", "time", "random", "secrets", "socket", "sys", "io", "pathlib", "logging", "uuid",
}  # fmt: skip


def test_encoding_is_pure() -> None:
    """No clock, no randomness, no input or output, no environment in `encode`."""
    assert [
        f"{name}:{one.line} imports {one.module}"
        for name, one in every_import()
        if room(name) == "encode" and one.module.split(".")[0] in IMPURE
    ] == []


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


SWALLOWING = {"_guard", "_notice"}


def test_only_the_guard_swallows() -> None:
    """A broad `except` outside `_guard.py` lets it go on; others name what they catch.

    `_notice.py` has one more, around the function's own logging.
    """
    found = [
        (room(name), f"{name}:{node.lineno}")
        for name, node in every_node()
        if isinstance(node, ast.ExceptHandler) and broad(node) and not goes_on(node)
    ]
    assert [where for place, where in found if place not in SWALLOWING] == []
    assert {place for place, _ in found} == SWALLOWING


def test_files_fit_in_a_head() -> None:
    """A file has 350 lines or fewer (functions: `tests/test_house.py`)."""
    lengths = {name: len(path.read_text().splitlines()) for name, path in MODULES.items()}
    assert {name: length for name, length in lengths.items() if length > MAX_FILE} == {}


def test_typed() -> None:
    """The package says that it is typed."""
    assert (SOURCE / "py.typed").read_text() == ""
