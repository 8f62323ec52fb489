"""Trace context in the message attributes of SQS and SNS (triggers spec 8.4)."""

from __future__ import annotations

from .. import _notice
from ..journal import MAX_STRING, state
from ..journal.entry import Remote
from . import xray
from .outgoing import BAGGAGE, STATE, TRACEPARENT, copied, distinct, lowered, remote, texts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..journal.entry import Entry, Link
    from .outgoing import Carried

MOST = 10
"""Attributes of a message. SNS takes more, but throws away what it delivers raw to a queue then."""
MAX_STATE = 256
"""Characters of a `tracestate` that is added."""
MAX_SIZE = 60_000
"""Characters of a call's bodies and attributes: 240,000 bytes at most, whatever they are."""
ROOM = 20_000
"""Bytes that may be added to a call: with those, less than the 262,144 that SNS takes."""
TYPE = "String"
NONE: dict[Any, Any] = {}

FORMS = {
    "SendMessage": ("", "MessageBody"),
    "SendMessageBatch": ("Entries", "MessageBody"),
    "Publish": ("", "Message"),
    "PublishBatch": ("PublishBatchRequestEntries", "Message"),
}
"""By operation: the parameter that lists its messages, if it has several; the body of one."""


def messages_of(operation: str, params: Any) -> list[Any]:
    """Return the messages of a call, each with its body and attributes; none if it has no form."""
    listed = FORMS[operation][0]
    if not isinstance(params, dict):
        return []
    if not listed:
        return [params]
    entries = dict.get(params, listed)
    return list(entries) if isinstance(entries, (list, tuple)) else []


def carried(span: Entry | Remote, operation: str, params: Any) -> Carried:
    """Return the parameters of a call with the context in the attributes of every message.

    All of them get the same one, that of the call's span. What does not fit in size, or beside the
    user's own attributes, is left out: X-Ray's header has no quota.

    Args:
        span: The span of the call.
        operation: One of `FORMS`.
        params: What the function called it with.
    """
    listed, body = FORMS[operation]
    messages = messages_of(operation, params)
    theirs = distinct([_theirs(message) for message in messages if _attributes(message)])
    if not messages or "PhoneNumber" in params:
        return params, theirs
    size = sum(_size(message, body) for message in messages)
    added = _fitting(texts(span), len(messages)) if size <= MAX_SIZE else {}
    if not added:
        return params, theirs
    ours = [_with(message, added) for message in messages]
    if all(one is message for one, message in zip(ours, messages, strict=True)):
        return params, theirs
    if not listed:
        return ours[0], theirs
    sent = copied(params)
    sent[listed] = ours
    return sent, theirs


def _size(message: Any, body: str) -> int:
    """Return the characters of a message: body, and names, types and values of attributes."""
    if not isinstance(message, dict):
        return 0
    size = _length(dict.get(message, body))
    for name, attribute in dict.items(_attributes(message)):
        size += _length(name)
        if isinstance(attribute, dict):
            size += sum(_length(value) for value in dict.values(attribute))
    return size


def _length(value: object) -> int:
    return len(value) if isinstance(value, (str, bytes, bytearray)) else 0


def _attributes(message: Any) -> dict[Any, Any]:
    """Return the user's own attributes of a message."""
    given = dict.get(message, "MessageAttributes") if isinstance(message, dict) else None
    return given if isinstance(given, dict) else NONE


def _fitting(context: dict[str, str], number: int) -> dict[str, dict[str, str]]:
    """Return the attributes that fit into so many messages, in the order of their worth."""
    added: dict[str, dict[str, str]] = {}
    left = ROOM
    for name in (TRACEPARENT, STATE, BAGGAGE):
        text = context.get(name)
        if not text or (name == STATE and len(text) > MAX_STATE):
            continue
        left -= (len(name) + len(TYPE) + len(text)) * number
        if left < 0:
            break
        added[name] = {"DataType": TYPE, "StringValue": text}
    return added


def _with(message: Any, added: dict[str, dict[str, str]]) -> Any:
    """Return a copy of a message with the context in it; itself if that is not to be."""
    if not isinstance(message, dict) or dict.get(message, "MessageStructure") == "json":
        return message  # which has no attributes where it is delivered
    given = dict.get(message, "MessageAttributes", NONE)
    if not isinstance(given, dict):
        return message
    attributes = copied(given)
    known = lowered(attributes) if attributes else NONE
    if TRACEPARENT in known:
        return message
    names = [name for name in added if name not in known][: max(0, MOST - len(attributes))]
    if TRACEPARENT not in names:
        _notice.warn(
            "message attributes",
            f"a message has {len(attributes)} attributes, {MOST} are the most that all of SQS and "
            "SNS take: it carries X-Ray's header alone, and no traceparent.",
        )
        return message
    for name in names:
        attributes[name] = dict(added[name])
    message = copied(message)
    message["MessageAttributes"] = attributes
    return message


def _theirs(message: Any) -> Remote | None:
    """Return the context that user code gave a message, in any case of the attribute's name."""
    known = lowered(_attributes(message))
    return remote(_text(known.get(TRACEPARENT)), _text(known.get(STATE)))


def _text(attribute: object) -> object:
    return dict.get(attribute, "StringValue") if isinstance(attribute, dict) else None


def received(response: Any) -> list[Link]:
    """Return links to the contexts of what `ReceiveMessage` returned (triggers spec 3.2).

    One for each message, of its `traceparent`, else of X-Ray's header; the latter as a second one
    if it is of another trace. They are there if the call asked for them.
    """
    messages = dict.get(response, "Messages") if isinstance(response, dict) else None
    writers = state.config.propagators if state.config is not None else ()
    links: dict[tuple[int, int], Link] = {}
    for message in messages if isinstance(messages, list) else ():
        found = _theirs(message) if "tracecontext" in writers else None
        spans = [found] if found is not None else []
        header = _xray(message) if {"xray", "xray-lambda"} & set(writers) else None
        if header is not None and (found is None or header.trace.id != found.trace.id):
            spans.append(header)
        for span in spans:
            name = dict.get(message, "MessageId")
            about: Any = {"messaging.message.id": name[:MAX_STRING]} if type(name) is str else None
            links.setdefault((span.trace.id, span.span_id), (span, about))
    return list(links.values())


def _xray(message: Any) -> Remote | None:
    given = dict.get(message, "Attributes") if isinstance(message, dict) else None
    header = dict.get(given, "AWSTraceHeader") if isinstance(given, dict) else None
    trace, span_id, _ = xray.parse(header) if type(header) is str else (None, 0, None)
    return Remote(trace, span_id) if trace is not None and span_id else None
