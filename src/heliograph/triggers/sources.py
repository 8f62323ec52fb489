"""The sources of events, in the order in which they are told apart (triggers spec 2.2).

Runs before the handler, in the caller's time. Only exact `dict`, `list` and `str` count, because
the runtime's JSON parser yields nothing else: subclasses and doubles may run code of the user's on
a look-up, so they are `direct`. No value is iterated, or a key before it is a `str`.
"""

from __future__ import annotations

from ..journal import MAX_STRING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Test = str | tuple[str, ...] | Callable[[dict[str, Any], str, dict[str, Any]], object] | None
    Row = tuple[str, str, str, str, Test, str, str]
    Opened = tuple[str, dict[str, Any] | None]

DIRECT = "direct"

HTTP, PUBSUB, DATASOURCE, TIMER, OTHER = "http", "pubsub", "datasource", "timer", "other"
"""Values of `faas.trigger` (triggers spec 1.2)."""

REPLY, BATCH = "reply", "batch"
"""What a result is: a status or a verdict that the caller reads; which of a batch has failed."""

NOTHING: dict[str, Any] = {}
"""Stands for a table that is absent or null. Never written to."""

LONGEST_SOURCE = 20  # len("aws:selfmanagedkafka"): keeps lower() off a megabyte of junk


def table(source: dict[str, Any], key: str) -> dict[str, Any]:
    """Return the dict at a key, or an empty one."""
    value = source.get(key)
    return value if type(value) is dict else NOTHING


def text(source: dict[str, Any], key: str) -> str | None:
    """Return the string at a key, cut to `MAX_STRING` characters; None if empty or not a string."""
    value = source.get(key)
    return value[:MAX_STRING] if type(value) is str and value else None


# Openings: what is asked once of an event that has a key, before the rows of that key. Who sent it,
# or "", and the table that the rows look at; None: none of them fits.


def _first_record(event: dict[str, Any]) -> Opened:
    records = event["Records"]
    if type(records) is not list:
        return "", None
    if not records:
        return "", NOTHING
    item = records[0]
    return (source_of(item), item) if type(item) is dict else ("", None)


def source_of(item: dict[str, Any]) -> str:
    """Return the source that a record names, or ""."""
    source = item.get("eventSource")
    if type(source) is not str:
        source = item.get("EventSource")  # SNS alone writes the capital
    return source if type(source) is str else ""


def _context(event: dict[str, Any]) -> Opened:
    context = event["requestContext"]
    return "", context if type(context) is dict else None


def _bus(event: dict[str, Any]) -> Opened:
    """A payload of a user's may have a list for a source: no bus sent that."""
    source = event.get("source")
    usual = type(event["detail-type"]) is str and type(source) is str
    return (source, event) if usual else ("", None)  # type: ignore[return-value] # a str


def by_source(event: dict[str, Any]) -> Opened:
    """Open an event that names its source itself: AWS writes several spellings."""
    source = event.get("eventSource")
    usual = type(source) is str and len(source) <= LONGEST_SOURCE
    return (source.lower(), event) if usual else ("", None)  # type: ignore[union-attr] # a str


OPENINGS: dict[str, Callable[[dict[str, Any]], Opened]] = {
    "Records": _first_record,
    "requestContext": _context,
    "detail-type": _bus,
    "eventSource": by_source,
}


# Tests of a row, given the event, what the opening says of its sender, and its table.


def _window(arn_part: str) -> Test:
    """Return a test of the last call of a tumbling window, which has no records."""

    def test(event: dict[str, Any], _: str, item: dict[str, Any]) -> bool:
        if item is not NOTHING or ("window" not in event and "isFinalInvokeForWindow" not in event):
            return False
        arn = event.get("eventSourceARN")
        return type(arn) is str and arn_part in arn

    return test


def _has(key: str, other: str) -> Test:
    """Return a test of an opening's table: whether it has two keys."""
    return lambda _, __, inner: key in inner and other in inner


def _within(table_at: str, *keys: str) -> Test:
    """Return a test of a table in the event: whether it has these keys."""
    return lambda event, _, __: all([key in table(event, table_at) for key in keys])  # noqa: C419 - a third of the time of a generator


