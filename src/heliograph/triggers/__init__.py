"""From an event to its trigger, and from the trigger to what the span says of call and result.

Plain data in, plain data out. A trigger's own module is loaded when that trigger is first met: an
event of another kind does not pay for it. Rules: triggers spec 1.2, 2, 5, 6, 7.
"""

from __future__ import annotations

from importlib import import_module

from .sources import BATCH, DIRECT, NO_ROW, OPENINGS, REPLY, ROWS, by_source, source_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .sources import Opened, Row, Test

    Scalar = str | int | float | bool | tuple[str, ...]
    Read = Callable[[Any, "Request", str, bool], None]
    """Reads an event; given the function's ARN, and whether `url.query` is recorded."""
    Message = tuple[Any, Any, Any, Any, Any, Any]
    """What is copied of one record: its id; `traceparent`, `tracestate`, `baggage`, X-Ray's header;
    the ARN of a topic that it came by. Texts, lists of a broker's bytes, or None each."""
    Opener = Callable[[dict[str, Any]], Opened]

__all__ = ["DIRECT", "Request", "Result", "detect", "faas_trigger", "request", "result"]

INVOKE = "invoke"


def _by_key() -> list[tuple[str, Opener | None, list[tuple[Test, str]]]]:
    """Return tests and triggers by key: rows that follow each other with one key put together."""
    groups: list[tuple[str, Opener | None, list[tuple[Test, str]]]] = []
    for _, trigger, _, key, test, _, _ in ROWS:
        if not groups or groups[-1][0] != key:
            groups.append((key, OPENINGS.get(key), []))
        groups[-1][2].append((test, trigger))
    return groups


BY_KEY = _by_key()
ABOUT: dict[str, Row] = {row[1]: row for row in reversed(ROWS)}
"""The first row of each trigger."""


def row(trigger: str) -> Row:
    """Return the row of a trigger; of a pipe's that of what the pipe takes its records from."""
    return ABOUT.get(trigger.removeprefix("pipe:"), NO_ROW)


def detect(event: object) -> str:
    """Return the trigger of an event: the first row of the table that fits, else `direct`.

    The id is the value of `heliograph.trigger`, its sub-types included: `http_api_v1` (an HTTP API
    with payload 1.0), `vpc_lattice_v1`, `vpc_lattice_v2`, `pipe:sqs`. Never raises.

    Args:
        event: What the runtime handed to the handler: any JSON value or junk.
    """
    if type(event) is not dict:
        return _detect_list(event) if type(event) is list and event else DIRECT
    for key, opener, tests in BY_KEY:
        if key in event:
            said, inner = ("", event) if opener is None else opener(event)
            if inner is not None:
                for test, trigger in tests:
                    if _fits(test, event, said, inner):
                        return trigger
    return DIRECT


def _fits(test: Test, event: dict[str, Any], said: str, inner: dict[str, Any]) -> object:
    if type(test) is tuple:
        for other in test:  # noqa: SIM110 - a third of the time that a generator takes
            if other not in event:
                return False
        return True
    if type(test) is str:
        return test == said
    return test is None or test(event, said, inner)  # type: ignore[operator] # a function


def _detect_list(event: list[Any]) -> str:
    """EventBridge Pipes and AppSync batch resolvers send a bare list (row 1)."""
    item = event[0]
    if type(item) is not dict:
        return DIRECT
    for key, _, tests in BY_KEY:
        if key in ("Records", "eventSource"):
            said = source_of(item) if key == "Records" else by_source(item)[0]
            for test, trigger in tests:
                if _fits(test, item, said, item):
                    return "pipe:" + trigger
    info = item.get("info")
    return "appsync" if type(info) is dict and "fieldName" in info else DIRECT


