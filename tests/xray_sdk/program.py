"""One function under the X-Ray SDK or under Heliograph: `program.py sdk|ours MOTO_URL`."""

from __future__ import annotations

import contextlib
import sys
from typing import Any

import boto3
import requests
from botocore.exceptions import ClientError, EndpointConnectionError

KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}


def handler(event: dict[str, Any], context: object) -> str:
    """Call services, well and badly; `event` says how to open spans and where services are."""
    tools, url = event["tools"], event["url"]

    def client(service: str, endpoint: str = url) -> Any:
        return boto3.client(service, endpoint_url=endpoint, **KEYS)

    with tools.span("price"):
        tools.annotate("order_id", 7)
        tools.metadata("basket", {"lens": 2})
        with tools.span("discount"):
            requests.get(f"{url}/moto-api/?a=b", timeout=30)
        requests.get(f"{url}/nothing", timeout=30)
    storage(client("s3"))
    messages(client("sqs"), client("sns"))
    tables(client("dynamodb"))
    with contextlib.suppress(ClientError):
        client("lambda").invoke(FunctionName="nobody")
    with contextlib.suppress(EndpointConnectionError):
        client("kinesis", "http://127.0.0.1:9").describe_stream(StreamName="clicks")
    with contextlib.suppress(requests.ConnectionError):
        requests.get("http://127.0.0.1:9/", timeout=1)
    with contextlib.suppress(ValueError), tools.span("broken"):
        raise ValueError("no stock")
    return "done"


def storage(s3: Any) -> None:
    """Make a bucket, put an object into it, and ask for one that is not there."""
    s3.create_bucket(Bucket="pictures")
    s3.put_object(Bucket="pictures", Key="one", Body=b"1")
    with contextlib.suppress(ClientError):
        s3.get_object(Bucket="pictures", Key="two")


def messages(sqs: Any, sns: Any) -> str:
    """Send messages to a queue, whose URL is returned, and to a topic."""
    queue = sqs.create_queue(QueueName="orders")["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="1")
    topic = sns.create_topic(Name="news")["TopicArn"]
    sns.publish(TopicArn=topic, Message="1")
    return str(queue)


def tables(dynamodb: Any) -> None:
    """Ask a table for an item, two tables at once, and one that is not there."""
    for name in ("left", "right"):
        dynamodb.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    dynamodb.get_item(TableName="left", Key={"id": {"S": "1"}})
    keys = {"Keys": [{"id": {"S": "1"}}]}
    dynamodb.batch_get_item(RequestItems={"left": keys, "right": keys})
    with contextlib.suppress(dynamodb.exceptions.ResourceNotFoundException):
        dynamodb.get_item(TableName="gone", Key={"id": {"S": "1"}})
    for name in ("left", "right"):
        dynamodb.delete_table(TableName=name)


class Sdk:
    """The X-Ray SDK's way to open and describe subsegments."""

    def __init__(self) -> None:
        from aws_xray_sdk.core import patch, xray_recorder

        patch(("botocore", "requests"))
        self.recorder = xray_recorder

    def span(self, name: str) -> Any:
        return self.recorder.in_subsegment(name)

    def annotate(self, key: str, value: Any) -> None:
        self.recorder.put_annotation(key, value)

    def metadata(self, key: str, value: Any) -> None:
        self.recorder.put_metadata(key, value)


def main(kind: str, url: str) -> None:
    """Run the function once."""
    if kind == "sdk":
        tools = Sdk()
        with tools.recorder.in_subsegment("program.handler"):
            handler({"tools": tools, "url": url}, None)
        return
    import heliograph
    from heliograph.develop.development import SdkObjects
    from heliograph.runtime import wrapping
    from heliograph.settings.config import Config
    from heliograph.testing import FakeContext

    given = {"metrics_exporters": "none", "handler": "program.handler"}
    wrapping.record(Config.read(given=given), SdkObjects())
    heliograph.wrap(handler)({"tools": heliograph, "url": url}, FakeContext())
    heliograph.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
