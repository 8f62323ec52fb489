"""EventBridge as functions call it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .services import Services

    Call = Callable[[Services, Mapping[str, Any], str | None], dict[str, Any]]


def put(services: Services, given: Mapping[str, Any], header: str | None) -> dict[str, Any]:
    """Take the events of a call, each by itself: one that is malformed does not stop the others."""
    results = [_put(services, entry, header) for entry in given["Entries"]]
    return {
        "FailedEntryCount": sum("ErrorCode" in result for result in results),
        "Entries": results,
    }


def _put(services: Services, entry: Mapping[str, Any], header: str | None) -> dict[str, str]:
    for name in ("Source", "DetailType", "Detail"):
        if not entry.get(name):
            text = f"Parameter {name} is not valid. Reason: {name} is a required argument."
            return {"ErrorCode": "InvalidArgument", "ErrorMessage": text}
    try:
        whole = isinstance(json.loads(entry["Detail"]), dict)
    except ValueError:
        whole = False
    if not whole:
        return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
    return {"EventId": services.put_event(entry, header)}


CALLS: dict[str, Call] = {"PutEvents": put}
