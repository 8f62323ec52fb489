"""A little of both libraries, for the settings; and what user code may ask of the instrumentors."""

# ruff: noqa: SIM105 - a sample of users' code, which catches what it raises

import boto3
import requests
import urllib3
from botocore.config import Config
from opentelemetry import trace
from opentelemetry.instrumentation.utils import (
    suppress_http_instrumentation,
    suppress_instrumentation,
)


def main(endpoint):
    session = boto3.Session("id", "secret", region_name="eu-central-1")
    config = Config(retries={"total_max_attempts": 1})
    table = session.client("dynamodb", endpoint_url=endpoint + "/fail/0/200/none", config=config)
    bad = session.client("sqs", endpoint_url=endpoint + "/fail/9/400/Bad", config=config)
    pools = urllib3.PoolManager()
    tracer = trace.get_tracer("variants")

    def calls(name):
        with tracer.start_as_current_span(name):
            requests.get(
                endpoint + "/status/200", headers={"X-Token": "t", "X-Plain": "p"}, timeout=5
            )
            requests.get(endpoint + "/redirect/1", timeout=5)
            requests.post(endpoint + "/status/500", timeout=5)
            requests.request("PURGE", endpoint + "/status/404", timeout=5)
            try:
                requests.get("http://absent.invalid/", timeout=5)
            except requests.ConnectionError:
                pass
            table.get_item(TableName="orders", Key={"id": {"S": "1"}}, ConsistentRead=True)
            try:
                bad.send_message(QueueUrl="http://q/1/name", MessageBody="b")
            except bad.exceptions.ClientError:
                pass

    def pooled(name):
        with tracer.start_as_current_span(name):
            given = {"X-Token": "t", "X-Plain": "p"}
            pools.request("GET", endpoint + "/status/200", headers=given, timeout=5)
            assert given == {"X-Token": "t", "X-Plain": "p"}
            pools.request("GET", endpoint + "/redirect/1", timeout=5)
            pools.request("post", endpoint + "/status/500", timeout=5)
            pools.request("PURGE", endpoint + "/status/404", timeout=5)
            try:
                pools.request("GET", "http://absent.invalid/", retries=False, timeout=5)
            except urllib3.exceptions.HTTPError:
                pass

    pooled("urllib3 plain")
    with suppress_http_instrumentation():
        pooled("urllib3 suppressed")
    calls("plain")
    with suppress_instrumentation():
        calls("all suppressed")
    with suppress_http_instrumentation():
        calls("http suppressed")
