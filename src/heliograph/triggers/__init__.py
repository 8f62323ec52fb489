"""From an event to its trigger, and from the trigger to what the span says of call and result.

Plain data in, plain data out. A trigger's own module is loaded when that trigger is first met: an
event of another kind does not pay for it. Rules: triggers spec 1.2, 2, 5.1, 7.
"""

from __future__ import annotations

from ..journal import MAX_STRING
from .detection import DIRECT, detect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Scalar = str | int | float | bool
    Read = Callable[[dict[str, Any], "Request", str, bool], None]

__all__ = [
    "DIRECT", "Request", "Result", "detect", "faas_trigger", "request",
    "result",
]  # fmt: skip

HTTP = (
    "rest_api http_api http_api_v1 function_url alb vpc_lattice_v1 vpc_lattice_v2 websocket "
    "authorizer appsync_authorizer appsync appsync_events lambda_edge"
)
PUBSUB = "sqs sns eventbridge kinesis kafka activemq rabbitmq firehose cloudwatch_logs"
DATASOURCE = (
    "s3 s3_eventbridge s3_batch s3_object_lambda dynamodb documentdb codecommit cognito_sync"
)
FAAS = {
    **dict.fromkeys(HTTP.split(), "http"),
    **dict.fromkeys(PUBSUB.split(), "pubsub"),
    **dict.fromkeys(DATASOURCE.split(), "datasource"),
    "schedule": "timer",
}

POLLED = ("sqs", "kinesis", "dynamodb", "kafka")
BATCHES = frozenset((*POLLED, *["pipe:" + source for source in POLLED], "firehose", "s3_batch"))
"""Triggers whose result may fail some records of the batch (triggers spec 7)."""

CARRYING = frozenset((DIRECT, "stepfunctions", "authorizer", "appsync"))
"""Triggers without a reader of their own whose events may have trace headers (triggers 3.2)."""

OWN_REPLIES = ("appsync", "appsync_events", "lambda_edge")  # no status: their own documents
REPLIES = frozenset(
    trigger for trigger in FAAS if FAAS[trigger] == "http" and trigger not in OWN_REPLIES
)
"""Triggers whose caller reads a status or a verdict from the result (triggers spec 7)."""


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
    return FAAS.get(trigger) or ("pubsub" if trigger.startswith("pipe:") else "other")


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
        capture_query: Whether `url.query` is recorded, its credentials redacted.
    """
    found = Request()
    if type(event) is dict:
        if trigger == "authorizer":  # what is to be allowed (triggers spec 5.2)
            arns = [one for key in ("methodArn", "routeArn") if type(one := event.get(key)) is str]
            found.put("heliograph.trigger.arn", arns[0][:MAX_STRING] if arns else None)
        read = _reader(trigger)
        if read is not None:
            arn = function_arn if type(function_arn) is str else ""
            read(event, found, arn, capture_query)
            return found
    if trigger in BATCHES:
        from .batches import size

        found.batch_size = size(trigger, event)
    elif trigger == "appsync" or (type(event) is dict and "headers" in event):
        _put_carried(trigger, event, found)
    return found


def _put_carried(trigger: str, event: Any, found: Request) -> None:
    if trigger in CARRYING:
        from . import http

        if trigger == "appsync":  # a batch resolver's event is a list of such events
            item = event[0] if type(event) is list and event else event
            event = http.table(item, "request") if type(item) is dict else http.NOTHING
        http.headers(event, found)


def _reader(trigger: str) -> Read | None:
    if trigger in ("rest_api", "http_api_v1"):
        from .rest_api import read as rest_api

        return rest_api
    if trigger in ("http_api", "function_url"):
        from .http_api import read as http_api

        return http_api
    if trigger == "alb":
        from .alb import read as alb

        return alb
    if trigger in ("vpc_lattice_v1", "vpc_lattice_v2"):
        from .vpc_lattice import read as vpc_lattice

        return vpc_lattice
    if trigger == "websocket":
        from .websocket import read as websocket

        return websocket
    if trigger == "lambda_edge":
        from .lambda_edge import read as lambda_edge

        return lambda_edge
    return None


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
    if trigger in REPLIES:
        from .replies import read

        read(trigger, value, call, found)
    elif trigger in BATCHES:
        from .batches import count

        count(trigger, value, call, found)
    return found
