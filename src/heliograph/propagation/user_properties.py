"""Trace context in the MQTT 5 properties of an IoT message, where asked for (triggers spec 8.3)."""

from __future__ import annotations

from .outgoing import TRACEPARENT, copied, distinct, lowered, parsed, remote, spliced, texts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..journal.entry import Entry, Remote
    from .outgoing import Carried

NAME = "userProperties"


def carried(span: Entry | Remote, params: Any) -> Carried:
    """Return the parameters of `Publish` with the context as one property more.

    botocore takes a value and writes its JSON; a text of JSON is what the service's page shows.
    Anything but an array is left alone, and one that has a `traceparent`.

    Args:
        span: The span of the call.
        params: What the function called it with.
    """
    if not isinstance(params, dict):
        return params, []
    given = dict.get(params, NAME, [])
    properties = parsed(given) if type(given) is str else given
    if type(properties) is not list:
        return params, []
    named = [lowered(one) for one in properties if type(one) is dict]
    theirs = [one[TRACEPARENT] for one in named if TRACEPARENT in one]
    context = texts(span)
    if theirs or TRACEPARENT not in context:
        return params, distinct(remote(text) for text in theirs)
    added = {TRACEPARENT: context[TRACEPARENT]}
    sent = copied(params)
    sent[NAME] = spliced(given, properties, added) if type(given) is str else [*properties, added]
    return sent, []
