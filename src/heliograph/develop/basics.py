"""What a library call's span has where no official instrumentor describes it: the basic facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opentelemetry.trace import StatusCode

from .replay import record_exception, replay

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import Tracer

    from ..journal.entry import Call, Entry

ERROR_STATUS = 400
"""Status code of a response from which on a client's span is an error."""


def describe(entry: Entry, call: Call, tracer: Tracer) -> None:
    """Make the span of a library call from its facts, without an instrumentor.

    Names and attributes are those of the official instrumentors' spans, as far as they go.

    Args:
        entry: The entry of the call.
        call: Its facts.
        tracer: The SDK's tracer of our scope; its next span id is the entry's.
    """
    name, attributes, status = {"botocore": _aws, "requests": _http}[call.library](call)
    if status:
        attributes["http.status_code"] = status

    def finish(span: Any) -> None:
        if call.exception is not None:
            record_exception(span, call.exception, timestamp=entry.end)
            span.set_status(StatusCode.ERROR, call.exception.text)
        elif status >= ERROR_STATUS:
            span.set_status(StatusCode.ERROR)

    entry.name = name
    entry.attributes = {**attributes, **(entry.attributes or {})}
    replay(entry, tracer, finish)


def _aws(call: Call) -> tuple[str, dict[str, Any], int]:
    service, identity, _, region, _ = call.subject
    request: Any = call.request
    service = identity or service
    attributes = {"rpc.system": "aws-api", "rpc.service": service, "rpc.method": request[0]}
    attributes["cloud.region"] = region
    response = call.exception.response if call.exception is not None else call.answer
    about = response.get("ResponseMetadata") if isinstance(response, dict) else None
    if not isinstance(about, dict):
        return f"{service}.{request[0]}", attributes, 0
    if about.get("RequestId"):
        attributes["aws.request_id"] = about["RequestId"]
    return f"{service}.{request[0]}", attributes, _number(about.get("HTTPStatusCode"))


def _http(call: Call) -> tuple[str, dict[str, Any], int]:
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
    return method, attributes, _number(getattr(answer, "status", 0))


def _number(status: object) -> int:
    return status if isinstance(status, int) else 0
