"""What is cut from a document that is too large, the least missed first (xray spec 12).

Ids, name, times and flags are never cut. Annotations are the last to be shortened, and only go
where the limit is far under X-Ray's own.
"""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Cut = Callable[[dict[str, object], int], bool]

TEXT = 1024
ITEMS = 10
FRAMES = 20
MESSAGE = 2048
SHORT = 250
MARKS = frozenset({"xray.truncated", "xray.cuts", "xray.links_dropped"})
MARK_BYTES = 400
"""Room for the marks themselves."""


def mark(document: dict[str, object], name: str) -> None:
    """Say in the document that something was cut, and what."""
    default = _part(document, "metadata", "default", make=True)
    default["xray.truncated"] = True
    names = default.setdefault("xray.cuts", [])
    if isinstance(names, list):
        names.append(name)


def _part(document: dict[str, object], *path: str, make: bool = False) -> dict[str, object]:
    """Return the object at a path; an empty one, put there if `make`, where there is none."""
    found = document
    for field in path:
        inner = found.get(field)
        if not isinstance(inner, dict):
            inner = {}
            if make:
                found[field] = inner
        found = inner
    return found


def _events(document: dict[str, object], over: int) -> bool:  # noqa: ARG001 - the shape of a cut
    """Drop the span's events."""
    metadata = _part(document, "metadata")
    found = [name for name in ("events", "span_events") if isinstance(metadata.get(name), list)]
    for name in found:
        del metadata[name]
    return bool(found)


def _metadata_texts(document: dict[str, object], over: int) -> bool:  # noqa: ARG001 - see above
    """Shorten the texts and lists of the metadata."""
    return _shorten(document, "metadata", TEXT)


def _shorten(document: dict[str, object], field: str, limit: int) -> bool:
    if field not in document:
        return False
    whole = document[field]
    document[field] = _shorter(whole, limit)
    return document[field] != whole


def _shorter(value: object, limit: int) -> object:
    if isinstance(value, str):
        return value[:limit]
    if isinstance(value, list):
        return [_shorter(item, limit) for item in value[:ITEMS]]
    if isinstance(value, dict):
        return {key: _shorter(item, limit) for key, item in value.items()}
    return value


def _exceptions(document: dict[str, object]) -> list[dict[str, object]]:
    found = _part(document, "cause").get("exceptions")
    return found if isinstance(found, list) else []


def _stacks(document: dict[str, object], over: int) -> bool:  # noqa: ARG001 - see above
    """Keep 20 frames of each stack and 2 KB of each message."""
    exceptions = _exceptions(document)
    shorter = [_shorter_exception(one) for one in exceptions]
    if shorter == exceptions:
        return False
    document["cause"] = {"exceptions": shorter}
    return True


def _shorter_exception(whole: dict[str, object]) -> dict[str, object]:
    one = {
        **whole,
        "type": str(whole["type"])[:SHORT],
        "message": str(whole["message"])[:MESSAGE],
    }
    stack, truncated = whole.get("stack"), whole.get("truncated", 0)
    if isinstance(stack, list) and isinstance(truncated, int):
        one["stack"] = [_shorter(frame, SHORT) for frame in stack[:FRAMES]]
        if len(stack) > FRAMES:
            one["truncated"] = len(stack) - FRAMES + truncated
    return one


def _chained(document: dict[str, object], over: int) -> bool:  # noqa: ARG001 - see above
    """Keep the exceptions that others led to; say how many led to each."""
    exceptions = _exceptions(document)
    by_id = {one["id"]: one for one in exceptions}
    leading = {one["cause"] for one in exceptions if "cause" in one}
    kept = [one for one in exceptions if one["id"] not in leading]
    if len(kept) == len(exceptions):
        return False
    for one in kept:
        skipped, step = 0, one
        while step.get("cause") in by_id:
            step, skipped = by_id[step["cause"]], skipped + 1
        one.pop("cause", None)
        if skipped:
            one["skipped"] = skipped
    document["cause"] = {"exceptions": kept}
    return True


def _query(document: dict[str, object], over: int) -> bool:  # noqa: ARG001 - see above
    """Keep 2 KB of the SQL."""
    sql = _part(document, "sql")
    query = sql.get("sanitized_query")
    if not isinstance(query, str) or len(query) <= MESSAGE:
        return False
    sql["sanitized_query"] = query[:MESSAGE]
    return True


def _metadata(document: dict[str, object], over: int) -> bool:
    """Drop entries of the metadata, the biggest first; `default` before other namespaces."""
    over += MARK_BYTES
    metadata = _part(document, "metadata")
    dropped = False
    for name in sorted(metadata, key=lambda name: name != "default"):
        namespace = _part(metadata, name)
        sizes = {key: _size(key, value) for key, value in namespace.items() if key not in MARKS}
        for key in sorted(sizes, key=lambda key: -sizes[key]):
            if over <= 0:
                return dropped
            del namespace[key]
            over -= sizes[key]
            dropped = True
        if not namespace:
            over -= _size(name, metadata.pop(name))
    return dropped


def _size(key: str, value: object) -> int:
    """Return an entry's bytes: key, value, and the quotes, colon and comma around them."""
    return len(json.dumps({key: value}, ensure_ascii=False, separators=(",", ":")).encode()) - 1


def _without(field: str) -> Cut:
    def cut(document: dict[str, object], over: int) -> bool:  # noqa: ARG001 - see above
        return document.pop(field, None) is not None

    return cut


def _blocks(document: dict[str, object], over: int) -> bool:  # noqa: ARG001 - see above
    """Shorten every text of the blocks to what X-Ray documents for them."""
    fields = ("http", "sql", "aws", "service", "cause")
    shortened = [_shorten(document, field, SHORT) for field in fields]
    return any(shortened)


def _annotations(limit: int) -> Cut:
    def cut(document: dict[str, object], over: int) -> bool:  # noqa: ARG001 - see above
        return _shorten(document, "annotations", limit)

    return cut


ORDER: tuple[tuple[str, Cut], ...] = (
    ("events", _events),
    ("metadata texts", _metadata_texts),
    ("stacks", _stacks),
    ("chained exceptions", _chained),
    ("query", _query),
    ("metadata", _metadata),
    ("links", _without("links")),
    ("block texts", _blocks),
    ("sql", _without("sql")),
    ("aws", _without("aws")),
    ("http", _without("http")),
    ("cause", _without("cause")),
    ("annotation texts", _annotations(SHORT)),
    ("annotation texts, shorter", _annotations(100)),
    ("annotations", _without("annotations")),
    ("service", _without("service")),
    ("user", _without("user")),
)
"""Each cut by the name its mark has. The first ten follow xray spec 12; the rest is for hostile
documents: blocks and annotations that alone exceed the limit."""
