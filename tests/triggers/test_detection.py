"""Every row of triggers spec 2.2, in its order, and what must not be taken for a trigger."""

from __future__ import annotations

import copy
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from heliograph.runtime.invocation import OPENING
from heliograph.triggers import detect, faas_trigger
from heliograph.triggers.sources import OPENINGS, ROWS
from scripts import triggers_docs

if TYPE_CHECKING:
    from pathlib import Path

PIPES = ("sqs", "kinesis", "dynamodb", "kafka", "activemq", "rabbitmq")
IDS = {row[1] for row in ROWS} | {f"pipe:{of}" for of in PIPES}


def told_by(name: str) -> str:
    """Return the trigger that a sample's file is named after: the longest id it begins with."""
    return max((one for one in IDS if name.startswith(one.replace(":", "_"))), key=len)


def test_sample_events(samples: dict[str, Any]) -> None:
    """Each documented shape is told from all others, and none is changed by looking at it."""
    before = copy.deepcopy(samples)
    assert {name: detect(event) for name, event in samples.items()} == {
        name: told_by(name) for name in samples
    }
    assert samples == before


def row_of(event: Any) -> tuple[str, str, str]:
    """Return number, trigger and key of the row that an event fits, by the table alone."""
    if isinstance(event, list):
        return "1", detect(event), ""
    for number, trigger, _, key, test, _, _ in ROWS:
        if key in event:
            said, inner = OPENINGS[key](event) if key in OPENINGS else ("", event)
            if inner is None:
                continue
            if isinstance(test, tuple):
                found = set(test) <= set(event)
            elif isinstance(test, str):
                found = test == said
            else:
                found = test is None or bool(test(event, said, inner))
            if found:
                return number, trigger, key
    return "21", "direct", ""


def test_every_row_has_samples(samples: dict[str, Any]) -> None:
    """Two shapes at least are kept of each row, and each sample is of the row that tells it."""
    found = Counter(row_of(event) for event in samples.values())
    wanted = {(row[0], row[1], row[3]) for row in ROWS}
    wanted |= {("1", f"pipe:{of}", "") for of in PIPES} | {("1", "appsync", "")}
    assert {row: found[row] for row in wanted if found[row] < 2} == {}


@pytest.mark.parametrize("name", ["sqs", "kinesis", "dynamodb"])
def test_pipes(sample: Any, name: str) -> None:
    """A pipe sends the bare list of records."""
    assert detect(sample(name)["Records"]) == f"pipe:{name}"


def test_batch_resolver(sample: Any) -> None:
    """AppSync's batch invoke sends a bare list of resolver events."""
    assert detect([sample("appsync"), sample("appsync")]) == "appsync"


def record(source: str) -> dict[str, Any]:
    return {"Records": [{"eventSource": source}]}


def context(**keys: object) -> dict[str, Any]:
    return {"requestContext": keys}


ORDINARY = {"detail-type": "Object Deleted", "detail": {}}
EXECUTION = {"Execution": {}, "State": {}, "StateMachine": {}}


