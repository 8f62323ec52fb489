"""From an event to its trigger, and from the trigger to what the span says of call and result.

Plain data in, plain data out. A trigger's own module is loaded when that trigger is first met: an
event of another kind does not pay for it. Rules: triggers spec 1.2, 2, 5.1, 7.
"""

from __future__ import annotations

from importlib import import_module

from .detection import DIRECT, detect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Scalar = str | int | float | bool
    Read = Callable[[Any, "Request", str, bool], None]
    """Reads an event; given the function's ARN, and whether `url.query` is recorded."""

__all__ = [
    "DIRECT", "Request", "Result", "detect", "faas_trigger", "request",
    "result",
]  # fmt: skip

INVOKE = "invoke"

ROWS: dict[str, tuple[str, str, str]] = {
    "rest_api": ("http", "rest_api", "reply"),
    "http_api": ("http", "http_api", "reply"),
    "http_api_v1": ("http", "rest_api", "reply"),
    "function_url": ("http", "http_api", "reply"),
    "alb": ("http", "alb", "reply"),
    "vpc_lattice_v1": ("http", "vpc_lattice", "reply"),
    "vpc_lattice_v2": ("http", "vpc_lattice", "reply"),
    "websocket": ("http", "websocket", "reply"),
    "authorizer": ("http", "authorizer", "reply"),
    "appsync_authorizer": ("http", "", "reply"),
    "appsync": ("http", "appsync", ""),
    "appsync_events": ("http", "", ""),
    "lambda_edge": ("http", "lambda_edge", ""),
    "sqs": ("pubsub", "", "batch"),
    "sns": ("pubsub", "", ""),
    "eventbridge": ("pubsub", "", ""),
    "kinesis": ("pubsub", "", "batch"),
    "kafka": ("pubsub", "", "batch"),
    "activemq": ("pubsub", "", ""),
    "rabbitmq": ("pubsub", "", ""),
    "firehose": ("pubsub", "", "batch"),
    "cloudwatch_logs": ("pubsub", "", ""),
    "pipe": ("pubsub", "", ""),
    "pipe:sqs": ("pubsub", "", "batch"),
    "pipe:kinesis": ("pubsub", "", "batch"),
    "pipe:dynamodb": ("pubsub", "", "batch"),
    "pipe:kafka": ("pubsub", "", "batch"),
    "s3": ("datasource", "", ""),
    "s3_eventbridge": ("datasource", "", ""),
    "s3_batch": ("datasource", "", "batch"),
    "s3_object_lambda": ("datasource", "", ""),
    "dynamodb": ("datasource", "", "batch"),
    "documentdb": ("datasource", "", ""),
    "codecommit": ("datasource", "", ""),
    "cognito_sync": ("datasource", "", ""),
    "schedule": ("timer", "", ""),
    "stepfunctions": ("other", INVOKE, ""),
    DIRECT: ("other", INVOKE, ""),
}
"""By trigger: its `faas.trigger`; the module of this room that reads its events; what a result is:
a "reply", a status or a verdict that the caller reads, or the failures of a "batch". A trigger
without a row is of the kind "other", with nothing to read. To add one, add a row, and a rule to
`detection.TABLE`."""

NO_ROW = ("other", "", "")


def row(trigger: str) -> tuple[str, str, str]:
    """Return the row of a trigger."""
    known = ROWS.get(trigger)
    if known is None:
        return ROWS["pipe"] if trigger.startswith("pipe:") else NO_ROW
    return known


class Request:
    """What is kept of an event: copied scalars, never a reference to it.

    Attributes:
        attributes: Attributes of the SERVER span, `heliograph.trigger.arn` included where the
            source names itself. Strings have at most `journal.MAX_STRING` characters.
        method: What a span's name says of the HTTP method: a known one, `HTTP` for any other,
            None if there is none.
        route: The route template, which names the span as `{method} {route}`; None if none.
        batch_size: Records of a batch, where the result may fail some of them; else None.
        carried: Headers by lower-case name, if one of them carries a trace context; else None.
    """

    __slots__ = ("attributes", "batch_size", "carried", "method", "route")

    def __init__(self) -> None:
        self.attributes: dict[str, Scalar] = {}
        self.method: str | None = None
        self.route: str | None = None
        self.batch_size: int | None = None
        self.carried: dict[str, str] | None = None

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
    return row(trigger)[0]


def request(
    trigger: str, event: object, *, function_arn: object = "", capture_query: bool = True
) -> Request:
    """Read what the trigger says of the call (triggers spec 5.1; other sources: a batch's size).

    Args:
        trigger: What `detect` said of this very event.
        event: The event. It is neither changed nor kept.
        function_arn: `context.invoked_function_arn`. An API's event has no ARN of the API: its
            partition, region and account are taken from here. Empty, or whatever else a test
            double has there: no `heliograph.trigger.arn` of an API.
        capture_query: Whether `url.query` is recorded.
    """
    found = Request()
    _, module, says = row(trigger)
    if module == INVOKE and (type(event) is not dict or "headers" not in event):
        return found  # an event of the caller's own, with nothing of ours
    if module and (type(event) is dict or module == "appsync"):
        arn = function_arn if type(function_arn) is str else ""
        read: Read = import_module(f"{__name__}.{module}").read
        read(event, found, arn, capture_query)
    elif says == "batch":
        from .batches import size

        found.batch_size = size(trigger, event)
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
    says = row(trigger)[2]
    if says == "reply":
        from .replies import read

        read(trigger, value, call, found)
    elif says == "batch":
        from .batches import count

        count(trigger, value, call, found)
    return found
