"""What a library call's span has where no official instrumentor describes it: the basic facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opentelemetry.trace import StatusCode

from .replay import replay

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.sdk.trace import Tracer

    from ..journal.entry import Call, Entry

    Facts = Callable[[Call], tuple[str, dict[str, Any], object]]

ERROR_STATUS = 400
"""Status code of a response from which on a client's span is an error."""


def describe(entry: Entry, call: Call, tracer: Tracer, facts: Facts) -> None:
    """Make the span of a library call from its facts, without an instrumentor.

    Names and attributes are those of the official instrumentors' spans, as far as they go.

    Args:
        entry: The entry of the call.
        call: Its facts.
        tracer: The SDK's tracer of our scope; its next span id is the entry's.
        facts: Returns name, attributes and status code of a call of its library.
    """
    name, attributes, code = facts(call)
    status = code if isinstance(code, int) else 0
    if status:
        attributes["http.status_code"] = status

    def finish(span: Any) -> None:
        if call.exception is not None:
            from .exception_event import record_exception  # by the first failure

            record_exception(span, call.exception, timestamp=entry.end)
            span.set_status(StatusCode.ERROR, call.exception.text)
        elif status >= ERROR_STATUS:
            span.set_status(StatusCode.ERROR)

    entry.name = name
    entry.attributes = {**attributes, **(entry.attributes or {})}
    replay(entry, tracer, finish)


def of_request(call: Call) -> tuple[str, dict[str, Any], object]:
    """Return name, attributes and status code of an HTTP request, whatever library sent it.

    Its facts are method, URL and headers; those of its response have a `status`.
    """
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