@pytest.mark.parametrize(
    ("event", "trigger"),
    [
        pytest.param([{"eventSource": "aws:kafka"}], "pipe:kafka", id="pipe-kafka"),
        pytest.param([{"eventSource": "aws:amq"}], "pipe:activemq", id="pipe-activemq"),
        pytest.param([{"eventSource": "aws:rmq"}], "pipe:rabbitmq", id="pipe-rabbitmq"),
        pytest.param(record("aws:ses"), "ses", id="ses"),
        pytest.param(
            {"Records": [{"eventSource": "aws:sqs"}, {"eventSource": "aws:ses"}]},
            "sqs",
            id="first-record-decides",
        ),
        pytest.param(record("aws:codecommit"), "codecommit", id="codecommit"),
        pytest.param(record("aws:kafka"), "direct", id="record-of-a-top-level-source"),
        pytest.param({"Records": [{"EventSource": "aws:sns"}]}, "sns", id="sns-capital"),
        pytest.param({"Records": [{"Sns": {}}]}, "sns", id="sns-replayed"),
        pytest.param({"Records": [{"cf": "x"}]}, "direct", id="edge-not-a-dict"),
        pytest.param(
            {
                "Records": [],
                "window": {},
                "eventSourceARN": "arn:aws:dynamodb:r:1:table/t/stream/s",
            },
            "dynamodb",
            id="window-dynamodb",
        ),
        pytest.param(
            {"Records": [], "isFinalInvokeForWindow": True, "eventSourceARN": "arn:aws:sqs:r:1:q"},
            "direct",
            id="window-unknown-source",
        ),
        pytest.param({"Records": []}, "direct", id="no-records"),
        pytest.param(
            {**context(elb={}, stage="s"), "httpMethod": "GET"}, "alb", id="alb-before-rest"
        ),
        pytest.param(
            {**context(serviceArn="a", http={}), "version": "2.0"},
            "vpc_lattice_v2",
            id="lattice-before-http",
        ),
        pytest.param(
            {**context(connectionId="c", eventType="MESSAGE", stage="s"), "httpMethod": "GET"},
            "websocket",
            id="websocket-before-rest",
        ),
        pytest.param(
            {**context(connectionId="c", eventType="CONNECT"), "type": "REQUEST", "methodArn": "a"},
            "authorizer",
            id="authorizer-before-websocket",
        ),
        pytest.param(
            {**context(stage="s"), "type": "OTHER", "methodArn": "a", "httpMethod": "GET"},
            "rest_api",
            id="rest-with-a-type",
        ),
        pytest.param(
            {**context(http={}), "type": ["TOKEN"], "methodArn": "a"}, "http_api", id="type-list"
        ),
        pytest.param(context(http={}, domainName=["u"]), "http_api", id="domain-not-a-string"),
        pytest.param({**context(apiId="a"), "httpMethod": "GET"}, "rest_api", id="rest-by-api"),
        pytest.param({**context(), "httpMethod": "GET"}, "direct", id="method-alone"),
        pytest.param(
            context(functionArn="a", condition="RetriesExhausted"), "destination", id="destination"
        ),
        pytest.param(
            {**context(queryString="query Q"), "authorizationToken": "t"},
            "appsync_authorizer",
            id="appsync-authorizer",
        ),
        pytest.param({**ORDINARY, "source": "aws.s3"}, "s3_eventbridge", id="s3-eventbridge"),
        pytest.param({**ORDINARY, "source": "aws.events"}, "eventbridge", id="aws-events"),
        pytest.param(
            {"detail-type": "Anything", "source": "aws.scheduler"}, "schedule", id="scheduler"
        ),
        pytest.param(
            {"detail-type": "Lambda Function Invocation Result - Failure", "source": "lambda"},
            "destination",
            id="destination-through-a-bus",
        ),
        pytest.param({"detail-type": "x", "source": "lambda"}, "eventbridge", id="own-lambda"),
        pytest.param({"detail-type": "x"}, "direct", id="no-source"),
        pytest.param({"eventSource": "SelfManagedKafka"}, "kafka", id="kafka-self"),
        pytest.param({"eventSource": "aws:SelfManagedKafka"}, "kafka", id="kafka-self-aws"),
        pytest.param({"eventSource": "aws:amq"}, "activemq", id="activemq-amq"),
        pytest.param({"eventSource": "aws:docdb"}, "documentdb", id="documentdb"),
        pytest.param({"eventSource": "aws:unknown"}, "direct", id="unknown-source"),
        pytest.param({"eventSource": "AWS:MQ" + " " * 99}, "direct", id="source-too-long"),
        pytest.param({"awslogs": "x"}, "direct", id="logs-not-a-dict"),
        pytest.param({"DurableExecutionArn": "a", "CheckpointToken": "t"}, "durable", id="durable"),
        pytest.param({"DurableExecutionArn": "a"}, "direct", id="durable-half"),
        pytest.param(
            {"applicationArn": "a", "records": []}, "kinesis_analytics", id="kinesis-analytics"
        ),
        pytest.param({"invocationSchemaVersion": "2.0", "tasks": []}, "s3_batch", id="s3-batch"),
        pytest.param(
            {"xAmzRequestId": "x", "userRequest": {}}, "s3_object_lambda", id="s3-object-lambda"
        ),
        pytest.param({"identityPoolId": "p", "datasetName": "d"}, "cognito_sync", id="sync"),
        pytest.param({"type": "TOKEN", "routeArn": "a"}, "authorizer", id="authorizer-route"),
        pytest.param({"type": "TOKEN"}, "direct", id="type-alone"),
        pytest.param(
            {"type": "x", "methodArn": "a", "requestContext": {}}, "direct", id="type-and-context"
        ),
        pytest.param(
            {"info": {"channel": {}, "operation": "PUBLISH"}}, "appsync_events", id="appsync-events"
        ),
        pytest.param({"info": {"fieldName": "f"}}, "direct", id="info-half"),
        pytest.param({"info": "x"}, "direct", id="info-not-a-dict"),
        pytest.param(
            {"info": {"fieldName": "f", "parentTypeName": "Query"}, "request": "hello"},
            "appsync",
            id="appsync-request-not-a-dict",
        ),
        pytest.param(
            {"typeName": "Query", "fieldName": "f", "arguments": {}},
            "appsync",
            id="appsync-amplify",
        ),
        pytest.param(
            {"messageVersion": "1.0", "agent": {}, "bot": {}}, "bedrock_agent", id="agent"
        ),
        pytest.param({"messageVersion": "1.0", "bot": {}, "currentIntent": {}}, "lex", id="lex-v1"),
        pytest.param({"messageVersion": "1.0", "bot": {}, "sessionState": {}}, "lex", id="lex-v2"),
        pytest.param({"messageVersion": "1.0"}, "direct", id="message-version-alone"),
        pytest.param({"CodePipeline.job": {}}, "codepipeline", id="codepipeline"),
        pytest.param({"invokingEvent": "{}", "configRuleName": "r"}, "config", id="config"),
        pytest.param({"alarmData": {}, "alarmArn": "a"}, "cloudwatch_alarm", id="alarm"),
        pytest.param(
            {"RequestType": "Delete", "ResponseURL": "u", "StackId": "s"},
            "cloudformation",
            id="cloudformation",
        ),
        pytest.param(
            {"Step": "createSecret", "SecretId": "s", "ClientRequestToken": "t"},
            "secretsmanager",
            id="secretsmanager",
        ),
        pytest.param(
            {"DeploymentId": "d", "LifecycleEventHookExecutionId": "h"},
            "codedeploy_hook",
            id="codedeploy",
        ),
        pytest.param({"Details": {"ContactData": {}}}, "connect", id="connect"),
        pytest.param({"Details": "x"}, "direct", id="details-not-a-dict"),
        pytest.param({"widgetContext": {}}, "cloudwatch_dashboard", id="dashboard"),
        pytest.param({"eventType": "THING_EVENT", "eventId": "e"}, "iot", id="iot-thing"),
        pytest.param({"eventType": 5, "eventId": "e"}, "direct", id="iot-thing-not-a-string"),
        pytest.param({"clickType": "SINGLE", "serialNumber": "s"}, "iot", id="iot-button"),
        pytest.param({"deviceEvent": {}, "placementInfo": {}}, "iot", id="iot-1-click"),
        pytest.param({"protocolData": {}, "connectionMetadata": {}}, "iot", id="iot-authorizer"),
        pytest.param({"claimCertificateId": "c", "templateArn": "t"}, "iot", id="iot-provision"),
        pytest.param({"serverId": "s", "protocol": "SFTP", "username": "u"}, "transfer", id="sftp"),
        pytest.param({"connection-id": "c", "endpoint-id": "e"}, "clientvpn", id="clientvpn"),
        pytest.param(EXECUTION, "stepfunctions", id="stepfunctions-bare"),
        pytest.param({"Context": EXECUTION}, "stepfunctions", id="stepfunctions-Context"),
        pytest.param({"context": EXECUTION}, "stepfunctions", id="stepfunctions-context"),
        pytest.param({"_datadog": EXECUTION}, "stepfunctions", id="stepfunctions-_datadog"),
        pytest.param({**EXECUTION, "State": "x"}, "direct", id="stepfunctions-half"),
        pytest.param({"source": "serverless-plugin-warmup"}, "warmup", id="warmup-plugin"),
        pytest.param({"warmer": True}, "warmup", id="warmer"),
        pytest.param({"warmup": True}, "warmup", id="warmup"),
        pytest.param({"warmer": 1}, "direct", id="warmer-not-true"),
        pytest.param({"headers": {"traceparent": "00-"}}, "direct", id="direct"),
        pytest.param({"Event": "s3:TestEvent", "Service": "Amazon S3"}, "direct", id="s3-test"),
        pytest.param({"statusCode": 200, "body": ""}, "direct", id="a-response"),
    ],
)
def test_table(event: Any, trigger: str) -> None:
    """A row is met by its keys alone, and its look-alikes are not taken for it."""
    assert detect(event) == trigger


