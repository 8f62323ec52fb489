"""What leaves of a span, without the secrets in it: attributes, events, links, status, name.

Loaded where a value has what a secret in a URL has: `=`, `@` or a percent sign.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opentelemetry.attributes import BoundedAttributes
from opentelemetry.trace import Link, Status

from .. import _redaction
from ..journal import state
from ..journal.recorded_exception import RecordedException

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

URLS: dict[str, Callable[[str], str]] = {
    "url.full": _redaction.url,
    "url.path": _redaction.url,
    "url.query": _redaction.query,
    "url.fragment": _redaction.query,
    "http.url": _redaction.url,
    "http.target": _redaction.url,
}
"""Attributes that are URLs or parts of one. In others a URL is part of a text."""

TARGETS = ("url.full", "http.url", "http.target")
"""Those that have a query in them."""

EXCEPTION = "exception."
"""Prefix of the attributes that have texts of an exception."""


def keeps_queries() -> bool:
    """Tell whether queries of calls are kept: `HELIOGRAPH_CAPTURE_QUERY`."""
    config = state.config
    return config is None or config.capture_query


def message(text: str) -> str:
    """Return the text of an exception, or a span's status, without secrets."""
    text = _redaction.text(text)
    return text if keeps_queries() else _redaction.without_queries(text)


def exception(recorded: RecordedException) -> RecordedException:
    """Return a recorded exception whose texts, and those that led to it, have no secrets."""
    copy = object.__new__(RecordedException)
    for name in RecordedException.__slots__:
        setattr(copy, name, getattr(recorded, name))
    copy.text = message(recorded.text)
    copy.notes = tuple([message(note) for note in recorded.notes])
    copy.members = [exception(member) for member in recorded.members]
    if recorded.previous is not None:
        copy.previous = exception(recorded.previous)
    return copy


def attribute(key: str, value: Any) -> Any:
    """Return an attribute's value without secrets; it is the same object where it has none."""
    kind = type(value)
    if isinstance(value, str):
        return _text(key, value)
    if kind is tuple or kind is list:
        whole = [attribute(key, member) for member in value]
        return value if whole == list(value) else kind(whole)
    if hasattr(value, "items"):
        return attributes(value)
    return value


def _text(key: str, value: str) -> str:
    if key.startswith(EXCEPTION):
        return message(value)
    value = URLS.get(key, _redaction.text)(value)
    return value if key not in TARGETS or keeps_queries() else _redaction.without_query(value)


def attributes(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return attributes without secrets, in the same order."""
    drops = not keeps_queries()
    return {
        key: attribute(key, value)
        for key, value in given.items()
        if not (drops and key == "url.query")
    }


def put_attributes(bounded: Any) -> None:
    """Take the secrets out of attributes of the SDK's.

    In place: a copy would not know how many were dropped.
    """
    held = getattr(bounded, "_dict", None)
    if held is None:
        return
    clean = attributes(held)
    if clean == held:
        return
    longest = bounded.max_value_len
    if longest is not None:
        clean = {
            key: value[:longest] if type(value) is str else value for key, value in clean.items()
        }
    held.clear()
    held.update(clean)


def put_span(span: Any) -> None:
    """Take the secrets out of a span of the SDK's that starts or has ended."""
    put_attributes(span._attributes)
    for event in span._events:
        put_attributes(event.attributes)
    links = [_link(link) for link in span._links]
    if any(link is not old for link, old in zip(links, span._links, strict=True)):
        held = span._links._dq
        held.clear()
        held.extend(links)
    span._name = _redaction.text(span._name)
    status = span._status
    if status.description:
        description = message(status.description)
        if description != status.description:
            span._status = Status(status.status_code, description)


def _link(link: Link) -> Link:
    """Return a link without secrets; it may be an object of the function's own, which stays."""
    given: Any = link.attributes
    clean = attributes(given or {})
    if clean == dict(given or {}):
        return link
    made = BoundedAttributes(given.maxlen, clean, max_value_len=given.max_value_len)
    made.dropped = given.dropped
    return Link(link.context, made)
