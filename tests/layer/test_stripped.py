"""What is left out of bytecode, and that the rest is as Python itself would compile it."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from layer import stripped
from scripts.places import ROOT

if TYPE_CHECKING:
    from scripts import pythons

RUN_STRIPPED = """
import pathlib, runpy, sys
sys.path.insert(0, str(pathlib.Path(sys.argv[1]).parent))
main = runpy.run_path(sys.argv[1])["main"]
main(*map(pathlib.Path, sys.argv[2:5]), sys.argv[5])
"""

COMPARE_LINES = """
import pathlib, runpy, sys, types
sys.path.insert(0, str(pathlib.Path(sys.argv[1]).parent))
shorten = runpy.run_path(sys.argv[1])["with_short_lines"]
def lines(code):
    told = {}
    for start, end, line in code.co_lines():
        told.update(dict.fromkeys(range(start, end), line))
    return told
def compare(before, after):
    assert lines(before) == lines(after), before
    assert before.co_code == after.co_code
    sizes = [len(before.co_linetable), len(after.co_linetable)]
    for one, other in zip(before.co_consts, after.co_consts):
        if isinstance(one, types.CodeType):
            sizes = [a + b for a, b in zip(sizes, compare(one, other))]
    return sizes
total = [0, 0]
far = "x = (" + chr(10) * 500 + "1 / y)" + chr(10) * 3 + "def f(): pass"
for text in [far, *(path.read_text() for path in sorted(pathlib.Path(sys.argv[2]).rglob("*.py")))]:
    code = compile(text, "f", "exec", dont_inherit=True)
    total = [a + b for a, b in zip(total, compare(code, shorten(code)))]
assert sys.version_info < (3, 11) or total[1] < 0.8 * total[0], total
"""


def made(source: bytes, *strips: Any) -> dict[str, Any]:
    """Run what is left of a module, and return its names."""
    module = ast.parse(source)
    for strip in strips:
        module = strip(module)
    names: dict[str, Any] = {"__name__": "made"}
    exec(compile(module, "made", "exec", dont_inherit=True), names)
    return names


def test_docstrings() -> None:
    """Docstrings go, lines, asserts and a short docstring of a dataclass stay."""
    source = (
        b'"""Module."""\nimport dataclasses\n\ndef f():\n    """F."""\n\n'
        b'@dataclasses.dataclass\nclass D:\n    """D."""\n    a: int\n\n'
        b'class C:\n    """C."""\n    async def m(self):\n        """M."""\n        assert False\n'
    )
    names = made(source, stripped.without_docstrings)
    docs = [names.get("__doc__"), names["f"].__doc__, names["C"].__doc__, names["C"].m.__doc__]
    assert docs == [None] * 4
    assert names["D"].__doc__ == "."
    assert names["f"]() is None
    with pytest.raises(AssertionError) as caught:
        names["C"]().m().send(None)
    assert caught.tb.tb_next.tb_lineno == 16


def test_annotations() -> None:
    """Those of functions, modules and plain classes go; what something is made of stays."""
    source = (
        b"import dataclasses, functools, typing\n"
        b"a: int = 1\nb: no_such_name\n"
        b"class P:\n    c: int = 2\n    d: str\n"
        b"@dataclasses.dataclass\nclass D:\n    a: int = 1\n"
        b"    def m(self, b: str) -> str: return b\n"
        b"class T(typing.NamedTuple):\n    a: int\n"
        b"@functools.singledispatch\ndef f(a: object, *b: int, c: int = 0, **d: int) -> str:\n"
        b"    return 'any'\n@f.register\ndef _(a: int): return 'int'\n"
    )
    names = made(source, stripped.without_annotations)
    assert names["f"].__annotations__ == names["D"].m.__annotations__ == {}
    assert "__annotations__" not in names
    assert "__annotations__" not in vars(names["P"])
    assert [names["a"], names["P"].c, names["T"](3).a] == [1, 2, 3]
    assert [field.type for field in names["D"].__dataclass_fields__.values()] == [int]
    assert [names["f"](1), names["f"]("")] == ["int", "any"]


def test_branches() -> None:
    """What is for type checkers and other Pythons goes; what only running tells stays."""
    source = (
        b"import sys, typing\nTYPE_CHECKING = False\n"
        b"if TYPE_CHECKING:\n    import gone1\n"
        b"def f():\n    if typing.TYPE_CHECKING:\n        import gone2\n"
        b"    else:\n        return 1\n"
        b"if sys.version_info < (3, 9):\n    import gone3\n"
        b"elif sys.version_info >= (4,):\n    import gone4\nelse:\n    a = 2\n"
        b"if sys.version_info > (3, 9) and f() or TYPE_CHECKING:\n    b = 3\n"
    )
    kept = ast.unparse(stripped.without_dead_branches(ast.parse(source)))
    assert "gone" not in kept
    assert "sys.version_info > (3, 9) and f()" in kept
    names = made(source, stripped.without_dead_branches)
    assert [names["f"](), names["a"], names["b"]] == [1, 2, 3]


def test_lines(python: pythons.Python) -> None:
    """Each instruction keeps its line, in a table a fifth smaller at least."""
    program, sources = Path(stripped.__file__), ROOT / "src" / "heliograph"
    options = ["-X", "no_debug_ranges", "-c", COMPARE_LINES]
    command = python.command(*options, program, sources, folders=[program.parent, sources])
    subprocess.run(command, check=True)


def test_bytes_of_a_module_are_its_own(python: pythons.Python, tree: Path, tmp_path: Path) -> None:
    """What else the compiling process has loaded, and so which names it holds, leaves no mark."""
    program, sources = Path(stripped.__file__), tree / "python" / "packaging"
    modules = sorted(sources.glob("*.py"))
    listed = tmp_path / "listed"
    listed.write_text("".join(f"{path}\n" for path in modules))
    made = []
    for company in ("", "import argparse, asyncio, logging, subprocess"):
        target = tmp_path / f"after{len(company)}"
        options = ["-B", "-S", "-c", company + RUN_STRIPPED, program]
        given = [sources, listed, target, "/opt"]
        command = python.command(*options, *given, folders=[program.parent, sources, tmp_path])
        subprocess.run(command, check=True, env={"PYTHONHASHSEED": "0"})
        made.append({path.name: path.read_bytes() for path in target.iterdir()})
    assert made[0] == made[1]
    assert len(made[0]) == len(modules)