def test_order() -> None:
    """An event with the marks of two rows belongs to the earlier one, whatever its own order."""
    rows = [(key, test, trigger) for _, trigger, _, key, test, _, _ in ROWS if type(test) is tuple]
    for index, (key, others, trigger) in enumerate(rows):
        for later_key, later_others, _ in rows[index:]:
            keys = (later_key, *later_others, *others, key)
            assert detect(dict.fromkeys(keys)) == trigger


@pytest.mark.parametrize(
    ("value", "triggers"),
    [
        pytest.param(
            "http",
            """rest_api http_api http_api_v1 function_url alb vpc_lattice_v1 vpc_lattice_v2
            websocket authorizer appsync_authorizer appsync appsync_events lambda_edge""",
            id="http",
        ),
        pytest.param(
            "pubsub",
            """sqs sns eventbridge kinesis kafka activemq rabbitmq pipe:sqs pipe:dynamodb firehose
            cloudwatch_logs""",
            id="pubsub",
        ),
        pytest.param(
            "datasource",
            """s3 s3_eventbridge s3_batch s3_object_lambda dynamodb documentdb codecommit
            cognito_sync""",
            id="datasource",
        ),
        pytest.param("timer", "schedule", id="timer"),
        pytest.param(
            "other", "direct destination stepfunctions warmup ses cognito lex x", id="other"
        ),
    ],
)
def test_faas_trigger(value: str, triggers: str) -> None:
    """Each trigger id has its `faas.trigger` value (triggers spec 1.2)."""
    assert [faas_trigger(trigger) for trigger in triggers.split()] == [
        value for _ in triggers.split()
    ]


def test_the_keys_that_ask_for_detection() -> None:
    """An event with none of these keys fits no row, and carries no header."""
    assert {row[3] for row in ROWS} == OPENING


@pytest.mark.parametrize("path", triggers_docs.FILES, ids=lambda path: path.name)
def test_what_is_written_is_up_to_date(path: Path) -> None:
    """Run `python -m scripts.triggers_docs` after a change of the table or of the samples."""
    assert path.read_text() == triggers_docs.FILES[path]()
