"""A busy function: 50 AWS calls and 10 metrics an invocation."""

import sys

import boto3

table = boto3.resource("dynamodb").Table("orders")


def handler(event, context):
    for _ in range(50):
        table.get_item(Key={"orderId": event["orderId"]})
    for number in range(10):
        metric("items", number, f"s{number % 3}")  # noqa: F821 - each peer's own, bench/peers.py
    answer = {"statusCode": 200}
    if "modules" in event:
        answer["modules"] = len(sys.modules)
    return answer
