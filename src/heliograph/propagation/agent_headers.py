"""W3C's headers of calls that have parameters for them: Bedrock AgentCore's (triggers spec 8.3)."""

from __future__ import annotations

from .outgoing import BAGGAGE, STATE, TRACEPARENT, copied, remote, texts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any

    from ..journal.entry import Entry, Remote
    from .outgoing import Carried

NAMES = {TRACEPARENT: "traceParent", STATE: "traceState", BAGGAGE: "baggage"}
"""The parameters, which botocore writes as headers before it signs the request."""


def carried(span: Entry | Remote, params: Any, known: Collection[str]) -> Carried:
    """Return the parameters of a call with the context, if the function gave none of its own.

    Args:
        span: The span of the call.
        params: What the function called it with.
        known: The parameters that the operation has in this botocore.
    """
    if not isinstance(params, dict):
        return params, []
    if any(name in params for name in NAMES.values()):
        theirs = remote(*(dict.get(params, NAMES[name]) for name in (TRACEPARENT, STATE)))
        return params, [theirs] if theirs is not None else []
    context = texts(span)
    added = {NAMES[name]: text for name, text in context.items() if NAMES[name] in known}
    return (copied(params) | added if added else params), []
