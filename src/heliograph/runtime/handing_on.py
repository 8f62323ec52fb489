"""An authorizer's answer that carries its span's context to the target (triggers spec 5.2).

The answer is a copy; the handler's own object stays as it is. API Gateway keeps answers, so the
target links to this span and never has it as its parent, and is told which request was asked about.
"""

from __future__ import annotations

from ..propagation import w3c

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .invocation import Invocation

MARKS = ("policyDocument", "isAuthorized")
"""What an answer has that the gateway takes values from."""


def answer(running: Invocation, result: Any) -> object:
    """Return the answer with the context added; None for a result of another shape."""
    if type(result) is not dict or not any(mark in result for mark in MARKS):
        return None
    key = "resolverContext" if running.trigger == "appsync_authorizer" else "context"
    values = result.get(key)
    if values is not None and type(values) is not dict:
        return None
    carried: dict[str, str] = {}
    w3c.write(running.entry.resolve(), carried)
    added = {"traceparent": carried["traceparent"]}
    if running.request is not None and running.request.request_id:
        added["traceparent_request_id"] = running.request.request_id
    return {**result, key: {**(values or {}), **added}}
