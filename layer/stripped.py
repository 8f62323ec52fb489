"""Compile modules without what no function reads; run by each Python that the layer serves.

`python -S stripped.py SOURCES LIST TARGET PLACE`: LIST names files under SOURCES, whose .pyc go to
TARGET, which Lambda mounts at PLACE. Left out are docstrings, annotations, what only type checkers
or other Pythons run, and by `-X no_debug_ranges` the columns that tracebacks mark with ^^^^ (lines
stay): nearly half of the bytes, and less to load in a cold start. Asserts stay as they are, and so
do the annotations of classes that something could be made of, such as dataclasses.
"""

from __future__ import annotations

import ast
import importlib.util
import marshal
import operator
import sys
import zlib
from itertools import groupby
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

try:
    from layer import pack
except ImportError:  # run as a program, from this folder
    import pack  # type: ignore[import-not-found,no-redef]

UNCHECKED_HASH = 0b01
"""Flags of a .pyc that is valid whatever its source's time and size (PEP 552)."""

DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def main(sources: Path, listed: Path, target: Path, place: str) -> None:
    """Write the .pyc of every listed module where the module would be (PEP 3147, "legacy").

    OpenTelemetry's packages are packed into one file (`pack.py`), with all that is not listed.
    """
    codes: dict[str, tuple[bool, bytes]] = {}
    texts: dict[str, str] = {}
    plain = set()
    for line in listed.read_text(encoding="utf-8").splitlines():
        relative = Path(line).relative_to(sources)
        if pack.module_name(relative)[0] in pack.TEXT:
            texts[pack.module_name(relative)[0]] = short_text(Path(line))
            write(target / relative, compiled(pack.STUB.encode(), "<packed>"))
            continue
        code = compiled(Path(line).read_bytes(), f"{place}/{relative.as_posix()}")
        if pack.outermost(sources, relative):
            name, is_package = pack.module_name(relative)
            codes[name] = is_package, code
        else:
            plain.add(relative)
            write(target / relative, code)
    if texts:
        packed = zlib.compress(marshal.dumps(dict(sorted(texts.items())), 2), 9)
        (target / pack.OURS).write_bytes(packed)
    if codes:
        write_packed(sources, codes, plain, target, place)


def write_packed(
    sources: Path,
    codes: dict[str, tuple[bool, bytes]],
    plain: set[Path],
    target: Path,
    place: str,
) -> None:
    """Write the file of packed modules, what serves it, and the modules found by their files.

    Args:
        sources: The folder of all packages.
        codes: Of the modules that are listed, by name: whether it is a package, its bytecode.
        plain: Those that are listed and have a .pyc of their own.
        target: Where .pyc go.
        place: Where Lambda mounts it.
    """
    rest: dict[str, bool] = {}
    stub = compiled(pack.STUB.encode(), "<packed>")
    for relative in pack.whole(sources):
        if relative in plain:
            continue
        name, is_package = pack.module_name(relative)
        if name not in codes:
            rest[name] = is_package
        if pack.outermost(sources, relative) in (relative, None):
            write(target / relative, stub)
    for name in pack.folders({**codes, **rest}):
        codes[name] = True, compiled(b"", f"{place}/{name.replace('.', '/')}/__init__.py")
    (target / pack.BYTECODE).write_bytes(pack.joined(codes, rest))
    for source, name in (("packed.py", pack.FINDER), ("probe.py", pack.PROBE)):
        text = Path(__file__).with_name(source).read_bytes()
        write(target / f"{name}.py", compiled(text, f"{place}/{name}.py"))


def write(path: Path, code: bytes) -> None:
    """Write a .pyc beside where a module would be.

    Args:
        path: The module's.
        code: Its bytecode.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".pyc").write_bytes(
        importlib.util.MAGIC_NUMBER
        + UNCHECKED_HASH.to_bytes(4, "little")
        + bytes(8)  # the hash of a source that is not there
        + code
    )


def compiled(text: bytes, name: str) -> bytes:
    """Return the bytecode of a module as marshal writes it.

    Args:
        text: The module's.
        name: The file that tracebacks say.
    """
    module = ast.parse(text)
    for strip in STRIPPING:
        module = strip(module)
    code = with_short_lines(compile(module, name, "exec", dont_inherit=True, optimize=0))
    held = list(texts(code))
    written = marshal.dumps(code)
    del held
    return written


def short_text(path: Path) -> str:
    """Return a module's text without what nobody reads."""
    module = without_docstrings(ast.parse(path.read_bytes()))
    return unparsed(without_texts(without_annotations(module)))


