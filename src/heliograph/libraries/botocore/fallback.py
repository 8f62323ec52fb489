"""What the span of an AWS call has where no official instrumentor describes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import CARRYING

if TYPE_CHECKING:
    from ...journal.entry import Call


def facts(call: Call) -> tuple[str, dict[str, Any], object]:
    """Return name, attributes and status code, as far as the official instrumentor's go."""
    service, identity, _, region, _ = call.subject
    request: Any = call.request
    service = identity or service
    name = f"{service}.{request[0]}"
    attributes = {"rpc.system": "aws-api", "rpc.service": service, "rpc.method": request[0]}
    attributes["cloud.region"] = region
    if call.subject[0] in CARRYING:
        from .messaging import facts as of_messages

        attributes.update(of_messages(call))
    response = call.exception.response if call.exception is not None else call.answer
    about = response.get("ResponseMetadata") if isinstance(response, dict) else None
    if not isinstance(about, dict):
        return name, attributes, 0
    if about.get("RequestId"):
        attributes["aws.request_id"] = about["RequestId"]
    return name, attributes, about.get("HTTPStatusCode")