class Request:
    """What is kept of an event: copied scalars, never a reference to it.

    Attributes:
        trigger: What `detect` said of it.
        attributes: Attributes of the SERVER span, `heliograph.trigger.arn` included where the
            source names itself. Strings have at most `journal.MAX_STRING` characters.
        method: What a span's name says of the HTTP method: a known one, `HTTP` for any other,
            None if there is none.
        route: The route template, which names the span as `{method} {route}`; None if none.
        batch_size: Records of a batch, where the result may fail some of them; else None.
        carried: Headers by lower-case name, if one of them carries a trace context; else None.
        authorizer: The `traceparent` that an authorizer of ours handed on, and whether its answer
            came from a cache; else None.
        times: When the cause happened, as the event writes it: the form, the first record's, the
            last one's (triggers spec 6); else None.
        consumer: Attributes of the CONSUMER span of a message's trigger; else None.
        messages: Of the first records those that carry a trace context, of a message's trigger.
        unread: Records of it that were not looked at.
        request_id: The gateway's id of a request that an authorizer is asked about.
    """

    __slots__ = (
        "attributes", "authorizer", "batch_size", "carried", "consumer", "messages", "method",
        "request_id", "route", "times", "trigger", "unread",
    )  # fmt: skip

    def __init__(self, trigger: str = DIRECT) -> None:
        self.trigger = trigger
        self.attributes: dict[str, Scalar] = {}
        self.method: str | None = None
        self.route: str | None = None
        self.batch_size: int | None = None
        self.carried: dict[str, str] | None = None
        self.authorizer: tuple[str, bool | None] | None = None
        self.times: tuple[str, object, object] | None = None
        self.consumer: dict[str, Scalar] | None = None
        self.messages: list[Message] = []
        self.unread = 0
        self.request_id: str | None = None

    def put(self, key: str, value: Scalar | None) -> None:
        """Set an attribute, unless there is no value for it."""
        if value is not None:
            self.attributes[key] = value


class Result:
    """What a handler's result means to its caller.

    Attributes:
        attributes: Attributes of the SERVER span.
        error_type: `error.type` of a failed result; None: the status stays unset.
    """

    __slots__ = ("attributes", "error_type")

    def __init__(self) -> None:
        self.attributes: dict[str, Scalar] = {}
        self.error_type: str | None = None


def faas_trigger(trigger: str) -> str:
    """Return the `faas.trigger` value of a trigger id (triggers spec 1.2)."""
    return "pubsub" if trigger.startswith("pipe:") else row(trigger)[2]


def request(
    trigger: str,
    event: object,
    *,
    function_arn: object = "",
    capture_query: bool = True,
) -> Request:
    """Read what the trigger says of the call (triggers spec 5, 6).

    Args:
        trigger: What `detect` said of this very event.
        event: The event. It is neither changed nor kept.
        function_arn: `context.invoked_function_arn`. An API's event has no ARN of the API: its
            partition, region and account are taken from here. Empty, or whatever else a test
            double has there: no `heliograph.trigger.arn` of an API.
        capture_query: Whether `url.query` is recorded.
    """
    found = Request(trigger)
    module = row(trigger)[5]
    kind = type(event)
    if module == INVOKE and trigger == DIRECT and (kind is not dict or "headers" not in event):  # type: ignore[operator] # a dict
        return found  # an event of the caller's own, with nothing of ours
    if kind is list and trigger.startswith("pipe:"):
        event, kind = {"Records": event}, dict  # a pipe sends the bare records
        found.attributes["heliograph.pipe"] = True
    if module and (kind is dict or (kind is list and module == "appsync")):
        arn = function_arn if type(function_arn) is str else ""
        read: Read = import_module(f"{__name__}.{module}").read
        read(event, found, arn, capture_query)
    return found


def result(trigger: str, value: object, call: Request) -> Result:
    """Read what the handler's return value says to the caller (triggers spec 7).

    Only fixed look-ups and at most one bounded list; `value` is neither changed nor kept, and no
    code of the user's runs, whatever its type. Never raises.

    Args:
        trigger: What `detect` said of the event.
        value: The handler's result, of any type.
        call: What `request` said of the event.
    """
    found = Result()
    says = row(trigger)[6]
    if says == REPLY:
        from .replies import read

        read(trigger, value, call, found)
    elif says == BATCH:
        from .batches import count

        count(trigger, value, call, found)
    return found
