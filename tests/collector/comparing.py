"""Documents of two makers, field by field, and the table of the differences that are meant."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from opentelemetry.sdk.trace import ReadableSpan

PAGE = Path(__file__).parents[2] / "docs" / "xray.md"
ABSENT = "(absent)"


@dataclass
class Difference:
    """A field that two documents of one span do not have alike."""

    path: tuple[str | int, ...]
    ours: Any
    theirs: Any
    span: ReadableSpan
    our: dict[str, Any]
    their: dict[str, Any]

    def __str__(self) -> str:
        where = ".".join(map(str, self.path))
        return (
            f"{self.span.name} ({self.span.kind.name}) {where}: {self.ours!r}, not {self.theirs!r}"
        )

    def at(self, *path: str | int) -> bool:
        """Whether the field is at this path or below it."""
        return self.path[: len(path)] == path

    @property
    def attributes(self) -> dict[str, Any]:
        return dict(self.span.attributes or {})

    @property
    def resource(self) -> dict[str, Any]:
        return dict(self.span.resource.attributes)

    @property
    def key(self) -> str:
        """The attribute, for an entry of `metadata.default`; else ""."""
        return str(self.path[2]) if self.at("metadata", "default") and len(self.path) > 2 else ""

    @property
    def segment(self) -> bool:
        """Whether our document is a segment."""
        return "type" not in self.our

    @property
    def only_ours(self) -> bool:
        return self.theirs is ABSENT

    @property
    def only_theirs(self) -> bool:
        return self.ours is ABSENT


class Rules(dict[str, "Callable[[Difference], bool]"]):
    """Differences that are meant: an id of the table, and what it covers."""

    def __call__(self, covers: Callable[[Difference], bool]) -> Callable[[Difference], bool]:
        """Add a function under its name, with dashes."""
        self[covers.__name__.replace("_", "-")] = covers
        return covers

    def of(self, difference: Difference) -> str:
        """Return the id of the first rule that covers a difference, or ""."""
        return next((name for name, covers in self.items() if covers(difference)), "")


def table(heading: str) -> set[str]:
    """Return the ids of a table of the page: the first cell of each row under the heading."""
    part = PAGE.read_text(encoding="utf-8").partition(f"\n### {heading}\n")[2].partition("\n##")[0]
    return set(re.findall(r"^\| `([a-z0-9-]+)` \|", part, re.MULTILINE))


def differences(
    ours: list[dict[str, Any]], theirs: list[dict[str, Any]], span: ReadableSpan
) -> Iterator[Difference]:
    """Yield every field in which two lists of documents are not alike."""
    if len(ours) != len(theirs):
        yield Difference(("documents",), len(ours), len(theirs), span, {}, {})
        return
    for one, other in zip(numbered(ours), numbered(theirs), strict=True):
        left, right = flat(one), flat(other)
        for path in {**left, **right}:
            mine, official = left.get(path, ABSENT), right.get(path, ABSENT)
            if exact(mine) != exact(official):
                yield Difference(path, mine, official, span, one, other)


def exact(value: Any) -> tuple[Any, bool]:
    """Tell True from 1, which are equal in Python, and not 1e17 from 10**17: one number in JSON."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if number else value, value is True


def numbered(documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put numbers in the place of ids that are random: of exceptions, and of a split's segment."""
    made: dict[str, str] = {}
    for number, document in enumerate(documents):
        for index, one in enumerate(document.get("cause", {}).get("exceptions", ())):
            made[one["id"]] = f"exception {index}"
        if number:
            made[document["id"]] = f"document {number}"
    return [replaced(document, made) for document in documents]


def replaced(value: Any, made: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: replaced(item, made) for key, item in value.items()}
    if isinstance(value, list):
        return [replaced(item, made) for item in value]
    return made.get(value, value) if isinstance(value, str) else value


def flat(value: Any, path: tuple[str | int, ...] = ()) -> dict[tuple[str | int, ...], Any]:
    """Return every leaf by its path; an attribute's value in `metadata` is one leaf."""
    whole = path[:1] == ("metadata",) and len(path) > 2
    if whole or not isinstance(value, (dict, list)) or not value:
        return {path: value}
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return {deep: leaf for key, item in items for deep, leaf in flat(item, (*path, key)).items()}
