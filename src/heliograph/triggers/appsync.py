"""AppSync: resolvers, one or a batch of them, and handlers of its events (triggers spec 3.2, 5.3).

Never kept: arguments, sources, identities, what events hold.
"""

from __future__ import annotations

from . import http
from .sources import NOTHING, table, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import Request

MAX_NAME = 64
"""Characters of a type's and of a field's name that name the span."""
OPERATIONS = {"Query": "query", "Mutation": "mutation", "Subscription": "subscription"}


def read(event: Any, found: Request, _arn: str, _query: bool) -> None:
    """Keep the field or the channel, and the trace context that the request brings."""
    item = event
    if type(event) is list:  # a batch resolver's
        found.attributes["heliograph.batch.size"] = len(event)
        item = event[0] if event and type(event[0]) is dict else NOTHING
    http.headers(table(item, "request"), found)
    info = table(item, "info")
    if found.trigger == "appsync_events":
        found.put("heliograph.appsync.operation", text(info, "operation"))
        namespace = text(table(info, "channelNamespace"), "name")
        found.put("messaging.destination.name", namespace)
        events = item.get("events")
        if type(events) is list:
            found.attributes["heliograph.batch.size"] = len(events)
        return
    above = text(info, "parentTypeName") or text(item, "parentTypeName") or text(item, "typeName")
    field = text(info, "fieldName") or text(item, "fieldName")
    found.put("graphql.operation.type", OPERATIONS.get(above or ""))
    if above and field and len(above) <= MAX_NAME and len(field) <= MAX_NAME:
        found.attributes["heliograph.appsync.field"] = found.route = f"{above}.{field}"
    http.put_authorizer(found, table(table(item, "identity"), "resolverContext"), None)
