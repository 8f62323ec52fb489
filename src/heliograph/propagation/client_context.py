"""Trace context in the client context of a Lambda call, where asked for (triggers spec 8.5)."""

from __future__ import annotations

from .outgoing import BAGGAGE, STATE, TRACEPARENT, copied, distinct, parsed, remote, spliced, texts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..journal.entry import Entry, Remote
    from .outgoing import Carried

MAX_SIZE = 3583
"""Bytes of a client context in base64."""
KEY = "w3c"
"""What the runtime clients take out and offer as `context.w3c()`."""
WAITS = "RequestResponse"
"""The invocation type whose client context is delivered."""


def carried(span: Entry | Remote, params: Any) -> Carried:
    """Return the parameters of `Invoke` with the context in its client context.

    One that cannot be read, or has a `w3c`, is left alone, and nothing is added that would make it
    too long: baggage is left out first, then `tracestate`.

    Args:
        span: The span of the call.
        params: What the function called it with.
    """
    if not isinstance(params, dict) or dict.get(params, "InvocationType", WAITS) != WAITS:
        return params, []
    text = _decoded(params["ClientContext"]) if "ClientContext" in params else "{}"
    value = parsed(text)
    if text is None or type(value) is not dict:
        return params, []
    if KEY in value:
        given = value[KEY] if type(value[KEY]) is dict else {}
        return params, distinct([remote(given.get(TRACEPARENT), given.get(STATE))])
    context = texts(span)
    for left_out in (None, BAGGAGE, STATE):
        context.pop(left_out or "", None)
        written = _encoded(spliced(text, value, {KEY: context})) if context else ""
        if written and len(written) <= MAX_SIZE:
            sent = copied(params)
            sent["ClientContext"] = written
            return sent, []
    return params, []


def _decoded(given: object) -> str | None:
    if type(given) is not str:
        return None
    from base64 import b64decode  # loaded by botocore

    try:
        return b64decode(given, validate=True).decode()
    except ValueError:
        return None


def _encoded(text: str) -> str:
    from base64 import b64encode

    return b64encode(text.encode()).decode()
