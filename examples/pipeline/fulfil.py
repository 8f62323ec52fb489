"""Packs what the queue has: what cannot be packed goes back, the rest is told to the bus."""

import json

import boto3

import heliograph

events = boto3.client("events")
GRAMS = {"lens": 400, "tripod": 1800}


class Unpackable(Exception):
    """Nobody knows how to pack the article."""


def handler(event, context):
    packed, failed = [], []
    for record in event["Records"]:
        item = json.loads(json.loads(record["body"])["Message"])
        try:
            packed.append(pack(item))
        except Unpackable:
            failed.append({"itemIdentifier": record["messageId"]})
    if packed:
        events.put_events(Entries=packed)
    return {"batchItemFailures": failed}


@heliograph.span("pack")
def pack(item):
    """Return the event that tells of a parcel."""
    if item["article"] not in GRAMS:
        raise Unpackable(item["article"])
    parcel = {**item, "grams": GRAMS[item["article"]]}
    return {"Source": "shop.parcels", "DetailType": "Packed", "Detail": json.dumps(parcel)}
