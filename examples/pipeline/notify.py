"""Tells the carrier what to fetch, and the warehouse's desk what nobody could pack."""

import json
import os

import urllib3

http = urllib3.PoolManager()


def handler(event, context):
    for record in event.get("Records", []):
        tell("/desk", json.loads(json.loads(record["body"])["Message"]))
    if "detail" in event:
        tell("/parcels", event["detail"])


def tell(path, what):
    headers = {"content-type": "application/json"}
    http.request("POST", os.environ["CARRIER_URL"] + path, body=json.dumps(what), headers=headers)
