"""A function that uses what most functions use: an HTTP client, a cache's client, a database."""

import os
import sys

import httpx
import redis
import sqlalchemy

client = httpx.Client()
cache = redis.Redis()
database = sqlalchemy.create_engine("sqlite://")


def handler(event, context):
    with database.connect() as connection:
        connection.execute(sqlalchemy.text("select 1"))
    client.get(os.environ["HTTP_TARGET"]).raise_for_status()
    answer = {"statusCode": 200}
    if "modules" in event:
        answer["modules"] = len(sys.modules)
    return answer
