"""Sources of which a few fields are said: a row each (triggers spec 5.9).

Names and kinds only, nothing that a user wrote. The parts of a path are separated by `/`.
"""

from __future__ import annotations

from . import records
from .sources import text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import Request

ARN = "heliograph.trigger.arn"

FIELDS: dict[str, tuple[tuple[str, str], ...]] = {
    "codecommit": ((ARN, "Records/0/eventSourceARN"),),
    "kinesis_analytics": ((ARN, "applicationArn"),),
    "cognito": (("heliograph.cognito.trigger", "triggerSource"),),
    "cognito_sync": (("heliograph.cognito.trigger", "eventType"),),
    "bedrock_agent": (
        ("heliograph.bedrock_agent.name", "agent/name"),
        ("heliograph.bedrock_agent.id", "agent/id"),
        ("heliograph.bedrock_agent.action_group", "actionGroup"),
        ("heliograph.bedrock_agent.function", "function"),
        ("heliograph.bedrock_agent.api_path", "apiPath"),
        ("heliograph.bedrock_agent.http_method", "httpMethod"),
    ),
    "lex": (
        ("heliograph.lex.bot", "bot/name"),
        ("heliograph.lex.intent", "sessionState/intent/name"),
        ("heliograph.lex.intent", "currentIntent/name"),
        ("heliograph.lex.invocation_source", "invocationSource"),
    ),
    "codepipeline": (("heliograph.codepipeline.job", "CodePipeline.job/id"),),
    "config": (("heliograph.config.rule", "configRuleName"), (ARN, "configRuleArn")),
    "cloudwatch_alarm": (
        ("heliograph.cloudwatch.alarm", "alarmData/alarmName"),
        ("heliograph.cloudwatch.alarm", "AlarmName"),
        ("heliograph.cloudwatch.alarm_state", "alarmData/state/value"),
        ("heliograph.cloudwatch.alarm_state", "NewStateValue"),
        (ARN, "alarmArn"),
        (ARN, "AlarmArn"),
    ),
    "cloudformation": (
        ("heliograph.cloudformation.request_type", "RequestType"),
        ("heliograph.cloudformation.logical_resource_id", "LogicalResourceId"),
        (ARN, "StackId"),
    ),
    "secretsmanager": (("heliograph.secretsmanager.step", "Step"), (ARN, "SecretId")),
    "codedeploy_hook": (("heliograph.codedeploy.deployment", "DeploymentId"),),
    "connect": (
        ("heliograph.connect.channel", "Details/ContactData/Channel"),
        (ARN, "Details/ContactData/InstanceARN"),
    ),
    "cloudwatch_dashboard": (("heliograph.cloudwatch.widget", "widgetContext/widgetId"),),
    "iot": (("heliograph.iot.event_type", "eventType"),),
    "transfer": (
        ("heliograph.transfer.protocol", "protocol"),
        ("heliograph.transfer.server", "serverId"),
    ),
    "clientvpn": (("heliograph.clientvpn.endpoint", "endpoint-id"),),
    "alexa_skill": (
        ("heliograph.alexa.request", "request/type"),
        ("heliograph.alexa.intent", "request/intent/name"),
    ),
    "alexa_smart_home": (
        ("heliograph.alexa.namespace", "directive/header/namespace"),
        ("heliograph.alexa.request", "directive/header/name"),
    ),
    "ground_truth": ((ARN, "labelingJobArn"),),
    "workmail": (
        ("messaging.message.id", "messageId"),
        ("heliograph.workmail.direction", "flowDirection"),
    ),
}

TIMES = {
    "codecommit": ("Records/0/eventTime",),
    "cloudwatch_alarm": ("time", "StateChangeTime"),
}
"""Where a source writes when it happened, in ISO's form."""


def read(event: dict[str, Any], found: Request, function_arn: str, _query: bool) -> None:
    """Keep the fields of the row."""
    for attribute, path in FIELDS.get(found.trigger, ()):
        parent, key = _parent(event, path)
        found.put(attribute, text(parent, key))
    for path in TIMES.get(found.trigger, ()):
        parent, key = _parent(event, path)
        if key in parent:
            records.put_times(found, "iso", parent[key])
    special = SPECIAL.get(found.trigger)
    if special is not None:
        special(event, found, function_arn)


def _parent(event: dict[str, Any], path: str) -> tuple[dict[str, Any], str]:
    """Return the table that the last part of a path is in, or an empty one; and that part."""
    *above, key = path.split("/")
    value: Any = event
    for name in above:
        if type(value) is list and name == "0" and value:
            value = value[0]
        else:
            value = value.get(name) if type(value) is dict else None
    return (value if type(value) is dict else {}), key


def _codecommit(_: dict[str, Any], found: Request, __: str) -> None:
    arn = found.attributes.get(ARN)
    found.put("heliograph.codecommit.repository", records.part(str(arn), 5) if arn else None)


def _logs(event: dict[str, Any], found: Request, _: str) -> None:
    """The data are compressed, and stay so."""
    data = event["awslogs"].get("data") if type(event.get("awslogs")) is dict else None
    found.put("heliograph.payload.size", len(data) if type(data) is str else None)


def _cognito(event: dict[str, Any], found: Request, function_arn: str) -> None:
    """A pool's ARN has its own region, and the function's account."""
    region, pool = text(event, "region"), text(event, "userPoolId")
    partition, account = (records.part(function_arn, index) for index in (1, 4))
    if region and pool and partition and account:
        arn = f"arn:{partition}:cognito-idp:{region}:{account}:userpool/{pool}"
        found.attributes[ARN] = arn[: 2 * 1024]


SPECIAL = {"codecommit": _codecommit, "cloudwatch_logs": _logs, "cognito": _cognito}
