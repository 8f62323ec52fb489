"""Calls whose parameters carry the trace context, besides X-Ray's header (triggers spec 8.3).

Loaded by the first call of one of the services in `CARRYING`.
"""

from __future__ import annotations

from ...journal import state
from ...journal.entry import PRODUCER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ...journal.entry import Entry, Remote
    from ...propagation.outgoing import Carried

MESSAGES = {"sqs": ("SendMessage", "SendMessageBatch"), "sns": ("Publish", "PublishBatch")}
"""What creates messages: their spans are producers (triggers spec 8.4)."""
OPERATIONS = {
    **MESSAGES,
    "events": ("PutEvents",),
    "lambda": ("Invoke", "InvokeWithResponseStream"),
    "iot-data": ("Publish",),
}
"""What carries the context, by service. AgentCore's do that have the parameters for it."""


def carry(
    entry: Entry | None, span: Entry | Remote, client: Any, operation: str, params: Any
) -> tuple[Any, Callable[[Entry, object], None] | None]:
    """Return the parameters to send, and what is to be done with the response.

    Args:
        entry: The call's own; None if it is not recorded.
        span: What is the parent of whatever the call causes.
        client: The client.
        operation: Such as `SendMessage`.
        params: What the function called it with, which stays as it is.
    """
    service = client.meta.service_model.service_name
    sending = operation in MESSAGES.get(service, ())
    if entry is not None and sending:
        _describe(entry, operation, params)
    sent, theirs = _carried(service, span, client, operation, params)
    for one in theirs if entry is not None else ():
        entry.op(("add_link", one, None))  # type: ignore[union-attr] # there is one, see above
    receiving = entry is not None and operation == "ReceiveMessage"
    return sent, link_received if receiving else None


def _describe(entry: Entry, operation: str, params: Any) -> None:
    """Note what the journal does not have of a call that sends: payloads are left out there."""
    from ...propagation.message_attributes import messages_of

    entry.kind = PRODUCER
    number = len(messages_of(operation, params))
    if number > 1:
        entry.op(("set_attribute", "messaging.batch.message_count", number))


def _carried(
    service: str, span: Entry | Remote, client: Any, operation: str, params: Any
) -> Carried:
    if service == "bedrock-agentcore":
        from ...propagation import agent_headers

        shape = client.meta.service_model.operation_model(operation).input_shape
        return agent_headers.carried(span, params, shape.members if shape is not None else ())
    if operation not in OPERATIONS.get(service, ()):
        return params, []
    if service == "events":
        from ...propagation import event_detail

        return event_detail.carried(span, params)
    if service == "lambda":
        from ...propagation import client_context

        return client_context.carried(span, params)
    if service == "iot-data":
        from ...propagation import user_properties

        return user_properties.carried(span, params)
    from ...propagation import message_attributes

    on = state.config is not None and state.config.message_attributes
    return message_attributes.carried(span, operation, params) if on else (params, [])


def link_received(entry: Entry, response: object) -> None:
    """Link the span of `ReceiveMessage` to what came back."""
    from ...propagation.message_attributes import received

    for span, attributes in received(response):
        entry.op(("add_link", span, attributes))
