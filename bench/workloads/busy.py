"""A busy function: 50 AWS calls and, where there is somebody to take them, 10 metrics."""

import sys

import boto3

try:
    from heliograph import metric
except ImportError:

    def metric(name, value, **rest):
        """Take the place of the metrics of a function that has none."""


table = boto3.resource("dynamodb").Table("orders")


def handler(event, context):
    for _ in range(50):
        table.get_item(Key={"orderId": event["orderId"]})
    for number in range(10):
        metric("items", number, unit="Count", shelf=f"s{number % 3}")
    answer = {"statusCode": 200}
    if "modules" in event:
        answer["modules"] = len(sys.modules)
    return answer
