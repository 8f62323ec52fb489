"""Trace context in the `Detail` of EventBridge's events, where asked for (triggers spec 8.3)."""

from __future__ import annotations

from .outgoing import STATE, TRACEPARENT, copied, distinct, lowered, parsed, remote, spliced, texts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..journal.entry import Entry, Remote
    from .outgoing import Carried

MAX_SIZE = 900_000
"""Bytes of a call's entries with what is added; the service takes 1 MB."""
TIME = 14
"""Bytes that the service counts for an entry's time."""


def carried(span: Entry | Remote, params: Any) -> Carried:
    """Return the parameters of `PutEvents` with the context in every entry's `Detail`.

    It is added to the text, whose other characters stay: a `Detail` may hold numbers and duplicate
    keys that do not survive a parser. One that is no object, or has a `traceparent`, stays.

    Args:
        span: The span of the call.
        params: What the function called it with.
    """
    given = dict.get(params, "Entries") if isinstance(params, dict) else None
    entries = list(given) if isinstance(given, (list, tuple)) else []
    details = [parsed(_detail(entry)) for entry in entries]
    theirs = distinct(_theirs(detail) for detail in details)
    context = texts(span)
    added = {name: context[name] for name in (TRACEPARENT, STATE) if name in context}
    sent = [
        _with(entry, detail, added) for entry, detail in zip(entries, details, strict=True) if added
    ]
    if all(one is entry for one, entry in zip(sent, entries, strict=False)):
        return params, theirs
    if sum(_size(entry) for entry in sent) > MAX_SIZE:
        return params, theirs
    copy = copied(params)
    copy["Entries"] = sent
    return copy, theirs


def _detail(entry: Any) -> Any:
    return dict.get(entry, "Detail") if isinstance(entry, dict) else None


def _theirs(detail: Any) -> Remote | None:
    known = lowered(detail) if type(detail) is dict else {}
    return remote(known.get(TRACEPARENT), known.get(STATE))


def _with(entry: Any, detail: Any, added: dict[str, str]) -> Any:
    known = lowered(detail) if type(detail) is dict else None
    if known is None or TRACEPARENT in known:
        return entry
    entry = copied(entry)
    members = {name: text for name, text in added.items() if name not in known}
    entry["Detail"] = spliced(entry["Detail"], detail, members)
    return entry


def _size(entry: Any) -> int:
    """Return the bytes of an entry, as the service counts them."""
    if not isinstance(entry, dict):
        return 0
    values = [dict.get(entry, name) for name in ("Source", "DetailType", "Detail")]
    resources = dict.get(entry, "Resources")
    values += resources if isinstance(resources, list) else []
    return TIME + sum(_bytes(value) for value in values)


def _bytes(value: object) -> int:
    return len(value.encode(errors="surrogatepass")) if isinstance(value, str) else 0