def unparsed(module: ast.Module) -> str:
    """Return the text of a module without docstrings, indented by one space where Python has four.

    No string spans lines: `ast.unparse` writes those that are no docstrings with escapes.
    """
    lines = []
    for line in ast.unparse(module).splitlines():
        code = line.lstrip(" ")
        lines.append(" " * ((len(line) - len(code)) // 4) + code)
    text = "\n".join(lines)
    assert ast.dump(ast.parse(text)) == ast.dump(ast.parse(ast.unparse(module)))
    return text


def texts(part: object) -> Iterator[str]:
    """Yield every string of a code object, to be held while it is written.

    marshal marks an object as one that may be referred to again if its reference count is over 1.
    A name that something else in the process happens to hold would be written as other bytes than
    one that nothing holds (the same layer from the same inputs): so all of them are held.
    """
    if isinstance(part, str):
        yield part
    elif isinstance(part, CodeType):
        names = (part.co_names, part.co_varnames, part.co_cellvars, part.co_freevars)
        also = (part.co_name, getattr(part, "co_qualname", ""), part.co_filename)
        yield from texts((*names, *also, part.co_consts))
    elif isinstance(part, (tuple, frozenset)):
        for member in part:
            yield from texts(member)


def without_docstrings(module: ast.Module) -> ast.Module:
    """Take the docstrings out of a module; every line keeps its number.

    A decorated class gets a full stop: `dataclass` makes a docstring for a class that has none, by
    `inspect.signature`, which costs each cold start more than the byte does.
    """
    for node in ast.walk(module):
        if not isinstance(node, DOCUMENTED) or ast.get_docstring(node, clean=False) is None:
            continue
        docstring = node.body.pop(0)
        if isinstance(node, ast.ClassDef) and node.decorator_list:
            short = ast.copy_location(ast.Constant("."), docstring)
            node.body.insert(0, ast.copy_location(ast.Expr(short), docstring))
        if not node.body and not isinstance(node, ast.Module):
            node.body.append(ast.copy_location(ast.Pass(), docstring))
    return module


def without_annotations(module: ast.Module) -> ast.Module:
    """Take annotations out that nothing in the layer reads.

    They are those of functions, of variables of a module, and of classes without a base and a
    decorator, which nothing is made of. A function that is decorated by `register` keeps its own:
    `singledispatch` chooses by them.
    """
    for node in ast.walk(module):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if not any(getattr(one, "attr", "") == "register" for one in node.decorator_list):
                _strip_function(node)
        elif isinstance(node, ast.Module) or (
            isinstance(node, ast.ClassDef)
            and not (node.decorator_list or node.bases or node.keywords)
        ):
            node.body = [_strip_variable(statement) for statement in node.body]
    return module


def _strip_function(node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    node.returns = None
    given = node.args
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    for argument in every:
        if argument is not None:
            argument.annotation = None


def _strip_variable(statement: ast.stmt) -> ast.stmt:
    if not isinstance(statement, ast.AnnAssign):
        return statement
    if statement.value is None:
        return ast.copy_location(ast.Pass(), statement)
    assigned = ast.Assign(targets=[statement.target], value=statement.value)
    return ast.copy_location(assigned, statement)


def without_texts(module: ast.Module) -> ast.Module:
    """Take out texts that stand alone: what is said of a constant below it."""
    for node in ast.walk(module):
        if isinstance(node, (ast.Module, ast.ClassDef)):
            kept = [one for one in node.body if not _is_text(one)]
            node.body = kept or [ast.Pass()] if isinstance(node, ast.ClassDef) else kept
    return module


def _is_text(statement: ast.stmt) -> bool:
    value = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def without_abouts(module: ast.Module) -> ast.Module:
    """Take out what the rows of the settings' table say for the documentation."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            last = {"Setting": 4, "_otlp": 3}.get(node.func.id)
            if last is not None and len(node.args) > last:
                node.args[last] = ast.copy_location(ast.Constant(""), node.args[last])
    return module


def without_dead_branches(module: ast.Module) -> ast.Module:
    """Take out what only type checkers read, and what is for other Pythons than this one."""
    stripped: ast.Module = _Branches().visit(module)
    return stripped


class _Branches(ast.NodeTransformer):
    def visit_If(self, node: ast.If) -> ast.stmt | list[ast.stmt]:
        self.generic_visit(node)
        runs = _known(node.test)
        if runs is None:
            return node
        return (node.body if runs else node.orelse) or ast.copy_location(ast.Pass(), node)


COMPARISONS: dict[type, Callable[..., bool]] = {ast.GtE: operator.ge, ast.Lt: operator.lt}


def _known(test: ast.expr) -> bool | None:
    """Return how a condition will turn out, or None for one that only running tells."""
    if ast.unparse(test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}:
        return False
    if (
        isinstance(test, ast.Compare)
        and ast.unparse(test.left) in {"sys.version_info", "_sys.version_info"}
        and isinstance(test.comparators[0], ast.Tuple)
    ):
        compare = COMPARISONS.get(type(test.ops[0]))
        wanted = ast.literal_eval(test.comparators[0])
        return compare(sys.version_info, wanted) if compare else None
    return None


NO_COLUMN, NO_LINE = 13, 15
"""Kinds of entries in a table of lines (Objects/locations.md of CPython, from 3.11 on)."""


def with_short_lines(code: CodeType) -> CodeType:
    """Return code whose table of lines has one entry for as many instructions as it can be.

    Python writes an entry for each instruction, since each could have columns of its own.
    """
    if sys.version_info < (3, 11):
        return code  # its table has lines only
    parts = (with_short_lines(c) if isinstance(c, CodeType) else c for c in code.co_consts)
    table = bytearray()
    last = code.co_firstlineno
    for line, ranges in groupby(code.co_lines(), key=lambda one: one[2]):
        units = sum(end - start for start, end, _ in ranges) // 2
        while units:
            covered = min(units, 8)
            units -= covered
            kind = NO_LINE if line is None else NO_COLUMN
            table.append(0x80 | kind << 3 | covered - 1)
            if line is not None:
                table += _signed(line - last)
                last = line
    return code.replace(co_consts=tuple(parts), co_linetable=bytes(table))


def _signed(value: int) -> bytes:
    """Return a number as the table has it: the sign last, six bits a byte, the lowest first."""
    rest = -value << 1 | 1 if value < 0 else value << 1
    written = bytearray()
    while rest > 0x3F:
        written.append(0x40 | rest & 0x3F)
        rest >>= 6
    written.append(rest)
    return bytes(written)


STRIPPING = (without_docstrings, without_annotations, without_abouts, without_dead_branches)

if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4])
