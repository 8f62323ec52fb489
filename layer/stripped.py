"""Compile modules without what no function reads; run by each Python that the layer serves.

`python -S stripped.py TREE LIST`: LIST names the files, TREE stands for /opt. Left out are the
docstrings, the annotations of functions, and by `-X no_debug_ranges` the columns that tracebacks
mark with ^^^^ (lines stay): two fifths of the bytes (PEP 657), and less to load in a cold start.
Asserts stay as they are, and so do the annotations of classes, which dataclasses are made of.
"""

from __future__ import annotations

import ast
import importlib.util
import marshal
import sys
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

UNCHECKED_HASH = 0b01
"""Flags of a .pyc that is valid whatever its source's time and size (PEP 552)."""

DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def main(tree: Path, listed: Path) -> None:
    """Write the .pyc of every listed module into its `__pycache__` (PEP 3147)."""
    for line in listed.read_text(encoding="utf-8").splitlines():
        path = Path(line)
        source = path.read_bytes()
        name = f"/opt/{path.relative_to(tree).as_posix()}"
        module = without_annotations(without_docstrings(source))
        code = compile(module, name, "exec", dont_inherit=True, optimize=0)
        target = Path(importlib.util.cache_from_source(line))
        held = list(texts(code))
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(
            importlib.util.MAGIC_NUMBER
            + UNCHECKED_HASH.to_bytes(4, "little")
            + importlib.util.source_hash(source)
            + marshal.dumps(code)
        )
        del held


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


def without_docstrings(source: bytes) -> ast.Module:
    """Parse a module and take its docstrings out; every line keeps its number.

    A decorated class keeps its own: `dataclass` makes one for a class that has none, by
    `inspect.signature`, which costs each cold start more than the bytes do.
    """
    module = ast.parse(source)
    for node in ast.walk(module):
        if not isinstance(node, DOCUMENTED) or ast.get_docstring(node, clean=False) is None:
            continue
        if isinstance(node, ast.ClassDef) and node.decorator_list:
            continue
        docstring = node.body.pop(0)
        if not node.body and not isinstance(node, ast.Module):
            node.body.append(ast.copy_location(ast.Pass(), docstring))
    return module


def without_annotations(module: ast.Module) -> ast.Module:
    """Take the annotations of functions out of a module: nothing in the layer reads them.

    A function that is decorated by `register` keeps its own: `singledispatch` chooses by them.
    """
    for node in ast.walk(module):
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        if any(getattr(one, "attr", "") == "register" for one in node.decorator_list):
            continue
        node.returns = None
        given = node.args
        every = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
        for argument in every:
            if argument is not None:
                argument.annotation = None
    return module


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
