"""Every page is run: its code, its commands, its links, and its list of our log lines."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import textwrap
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from heliograph import _limits, journal

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "heliograph"
FOLDERS = (".", "collector", "docs", "docs/spec", "examples/*")
PAGES = sorted(page for folder in FOLDERS for page in ROOT.glob(f"{folder}/*.md"))
LANGUAGES = {"dockerfile", "json", "python", "sh", "text"}
FENCE = re.compile(
    r"^```(?P<language>\S*)\n(?P<code>.*?)^```\n+(?:<!-- test\n(?P<check>.*?)^-->$)?",
    re.DOTALL | re.MULTILINE,
)
RUN = """
import asyncio, heliograph, heliograph.testing
with heliograph.testing.strict(), heliograph.testing.capture() as captured:
{code}
{check}
"""


class Block(NamedTuple):
    """A fenced block of a page, and what its page says in a comment that must hold after it."""

    page: Path
    line: int
    language: str
    code: str
    check: str

    @property
    def id(self) -> str:
        """Return where it is."""
        return f"{name_of(self.page)}:{self.line}"


def name_of(page: Path) -> str:
    """Return a page's path in the repository."""
    return str(page.relative_to(ROOT))


def every_block() -> list[Block]:
    """Return the blocks of all pages."""
    return [
        Block(
            page,
            text.count("\n", 0, match.start()) + 1,
            match["language"],
            match["code"],
            match["check"] or "",
        )
        for page in PAGES
        for text in [page.read_text()]
        for match in FENCE.finditer(text)
    ]


def blocks(language: str) -> list[object]:
    """Return the blocks of a language as parameters of a test."""
    found = [block for block in every_block() if block.language == language]
    return [pytest.param(block, id=block.id) for block in found]


def environment() -> dict[str, str]:
    """Return an environment with our commands and nothing of this machine's AWS."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {**kept, "PATH": path, "PYTHONWARNINGS": "default", "AWS_DEFAULT_REGION": "us-east-1"}


def test_pages_are_found():
    """Every folder has its pages; else the tests below pass idly."""
    assert [folder for folder in FOLDERS if not list(ROOT.glob(f"{folder}/*.md"))] == []
    assert {block.language for block in every_block()} == LANGUAGES


def test_a_block_says_what_it_is():
    """A block is code that is run, or marked as text: nothing is left out by a misspelling."""
    assert [block.id for block in every_block() if block.language not in LANGUAGES] == []
    fences = {name_of(page): page.read_text().count("\n```") for page in PAGES}
    found = Counter(name_of(block.page) for block in every_block())
    assert {name: 2 * found[name] for name in fences} == fences


@pytest.mark.parametrize("block", blocks("python"))
def test_python(block, tmp_path):
    """Python of the pages runs, records without a failure, and gives what the page says."""
    code, check = (textwrap.indent(part, "    ") for part in (block.code, block.check))
    (tmp_path / "block.py").write_text(RUN.format(code=code, check=check))

    done = subprocess.run(
        [sys.executable, "block.py"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
    )

    assert done.stderr == ""
    assert done.returncode == 0


@pytest.mark.runtime
@pytest.mark.parametrize("block", blocks("sh"))
def test_commands(block, layer):
    """`heliograph` commands are run; make's targets, packages and variables exist."""
    for line in block.code.replace("\\\n", " ").splitlines():
        command, _, comment = line.partition("  #")
        if re.search(r"(^|\| )heliograph ", command):
            expected = re.search(r"exit status (\d)", comment)
            done = subprocess.run(
                ["sh", "-c", command], cwd=ROOT, env=environment(), capture_output=True, text=True
            )
            assert done.returncode == int(expected[1] if expected else 0), done.stdout + done.stderr
        else:
            assert problem(command) == ""


def problem(command: str) -> str:
    """Return what is wrong with a command that is not run here."""
    if target := re.fullmatch(r"make ([\w-]+)", command):
        makefile = (ROOT / "Makefile").read_text()
        return "" if f"\n{target[1]}:" in makefile else f"make has no target {target[1]}"
    if extra := re.fullmatch(r"pip install '?\.(?:\[(\w+)\])?'?", command):
        known = f"\n{extra[1]} = [" in (ROOT / "pyproject.toml").read_text()
        return "" if known or not extra[1] else f"there is no extra {extra[1]}"
    if variable := re.fullmatch(r"([A-Z_]+)=\S+", command):
        return "" if variable[1] in variables() else f"{variable[1]} is read nowhere"
    if started := re.fullmatch(
        r"((?:[A-Z_]+=\S+ )+)opentelemetry-instrument python app.py", command
    ):
        named = {setting.partition("=")[0] for setting in started[1].split()}
        unread = named - variables() - {"OTEL_PYTHON_DISTRO"}
        return f"{unread} are read nowhere" if unread else ""
    return f"{command!r} is not checked by any test"


def variables() -> set[str]:
    """Return the environment variables that we read."""
    from heliograph.settings.config import every

    wrapper = set(re.findall(r"HELIOGRAPH_\w+", (ROOT / "layer" / "heliograph").read_text()))
    read = {variable for setting in every() for variable in setting.variables}
    return {*read, *wrapper, "AWS_LAMBDA_EXEC_WRAPPER"}


@pytest.mark.parametrize("block", blocks("json"))
def test_json(block):
    """JSON of the pages is JSON."""
    json.loads(block.code)