def _guards_a_route(event: dict[str, Any]) -> bool:
    return "methodArn" in event or "routeArn" in event


def _lone_authorizer(event: dict[str, Any], _: str, __: dict[str, Any]) -> bool:
    return event.get("requestContext") is None and _guards_a_route(event)


def _lattice(_: dict[str, Any], __: str, context: dict[str, Any]) -> bool:
    return "serviceNetworkArn" in context or "serviceArn" in context


def _authorizer(event: dict[str, Any], _: str, __: dict[str, Any]) -> bool:
    kind = event.get("type")
    return type(kind) is str and kind in ("TOKEN", "REQUEST") and _guards_a_route(event)


def _url(_: dict[str, Any], __: str, context: dict[str, Any]) -> bool:
    domain = context.get("domainName")
    url = type(domain) is str and ".lambda-url." in domain
    return url and type(context.get("http")) is dict


def _rest_api(event: dict[str, Any], _: str, context: dict[str, Any]) -> bool:
    known = "resource" in event or "stage" in context or "apiId" in context
    return known and "httpMethod" in event


def _http_api_v1(event: dict[str, Any], _: str, context: dict[str, Any]) -> bool:
    version = event.get("version")
    return type(version) is str and version == "1.0" and _rest_api(event, _, context)


def _guards_a_query(event: dict[str, Any], _: str, context: dict[str, Any]) -> bool:
    asked = "queryString" in context or "queryDocument" in context
    return asked and "authorizationToken" in event


def _lone_firehose(event: dict[str, Any], _: str, __: dict[str, Any]) -> bool:
    records = event.get("records")
    item = records[0] if type(records) is list and records else None
    return type(item) is dict and "recordId" in item and "data" in item


def _lex(event: dict[str, Any], _: str, __: dict[str, Any]) -> bool:
    return "bot" in event and ("currentIntent" in event or "sessionState" in event)


def _thing(event: dict[str, Any], _: str, __: dict[str, Any]) -> bool:
    kind = event["eventType"]
    return "eventId" in event and type(kind) is str and kind.startswith("THING_")


def _execution(event: dict[str, Any], _: str, __: dict[str, Any]) -> bool:
    """Only if the user passes the context object on."""
    return execution_of(event) is not None


def execution_of(event: dict[str, Any]) -> dict[str, Any] | None:
    """Return Step Functions' context object, which is in one of five places (row 19)."""
    for inner in (event, *map(event.get, ("Payload", "Context", "context", "_datadog"))):
        if (
            type(inner) is dict
            and type(inner.get("Execution")) is dict
            and type(inner.get("State")) is dict
            and type(inner.get("StateMachine")) is dict
        ):
            return inner
    return None


def _skill(event: dict[str, Any], _: str, __: dict[str, Any]) -> bool:
    return type(table(event, "context").get("System")) is dict and "type" in table(event, "request")


def _directive(event: dict[str, Any], _: str, __: dict[str, Any]) -> bool:
    namespace = table(table(event, "directive"), "header").get("namespace")
    return type(namespace) is str and namespace.startswith("Alexa")


def _is(key: str, wanted: object) -> Test:
    """Return a test of a value: True itself, a text, or the type that it has."""

    def test(_: dict[str, Any], __: str, inner: dict[str, Any]) -> bool:
        value = inner.get(key)
        if type(wanted) is str:
            return type(value) is str and value == wanted
        return value is wanted or type(value) is wanted

    return test


def _by_a_rule(event: dict[str, Any], said: str, _: dict[str, Any]) -> bool:
    return said == "aws.events" and event["detail-type"] == "Scheduled Event"


def _invocation_result(event: dict[str, Any], said: str, _: dict[str, Any]) -> bool:
    kind: str = event["detail-type"]
    return said == "lambda" and kind.startswith("Lambda Function Invocation Result")


