"""Who called: one pass of fixed look-ups over the event's keys (triggers spec 2).

Runs before the handler, in the caller's time. Only exact `dict`, `list` and `str` count, because
the runtime's JSON parser yields nothing else: subclasses and doubles may run code of the user's on
a look-up, so they are `direct`. No value is iterated, or a key before it is a `str`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Row = tuple[str, tuple[str, ...], str | Callable[[dict[str, Any]], str | None]]

DIRECT = "direct"

RECORD_SOURCES = {
    "aws:sqs": "sqs",
    "aws:sns": "sns",
    "aws:s3": "s3",
    "aws:dynamodb": "dynamodb",
    "aws:kinesis": "kinesis",
    "aws:ses": "ses",
    "aws:codecommit": "codecommit",
}
"""Record sources, exactly as AWS writes them (triggers spec 2.2, row 2)."""

TOP_SOURCES = {
    "aws:kafka": "kafka",
    "aws:selfmanagedkafka": "kafka",
    "selfmanagedkafka": "kafka",
    "aws:mq": "activemq",
    "aws:amq": "activemq",
    "aws:rmq": "rabbitmq",
    "aws:docdb": "documentdb",
}
"""Sources of whole events, in lower case: AWS writes several spellings (row 5)."""

LONGEST_SOURCE = 20  # len("aws:selfmanagedkafka"): keeps lower() off a megabyte of junk


def detect(event: object) -> str:
    """Return the trigger of an event: the first row of the table that fits, else `direct`.

    The id is the value of `heliograph.trigger`, its sub-types included: `http_api_v1` (an HTTP API
    with payload 1.0), `vpc_lattice_v1`, `vpc_lattice_v2`, `pipe:sqs`. Never raises.

    Args:
        event: What the runtime handed to the handler: any JSON value or junk.
    """
    if type(event) is not dict:
        return _detect_list(event) if type(event) is list and event else DIRECT
    for key, others, verdict in TABLE:
        if key in event:
            for other in others:
                if other not in event:
                    break
            else:
                found = verdict if isinstance(verdict, str) else verdict(event)
                if found:
                    return found
    return DIRECT


def _detect_list(event: list[Any]) -> str:
    """EventBridge Pipes and AppSync batch resolvers send a bare list (row 1)."""
    item = event[0]
    if type(item) is not dict:
        return DIRECT
    source = _record(item) or _by_event_source(item)
    if source:
        return "pipe:" + source
    info = item.get("info")
    return "appsync" if type(info) is dict and "fieldName" in info else DIRECT


def _record(item: dict[str, Any]) -> str | None:
    source = item.get("eventSource")
    if type(source) is not str:
        source = item.get("EventSource")  # SNS alone writes the capital
    if type(source) is str:
        found = RECORD_SOURCES.get(source)
        if found:
            return found
    if "Sns" in item:
        return "sns"  # some replayed events have no EventSource
    return "lambda_edge" if type(item.get("cf")) is dict else None


def _by_records(event: dict[str, Any]) -> str | None:
    records = event["Records"]
    if type(records) is not list:
        return None
    if records:
        return _record(records[0]) if type(records[0]) is dict else None
    # The last call of a tumbling window has no records (row 2c).
    if "window" in event or "isFinalInvokeForWindow" in event:
        arn = event.get("eventSourceARN")
        if type(arn) is str:
            if ":kinesis:" in arn:
                return "kinesis"
            if ":dynamodb:" in arn:
                return "dynamodb"
    return None


def _by_request_context(event: dict[str, Any]) -> str | None:
    """Rows 3 to 3g; their order keeps look-alikes apart."""
    context = event["requestContext"]
    if type(context) is not dict:
        return None
    if "elb" in context:
        return "alb"
    if "serviceNetworkArn" in context or "serviceArn" in context:
        return "vpc_lattice_v2"
    kind = event.get("type")
    if type(kind) is str and kind in ("TOKEN", "REQUEST") and _guards_a_route(event):
        return "authorizer"
    if "connectionId" in context and "eventType" in context:
        return "websocket"
    if type(context.get("http")) is dict:
        domain = context.get("domainName")
        url = type(domain) is str and ".lambda-url." in domain
        return "function_url" if url else "http_api"
    if "httpMethod" in event and ("resource" in event or "stage" in context or "apiId" in context):
        version = event.get("version")
        return "http_api_v1" if type(version) is str and version == "1.0" else "rest_api"
    if "functionArn" in context and "condition" in context:
        return "destination"
    if "authorizationToken" in event and "queryString" in context:
        return "appsync_authorizer"
    return None


def _guards_a_route(event: dict[str, Any]) -> bool:
    return "methodArn" in event or "routeArn" in event


def _by_detail_type(event: dict[str, Any]) -> str | None:
    """Rows 4 to 4b. A payload of a user's may have a list for a source: no bus sent that."""
    kind, source = event["detail-type"], event["source"]
    if type(kind) is not str or type(source) is not str:
        return None
    if source == "aws.scheduler" or (source == "aws.events" and kind == "Scheduled Event"):
        return "schedule"
    if source == "lambda" and kind.startswith("Lambda Function Invocation Result"):
        return "destination"
    return "s3_eventbridge" if source == "aws.s3" else "eventbridge"


