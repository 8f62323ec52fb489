"""Replies that a caller waits for: an HTTP status, or an authorizer's verdict (triggers spec 7)."""

from __future__ import annotations

from ..journal import MAX_ITEMS
from .values import has, is_table, lookup, sequence, status_code, string

TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import Request, Result

STRICT = frozenset(("rest_api", "http_api_v1", "alb"))
"""Their client gets a 502 for a result without `statusCode`."""

LENIENT = frozenset(("http_api", "function_url"))
"""Here AWS makes a 200 of a result without `statusCode`."""

JSON_BUT_TABLES = (type(None), str, int, float, bool, list, tuple)
"""Results that are surely no table. Of others (a stream, a generator) nothing is said."""


def read(trigger: str, value: object, call: Request, found: Result) -> None:
    """Fill in what a reply says to the caller of this trigger."""
    if trigger in ("authorizer", "appsync_authorizer"):
        if _denied(value):
            found.attributes["heliograph.authorizer.allowed"] = False
        return
    if (
        trigger == "websocket"
        and call.attributes.get("heliograph.websocket.event_type") != "CONNECT"
    ):
        return  # nobody reads the status of a message's handler
    if has(value, "statusCode"):
        code = status_code(lookup(value, "statusCode"))
        if code is not None:
            _put_status(found, code)
    elif trigger in LENIENT:
        if is_table(value) or issubclass(type(value), (str, list, tuple)):
            _put_status(found, 200)
    elif trigger in STRICT and (is_table(value) or issubclass(type(value), JSON_BUT_TABLES)):
        found.attributes["heliograph.response.malformed"] = True
        found.error_type = "malformed_response"


def _put_status(found: Result, code: int) -> None:
    found.attributes["http.response.status_code"] = code
    if code >= 500:
        found.error_type = str(code)


def _denied(value: object) -> bool:
    """Say whether an authorizer refused: `isAuthorized` is false, or its policy only denies."""
    if lookup(value, "isAuthorized") is False:
        return True
    statements = lookup(lookup(value, "policyDocument"), "Statement")
    several = [statements] if is_table(statements) else sequence(statements, MAX_ITEMS)
    effects = [string(lookup(statement, "Effect")) for statement in several]
    return "Deny" in effects and "Allow" not in effects
