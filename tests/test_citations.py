"""Rules that code and tests cite: each is a section of docs/spec, and each section is cited."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "docs" / "spec"
NAMES = ("xray", "emf", "triggers", "lifecycle")
FOLDERS = ("src", "tests", "docs", "scripts", "bench", "layer")
SUFFIXES = (".md", ".py")

GAP = r"[\s#]+"
"""Between two words of a citation: a line may end there, and a comment go on."""
NUMBER = r"\d+(?:\.\d+)*"
PAGE = r"\b(?P<page>x-?ray|emf|triggers|lifecycle)"
SECTIONS = rf"(?P<sections>{NUMBER}(?: step \d+)?(?:(?:,|,?{GAP}and){GAP}{NUMBER})*)"
CITATIONS = (
    re.compile(rf"{PAGE}{GAP}spec(?:ification)?,?{GAP}{SECTIONS}", re.IGNORECASE),
    re.compile(rf"\({PAGE}{GAP}{SECTIONS}"),  # the short form, which stands in parentheses
    re.compile(rf"sections?{GAP}{SECTIONS}{GAP}of{GAP}the{GAP}{PAGE}{GAP}spec", re.IGNORECASE),
)
LINK = re.compile(rf"\[({NUMBER})\]\(spec/(\w+)\.md#([\w-]*)\)")
HEADING = re.compile(rf"^(#+) ({NUMBER}) (.+)$", re.MULTILINE)


class Citation(NamedTuple):
    """A section that a file names, and where it does."""

    page: str
    number: str
    place: str

    @property
    def section(self) -> tuple[str, str]:
        """Return page and number."""
        return self.page, self.number


class Section(NamedTuple):
    """A section of a page, with what its heading is linked by."""

    page: str
    number: str
    level: int
    anchor: str
    paragraphs: list[str]


def cited_in(text: str, where: str) -> list[Citation]:
    """Return what a text cites, several sections of one citation each."""
    found = []
    for pattern in CITATIONS:
        for match in pattern.finditer(text):
            place = f"{where}:{text.count(chr(10), 0, match.start()) + 1}"
            page = match["page"].lower().replace("-", "")
            numbers = re.findall(NUMBER, re.sub(r" step \d+", "", match["sections"]))
            found += [Citation(page, number, place) for number in numbers]
    return found


def links_in(text: str) -> list[tuple[str, str, str]]:
    """Return the number, the page and the anchor of the links of a text to sections."""
    return [(link[1], link[2], link[3]) for link in LINK.finditer(text)]


@cache
def citations() -> list[Citation]:
    """Return every citation, and every link of a page of docs to a section."""
    found: list[Citation] = []
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in SUFFIXES and path.is_file():
                where, text = str(path.relative_to(ROOT)), path.read_text()
                found += cited_in(text, where)
                found += [Citation(page, number, where) for number, page, _ in links_in(text)]
    return found


@cache
def sections() -> dict[tuple[str, str], Section]:
    """Return the sections of all pages."""
    found: dict[tuple[str, str], Section] = {}
    for page in NAMES:
        parts = HEADING.split((PAGES / f"{page}.md").read_text())[1:]
        for marks, number, title, body in zip(*(parts[n::4] for n in range(4)), strict=True):
            anchor = re.sub(r"[^\w -]", "", f"{number} {title}".lower()).replace(" ", "-")
            paragraphs = [part for part in body.strip().split("\n\n") if part]
            assert (page, number) not in found, f"{page} {number} is there twice"
            found[page, number] = Section(page, number, len(marks), anchor, paragraphs)
    return found


def parents(page: str, number: str) -> set[tuple[str, str]]:
    """Return the sections that a section is in."""
    parts = number.split(".")
    return {(page, ".".join(parts[:count])) for count in range(1, len(parts))}


def test_every_citation_leads_to_a_section() -> None:
    """What is cited can be read, here and now."""
    known = sections()
    assert [one for one in citations() if one.section not in known] == []


def test_every_section_says_something_and_whence() -> None:
    """A section has a text, and at its end where that comes from."""
    problems = []
    for section in sections().values():
        source = section.paragraphs[-1] if section.paragraphs else ""
        if not re.match(r"Source: (<https://[^>\s]+>|ours; \w)", source):
            problems.append(f"{section.page} {section.number} has no source")
        if len(section.paragraphs) < 2:
            problems.append(f"{section.page} {section.number} has no text")
        if section.level != section.number.count(".") + 2:
            problems.append(f"{section.page} {section.number} has a heading of another level")
    assert problems == []


def test_every_section_is_cited() -> None:
    """No rule is kept that nothing depends on; a section stands for its parts as well."""
    cited = {one.section for one in citations()}
    needed = cited.union(*(parents(*one) for one in cited))
    assert sorted(sections().keys() - needed) == []


def test_every_part_has_its_section() -> None:
    """A part of a section stands in it: the section is there, before the part."""
    known = list(sections())
    assert [one for one in known if not parents(*one).issubset(known[: known.index(one)])] == []


def test_links_lead_to_their_number() -> None:
    """The choices of docs/xray.md are linked, each to the section of the number that is shown."""
    text = (ROOT / "docs" / "xray.md").read_text()
    links, known = links_in(text), sections()

    assert links
    assert [
        (number, page, anchor)
        for number, page, anchor in links
        if (page, number) not in known or known[page, number].anchor != anchor
    ] == []
    assert re.findall(rf"^\|.*\| {NUMBER}(?:, {NUMBER})* \|$", text, re.MULTILINE) == []


@pytest.mark.parametrize("page", ["xray", "X-Ray", "emf", "Triggers", "lifecycle"])
def test_citations_are_seen(page: str) -> None:
    """Every form of a citation is found; else the tests above pass idly."""
    text = f"""
    # rules ({page} spec 10.3), {page} spec
    # 4, 6 and 1.10, {page} specification 7. Not row 5 ({page} spec 2.2, row 8),
    # but sections 3 and 9 of the {page} spec; {page} spec 5.1 step 3, 11.
    """

    found = cited_in(text, "a.py")

    assert {one.page for one in found} == {page.lower().replace("-", "")}
    numbers = sorted(one.number for one in found)
    assert numbers == sorted(["10.3", "4", "6", "1.10", "7", "2.2", "3", "9", "5.1", "11"])
    assert {one.place for one in found if one.number in ("10.3", "4")} == {"a.py:2"}


def test_the_short_form_is_seen() -> None:
    """In parentheses a page may be named alone; in a sentence its name is a word as any other."""
    page = NAMES[0]
    found = cited_in(f"({page} 1.1, 1.4), {page} 0 is no answer", "a.py")
    assert [one.number for one in found] == ["1.1", "1.4"]