def _by_event_source(event: dict[str, Any]) -> str | None:
    source = event.get("eventSource")
    if type(source) is str and len(source) <= LONGEST_SOURCE:
        return TOP_SOURCES.get(source.lower())
    return None


def _cloudwatch_logs(event: dict[str, Any]) -> str | None:
    return "cloudwatch_logs" if type(event["awslogs"]) is dict else None


def _authorizer(event: dict[str, Any]) -> str | None:
    """A TOKEN authorizer of a REST API has no request context (row 12)."""
    lone = event.get("requestContext") is None and _guards_a_route(event)
    return "authorizer" if lone else None


def _appsync(event: dict[str, Any]) -> str | None:
    info = event["info"]
    if type(info) is not dict:
        return None
    if "fieldName" in info and "parentTypeName" in info:
        return "appsync"
    return "appsync_events" if "channel" in info and "operation" in info else None


def _conversation(event: dict[str, Any]) -> str | None:
    if type(event.get("agent")) is dict:
        return "bedrock_agent"
    lex = "bot" in event and ("currentIntent" in event or "sessionState" in event)
    return "lex" if lex else None


def _connect(event: dict[str, Any]) -> str | None:
    details = event["Details"]
    return "connect" if type(details) is dict and "ContactData" in details else None


def _iot_thing(event: dict[str, Any]) -> str | None:
    kind = event["eventType"]
    return "iot" if type(kind) is str and kind.startswith("THING_") else None


def _stepfunctions(event: dict[str, Any]) -> str | None:
    """Only if the user passes the context object on; it is looked for in five places (row 19)."""
    if _is_execution(event):
        return "stepfunctions"
    for key in ("Payload", "Context", "context", "_datadog"):
        inner = event.get(key)
        if type(inner) is dict and _is_execution(inner):
            return "stepfunctions"
    return None


def _is_execution(value: dict[str, Any]) -> bool:
    return (
        type(value.get("Execution")) is dict
        and type(value.get("State")) is dict
        and type(value.get("StateMachine")) is dict
    )


def _warmup_plugin(event: dict[str, Any]) -> str | None:
    source = event["source"]
    return "warmup" if type(source) is str and source == "serverless-plugin-warmup" else None


TABLE: tuple[Row, ...] = (
    ("Records", (), _by_records),
    ("requestContext", (), _by_request_context),
    ("detail-type", ("source",), _by_detail_type),
    ("eventSource", (), _by_event_source),
    ("awslogs", (), _cloudwatch_logs),
    ("DurableExecutionArn", ("CheckpointToken",), "durable"),
    ("deliveryStreamArn", ("records",), "firehose"),
    ("applicationArn", ("records",), "kinesis_analytics"),
    ("invocationSchemaVersion", ("tasks",), "s3_batch"),
    ("xAmzRequestId", ("userRequest",), "s3_object_lambda"),
    ("triggerSource", ("userPoolId",), "cognito"),
    ("identityPoolId", ("datasetName",), "cognito_sync"),
    ("type", (), _authorizer),
    ("raw_path", ("method",), "vpc_lattice_v1"),
    ("info", (), _appsync),
    ("typeName", ("fieldName", "arguments"), "appsync"),
    ("messageVersion", (), _conversation),
    ("CodePipeline.job", (), "codepipeline"),
    ("invokingEvent", ("configRuleName",), "config"),
    ("alarmData", ("alarmArn",), "cloudwatch_alarm"),
    ("RequestType", ("ResponseURL", "StackId"), "cloudformation"),
    ("Step", ("SecretId", "ClientRequestToken"), "secretsmanager"),
    ("DeploymentId", ("LifecycleEventHookExecutionId",), "codedeploy_hook"),
    ("Details", (), _connect),
    ("widgetContext", (), "cloudwatch_dashboard"),
    ("eventType", ("eventId",), _iot_thing),
    ("clickType", ("serialNumber",), "iot"),
    ("deviceEvent", ("placementInfo",), "iot"),
    ("protocolData", ("connectionMetadata",), "iot"),
    ("claimCertificateId", ("templateArn",), "iot"),
    ("serverId", ("protocol", "username"), "transfer"),
    ("connection-id", ("endpoint-id",), "clientvpn"),
    ("Execution", (), _stepfunctions),
    ("Payload", (), _stepfunctions),
    ("Context", (), _stepfunctions),
    ("context", (), _stepfunctions),
    ("_datadog", (), _stepfunctions),
    ("source", (), _warmup_plugin),
    ("warmer", (), lambda event: "warmup" if event["warmer"] is True else None),
    ("warmup", (), lambda event: "warmup" if event["warmup"] is True else None),
)
"""Key that opens a row, further keys it needs, and the trigger or the rule that decides it.

The order is a promise (triggers spec 2.2): the first row that fits wins.
"""