ROWS: tuple[Row, ...] = (
    ("2", "sqs", PUBSUB, "Records", "aws:sqs", "sqs", BATCH),
    ("2", "sns", PUBSUB, "Records", "aws:sns", "sns", ""),
    ("2", "s3", DATASOURCE, "Records", "aws:s3", "s3", ""),
    ("2", "dynamodb", DATASOURCE, "Records", "aws:dynamodb", "dynamodb", BATCH),
    ("2", "kinesis", PUBSUB, "Records", "aws:kinesis", "kinesis", BATCH),
    ("2", "ses", OTHER, "Records", "aws:ses", "ses", ""),
    ("2", "codecommit", DATASOURCE, "Records", "aws:codecommit", "facts", ""),
    ("2a", "sns", PUBSUB, "Records", _has("Sns", "Sns"), "sns", ""),
    ("2b", "lambda_edge", HTTP, "Records", _is("cf", dict), "lambda_edge", ""),
    ("2c", "kinesis", PUBSUB, "Records", _window(":kinesis:"), "kinesis", BATCH),
    ("2c", "dynamodb", DATASOURCE, "Records", _window(":dynamodb:"), "dynamodb", BATCH),
    ("3", "alb", HTTP, "requestContext", _has("elb", "elb"), "alb", REPLY),
    ("3a", "vpc_lattice_v2", HTTP, "requestContext", _lattice, "vpc_lattice", REPLY),
    ("3b", "authorizer", HTTP, "requestContext", _authorizer, "authorizer", REPLY),
    ("3c", "websocket", HTTP, "requestContext", _has("connectionId", "eventType"),
     "websocket", REPLY),
    ("3d", "function_url", HTTP, "requestContext", _url, "http_api", REPLY),
    ("3d", "http_api", HTTP, "requestContext", _is("http", dict), "http_api", REPLY),
    ("3e", "http_api_v1", HTTP, "requestContext", _http_api_v1, "rest_api", REPLY),
    ("3e", "rest_api", HTTP, "requestContext", _rest_api, "rest_api", REPLY),
    ("3f", "destination", OTHER, "requestContext", _has("functionArn", "condition"),
     "destination", ""),
    ("3g", "appsync_authorizer", HTTP, "requestContext", _guards_a_query, "authorizer", REPLY),
    ("4", "schedule", TIMER, "detail-type", "aws.scheduler", "schedule", ""),
    ("4", "schedule", TIMER, "detail-type", _by_a_rule, "schedule", ""),
    ("4a", "destination", OTHER, "detail-type", _invocation_result, "destination", ""),
    ("4b", "s3_eventbridge", DATASOURCE, "detail-type", "aws.s3", "s3", ""),
    ("4b", "eventbridge", PUBSUB, "detail-type", None, "eventbridge", ""),
    ("5", "kafka", PUBSUB, "eventSource", "aws:kafka", "kafka", BATCH),
    ("5", "kafka", PUBSUB, "eventSource", "aws:selfmanagedkafka", "kafka", BATCH),
    ("5", "kafka", PUBSUB, "eventSource", "selfmanagedkafka", "kafka", BATCH),
    ("5", "activemq", PUBSUB, "eventSource", "aws:mq", "activemq", ""),
    ("5", "activemq", PUBSUB, "eventSource", "aws:amq", "activemq", ""),
    ("5", "rabbitmq", PUBSUB, "eventSource", "aws:rmq", "rabbitmq", ""),
    ("5", "documentdb", DATASOURCE, "eventSource", "aws:docdb", "documentdb", ""),
    ("6", "cloudwatch_logs", PUBSUB, "awslogs", _is("awslogs", dict), "facts", ""),
    ("7", "durable", OTHER, "DurableExecutionArn", ("CheckpointToken",), "durable", ""),
    ("8", "firehose", PUBSUB, "deliveryStreamArn", ("records",), "firehose", BATCH),
    ("8", "kinesis_analytics", OTHER, "applicationArn", ("records",), "facts", ""),
    ("8", "firehose", PUBSUB, "invocationId", _lone_firehose, "firehose", BATCH),
    ("9", "s3_batch", DATASOURCE, "invocationSchemaVersion", ("tasks",), "s3_batch", BATCH),
    ("10", "s3_object_lambda", DATASOURCE, "xAmzRequestId", ("userRequest",),
     "s3_object_lambda", ""),
    ("11", "cognito", OTHER, "triggerSource", ("userPoolId",), "facts", ""),
    ("11", "cognito_sync", DATASOURCE, "identityPoolId", ("datasetName",), "facts", ""),
    ("12", "authorizer", HTTP, "type", _lone_authorizer, "authorizer", REPLY),
    ("13", "vpc_lattice_v1", HTTP, "raw_path", ("method",), "vpc_lattice", REPLY),
    ("14", "appsync", HTTP, "info", _within("info", "fieldName", "parentTypeName"), "appsync", ""),
    ("14", "appsync_events", HTTP, "info", _within("info", "channel", "operation"), "appsync", ""),
    ("14", "appsync", HTTP, "typeName", ("fieldName", "arguments"), "appsync", ""),
    ("14", "appsync", HTTP, "parentTypeName", ("fieldName", "arguments"), "appsync", ""),
    ("15", "bedrock_agent", OTHER, "messageVersion", _is("agent", dict), "facts", ""),
    ("15", "lex", OTHER, "messageVersion", _lex, "facts", ""),
    ("16", "codepipeline", OTHER, "CodePipeline.job", (), "facts", ""),
    ("16", "config", OTHER, "invokingEvent", ("configRuleName",), "facts", ""),
    ("16", "cloudwatch_alarm", OTHER, "alarmData", ("alarmArn",), "facts", ""),
    ("16", "cloudwatch_alarm", OTHER, "AlarmName", ("NewStateValue", "AlarmArn"), "facts", ""),
    ("16", "cloudformation", OTHER, "RequestType", ("ResponseURL", "StackId"), "facts", ""),
    ("16", "secretsmanager", OTHER, "Step", ("SecretId", "ClientRequestToken"), "facts", ""),
    ("16", "codedeploy_hook", OTHER, "DeploymentId", ("LifecycleEventHookExecutionId",),
     "facts", ""),
    ("16", "connect", OTHER, "Details", _within("Details", "ContactData"), "facts", ""),
    ("16", "cloudwatch_dashboard", OTHER, "widgetContext", (), "facts", ""),
    ("17", "iot", OTHER, "eventType", _thing, "facts", ""),
    ("17", "iot", OTHER, "clickType", ("serialNumber",), "facts", ""),
    ("17", "iot", OTHER, "deviceEvent", ("placementInfo",), "facts", ""),
    ("17", "iot", OTHER, "protocolData", ("connectionMetadata",), "facts", ""),
    ("17", "iot", OTHER, "claimCertificateId", ("templateArn",), "facts", ""),
    ("18", "transfer", OTHER, "serverId", ("protocol", "username"), "facts", ""),
    ("18", "clientvpn", OTHER, "connection-id", ("endpoint-id",), "facts", ""),
    ("18a", "alexa_smart_home", OTHER, "directive", _directive, "facts", ""),
    ("18a", "ground_truth", OTHER, "labelingJobArn", ("version",), "facts", ""),
    ("18a", "workmail", OTHER, "summaryVersion", ("envelope", "messageId"), "facts", ""),
    ("18a", "alexa_skill", OTHER, "context", _skill, "facts", ""),
    ("19", "stepfunctions", OTHER, "Execution", _execution, "invoke", ""),
    ("19", "stepfunctions", OTHER, "Payload", _execution, "invoke", ""),
    ("19", "stepfunctions", OTHER, "Context", _execution, "invoke", ""),
    ("19", "stepfunctions", OTHER, "context", _execution, "invoke", ""),
    ("19", "stepfunctions", OTHER, "_datadog", _execution, "invoke", ""),
    ("20", "warmup", OTHER, "source", _is("source", "serverless-plugin-warmup"), "", ""),
    ("20", "warmup", OTHER, "warmer", _is("warmer", True), "", ""),
    ("20", "warmup", OTHER, "warmup", _is("warmup", True), "", ""),
    ("21", DIRECT, OTHER, "headers", None, "invoke", ""),
)  # fmt: skip
"""The sources, row by row of triggers spec 2.2: the first that fits wins, so their order is a
promise. Of each: the row's number there; the trigger; its `faas.trigger`; the key that an event
must have; its test; the module of this room that reads its events; what its result is. A test is
the sender's name, further keys, a function, or None. A bare list is row 1: a pipe's, or AppSync's.
"""

NO_ROW: Row = ("21", DIRECT, OTHER, "", None, "", "")
