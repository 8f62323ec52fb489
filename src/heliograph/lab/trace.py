"""Segment documents → trees: what hangs below what, whatever order it came in."""

from __future__ import annotations

import pkgutil
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

PLACEHOLDER = "Lambda service"
"""Name of the line that stands for a segment that is not ours: the Lambda service sends it."""


CALLED = (
    "table_name", "table_names", "queue_url", "topic_arn", "bucket_name", "function_name",
    "stream_name",
)  # fmt: skip
"""What an AWS call acted on, as members of the `aws` block (xray spec 10.1)."""

STATEMENTS = ("db.operation.name", "db.operation", "db.query.text", "db.statement")
"""What a database was asked that has no `sql` block."""

OURS = (
    "aws.function_arn", "aws.lambda.", "aws.xray.", "heliograph.", "otel.resource.", "otel.scope.",
    "telemetry.", "asgi.", "db.redis.", "messaging.",
)  # fmt: skip
"""Beginnings of names that are ours, and OpenTelemetry's for every span; and those of official
instrumentors that are in no convention."""


@cache
def conventions() -> frozenset[str]:
    """Return the attributes that OpenTelemetry has names for: what it says about any call."""
    import opentelemetry.semconv as package

    found: set[str] = set()
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        with suppress(ImportError):
            members = vars(import_module(module.name))
            kinds = (vars(it) for it in members.values() if isinstance(it, type))
            for names in (members, *kinds):
                found.update(it for it in names.values() if isinstance(it, str) and "." in it)
    return frozenset(found)


def is_said(name: str) -> bool:
    """Tell whether an attribute is what OpenTelemetry or we say; a user's own are the rest."""
    return name.startswith(OURS) or name in conventions()


@dataclass
class Node:
    """A segment or subsegment, or the placeholder that stands for one that somebody else sends."""

    id: str
    name: str
    document: Mapping[str, Any] = field(default_factory=dict)
    children: list[Node] = field(default_factory=list)

    @property
    def placeholder(self) -> bool:
        """Whether this stands for a segment that is not among the documents."""
        return not self.document

    @property
    def parent_id(self) -> str | None:
        """Return the id of the parent, which may be another service's segment."""
        return self.document.get("parent_id")

    @property
    def start(self) -> float:
        """Return the start in seconds since 1970; of a placeholder, its earliest child's."""
        if self.placeholder:
            return min(child.start for child in self.children)
        return _seconds(self.document.get("start_time")) or 0.0

    @property
    def duration_ms(self) -> float | None:
        """Return the duration; `None` for a placeholder, or while in progress."""
        end = _seconds(self.document.get("end_time"))
        return None if end is None else (end - self.start) * 1000

    @property
    def status(self) -> str | None:
        """Return `fault`, `throttle` or `error`, the gravest that is set."""
        return next(
            (flag for flag in ("fault", "throttle", "error") if self.document.get(flag)), None
        )

    @property
    def exceptions(self) -> list[tuple[str, str]]:
        """Return type and message of every exception of the cause."""
        found = _object(self.document.get("cause")).get("exceptions") or ()
        parts = [_object(one) for one in found]
        return [(str(one.get("type", "")), str(one.get("message", ""))) for one in parts]

    @property
    def http_status(self) -> int | None:
        """Return the response's status code."""
        response = _object(_object(self.document.get("http")).get("response"))
        return response.get("status")

    @property
    def call(self) -> str:
        """Return what a call did, such as `PutItem orders` or `GET /prices/lens`; may be empty."""
        aws = _object(self.document.get("aws"))
        if operation := aws.get("operation"):
            acted_on = next((aws[member] for member in CALLED if aws.get(member)), "")
            many = acted_on if isinstance(acted_on, list) else [acted_on]
            return " ".join([str(operation), *(_last(str(one)) for one in many if one)])
        request = _object(_object(self.document.get("http")).get("request"))
        if self.document.get("namespace") != "remote":
            return ""
        if not request.get("method"):
            return _statement(self.document)
        return f"{request['method']} {_path(str(request.get('url', '')))}".rstrip()

    @property
    def annotations(self) -> dict[str, Any]:
        """Return the annotations, the searchable attributes."""
        return _object(self.document.get("annotations"))

    @property
    def metadata(self) -> dict[str, Any]:
        """Return the metadata of the user's own; those of a named namespace begin with its name.

        What OpenTelemetry says about every call and every function is left out.
        """
        found = {}
        for namespace, values in _object(self.document.get("metadata")).items():
            before = "" if namespace == "default" else f"{namespace}: "
            for name, value in _object(values).items():
                if before or not is_said(name):
                    found[before + name] = value
        return found

    def walk(self) -> Iterator[Node]:
        """Yield this node and everything below it, parents first."""
        waiting = [self]
        while waiting:  # as deep as it may be
            node = waiting.pop()
            yield node
            waiting += reversed(node.children)