def test_links():
    """What a page links to is there, with its heading; the web is not asked."""
    links = [
        (page, target)
        for page in PAGES
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text())
        if not target.startswith("https://")
    ]
    assert len(links) > len(PAGES)
    assert [(name_of(page), target) for page, target in links if not leads(page, target)] == []


def leads(page: Path, target: str) -> bool:
    """Tell whether a link leads to a file, or to a heading of a page."""
    path, _, heading = target.partition("#")
    there = (page.parent / path) if path else page
    if not heading or not there.exists():
        return there.exists()
    headings = re.findall(r"^#+ (.*)$", there.read_text(), re.MULTILINE)
    return heading in {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}


def test_variables():
    """Every variable of ours that a page names is one that is read."""
    known = {*variables(), "HELIOGRAPH_ACCEPT"}
    named = {page: re.findall(r"\bHELIOGRAPH_[A-Z_]+\b", page.read_text()) for page in PAGES}
    assert any(named.values())
    unread = {name_of(page): set(names) - known for page, names in named.items()}
    assert {page: names for page, names in unread.items() if names} == {}


# -- docs/limits.md --------------------------------------------------------------------------------

BOUNDS = {
    "characters of a text": journal.MAX_STRING,
    "entries of a list or mapping": journal.MAX_ITEMS,
    "levels of nested containers": journal.MAX_DEPTH,
    "containers in one value": journal.MAX_NODES,
    "calls on one span (attributes, events, links)": journal.MAX_OPS,
    "spans of an invocation": journal.MAX_ENTRIES,
    "measurements of an invocation": journal.MAX_MEASUREMENTS,
    "frames of an exception's stack": journal.MAX_FRAMES,
    "exceptions in a chain of causes": journal.MAX_CHAIN,
    "bytes of a document": _limits.XRAY_DOCUMENT_BYTES,
    "annotations of a trace": _limits.XRAY_ANNOTATIONS,
    "characters of an annotation": _limits.XRAY_ANNOTATION_VALUE,
    "bytes of a record": _limits.EMF_RECORD_BYTES,
    "metrics of a record": _limits.EMF_METRICS,
    "values of a metric in a record": _limits.EMF_VALUES,
    "dimensions of a set": _limits.EMF_DIMENSIONS,
}


def test_limits():
    """The figures of docs/limits.md are those of the code."""
    page = (ROOT / "docs" / "limits.md").read_text()
    rows = re.findall(r"^\| ([^|]+) \| ([\d,]+) \|", page, re.MULTILINE)

    assert {what: int(figure.replace(",", "")) for what, figure in rows} == BOUNDS


def test_options():
    """docs/local.md explains every option of `heliograph invoke`, and no other."""
    from heliograph.lab.cli import invoke

    page = (ROOT / "docs" / "local.md").read_text()
    rows = "\n".join(re.findall(r"^\| (`--.*?) \|", page, re.MULTILINE))
    explained = re.findall(r"`(--[a-z-]+)`", rows)
    known = [name for option in invoke.params for name in (*option.opts, *option.secondary_opts)]

    assert sorted(explained) == sorted(name for name in known if name.startswith("--"))


# -- docs/troubleshooting.md -----------------------------------------------------------------------

GAP = "…"
"""Stands for what differs from line to line."""


def said() -> dict[str, str]:
    """Return the text of every line that we log, with gaps, and where it is."""
    lines = {}
    for path in sorted(SOURCE.rglob("*.py")):
        if "lab" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and (text := line_of(node)) is not None:
                lines[text] = f"{path.relative_to(ROOT)}:{node.lineno}"
    return lines


def line_of(call: ast.Call) -> str | None:
    """Return the line that a call logs, if it is one that does."""
    called = (
        call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    )
    place = {
        "warn": 1,
        "tell": 1,
        "_tell": 1,
        "inform": 0,
        "debug": 0,
        "guard": 0,
        "guarded": 0,
        "failed": 0,
        "_log": 1,
    }.get(called)
    if place is None or len(call.args) <= place:
        return None
    text = template(call.args[place])
    if text is None:
        return None
    return f"failed while {text}" if called in {"guard", "guarded", "failed"} else text


def template(node: ast.expr) -> str | None:
    """Return a text with gaps for what is computed; None if all of it is."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(template(part) or GAP for part in node.values)
    if isinstance(node, ast.Lambda):  # made only when the line is written
        return template(node.body)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return (template(node.left) or GAP) + (template(node.right) or GAP)
    return None


def fixed(text: str) -> str:
    """Return what of a line is the same every time: its first three words or more in a row."""
    parts = [part.strip(" :'\".") for part in text.split(GAP)]
    return next((part for part in parts if len(part.split()) >= 3), max(parts, key=len))


def listed() -> list[str]:
    """Return the lines that the page explains."""
    page = (ROOT / "docs" / "troubleshooting.md").read_text()
    lines = re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE)
    guarded = re.findall(r"^- `([^`]+)`$", page, re.MULTILINE)
    return [*lines, *(f"failed while {doing}" for doing in guarded)]


def test_every_line_is_explained():
    """Whoever finds a line of ours in a log finds it in docs/troubleshooting.md, and no other."""
    lines, explained = said(), "\n".join(listed())

    assert {text: place for text, place in lines.items() if fixed(text) not in explained} == {}
    assert [line for line in listed() if fixed(line) not in "\n".join(lines)] == []
