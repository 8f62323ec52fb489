"""What the span of an HTTP request has where no official instrumentor describes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...journal.entry import Call


def facts(call: Call) -> tuple[str, dict[str, Any], object]:
    """Return name, attributes and status code, as far as the official instrumentor's go."""
    request: Any = call.request
    answer: Any = call.exception.response if call.exception is not None else call.answer
    method, url, _ = request
    scheme, _, rest = url.partition("://")
    place, slash, path = rest.partition("?")[0].partition("/")
    # the query and credentials may hold secrets, and what redacts them is the instrumentor's
    attributes = {
        "http.method": method,
        "http.url": f"{scheme}://{place.rpartition('@')[2]}{slash}{path}",
    }
    return method, attributes, getattr(answer, "status", 0)