def _statement(document: Mapping[str, Any]) -> str:
    """Return the first word of what a database was asked: `SELECT`, `GET`."""
    sql = _object(document.get("sql"))
    said = _object(_object(document.get("metadata")).get("default"))
    for told in (sql.get("sanitized_query"), sql.get("url"), *map(said.get, STATEMENTS)):
        if words := str(told or "").split(None, 1):
            return words[0]
    return ""


@dataclass
class Trace:
    """All documents of one trace id."""

    trace_id: str
    roots: list[Node]

    @property
    def start(self) -> float:
        """Return the earliest start, in seconds since 1970."""
        return min(node.start for root in self.roots for node in root.walk())


def traces(documents: Iterable[Mapping[str, Any]]) -> list[Trace]:
    """Sort documents into traces, in the order in which the traces first appear.

    A document whose parent is not there hangs below a placeholder. Of two documents with one id the
    complete one counts, else the later (a segment may be sent while in progress).
    """
    found: dict[str, dict[str, Node]] = {}
    for document in documents:
        trace_id = str(document.get("trace_id"))
        _add(found.setdefault(trace_id, {}), document)
    return [Trace(trace_id, _roots(nodes)) for trace_id, nodes in found.items()]


def _add(nodes: dict[str, Node], document: Mapping[str, Any]) -> None:
    span_id = str(document.get("id"))
    known = nodes.get(span_id)
    if known is None or not document.get("in_progress") or known.document.get("in_progress"):
        nodes[span_id] = Node(span_id, str(document.get("name")), document)
    for part in document.get("subsegments") or ():
        _add(nodes, {"parent_id": span_id, **part})


def _roots(nodes: dict[str, Node]) -> list[Node]:
    roots: list[Node] = []
    placeholders: dict[str, Node] = {}
    for node in sorted(nodes.values(), key=lambda node: node.start):
        parent_id = node.parent_id
        if parent_id is None or _circular(node, nodes):
            roots.append(node)
        elif parent_id in nodes:
            nodes[parent_id].children.append(node)
        else:
            if parent_id not in placeholders:
                placeholders[parent_id] = Node(parent_id, PLACEHOLDER)
                roots.append(placeholders[parent_id])
            placeholders[parent_id].children.append(node)
    return roots


def _circular(node: Node, nodes: dict[str, Node]) -> bool:
    seen, parent_id = {node.id}, node.parent_id
    while parent_id in nodes:
        if parent_id in seen:
            return True
        seen.add(parent_id)
        parent_id = nodes[parent_id].parent_id
    return False


def _last(name: str) -> str:
    """Return the last part of an ARN or URL, anything else as it is."""
    parts = name.rpartition("/") if "://" in name else name.rpartition(":")
    return parts[2] if "://" in name or name.startswith("arn:") else name


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:  # a host such as `[::1` is no address
        return url


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _seconds(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None
