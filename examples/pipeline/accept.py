"""Takes orders from the gateway: each article goes to the topic, and the caller need not wait."""

import json
import os

import boto3

import heliograph

sns = boto3.client("sns")


def handler(event, context):
    order = json.loads(event["body"])
    heliograph.annotate("order.id", order["id"])
    for article in order["articles"]:
        sns.publish(
            TopicArn=os.environ["ORDERS_TOPIC"],
            Message=json.dumps({"order": order["id"], "article": article}),
        )
    return {"statusCode": 202, "body": order["id"]}
